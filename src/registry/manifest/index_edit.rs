//! Creating indexes of existing images (image-spec image-index.md).

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::invalid::{Invalid, quoted};
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::manifest::document::{Entry, IndexDocument};
use crate::protocol::oci::media_type;
use crate::protocol::oci::media_type::{Entry as EntryKind, Kind};
use crate::protocol::oci::platform::Platform;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::registry::api::repo::Repo;
use crate::registry::concurrency::{Question, answers};
use crate::registry::image::platform::REFERENCE_DIGEST;
use crate::registry::image::reference::ImageReference;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::tag::set::Expected;
use crate::transport::{Error, Host, Result};

/// The changes to an index besides the images to add.
#[derive(Default)]
pub struct IndexChange {
    /// Tag or digest of an index whose entries come first.
    pub base: Option<String>,
    /// Digests and platforms of entries to remove.
    pub remove: Vec<String>,
    /// Annotations to set on the index, in addition to the base's.
    pub annotations: Vec<(String, String)>,
    /// Condition on the tag that is written: the digest that it must point to now; `Some(None)` requires that it does not
    /// exist.
    pub if_match: Option<Expected>,
}

impl<H: Host> Repo<H> {
    /// Creates an index of images and tags it: an OCI index, or a Docker manifest list if all images are Docker's.
    /// An index among the images contributes its entries. Of two images for one platform, the later replaces the
    /// earlier.
    pub(crate) async fn create_index(
        &self,
        tag: &str,
        images: &[ImageReference<H>],
        change: &IndexChange,
    ) -> Result<Descriptor> {
        let tag = Tag::parse(tag)?;
        let base = change.base.as_deref().map(Reference::parse).transpose()?;
        let removed =
            change.remove.iter().map(|text| Removed::parse(text)).collect::<std::result::Result<Vec<_>, _>>()?;
        let images: Vec<_> = images.iter().map(|image| image.within(self)).collect::<Result<_>>()?;
        if images.is_empty() && base.is_none() {
            return Err(Error::new(code::INVALID_ARGUMENT, "images: at least one is needed, or options.base"));
        }
        Box::pin(async {
            let mut index = match &base {
                Some(base) => self.index_document(base).await?,
                None => IndexDocument::default(),
            };
            for removed in &removed {
                removed.leave_out(&mut index.manifests)?;
            }
            for image in &images {
                let entries = self.index_entries(image).await?;
                merge(&mut index.manifests, entries);
            }
            for (key, value) in &change.annotations {
                index.annotations.set(key, value);
            }
            self.check_children(&index.manifests).await?;
            let (bytes, media_type) = index.write()?;
            let manifest = Rc::new(FetchedManifest::new(bytes, media_type)?);
            self.point(&tag, &manifest, change.if_match.as_ref()).await?;
            if let Some(subject) = &manifest.manifest.subject {
                self.list_referrer(subject, &manifest).await?;
            }
            Ok(manifest.descriptor())
        })
        .await
    }

    async fn index_document(&self, reference: &Reference) -> Result<IndexDocument> {
        let found = self.current(reference).await?;
        match &found.sound()?.manifests {
            Some(entries) if found.manifest.kind == Kind::Index => Ok(IndexDocument::parse(&found.bytes, entries)?),
            _ => {
                let message = format!("options.base: {reference} is not an index, but {}", found.manifest.media_type);
                Err(Error::new(code::INVALID_ARGUMENT, message))
            }
        }
    }

    /// Returns the entries that an image contributes.
    async fn index_entries(&self, reference: &Reference) -> Result<Vec<Entry>> {
        let found = self.current(reference).await?;
        if let (Kind::Index, Some(entries)) = (found.manifest.kind, &found.sound()?.manifests) {
            return Ok(IndexDocument::parse(&found.bytes, entries)?.manifests);
        }
        let mut descriptor = found.descriptor();
        descriptor.platform = self.image_config(&found).await?.and_then(|config| config.platform);
        descriptor.artifact_type = found.manifest.artifact_type.clone();
        Ok(vec![Entry::new(descriptor)?])
    }

    /// Checks that all entries exist: not every registry checks that itself, or reports its content by HEAD.
    async fn check_children(&self, entries: &[Entry]) -> Result<()> {
        let questions = entries.iter().map(|Entry { descriptor, .. }| -> Question<'_, _> {
            Box::pin(async {
                let is_there = self.has_child(descriptor).await?;
                Ok(Some(&descriptor.digest).filter(|_| !is_there))
            })
        });
        match answers(self.api.concurrency, questions.collect()).await?.into_iter().flatten().next() {
            Some(digest) => {
                let message = format!("an entry of the index is not in the repository {}: {digest}", self.name);
                Err(Error::new("MANIFEST_UNKNOWN", message).and("nothing was pushed"))
            }
            None => Ok(()),
        }
    }

    async fn has_child(&self, child: &Descriptor) -> Result<bool> {
        let kind = media_type::entry(&media_type::essence(&child.media_type));
        // distribution 2.8 responds 500 to a request for a blob as a manifest.
        if kind != EntryKind::Manifest && self.head_blob(&child.digest).await?.is_some() {
            return Ok(true);
        }
        let reference = Reference::Digest(child.digest.clone());
        Ok(kind != EntryKind::Blob && self.observe(&reference).await?.is_some())
    }
}

/// An entry to remove, by digest or platform.
enum Removed {
    Digest(Digest),
    Platform(Platform),
}

impl Removed {
    /// A digest has a colon and no slash; a platform with a colon has both.
    fn parse(text: &str) -> std::result::Result<Self, Invalid> {
        if text.contains(':') && !text.contains('/') {
            return Digest::parse(text).map(Self::Digest);
        }
        Ok(Self::Platform(Platform::parse(text)?.normalized()))
    }

    fn leave_out(&self, entries: &mut Vec<Entry>) -> Result<()> {
        let gone: Vec<_> = entries.iter().filter(|entry| self.fits(entry)).map(digest_of).collect();
        if gone.is_empty() {
            let what = match self {
                Self::Digest(digest) => digest.to_string(),
                Self::Platform(platform) => platform.to_string(),
            };
            let message = format!("options.remove: options.base has no entry {}", quoted(&what));
            return Err(Error::new(code::INVALID_ARGUMENT, message));
        }
        entries.retain(|entry| !self.fits(entry));
        without_attestations(entries, &gone);
        Ok(())
    }

    fn fits(&self, entry: &Entry) -> bool {
        match self {
            Self::Digest(digest) => entry.descriptor.digest == *digest,
            Self::Platform(wanted) => platform_of(entry).is_some_and(|mut platform| {
                // A platform without a version matches every version.
                if wanted.os_version.is_none() {
                    platform.os_version = None;
                }
                if wanted.os_features.is_none() {
                    platform.os_features = None;
                }
                platform == *wanted
            }),
        }
    }
}

/// Adds the entries of one image to those of the earlier ones.
fn merge(entries: &mut Vec<Entry>, more: Vec<Entry>) {
    let earlier = entries.len();
    let mut gone = Vec::new();
    for entry in more {
        if entries.iter().any(|one| one.descriptor.digest == entry.descriptor.digest) {
            continue;
        }
        let platform = platform_of(&entry);
        let replaced = entries.iter_mut().take(earlier).find(|one| platform.is_some() && platform_of(one) == platform);
        match replaced {
            Some(replaced) => gone.push(digest_of(&std::mem::replace(replaced, entry))),
            None => entries.push(entry),
        }
    }
    without_attestations(entries, &gone);
}

/// Removes the attestations of images that were removed.
fn without_attestations(entries: &mut Vec<Entry>, gone: &[Digest]) {
    entries.retain(|entry| {
        let annotations = entry.descriptor.annotations.as_ref();
        let about = annotations.and_then(|annotations| annotations.get(REFERENCE_DIGEST));
        about.is_none_or(|about| gone.iter().all(|digest| digest.as_str() != about))
    });
}

fn digest_of(entry: &Entry) -> Digest {
    entry.descriptor.digest.clone()
}

/// Returns the platform by which one entry replaces another. Attestations, which run nowhere, have none.
fn platform_of(entry: &Entry) -> Option<Platform> {
    entry.descriptor.platform.as_ref().filter(|platform| !platform.is_unknown()).map(Platform::normalized)
}
