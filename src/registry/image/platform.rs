//! Selecting the image for a platform from an image index (image-spec, image-index.md; the order is
//! containerd's).

use std::cell::RefCell;
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::config::ImageConfig;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::manifest::NESTING_LIMIT;
use crate::protocol::oci::media_type;
use crate::protocol::oci::media_type::Kind;
use crate::protocol::oci::platform::{Matcher, Platform};
use crate::registry::api::repo::Repo;
use crate::registry::concurrency::{Work, together};
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Fact, Host, Result};

/// Maximum number of indexes fetched for one operation.
const INDEX_LIMIT: usize = 100;
/// Maximum number of manifests and configs fetched for platforms that the entries do not state.
const PROBE_LIMIT: usize = 256;
/// BuildKit's annotation that marks entries that belong to an image, such as attestations.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
/// BuildKit's annotation with the digest of that image.
pub const REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";

/// An image found in an index.
pub struct Found {
    pub(crate) manifest: Rc<FetchedManifest>,
    /// The platform that the index states.
    pub(crate) platform: Option<Platform>,
}

/// Returns the images of an index and its nested indexes, in document order, without attestations.
pub async fn images<H: Host>(repo: &Repo<H>, index: &FetchedManifest) -> Result<Vec<Descriptor>> {
    index.sound()?;
    let mut images = Vec::new();
    let mut visited = vec![index.digest.clone()];
    // A stack of entries still to visit keeps the document's order.
    let mut pending: Vec<(usize, Descriptor)> = Vec::new();
    push_entries(&mut pending, 1, index);
    while let Some((depth, entry)) = pending.pop() {
        match media_type::kind(&media_type::essence(&entry.media_type)) {
            _ if is_attestation(&entry) => {}
            Kind::Image | Kind::Schema1 => images.push(entry),
            Kind::Index if visited.contains(&entry.digest) => {}
            Kind::Index => {
                if depth >= NESTING_LIMIT || visited.len() >= INDEX_LIMIT {
                    let message = format!(
                        "index {} has indexes nested deeper than {NESTING_LIMIT} levels, or more than {INDEX_LIMIT}",
                        index.digest
                    );
                    return Err(Error::new(code::INDEX_LIMIT, message).with_number("limit", NESTING_LIMIT as u64));
                }
                visited.push(entry.digest.clone());
                let nested = repo.child_manifest(&entry).await?;
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

/// Selects the image that matches a platform best; among equals the first. Platforms that the index does not state
/// are read from the configs, as containerd does, unless an entry matches exactly.
pub async fn choose<H: Host>(repo: &Repo<H>, images: &[Descriptor], platform: &Platform) -> Result<Found> {
    let matcher = Matcher::only(platform);
    if let Some((0, entry)) = best(images, &matcher) {
        return open(repo, entry).await;
    }
    let (images, failure) = with_platforms(repo, images).await;
    if let Some((_, entry)) = best(&images, &matcher) {
        return open(repo, entry).await;
    }
    // An entry that could not be read may be the matching one.
    Err(failure.unwrap_or_else(|| none_fits(platform, &images)))
}

/// Returns the best matching image and its rank.
pub fn best<'a>(images: &'a [Descriptor], matcher: &Matcher) -> Option<(usize, &'a Descriptor)> {
    let ranked = images.iter().filter_map(|entry| Some((matcher.rank(entry.platform.as_ref()?)?, entry)));
    ranked.min_by_key(|(rank, _)| *rank)
}

/// Returns the entries with the platforms from their configs where the index does not state them, and the first
/// error if one could not be read.
pub async fn with_platforms<H: Host>(repo: &Repo<H>, images: &[Descriptor]) -> (Vec<Descriptor>, Option<Error>) {
    let (images, failure) = (RefCell::new(images.to_vec()), RefCell::new(None));
    let untold: Vec<(usize, Descriptor)> = images.borrow().iter().cloned().enumerate().collect();
    let untold = untold.into_iter().filter(|(_, entry)| entry.platform.is_none() && is_image(entry)).take(PROBE_LIMIT);
    let mut works = untold.map(|(at, entry)| -> Work<'_> {
        let (images, failure) = (&images, &failure);
        Box::pin(async move {
            match told_platform(repo, &entry).await {
                Ok(told) => images.borrow_mut().get_mut(at).into_iter().for_each(|entry| entry.platform = told.clone()),
                Err(error) => drop(failure.borrow_mut().get_or_insert(error)),
            }
        })
    });
    together(repo.api.concurrency, &mut works).await;
    drop(works);
    (images.into_inner(), failure.into_inner())
}

async fn told_platform<H: Host>(repo: &Repo<H>, entry: &Descriptor) -> Result<Option<Platform>> {
    let manifest = repo.child_manifest(entry).await?;
    Ok(repo.image_config(&manifest).await?.and_then(|config| config.platform))
}

fn is_image(entry: &Descriptor) -> bool {
    !is_attestation(entry)
        && matches!(media_type::kind(&media_type::essence(&entry.media_type)), Kind::Image | Kind::Schema1)
}

/// Fetches the image of an index entry.
pub async fn open<H: Host>(repo: &Repo<H>, entry: &Descriptor) -> Result<Found> {
    let manifest = repo.child_manifest(entry).await?;
    Ok(Found { manifest, platform: entry.platform.clone() })
}

/// Adds the index to the error if an entry of it does not exist.
pub fn lists(index: &Digest) -> impl FnOnce(Error) -> Error {
    move |error| if error.is_not_found() { error.about(&format!("index {index}")) } else { error }
}

/// Creates the error that no image matches the platform.
pub fn no_match(platform: &Platform, available: &[String]) -> Error {
    let told = if available.is_empty() { "none".to_owned() } else { available.join(", ") };
    Error::new(code::NO_MATCHING_PLATFORM, format!("no image for {platform}"))
        .and(&format!("available: {told}"))
        .with("platform", platform)
        .with_fact("available", Fact::Texts(available.to_vec()))
}

/// Creates the error that none of these images matches the platform.
pub fn none_fits(platform: &Platform, images: &[Descriptor]) -> Error {
    let told = images.iter().filter_map(|entry| entry.platform.as_ref()).map(ToString::to_string);
    let untold = images.iter().filter(|entry| entry.platform.is_none()).count();
    let untold = (untold > 0).then(|| format!("{untold} without a platform"));
    no_match(platform, &told.chain(untold).collect::<Vec<_>>())
}

impl<H: Host> Repo<H> {
    /// Returns the image config of a manifest, or `None` if its config is something else (an artifact's).
    pub(crate) async fn image_config(&self, manifest: &FetchedManifest) -> Result<Option<ImageConfig>> {
        if let Some(parts) = &manifest.schema1 {
            return Ok(Some(ImageConfig::parse(&self.api.legacy().await?.config(parts)?)?));
        }
        let Some(descriptor) = manifest.manifest.config.as_ref() else { return Ok(None) };
        if !media_type::is_image_config(&media_type::essence(&descriptor.media_type)) {
            return Ok(None);
        }
        let bytes = self.config(descriptor).await?;
        Ok(Some(ImageConfig::parse(&bytes)?))
    }
}
