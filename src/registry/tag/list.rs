//! The current tag list, consulted before and after steps that delete or move tags.

use crate::protocol::oci::reference::Tag;
use crate::registry::api::locks::Listed;
use crate::registry::api::repo::Repo;
use crate::registry::listing::{Listing, NAME_UNKNOWN};
use crate::transport::{Host, Result};

impl<H: Host> Repo<H> {
    /// Lists the tags of a repository now. The list is empty if the registry says from the start that it does not know the
    /// repository: distribution says so of one that has manifests, but no tags.
    pub(crate) async fn listed_tags(&self) -> Result<Vec<String>> {
        let mut listing = Listing::of_tags(self).thorough();
        let mut tags = match listing.next_page().await {
            Ok(Some(page)) => page.to_vec(),
            Ok(None) => return Ok(Vec::new()),
            Err(error) if error.status == Some(404) && error.code == NAME_UNKNOWN => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        while let Some(page) = listing.next_page().await? {
            tags.extend(page.to_vec());
        }
        Ok(tags)
    }

    /// Returns true if the tag list, requested after this call, has the tag. Concurrent callers share one list. If
    /// the registry has no list or denies it, the result is false. Nothing is deleted because of that.
    pub(crate) async fn is_listed(&self, tag: &Tag) -> Result<bool> {
        let turns = self.api.turns.of(&self.name);
        let asked = turns.count();
        let mut listed = turns.listed.lock().await;
        if listed.begun < asked {
            let begun = turns.count();
            let tags = match Box::pin(Listing::of_tags(self).collect()).await {
                Ok(tags) => tags,
                Err(error) if matches!(error.status, Some(401 | 403 | 404 | 405 | 501)) => Vec::new(),
                Err(error) => return Err(error),
            };
            *listed = Listed { begun, tags };
        }
        Ok(listed.tags.iter().any(|listed| listed == tag.as_str()))
    }
}
