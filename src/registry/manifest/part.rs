//! The parts of a manifest: the manifests and blobs that its repository must contain.

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Host, Result};

/// A part of a manifest.
pub enum Part {
    Blob(Descriptor),
    Manifest(Descriptor),
    /// An entry of an index whose media type does not distinguish the two.
    Either(Descriptor),
}

impl Part {
    pub fn descriptor(&self) -> &Descriptor {
        let (Self::Blob(descriptor) | Self::Manifest(descriptor) | Self::Either(descriptor)) = self;
        descriptor
    }
}

/// The kind of a part, as it was found.
pub enum Found {
    Manifest(Rc<FetchedManifest>),
    Blob(Box<Descriptor>),
}

/// Determines the kind of a part.
pub async fn found<H: Host>(source: &Repo<H>, part: Part) -> Result<Found> {
    let entry = match part {
        Part::Blob(blob) => return Ok(Found::Blob(Box::new(blob))),
        Part::Manifest(entry) => return source.child_manifest(&entry).await.map(Found::Manifest),
        Part::Either(entry) => entry,
    };
    // Some registries respond 500 to a request for a blob as a manifest.
    let observed = source.observe(&Reference::Digest(entry.digest.clone())).await;
    match observed {
        Ok(Some(manifest)) => Ok(Found::Manifest(manifest)),
        Ok(None) => blob(source, &entry.digest).await.map(|blob| Found::Blob(Box::new(blob))),
        Err(error) if error.code == code::MODULE_NOT_LOADED => Err(error),
        Err(error) => blob(source, &entry.digest).await.map(|blob| Found::Blob(Box::new(blob))).map_err(|_| error),
    }
}

/// Returns the descriptor of a blob of which only the digest is known.
pub async fn blob<H: Host>(source: &Repo<H>, digest: &Digest) -> Result<Descriptor> {
    source.head_blob(digest).await?.ok_or_else(|| {
        Error::new(
            code::NOT_FOUND,
            format!("the repository {} has {digest} neither as a manifest nor as a blob", source.name),
        )
    })
}
