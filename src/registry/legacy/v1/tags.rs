//! Setting and removing V1 tags, and deleting V1 repositories.

use crate::protocol::code;
use crate::protocol::http::Method;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::protocol::v1::ImageId;
use crate::registry::api::repo::Repo;
use crate::registry::image::reference::ImageReference;
use crate::registry::legacy::v1::listing::list;
use crate::transport::{Error, Host, Result};

/// Points a tag at an image of the registry. `if_match` is the id that it must have now; `Some(None)` requires that
/// it does not exist.
pub(in crate::registry::legacy) async fn tag<H: Host>(
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
        if now.as_ref() == Some(&wanted) {
            return Ok(());
        }
        if expected != now {
            let now = points_to(tag, now.as_ref());
            let message = format!("{now}, which ifMatch or noClobber does not allow");
            return Err(Error::new(code::CONFLICT, message).and("nothing was changed").with("tag", tag));
        }
    }
    let endpoint = repo.v1_endpoint(&format!("tags/{tag}"));
    let Err(error) = repo.v1_send(repo.v1_put(&endpoint, format!("\"{wanted}\"").into_bytes())).await else {
        return Ok(());
    };
    match repo.v1_tag_now(tag).await {
        // The request succeeded, but its response was lost or was a 5xx.
        Ok(Some(now)) if now == wanted => Ok(()),
        Ok(now) => Err(error.and(&points_to(tag, now.as_ref()))),
        Err(_) => Err(error.and(&format!("whether the tag {tag} points to {wanted} now could not be verified"))),
    }
}

/// Removes a tag.
pub(in crate::registry::legacy) async fn untag<H: Host>(repo: &Repo<H>, tag: &Tag) -> Result<()> {
    repo.v1_tagged(tag).await?; // fails with the registry's own error if there is no such tag
    let endpoint = repo.v1_endpoint(&format!("tags/{tag}"));
    let Err(error) = repo.v1_send(repo.request(Method::Delete, &endpoint, None)).await else {
        return Ok(());
    };
    match repo.v1_tag_now(tag).await {
        Ok(None) => Ok(()),
        Ok(now) => Err(error.and(&points_to(tag, now.as_ref()))),
        Err(_) => Err(error.and(&format!("whether the tag {tag} is gone could not be verified"))),
    }
}

impl<H: Host> Repo<H> {
    /// Deletes a V1 repository with all its tags. Its images stay, because other images may have them as ancestors.
    pub(crate) async fn v1_delete_repository(&self) -> Result<()> {
        let instead = "use untag() or planCleanup() to remove the repository's content";
        self.api.require_v1("deleteRepository()", instead, &self.call).await?;
        list(&self.api, Some(&self.name), (1, None), &self.call).await?; // fails if there is no such repository
        let endpoint = self.v1_endpoint("");
        match self.v1_send(self.request(Method::Delete, &endpoint, None)).await {
            // An earlier attempt has deleted it.
            Err(error) if error.is_not_found() => Ok(()),
            done => done,
        }
    }
}

impl<H: Host> Repo<H> {
    /// Returns the image id of a tag, or `None` if the tag does not exist.
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
