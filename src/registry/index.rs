//! From an image index to the image for a platform (image-spec, image-index.md; the choice is containerd's).

use std::rc::Rc;

use super::connection::Connection;
use super::manifests::FetchedManifest;
use super::settings::Call;
use crate::protocol::code;
use crate::protocol::config::ImageConfig;
use crate::protocol::descriptor::Descriptor;
use crate::protocol::media_type::{self, Kind};
use crate::protocol::platform::{Matcher, Platform};
use crate::protocol::reference::RepositoryName;
use crate::transport::{Error, Host, Result};

/// Indexes within indexes, at most.
const DEPTH_LIMIT: usize = 8;
/// Indexes that are fetched for one question, at most.
const INDEX_LIMIT: usize = 100;
/// Manifests and configs that are looked into for the platform their entry does not tell, at most.
const PROBE_LIMIT: usize = 32;
/// BuildKit marks what belongs to an image without being one.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
/// To which image it belongs.
pub const REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";

/// An image found in an index.
pub struct Found {
    pub(super) manifest: Rc<FetchedManifest>,
    /// As the index tells it.
    pub(super) platform: Option<Platform>,
}

/// The images of an index and of the indexes within it, in the order they stand there; without attestations.
pub async fn images<H: Host>(
    connection: &Rc<Connection<H>>,
    name: &RepositoryName,
    index: &FetchedManifest,
    call: &Call,
) -> Result<Vec<Descriptor>> {
    index.sound()?;
    let mut images = Vec::new();
    let mut visited = vec![index.digest.clone()];
    // A stack holds what is still to be walked, so that the order of the document is kept.
    let mut pending: Vec<(usize, Descriptor)> = Vec::new();
    push_entries(&mut pending, 1, index);
    while let Some((depth, entry)) = pending.pop() {
        match media_type::kind(&media_type::essence(&entry.media_type)) {
            _ if is_attestation(&entry) => {}
            Kind::Image | Kind::Schema1 => images.push(entry),
            Kind::Index if visited.contains(&entry.digest) => {}
            Kind::Index => {
                if depth >= DEPTH_LIMIT || visited.len() >= INDEX_LIMIT {
                    let message = format!(
                        "index {} has indexes within indexes deeper than {DEPTH_LIMIT} or more than {INDEX_LIMIT} of them",
                        index.digest
                    );
                    return Err(Error::new(code::INDEX_LIMIT, message));
                }
                visited.push(entry.digest.clone());
                let nested = connection.child_manifest(name, &entry, call).await?;
                nested.sound()?;
                push_entries(&mut pending, depth + 1, &nested);
            }
            // image-spec: an unknown media type must not be an error.
            Kind::Other => {}
        }
    }
    Ok(images)
}

fn push_entries(pending: &mut Vec<(usize, Descriptor)>, depth: usize, index: &FetchedManifest) {
    let entries = index.manifest.manifests.iter().flatten();
    pending.extend(entries.rev().map(|entry| (depth, entry.clone())));
}

fn is_attestation(entry: &Descriptor) -> bool {
    entry.platform.as_ref().is_some_and(Platform::is_unknown)
        || entry.annotations.as_ref().is_some_and(|annotations| annotations.get(REFERENCE_TYPE).is_some())
}

/// The image that fits a platform best; of equals the first.
pub async fn choose<H: Host>(
    connection: &Rc<Connection<H>>,
    name: &RepositoryName,
    images: &[Descriptor],
    platform: &Platform,
    call: &Call,
) -> Result<Found> {
    let matcher = Matcher::only(platform);
    let ranked = images.iter().filter_map(|entry| Some((matcher.rank(entry.platform.as_ref()?)?, entry)));
    if let Some((_, entry)) = ranked.min_by_key(|(rank, _)| *rank) {
        return open(connection, name, entry, call).await;
    }
    let mut available: Vec<String> =
        images.iter().filter_map(|entry| entry.platform.as_ref()).map(ToString::to_string).collect();
    // As containerd does: an entry that does not tell its platform is asked for it.
    for entry in images.iter().filter(|entry| entry.platform.is_none()).take(PROBE_LIMIT) {
        let found = open(connection, name, entry, call).await?;
        let told = connection.image_config(name, &found.manifest, call).await?.and_then(|config| config.platform);
        match told {
            Some(told) if matcher.rank(&told).is_some() => return Ok(found),
            Some(told) => available.push(told.to_string()),
            None => {}
        }
    }
    Err(no_match(platform, &available))
}

/// Fetches the image of an index entry.
pub async fn open<H: Host>(
    connection: &Rc<Connection<H>>,
    name: &RepositoryName,
    entry: &Descriptor,
    call: &Call,
) -> Result<Found> {
    let manifest = connection.child_manifest(name, entry, call).await?;
    Ok(Found { manifest, platform: entry.platform.clone() })
}

/// Nothing fits.
pub fn no_match(platform: &Platform, available: &[String]) -> Error {
    let available = if available.is_empty() { "none".to_owned() } else { available.join(", ") };
    Error::new(code::NO_MATCHING_PLATFORM, format!("no image for {platform}; there are: {available}"))
}

impl<H: Host> Connection<H> {
    /// The config of an image manifest, read as such; `None` where it is something else (an artifact's).
    pub(super) async fn image_config(
        self: &Rc<Self>,
        name: &RepositoryName,
        manifest: &FetchedManifest,
        call: &Call,
    ) -> Result<Option<ImageConfig>> {
        if let Some(legacy) = &manifest.schema1 {
            return Ok(Some(ImageConfig::parse(&legacy.document.config(None)?)?));
        }
        let Some(descriptor) = manifest.manifest.config.as_ref() else { return Ok(None) };
        if !media_type::is_image_config(&media_type::essence(&descriptor.media_type)) {
            return Ok(None);
        }
        let bytes = self.config(name, descriptor, call).await?;
        Ok(Some(ImageConfig::parse(&bytes)?))
    }
}
