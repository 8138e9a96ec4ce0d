//! The client of one registry: the entry point of the façade.

use std::collections::HashSet;
use std::rc::Rc;

use crate::protocol::http::rate_limit::RateLimit;
use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::reference::{RepositoryName, local};
use crate::protocol::url::Url;
use crate::protocol::v1::namespace_of;
use crate::registry::api::connection::Connection;
use crate::registry::api::loaders::Loaders;
use crate::registry::api::place::Place;
use crate::registry::api::settings::Version;
use crate::registry::api::settings::{Call, Settings};
use crate::registry::api::version;
use crate::registry::copy::Copied;
use crate::registry::diagnose::Diagnosis;
use crate::registry::listing::Listing;
use crate::registry::repository::Repository;
use crate::registry::usage::{Inventory, Wanted};
use crate::registry::{copy, diagnose};
use crate::transport::{Host, Result};

/// A client of one registry. Clones share its connection, tokens and cache.
pub struct Client<H: Host> {
    pub(super) api: Rc<Connection<H>>,
}

impl<H: Host> Clone for Client<H> {
    fn clone(&self) -> Self {
        Self { api: self.api.clone() }
    }
}

impl<H: Host> Client<H> {
    /// Creates a client of the registry at `base`. No request is made.
    pub fn new(host: H, base: Url, settings: Settings) -> Self {
        Self::with_loaders(host, base, settings, Loaders::built_in())
    }

    /// Creates a client that loads some code when it needs it.
    pub fn with_loaders(host: H, base: Url, settings: Settings, loaders: Loaders<H>) -> Self {
        Self { api: Rc::new(Connection::new(host, base, settings, loaders)) }
    }

    /// The registry's base URL.
    pub fn base(&self) -> &Url {
        self.api.base()
    }

    /// Returns the rate limit that the registry last reported, if it reported one.
    pub fn rate_limit(&self) -> Option<RateLimit> {
        self.api.notices.rate_limit()
    }

    /// Forgets credentials, tokens and sessions. The next call that needs credentials asks the `credentials`
    /// callback again.
    pub fn forget_credentials(&self) {
        self.api.forget_credentials();
    }

    /// Detects the protocol of the registry (V1 or V2), once per client.
    ///
    /// # Errors
    ///
    /// `INVALID_RESPONSE` when the host is not a registry, or the code of a failed request.
    pub async fn api_version(&self, call: &Call) -> Result<Version> {
        self.api.version(call).await
    }

    /// Checks with a new request that the registry responds and accepts the credentials.
    ///
    /// # Errors
    ///
    /// - `INVALID_RESPONSE` when the host is not a registry.
    /// - `UNAUTHORIZED`, `AUTH_REQUIRED` or `DENIED` when the registry refuses access.
    /// - Otherwise the code of the failed request.
    pub async fn check_status(&self, call: &Call) -> Result<()> {
        if self.api.is_v1(call).await? {
            return version::check_v1(&self.api, call).await;
        }
        version::check(&self.api, call).await
    }

    /// Diagnoses the connection to the registry and, if one is named, to a repository. Failed requests become
    /// findings.
    ///
    /// # Errors
    ///
    /// - `INVALID_REFERENCE` when the repository name is invalid.
    /// - `MODULE_NOT_LOADED` when the registry requires authentication and the code for it cannot be loaded.
    pub async fn diagnose(&self, repository: Option<&str>, call: &Call) -> Result<Diagnosis> {
        let repository = repository.map(RepositoryName::parse).transpose()?;
        diagnose::diagnose(&self.api, repository, call).await
    }

    /// Returns a repository by name, or by namespace and name. No request is made.
    ///
    /// # Errors
    ///
    /// `INVALID_REFERENCE` when the name is invalid, names another registry, or has a namespace while `namespace`
    /// is given.
    pub fn repository(&self, name: &str, namespace: Option<&str>) -> Result<Repository<H>> {
        let full = match namespace {
            None => local::name(name, self.base())?.to_owned(),
            Some(namespace) if name.contains('/') => {
                return Err(Invalid::reference(format!(
                    "repository name {} already has a namespace, but the namespace {} was given too",
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

    /// Lists the catalog, page by page. Errors are reported by [`Listing::next_page`].
    pub fn catalog(&self, page_size: Option<u64>, call: Call) -> Listing<H> {
        Listing::catalog(self.api.clone(), page_size, call)
    }

    /// Reads how much the repositories of the catalog hold, several at a time.
    pub fn inventory(&self, wanted: Wanted, call: Call) -> Inventory<H> {
        Inventory::new(self.api.clone(), wanted, call)
    }

    /// Parses a reference to a tag or digest of this registry: `team/web:1.0`, `team/web@sha256:…`.
    ///
    /// # Errors
    ///
    /// `INVALID_REFERENCE` when the reference is invalid or names another registry.
    pub fn place(&self, text: &str) -> Result<Place<H>> {
        let (name, reference) = local::parse(text, self.base())?;
        Ok(Place { api: self.api.clone(), name, reference })
    }

    /// Copies an image, an index or an artifact to `target` in this registry, from this or another registry.
    ///
    /// # Errors
    ///
    /// - `INVALID_REFERENCE` when `target` is invalid.
    /// - `UNSUPPORTED` when a manifest may refer to content that this client cannot see.
    /// - `CONFLICT` when the target tag is not what the options require, or a cosign tag of the target has other
    ///   content.
    /// - `NO_MATCHING_PLATFORM` when the index has no image for a selected platform.
    /// - `DIGEST_MISMATCH` or `SIZE_MISMATCH` when the source serves wrong content.
    /// - `MANIFEST_UNKNOWN`, `BLOB_UNKNOWN` or `NOT_FOUND` when the source or a part of it does not exist.
    /// - `INDEX_LIMIT` when indexes are nested too deeply or name too many manifests.
    /// - Otherwise the code of the failed request.
    pub async fn copy(
        &self,
        source: &Place<H>,
        target: &str,
        options: &copy::Options,
        call: &Call,
    ) -> Result<(Descriptor, Copied)> {
        copy::copy(source, &self.place(target)?, options, call).await
    }

    /// Lists the distinct namespaces of the catalog, in the catalog's order.
    ///
    /// # Errors
    ///
    /// Those of [`Listing::next_page`].
    pub async fn namespaces(&self, call: &Call) -> Result<Vec<String>> {
        let mut seen = HashSet::new();
        let mut namespaces = Vec::new();
        for name in self.catalog(None, call.clone()).collect().await? {
            let namespace = namespace_of(&name);
            if seen.insert(namespace.to_owned()) {
                namespaces.push(namespace.to_owned());
            }
        }
        Ok(namespaces)
    }

    /// Lists the repositories of the catalog, or of one namespace. `library` includes names without a namespace.
    ///
    /// # Errors
    ///
    /// Those of [`Listing::next_page`].
    pub async fn repositories(&self, namespace: Option<&str>, call: &Call) -> Result<Vec<Repository<H>>> {
        let names = self.catalog(None, call.clone()).collect().await?;
        let wanted = |name: &&String| namespace.is_none_or(|wanted| namespace_of(name) == wanted);
        Ok(names.iter().filter(wanted).map(|name| Repository::unchecked(self.api.clone(), name)).collect())
    }
}
