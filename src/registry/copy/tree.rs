//! The content of a manifest: the manifests of an index, and the blobs of each.

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::invalid::quoted;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::manifest::parts::Parts;
use crate::protocol::oci::media_type;
use crate::protocol::oci::media_type::Kind;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::copy::options::UnknownKinds;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Host, Result};

/// A manifest and the blobs that its repository must contain.
pub struct Node {
    pub manifest: Rc<FetchedManifest>,
    pub blobs: Vec<Descriptor>,
}

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

/// Returns a manifest with its blobs and its other parts. Fails if there may be parts that cannot be determined,
/// unless the options allow it.
pub async fn node<H: Host>(
    source: &Repo<H>,
    manifest: Rc<FetchedManifest>,
    unknown: UnknownKinds,
) -> Result<(Node, Vec<Part>)> {
    if let Some(parts) = &manifest.schema1 {
        // The blobs are known by digest; their sizes are requested here.
        let blobs = source.api.legacy().await?.all_blobs(source, parts).await?;
        return Ok((Node { manifest, blobs }, Vec::new()));
    }
    let parts = parts(&manifest);
    // Documents that can be read as two kinds of manifest are not copied (CVE-2021-41190).
    if let Some(problem) = manifest.manifest.problem.as_ref().filter(|one| one.code == code::AMBIGUOUS_MANIFEST) {
        return Err(problem.clone().into());
    }
    if let Some(why) = parts.unknown.as_ref().filter(|_| unknown == UnknownKinds::Reject) {
        let message = format!(
            "{} ({}) cannot be copied completely: {why}",
            manifest.digest,
            quoted(&manifest.manifest.media_type)
        );
        let advice =
            "unknownKinds: \"manifest-only\" copies the manifest and those of its parts that can be determined";
        return Err(Error::new(code::UNSUPPORTED, message).and(advice));
    }
    let mut blobs = parts.blobs;
    for digest in parts.unsized_blobs {
        blobs.push(blob(source, &digest).await?);
    }
    let manifests = parts.manifests.into_iter().map(Part::Manifest);
    let children = manifests.chain(parts.either.into_iter().map(Part::Either)).collect();
    Ok((Node { manifest, blobs }, children))
}

/// Returns all parts of a manifest, without a request.
pub fn all(manifest: &FetchedManifest) -> Vec<Part> {
    if let Some(parts) = &manifest.schema1 {
        return parts.known_blobs().into_iter().map(Part::Blob).collect();
    }
    let parts = parts(manifest);
    let blobs = parts.blobs.into_iter().map(Part::Blob).chain(parts.manifests.into_iter().map(Part::Manifest));
    blobs.chain(parts.either.into_iter().map(Part::Either)).collect()
}

/// Returns the parts to copy. Non-distributable layers are skipped (image-spec layer.md, "Non-Distributable
/// Layers"), unless an index lists them.
fn parts(manifest: &FetchedManifest) -> Parts {
    let document = &manifest.manifest;
    let mut parts = manifest.parts();
    parts.blobs.retain(|blob| document.kind == Kind::Index || !media_type::is_foreign(&blob.media_type));
    parts
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
async fn blob<H: Host>(source: &Repo<H>, digest: &Digest) -> Result<Descriptor> {
    source.head_blob(digest).await?.ok_or_else(|| {
        Error::new(
            code::NOT_FOUND,
            format!("the repository {} has {digest} neither as a manifest nor as a blob", source.name),
        )
    })
}
