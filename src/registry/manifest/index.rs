//! From an image index to the image for a platform (image-spec, image-index.md; the choice is containerd's).

use std::cell::RefCell;
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::config::ImageConfig;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type;
use crate::protocol::oci::media_type::Kind;
use crate::protocol::oci::platform::{Matcher, Platform};
use crate::registry::api::repo::Repo;
use crate::registry::ids::{Work, together};
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Host, Result};

/// Indexes within indexes, at most.
const DEPTH_LIMIT: usize = 8;
/// Indexes that are fetched for one question, at most.
const INDEX_LIMIT: usize = 100;
/// Manifests and configs that are looked into for the platform their entry does not tell, at most.
const PROBE_LIMIT: usize = 256;
/// BuildKit marks what belongs to an image without being one.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";
/// To which image it belongs.
pub const REFERENCE_DIGEST: &str = "vnd.docker.reference.digest";

/// An image found in an index.
pub struct Found {
    pub(crate) manifest: Rc<FetchedManifest>,
    /// As the index tells it.
    pub(crate) platform: Option<Platform>,
}

/// The images of an index and of the indexes within it, in the order they stand there; without attestations.
pub async fn images<H: Host>(repo: &Repo<H>, index: &FetchedManifest) -> Result<Vec<Descriptor>> {
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

/// The image that fits a platform best; of equals the first. An entry that does not state its platform is asked for it, as
/// containerd does, unless another fits as well as any can.
pub async fn choose<H: Host>(repo: &Repo<H>, images: &[Descriptor], platform: &Platform) -> Result<Found> {
    let matcher = Matcher::only(platform);
    if let Some((0, entry)) = best(images, &matcher) {
        return open(repo, entry).await;
    }
    let (images, failure) = with_platforms(repo, images).await;
    if let Some((_, entry)) = best(&images, &matcher) {
        return open(repo, entry).await;
    }
    // One that could not be read may be the one.
    Err(failure.unwrap_or_else(|| none_fits(platform, &images)))
}

/// The image that fits best, and how well.
pub fn best<'a>(images: &'a [Descriptor], matcher: &Matcher) -> Option<(usize, &'a Descriptor)> {
    let ranked = images.iter().filter_map(|entry| Some((matcher.rank(entry.platform.as_ref()?)?, entry)));
    ranked.min_by_key(|(rank, _)| *rank)
}

/// The same entries, with the platform that their config tells where they do not state it themselves; and what went wrong
/// first where one could not be read.
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

/// The same error where something that an index lists is not there: says which index.
pub fn lists(index: &Digest) -> impl FnOnce(Error) -> Error {
    move |error| {
        let message = format!("index {index}: {}", error.message);
        if error.is_not_found() { Error { message, ..error } } else { error }
    }
}

/// Nothing fits.
pub fn no_match(platform: &Platform, available: &[String]) -> Error {
    let available = if available.is_empty() { "none".to_owned() } else { available.join(", ") };
    Error::new(code::NO_MATCHING_PLATFORM, format!("no image for {platform}; there are: {available}"))
}

/// None of these fits.
pub fn none_fits(platform: &Platform, images: &[Descriptor]) -> Error {
    let told = images.iter().filter_map(|entry| entry.platform.as_ref()).map(ToString::to_string);
    let untold = images.iter().filter(|entry| entry.platform.is_none()).count();
    let untold = (untold > 0).then(|| format!("{untold} that do not tell their platform"));
    no_match(platform, &told.chain(untold).collect::<Vec<_>>())
}

impl<H: Host> Repo<H> {
    /// The config of an image manifest, read as such; `None` where it is something else (an artifact's).
    pub(crate) async fn image_config(&self, manifest: &FetchedManifest) -> Result<Option<ImageConfig>> {
        if let Some(legacy) = &manifest.schema1 {
            return Ok(Some(ImageConfig::parse(&legacy.document.config(None)?)?));
        }
        let Some(descriptor) = manifest.manifest.config.as_ref() else { return Ok(None) };
        if !media_type::is_image_config(&media_type::essence(&descriptor.media_type)) {
            return Ok(None);
        }
        let bytes = self.config(descriptor).await?;
        Ok(Some(ImageConfig::parse(&bytes)?))
    }
}
