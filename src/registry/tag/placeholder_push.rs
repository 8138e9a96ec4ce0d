//! Pushing a placeholder: its blobs, then its manifest under the tag.

use std::pin::Pin;
use std::rc::Rc;

use futures_util::future::{MaybeDone, maybe_done, try_join};

use crate::protocol::oci::reference::{Reference, Tag};
use crate::registry::api::repo::Repo;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::tag::placeholder;
use crate::registry::tag::placeholder::Draft;
use crate::transport::request::Recheck;
use crate::transport::{Host, Result};

/// The push of a placeholder's blobs.
type Pushing = Pin<Box<dyn Future<Output = Result<()>>>>;

/// A placeholder whose blobs are being pushed.
pub(crate) struct Blobs {
    pub(crate) draft: Draft,
    pub(crate) pushing: Pin<Box<MaybeDone<Pushing>>>,
}

impl<H: Host> Repo<H> {
    /// Begins to push the blobs of a placeholder.
    pub(crate) fn push_placeholder_blobs(&self, tag: &Tag) -> Result<Blobs> {
        let draft = placeholder::draft(tag, self.api.host())?;
        let (repo, config) = (self.clone(), draft.config.clone());
        let pushing = async move {
            let capabilities = &repo.api.capabilities;
            let push_layer = async {
                if !capabilities.has_placeholder_layer(&repo.name) {
                    repo.push_small_blob(placeholder::LAYER.to_vec()).await?;
                    capabilities.set_placeholder_layer(&repo.name, true);
                }
                Ok(())
            };
            try_join(push_layer, repo.push_small_blob(config)).await.map(drop)
        };
        let pushing: Pushing = Box::pin(pushing);
        Ok(Blobs { draft, pushing: Box::pin(maybe_done(pushing)) })
    }

    /// Puts the placeholder under the tag. The registry may have removed the layer that an earlier call pushed.
    /// `recheck` is asked before it is put again.
    pub(crate) async fn put_placeholder(
        &self,
        tag: &Reference,
        placeholder: &Rc<FetchedManifest>,
        recheck: Recheck,
    ) -> Result<()> {
        match self.put_manifest_if(tag, placeholder, Some(recheck.clone())).await {
            Err(error) if error.lacks_parts() && self.api.capabilities.has_placeholder_layer(&self.name) => {
                self.api.capabilities.set_placeholder_layer(&self.name, false);
                self.push_small_blob(placeholder::LAYER.to_vec()).await?;
                recheck.ask().await?;
                self.put_manifest_if(tag, placeholder, Some(recheck)).await.map(drop)
            }
            put => put.map(drop),
        }
    }
}
