//! The description of a tag.

use std::rc::Rc;

use serde::Serialize;

use crate::protocol::oci::descriptor::Annotations;
use crate::protocol::oci::media_type::Kind;
use crate::protocol::oci::platform::{Matcher, Platform};
use crate::protocol::oci::reference::{Reference, Tag};
use crate::registry::api::repo::Repo;
use crate::registry::image::platform;
use crate::registry::image::platform::Found;
use crate::registry::image::{CREATED, Image};
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Host, Result};

/// The description of a tag, from its manifest and config.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TagData {
    /// Name of the tag.
    pub tag: String,
    /// Digest of the manifest; `None` for V1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// V1 id of the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// True if a digest covers the whole image.
    pub verified: bool,
    /// Media type of the manifest, or of a V1 image's JSON.
    pub media_type: String,
    /// Compressed bytes of the layers. For an index, those of the image for the client's platform, else of the
    /// first image; for an index of blobs (BuildKit's cache), those of the blobs. `None` if a V1 registry does not
    /// report it.
    pub size: Option<u64>,
    /// Creation time (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The platforms of an index, or the one of an image.
    pub platforms: Vec<Platform>,
    /// Type of the artifact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifact_type: Option<String>,
    /// Annotations of the manifest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// The JSON that docker-registry stores about the tag itself (V1).
    #[serde(skip)]
    pub tag_json: Option<String>,
}

impl TagData {
    pub(crate) async fn of<H: Host>(repo: &Repo<H>, tag: Tag) -> Result<Self> {
        let v2 = async {
            let manifest = repo.manifest(&Reference::Tag(tag.clone()), None).await?;
            Self::of_manifest(repo, tag.as_str(), &manifest).await
        };
        repo.api.by_version(v2, async { repo.api.legacy().await?.tag_data(repo, &tag).await }).await
    }

    /// Describes a tag of a V1 registry.
    pub(crate) fn of_v1<H: Host>(tag: &Tag, image: &Image<H>, tag_json: Option<String>) -> Self {
        Self {
            tag: tag.as_str().to_owned(),
            digest: None,
            id: Some(image.id().to_owned()),
            verified: image.is_verified(),
            media_type: image.media_type().to_owned(),
            size: image.size(),
            created: image.created().map(str::to_owned),
            platforms: image.platform().cloned().into_iter().collect(),
            artifact_type: None,
            annotations: None,
            tag_json,
        }
    }

    /// Describes a tag that points to this manifest.
    pub(crate) async fn of_manifest<H: Host>(
        repo: &Repo<H>,
        tag: &str,
        manifest: &Rc<FetchedManifest>,
    ) -> Result<Self> {
        let document = manifest.sound()?;
        let mut data = TagData {
            tag: tag.to_owned(),
            digest: Some(manifest.digest.to_string()),
            id: None,
            verified: true,
            media_type: document.media_type.clone(),
            size: Some(0),
            created: None,
            platforms: Vec::new(),
            artifact_type: document.artifact_type.clone(),
            annotations: document.annotations.clone(),
            tag_json: None,
        };
        let (image, platforms) = shown_image(repo, manifest).await?;
        data.platforms = platforms;
        match image {
            Some(found) => data.describe(&Image::open(repo, found, None).await?, manifest),
            None => data.size = Some(size_of_blobs(manifest)),
        }
        Ok(data)
    }

    /// Returns the [`size`](Self::size) of a tag that points to this manifest, for which no config is read.
    pub(crate) async fn size_of<H: Host>(repo: &Repo<H>, manifest: &Rc<FetchedManifest>) -> Result<Option<u64>> {
        match shown_image(repo, manifest).await?.0 {
            Some(found) => Image::size_of(repo, &found.manifest).await,
            None => Ok(Some(size_of_blobs(manifest))),
        }
    }

    fn describe<H: Host>(&mut self, image: &Image<H>, manifest: &FetchedManifest) {
        self.size = image.size();
        self.created = image.created().map(str::to_owned);
        if manifest.manifest.kind != Kind::Index {
            self.platforms = image.platform().cloned().into_iter().collect();
        }
    }
}

/// Returns the creation time of what a tag points to, as its config states it, else its annotation.
pub(crate) async fn created<H: Host>(repo: &Repo<H>, manifest: &Rc<FetchedManifest>) -> Result<Option<String>> {
    let Some(Found { manifest, .. }) = shown_image(repo, manifest).await?.0 else { return Ok(None) };
    let config = repo.image_config(&manifest).await?;
    let annotation = || Some(manifest.manifest.annotations.as_ref()?.get(CREATED)?.to_owned());
    Ok(config.and_then(|config| config.created).or_else(annotation))
}

/// Returns the image that describes a manifest, if there is one, and the platforms of an index.
async fn shown_image<H: Host>(
    repo: &Repo<H>,
    manifest: &Rc<FetchedManifest>,
) -> Result<(Option<Found>, Vec<Platform>)> {
    match manifest.sound()?.kind {
        Kind::Index => {
            let of_index = || platform::lists(&manifest.digest);
            let images = platform::images(repo, manifest).await.map_err(of_index())?;
            // A config that cannot be read does not affect the other images.
            let (images, _) = platform::with_platforms(repo, &images).await;
            let matcher = Matcher::only(&repo.api.platform_or(None)?);
            let shown = match platform::best(&images, &matcher).map(|(_, entry)| entry).or(images.first()) {
                Some(entry) => Some(platform::open(repo, entry).await.map_err(of_index())?),
                None => None,
            };
            Ok((shown, images.into_iter().filter_map(|entry| entry.platform).collect()))
        }
        Kind::Image | Kind::Schema1 => Ok((Some(Found { manifest: manifest.clone(), platform: None }), Vec::new())),
        Kind::Other => Ok((None, Vec::new())),
    }
}

/// Returns the size of an index of blobs, as BuildKit stores its cache, or of an artifact without an image config.
fn size_of_blobs(manifest: &FetchedManifest) -> u64 {
    manifest.parts().blobs.iter().fold(0, |sum: u64, blob| sum.saturating_add(blob.size))
}
