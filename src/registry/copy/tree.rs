//! The content of a manifest: the manifests of an index, and the blobs of each.

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::invalid::quoted;
use crate::protocol::oci::descriptor::Descriptor;
use crate::registry::api::repo::Repo;
use crate::registry::copy::options::UnknownKinds;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::part::{Part, blob};
use crate::transport::{Error, Host, Result};

/// A manifest and the blobs that its repository must contain.
pub struct Node {
    pub manifest: Rc<FetchedManifest>,
    pub blobs: Vec<Descriptor>,
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
    let parts = manifest.stored_parts();
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
    let parts = manifest.stored_parts();
    let blobs = parts.blobs.into_iter().map(Part::Blob).chain(parts.manifests.into_iter().map(Part::Manifest));
    blobs.chain(parts.either.into_iter().map(Part::Either)).collect()
}
