//! Tags that are set and removed, and repositories that go as a whole.

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::v1::ImageId;
use crate::registry::api::repo::Repo;
use crate::registry::image::reference::ImageReference;
use crate::registry::legacy::v1::list;
use crate::transport::{Error, Host, Result};

/// Points a tag at an image of the registry. `if_match`: the id it must have now, `Some(None)` that it must not exist.
pub async fn tag<H: Host>(
    repo: &Repo<H>,
    tag: &Tag,
    image: &ImageReference<H>,
    if_match: Option<Option<&str>>,
) -> Result<()> {
    let expected = match if_match {
        Some(id) => Some(id.map(ImageId::parse).transpose()?),
        None => None,
    };
    let wanted = match image {
        ImageReference::Reference(text) => repo.v1_id(&Reference::parse(text)?).await?,
        ImageReference::Image(image) => image.v1_id_at(&repo.api)?,
    };
    if let Some(expected) = expected {
        let now = repo.v1_tag_now(tag).await?;
        if expected != now {
            let message =
                format!("{}, which is not what ifMatch says; nothing was changed", points_to(tag, now.as_ref()));
            return Err(Error::new(code::CONFLICT, message));
        }
    }
    let endpoint = repo.v1_endpoint(&format!("tags/{tag}"));
    let Err(error) = repo.v1_send(repo.v1_put(&endpoint, format!("\"{wanted}\"").into_bytes())).await else {
        return Ok(());
    };
    match repo.v1_tag_now(tag).await {
        // It may have been done though its answer was lost, or was a 5xx.
        Ok(Some(now)) if now == wanted => Ok(()),
        Ok(now) => Err(error.and(&points_to(tag, now.as_ref()))),
        Err(_) => Err(error.and(&format!("whether the tag {tag} points to {wanted} now could not be made sure of"))),
    }
}

/// Removes a tag.
pub async fn untag<H: Host>(repo: &Repo<H>, tag: &Tag) -> Result<()> {
    repo.v1_tagged(tag).await?; // the registry says in its own words that there is none
    let endpoint = repo.v1_endpoint(&format!("tags/{tag}"));
    let Err(error) = repo.v1_send(repo.request(Method::Delete, &endpoint, None)).await else {
        return Ok(());
    };
    match repo.v1_tag_now(tag).await {
        Ok(None) => Ok(()),
        Ok(now) => Err(error.and(&points_to(tag, now.as_ref()))),
        Err(_) => Err(error.and(&format!("whether the tag {tag} is gone could not be made sure of"))),
    }
}

impl<H: Host> Repo<H> {
    /// Deletes a V1 repository with all its tags. Images stay: others may have them among their ancestors.
    pub(crate) async fn v1_delete_repository(&self) -> Result<()> {
        let instead = "untag() and planCleanup() remove what is in a repository";
        self.api.require_v1("deleteRepository()", instead, &self.call).await?;
        list(&self.api, Some(&self.name), (1, None), &self.call).await?; // that it is not there is told before
        let endpoint = self.v1_endpoint("");
        match self.v1_send(self.request(Method::Delete, &endpoint, None)).await {
            // Gone with the first of several tries.
            Err(error) if error.is_not_found() => Ok(()),
            done => done,
        }
    }
}

impl<H: Host> Repo<H> {
    /// What a tag points to; `None` where it does not exist.
    async fn v1_tag_now(&self, tag: &Tag) -> Result<Option<ImageId>> {
        match self.v1_tagged(tag).await {
            Ok(id) => Ok(Some(id)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn points_to(tag: &Tag, id: Option<&ImageId>) -> String {
    match id {
        Some(id) => format!("the tag {tag} points to {id}"),
        None => format!("the tag {tag} does not exist"),
    }
}
