//! What a registry has here and now: what every step that deletes, moves or overwrites rests on. HEAD, caches and listings
//! are hints (Nexus answers HEAD on a manifest with 404 where GET finds it).

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::media_type;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::legacy::schema1::Legacy;
use crate::registry::manifest::get::{FetchedManifest, MANIFEST_LIMIT, verified};
use crate::transport::{Error, Host, Result};

impl<H: Host> Repo<H> {
    /// The manifest of a tag or digest, by a GET that is sent now. `None` only where that says 404; where what says so is a
    /// proxy's page, the tag list has to agree. Signatures of schema 1 are not checked.
    pub(crate) async fn observe(&self, reference: &Reference) -> Result<Option<Rc<FetchedManifest>>> {
        Ok(self.ask(reference).await?.ok())
    }

    /// The same, with what the registry says where there is no such manifest.
    pub(crate) async fn ask(&self, reference: &Reference) -> Result<Result<Rc<FetchedManifest>>> {
        self.require_v2("manifests").await?;
        let endpoint = self.manifest_endpoint(reference);
        let request = self.request(Method::Get, &endpoint, Some(media_type::accept_manifests()));
        let response = self.api.fetch(&request, MANIFEST_LIMIT).await?;
        if response.status != 404 {
            let tells_digest = response.content_digest().is_some();
            let (mut fetched, signed) = match verified(self.api.success(response)?, reference) {
                Ok(verified) => verified,
                Err(error) if error.code == code::INVALID_RESPONSE => {
                    return self.doubted(reference, error).await;
                }
                Err(error) => return Err(error),
            };
            if let Some(signed) = signed {
                match Legacy::unchecked(signed) {
                    Ok(legacy) => fetched.schema1 = Some(Box::new(legacy)),
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
        // The registry's own error, or a plain 404. Anything else may come from what stands before it.
        if !error.errors.is_empty() || response.body.is_empty() {
            return Ok(Err(error));
        }
        self.doubted(reference, error).await
    }

    /// The manifest that a call tags, copies or builds on: as it is now, and signed as it should be.
    pub(crate) async fn current(&self, reference: &Reference) -> Result<Rc<FetchedManifest>> {
        let found = self.ask(reference).await??;
        self.check_signatures(&found).await?;
        Ok(found)
    }

    /// A page in the place of an answer, whatever its status: a tag that is not listed either does not exist.
    async fn doubted(&self, reference: &Reference, error: Error) -> Result<Result<Rc<FetchedManifest>>> {
        if let Reference::Tag(tag) = reference
            && let Ok(tags) = Box::pin(self.listed_tags()).await
            && !tags.iter().any(|listed| listed == tag.as_str())
        {
            return Ok(Err(error));
        }
        Err(error.and("the answer is not the registry's own, so the manifest may exist"))
    }
}
