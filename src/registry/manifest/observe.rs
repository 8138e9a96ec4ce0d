//! Observing a manifest as it is now, for every step that deletes, moves or overwrites.
//!
//! HEAD, caches and listings are hints only (Nexus responds 404 to HEAD on a manifest that GET finds).

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::listing::Listing;
use crate::registry::manifest::get::{FetchedManifest, MANIFEST_LIMIT};
use crate::transport::{Error, Host, Result};

impl<H: Host> Repo<H> {
    /// Fetches the manifest of a tag or digest, never from a cache. `None` means 404; if that may come from a
    /// proxy's page, the tag list has to agree. Signatures of schema1 are not checked.
    pub(crate) async fn observe(&self, reference: &Reference) -> Result<Option<Rc<FetchedManifest>>> {
        Ok(self.ask(reference).await?.ok())
    }

    /// As [`observe`](Self::observe), for a look at what a tag has to do with the manifest `sought`: a tag that points to it is
    /// found even if the manifest is not JSON and the registry does not tell its digest.
    pub(crate) async fn observe_for(
        &self,
        reference: &Reference,
        sought: &Digest,
    ) -> Result<Option<Rc<FetchedManifest>>> {
        Ok(self.fetch_now(reference, Some(sought)).await?.ok())
    }

    /// Fetches the manifest; if it does not exist, returns the registry's error in the inner result.
    pub(crate) async fn ask(&self, reference: &Reference) -> Result<Result<Rc<FetchedManifest>>> {
        self.fetch_now(reference, None).await
    }

    async fn fetch_now(&self, reference: &Reference, sought: Option<&Digest>) -> Result<Result<Rc<FetchedManifest>>> {
        self.presume_v2("manifests")?;
        let endpoint = self.manifest_endpoint(reference);
        let request = self.request(Method::Get, &endpoint, Some(media_type::accept_manifests()));
        let response = self.api.fetch(&request, MANIFEST_LIMIT).await?;
        if response.status != 404 {
            let tells_digest = response.content_digest().is_some();
            let (mut fetched, signed) = match self.verified(self.api.success(response)?, reference, sought).await {
                Ok(verified) => verified,
                Err(error) if error.code == code::INVALID_RESPONSE => {
                    return self.doubted(reference, error).await;
                }
                Err(error) => return Err(error),
            };
            if let Some(signed) = signed {
                match self.api.legacy().await?.parts(signed) {
                    Ok(parts) => fetched.schema1 = Some(Box::new(parts)),
                    Err(invalid) => {
                        fetched.manifest.problem.get_or_insert(invalid);
                    }
                }
                return Ok(Ok(Rc::new(fetched)));
            }
            let fetched = Rc::new(fetched);
            self.keep(reference, &fetched, tells_digest);
            return Ok(Ok(fetched));
        }
        let error = self.api.failure(&response);
        if !error.errors.is_empty() {
            return Ok(Err(error));
        }
        // A 404 without a body is the registry's own, unless its tag list has the tag. A page may come from a proxy.
        match reference {
            _ if !response.body.is_empty() => self.doubted(reference, error).await,
            Reference::Tag(tag) if Box::pin(self.is_listed(tag)).await.unwrap_or(false) => {
                Err(error.and("the tag list has the tag, so the manifest may exist"))
            }
            _ => Ok(Err(error)),
        }
    }

    /// Fetches the current manifest that a call tags, copies or builds on, and checks its signatures.
    pub(crate) async fn current(&self, reference: &Reference) -> Result<Rc<FetchedManifest>> {
        let found = self.ask(reference).await??;
        if found.schema1.is_some() {
            self.api.legacy().await?.check_signatures(self, &found).await?;
        }
        Ok(found)
    }

    /// Handles a page in place of a response: a tag that is not listed either does not exist. After a page that is not even a
    /// 404, the list has to exist.
    async fn doubted(&self, reference: &Reference, error: Error) -> Result<Result<Rc<FetchedManifest>>> {
        let status = error.status;
        let listed = async {
            match status {
                Some(404) => self.listed_tags().await,
                _ => Listing::of_tags(self).thorough().collect().await,
            }
        };
        if let Reference::Tag(tag) = reference
            && let Ok(tags) = Box::pin(listed).await
            && !tags.iter().any(|listed| listed == tag.as_str())
        {
            return Ok(Err(error));
        }
        Err(error.and("the response is not the registry's own, so the manifest may exist"))
    }
}
