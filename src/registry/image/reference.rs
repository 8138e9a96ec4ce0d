//! A caller's reference to an image.

use crate::protocol::code;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::image::Image;
use crate::transport::{Error, Host, Result};

/// A reference to an image: a tag or digest, or an image found before.
pub enum ImageReference<H: Host> {
    /// A tag or digest of the repository that the call is about.
    Reference(String),
    /// An image, which knows its repository.
    Image(Image<H>),
}

impl<H: Host> ImageReference<H> {
    /// Returns true if it is an image of a V1 registry.
    pub(crate) fn is_of_v1(&self) -> bool {
        matches!(self, ImageReference::Image(image) if image.digest().is_none())
    }

    /// Returns the reference within `repo`.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` when the image is in another repository, from which it has to be copied first.
    pub(crate) fn within(&self, repo: &Repo<H>) -> Result<Reference> {
        match self {
            ImageReference::Reference(text) => Ok(Reference::parse(text)?),
            ImageReference::Image(image) => match image.digest().filter(|_| image.is_of(repo)) {
                Some(digest) => Ok(Reference::Digest(digest.clone())),
                None => Err(Error::new(
                    code::INVALID_ARGUMENT,
                    format!("image: {} is in another repository than {}", image.names(), repo.name),
                )
                .and("copy it here with copy()")),
            },
        }
    }
}
