//! What a caller means by an image.

use crate::protocol::code;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::image::Image;
use crate::transport::{Error, Host, Result};

/// A tag or digest, or an image found before.
pub enum ImageReference<H: Host> {
    /// A tag or digest of the repository that is asked.
    Reference(String),
    /// An image, which knows where it is from.
    Image(Image<H>),
}

impl<H: Host> ImageReference<H> {
    /// Whether it is an image of a V1 registry.
    pub(crate) fn is_of_v1(&self) -> bool {
        matches!(self, ImageReference::Image(image) if image.digest().is_none())
    }

    /// What names it in this repository. An image of another one has to be copied first.
    pub(crate) fn within(&self, repo: &Repo<H>) -> Result<Reference> {
        match self {
            ImageReference::Reference(text) => Ok(Reference::parse(text)?),
            ImageReference::Image(image) => match image.digest().filter(|_| image.is_of(repo)) {
                Some(digest) => Ok(Reference::Digest(digest.clone())),
                None => Err(Error::new(
                    code::INVALID_ARGUMENT,
                    format!(
                        "image: {} is of another repository than {}; copy() brings it here",
                        image.names(),
                        repo.name
                    ),
                )),
            },
        }
    }
}
