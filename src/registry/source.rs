//! What a caller means by an image.

use std::rc::Rc;

use super::connection::Connection;
use super::image::Image;
use crate::protocol::code;
use crate::protocol::reference::{Reference, RepositoryName};
use crate::transport::{Error, Host, Result};

/// A tag or digest, or an image found before.
pub enum Source<H: Host> {
    /// A tag or digest of the repository that is asked.
    Reference(String),
    /// An image, which knows where it is from.
    Image(Image<H>),
}

impl<H: Host> Source<H> {
    /// What names it in this repository. An image of another one has to be copied first.
    pub(super) fn within(&self, connection: &Rc<Connection<H>>, name: &RepositoryName) -> Result<Reference> {
        match self {
            Source::Reference(text) => Ok(Reference::parse(text)?),
            Source::Image(image) if image.is_of(connection, name) => Ok(Reference::Digest(image.digest().clone())),
            Source::Image(image) => Err(Error::new(
                code::INVALID_ARGUMENT,
                format!("image: {} is of another repository than {name}; copy() brings it here", image.digest()),
            )),
        }
    }
}
