//! Selecting platforms of an index: a single image, or a smaller index.

use std::rc::Rc;

use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::manifest::{Manifest, index_filter};
use crate::protocol::oci::media_type::Kind;
use crate::protocol::oci::platform::{Matcher, Platform};
use crate::registry::api::repo::Repo;
use crate::registry::image::platform;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Host, Result};

/// Returns the part of `root` for the platforms, or all of it if it is not an index.
pub async fn of<H: Host>(
    repo: &Repo<H>,
    root: Rc<FetchedManifest>,
    platforms: &[Platform],
) -> Result<Rc<FetchedManifest>> {
    if root.manifest.kind != Kind::Index {
        return Ok(root);
    }
    if let [platform] = platforms {
        let images = platform::images(repo, &root).await.map_err(platform::lists(&root.digest))?;
        let found = platform::choose(repo, &images, platform).await;
        return Ok(found.map_err(platform::lists(&root.digest))?.manifest);
    }
    let entries = root.manifest.manifests.as_deref().unwrap_or_default();
    let (told, failure) = platform::with_platforms(repo, entries).await;
    let mut chosen: Vec<&Digest> = Vec::new();
    for platform in platforms {
        match platform::best(&told, &Matcher::only(platform)) {
            Some((_, entry)) => chosen.push(&entry.digest),
            None => return Err(failure.unwrap_or_else(|| platform::none_fits(platform, &told))),
        }
    }
    // BuildKit's attestations of a selected image are copied with it.
    let wanted = |entry: &Descriptor| {
        let about = entry.annotations.as_ref().and_then(|annotations| annotations.get(platform::REFERENCE_DIGEST));
        chosen.contains(&&entry.digest) || about.is_some_and(|about| chosen.iter().any(|one| one.as_str() == about))
    };
    let bytes = index_filter::with_entries(&root.bytes, &mut |position| entries.get(position).is_some_and(wanted))?;
    let manifest = Manifest::parse(&bytes, Some(&root.manifest.media_type))?;
    let digest = Digest::of(Algorithm::Sha256, &bytes);
    Ok(Rc::new(FetchedManifest { bytes, digest, manifest, schema1: None }))
}
