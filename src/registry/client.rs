//! The registry as a whole.

use std::collections::HashSet;
use std::rc::Rc;

use crate::protocol::http::rate_limit::RateLimit;
use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::reference::{RepositoryName, place, split_name};
use crate::protocol::url::Url;
use crate::protocol::v1::LIBRARY;
use crate::registry::api::connection::Connection;
use crate::registry::api::place::Place;
use crate::registry::api::settings::Version;
use crate::registry::api::settings::{Call, Settings};
use crate::registry::api::version;
use crate::registry::copy::Copied;
use crate::registry::diagnose::Diagnosis;
use crate::registry::legacy::v1;
use crate::registry::listing::Listing;
use crate::registry::repository::Repository;
use crate::registry::{copy, diagnose};
use crate::transport::{Host, Result};

/// A client of one registry.
pub struct Client<H: Host> {
    pub(super) api: Rc<Connection<H>>,
}

impl<H: Host> Clone for Client<H> {
    fn clone(&self) -> Self {
        Self { api: self.api.clone() }
    }
}

impl<H: Host> Client<H> {
    /// A client of the registry at `base`; no request is made.
    pub fn new(host: H, base: Url, settings: Settings) -> Self {
        Self { api: Rc::new(Connection::new(host, base, settings)) }
    }

    /// The registry's base URL.
    pub fn base(&self) -> &Url {
        self.api.base()
    }

    /// How many requests the registry allows, as it last told.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.api.notices.rate_limit()
    }

    /// Forgets what the source of credentials gave, and all tokens and sessions: the next call asks again.
    pub fn forget_credentials(&self) {
        self.api.forget_credentials();
    }

    /// The protocol the registry speaks.
    pub async fn api_version(&self, call: &Call) -> Result<Version> {
        self.api.version(call).await
    }

    /// Whether the registry answers and takes the credentials, asked anew.
    pub async fn check_status(&self, call: &Call) -> Result<()> {
        if self.api.is_v1(call).await? {
            return v1::check(&self.api, call).await;
        }
        version::check(&self.api, call).await
    }

    /// What works against this registry from here. An error only where the repository's name is none.
    pub async fn diagnose(&self, repository: Option<&str>, call: &Call) -> Result<Diagnosis> {
        let repository = repository.map(RepositoryName::parse).transpose()?;
        Ok(diagnose::diagnose(&self.api, repository, call).await)
    }

    /// A repository by name, or by namespace and name.
    pub fn repository(&self, name: &str, namespace: Option<&str>) -> Result<Repository<H>> {
        let full = match namespace {
            None => place::name(name, self.base())?.to_owned(),
            Some(namespace) if name.contains('/') => {
                return Err(Invalid::reference(format!(
                    "repository name {} has a namespace already, {} was given as another",
                    quoted(name),
                    quoted(namespace)
                ))
                .into());
            }
            Some(namespace) => format!("{namespace}/{name}"),
        };
        RepositoryName::parse(&full)?;
        Ok(Repository::unchecked(self.api.clone(), &full))
    }

    /// The catalog, page by page.
    pub fn catalog(&self, page_size: Option<u64>, call: Call) -> Listing<H> {
        Listing::catalog(self.api.clone(), page_size, call)
    }

    /// Something in this registry: `team/web:1.0`, `team/web@sha256:…`.
    pub fn place(&self, text: &str) -> Result<Place<H>> {
        let (name, reference) = place::parse(text, self.base())?;
        Ok(Place { api: self.api.clone(), name, reference })
    }

    /// Copies an image, an index or an artifact to a place in this registry, from here or from another registry.
    pub async fn copy(
        &self,
        source: &Place<H>,
        target: &str,
        options: &copy::Options,
        call: &Call,
    ) -> Result<(Descriptor, Copied)> {
        copy::copy(source, &self.place(target)?, options, call).await
    }

    /// Distinct namespaces in the catalog's order.
    pub async fn namespaces(&self, call: &Call) -> Result<Vec<String>> {
        let mut seen = HashSet::new();
        let mut namespaces = Vec::new();
        for name in self.catalog(None, call.clone()).collect().await? {
            let namespace = split_name(&name).0.unwrap_or(LIBRARY);
            if seen.insert(namespace.to_owned()) {
                namespaces.push(namespace.to_owned());
            }
        }
        Ok(namespaces)
    }

    /// The repositories of the catalog, or those of one namespace; `library` includes names without one.
    pub async fn repositories(&self, namespace: Option<&str>, call: &Call) -> Result<Vec<Repository<H>>> {
        let names = self.catalog(None, call.clone()).collect().await?;
        let wanted = |name: &&String| namespace.is_none_or(|wanted| split_name(name).0.unwrap_or(LIBRARY) == wanted);
        Ok(names.iter().filter(wanted).map(|name| Repository::unchecked(self.api.clone(), name)).collect())
    }
}
