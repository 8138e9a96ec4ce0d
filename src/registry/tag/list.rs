//! The tag list as it is now: what a step that deletes or moves looks into before and after.

use crate::protocol::oci::reference::Tag;
use crate::registry::api::repo::Repo;
use crate::registry::api::turns::Listed;
use crate::registry::listing::Listing;
use crate::transport::{Error, Host, Result};

impl<H: Host> Repo<H> {
    /// The tags of a repository as the registry lists them now; none of a repository that it does not know.
    pub(crate) async fn listed_tags(&self) -> Result<Vec<String>> {
        match Listing::of_tags(self).thorough().collect().await {
            Err(Error { status: Some(404), errors, .. }) if !errors.is_empty() => Ok(Vec::new()),
            listed => listed,
        }
    }

    /// Whether the tag list has a tag, as it is after this call. Calls that wait at the same time share one list. A registry
    /// that has no list, or shows it to nobody, lists nothing.
    pub(crate) async fn is_listed(&self, tag: &Tag) -> Result<bool> {
        let turns = self.api.turns.of(&self.name);
        let asked = turns.count();
        let mut listed = turns.listed.lock().await;
        if listed.begun < asked {
            let begun = turns.count();
            let tags = match Box::pin(self.listed_tags()).await {
                Ok(tags) => tags,
                Err(error) if matches!(error.status, Some(401 | 403 | 404 | 405 | 501)) => Vec::new(),
                Err(error) => return Err(error),
            };
            *listed = Listed { begun, tags };
        }
        Ok(listed.tags.iter().any(|listed| listed == tag.as_str()))
    }
}
