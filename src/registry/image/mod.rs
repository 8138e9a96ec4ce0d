//! An image: its manifest, config and layers.

pub mod layer;
pub(crate) mod platform;
pub mod reference;

use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::config;
use crate::protocol::oci::config::ImageConfig;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::media_type::Kind;
use crate::protocol::oci::platform::{Matcher, Platform};
use crate::protocol::oci::reference::{Reference, RepositoryName, Tag};
use crate::protocol::v1::ImageId;
use crate::registry::api::connection::Connection;
use crate::registry::api::place::Place;
use crate::registry::api::repo::Repo;
use crate::registry::api::settings::Call;
use crate::registry::blob::pull::BlobPull;
use crate::registry::contents::zstd::LoadZstd;
use crate::registry::image::layer::{HistoryStep, ImageLayer, Layer, total_size};
use crate::registry::image::platform::Found;
use crate::registry::legacy;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Host, Result};

/// Annotation with the creation time, for manifests without an image config.
pub(crate) const CREATED: &str = "org.opencontainers.image.created";

/// An image of a repository.
pub struct Image<H: Host>(Rc<Inner<H>>);

impl<H: Host> Clone for Image<H> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

struct Inner<H: Host> {
    api: Rc<Connection<H>>,
    name: RepositoryName,
    of: ImageOrigin,
    /// `None` if the config is not an image config (an artifact's).
    config: Option<ImageConfig>,
    platform: Option<Platform>,
    layers: Vec<ImageLayer>,
    size: Option<u64>,
    /// The tag that it was found by.
    tag: Option<Tag>,
}

/// The form in which the registry stores an image.
enum ImageOrigin {
    /// An image manifest, and the descriptor of its config.
    Manifest(Rc<FetchedManifest>, Box<Descriptor>),
    /// A schema1 manifest, which contains its config.
    Schema1(Rc<FetchedManifest>),
    /// A V1 image: its id and its JSON.
    V1(ImageId, Rc<Vec<u8>>),
}

impl<H: Host> Image<H> {
    /// Finds the image of a tag or digest. From an index it selects the image for `platform`, else for the client's
    /// platform, else for linux/amd64. A platform that the call names must match a single image too.
    pub(super) async fn find(repo: &Repo<H>, reference: &Reference, platform: Option<&Platform>) -> Result<Self> {
        let manifest = repo.manifest(reference, None).await?;
        let tag = match reference {
            Reference::Tag(tag) => Some(tag.clone()),
            Reference::Digest(_) => None,
        };
        if manifest.manifest.kind != Kind::Index {
            let image = Self::open(repo, Found { manifest, platform: None }, tag).await?;
            return match (platform, image.platform()) {
                (Some(wanted), Some(told)) if Matcher::only(wanted).rank(told).is_none() => {
                    Err(platform::no_match(wanted, &[told.to_string()]))
                }
                _ => Ok(image),
            };
        }
        let images = platform::images(repo, &manifest).await.map_err(platform::lists(&manifest.digest))?;
        let wanted = repo.api.platform_or(platform)?;
        let found = platform::choose(repo, &images, &wanted).await;
        let found = found.map_err(platform::lists(&manifest.digest))?;
        Self::open(repo, found, tag).await
    }

    /// Opens the image of an image manifest or schema1 manifest, which `tag` led to.
    pub(super) async fn open(repo: &Repo<H>, found: Found, tag: Option<Tag>) -> Result<Self> {
        let Found { manifest, platform } = found;
        let (of, layers) = content(repo, &manifest).await?;
        let size = total_size(&layers)?;
        let config = repo.image_config(&manifest).await?;
        // The config describes the image itself, but the index may add a variant or an OS version.
        let platform = platform.or_else(|| config.as_ref().and_then(|config| config.platform.clone()));
        let (api, name) = (repo.api.clone(), repo.name.clone());
        Ok(Self(Rc::new(Inner { api, name, of, config, platform, layers, size, tag })))
    }

    /// Returns the compressed size of the image of a manifest, for which its config is not read.
    pub(super) async fn size_of(repo: &Repo<H>, manifest: &Rc<FetchedManifest>) -> Result<Option<u64>> {
        total_size(&content(repo, manifest).await?.1)
    }

    /// Creates a V1 image. `config` is derived from the JSON of its ancestry.
    pub(super) fn of_v1(
        repo: &Repo<H>,
        (id, json): (ImageId, Rc<Vec<u8>>),
        config: ImageConfig,
        layers: Vec<ImageLayer>,
    ) -> Result<Self> {
        let (api, name, platform) = (repo.api.clone(), repo.name.clone(), config.platform.clone());
        let size = total_size(&layers)?;
        Ok(Self(Rc::new(Inner {
            api,
            name,
            of: ImageOrigin::V1(id, json),
            config: Some(config),
            platform,
            layers,
            size,
            tag: None,
        })))
    }

    /// Returns true if this client found the image in `repo`.
    pub(super) fn is_of(&self, repo: &Repo<H>) -> bool {
        Rc::ptr_eq(&self.0.api, &repo.api) && self.0.name == repo.name
    }

    /// Names the image in messages: by its digest, else by its id.
    pub(super) fn names(&self) -> &str {
        self.digest().map_or(self.id(), Digest::as_str)
    }

    /// Returns the id of an image of this V1 registry, in any of its repositories: V1 ids are not bound to a
    /// repository.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` when the image is from another registry.
    pub(super) fn v1_id_at(&self, api: &Rc<Connection<H>>) -> Result<ImageId> {
        match &self.0.of {
            ImageOrigin::V1(id, _) if Rc::ptr_eq(&self.0.api, api) => Ok(id.clone()),
            _ => {
                let message = format!("image: {} is in another registry than {}", self.names(), api.base());
                Err(Error::new(code::INVALID_ARGUMENT, message))
            }
        }
    }

    /// Returns the digest of the config, or the V1 id of a V1 or schema1 image.
    pub fn id(&self) -> &str {
        match &self.0.of {
            ImageOrigin::Manifest(_, config) => config.digest.as_str(),
            ImageOrigin::Schema1(manifest) => v1_ids(manifest).next().unwrap_or_default(),
            ImageOrigin::V1(id, _) => id.as_str(),
        }
    }

    /// Returns the digest of the manifest; `None` for V1, which has neither.
    pub fn digest(&self) -> Option<&Digest> {
        self.manifest().map(|manifest| &manifest.digest)
    }

    /// Returns the media type of the manifest, or of a V1 image's JSON.
    pub fn media_type(&self) -> &str {
        self.manifest().map_or(legacy::JSON, |manifest| &manifest.manifest.media_type)
    }

    /// Returns true if a digest covers the whole image, which is false for V1.
    pub fn is_verified(&self) -> bool {
        self.manifest().is_some()
    }

    pub(super) fn manifest(&self) -> Option<&Rc<FetchedManifest>> {
        match &self.0.of {
            ImageOrigin::Manifest(manifest, _) | ImageOrigin::Schema1(manifest) => Some(manifest),
            ImageOrigin::V1(..) => None,
        }
    }

    /// Returns the platform that the index states, else the one in the config.
    pub fn platform(&self) -> Option<&Platform> {
        self.0.platform.as_ref()
    }

    /// Returns the compressed size of all layers in bytes, or `None` if a V1 registry does not report it.
    pub fn size(&self) -> Option<u64> {
        self.0.size
    }

    /// Returns the place of the image: by its digest, or by its id at a V1 registry.
    ///
    /// # Errors
    ///
    /// `INVALID_REFERENCE` when the V1 id cannot be used as a tag.
    pub fn place(&self) -> Result<Place<H>> {
        let Inner { api, name, .. } = &*self.0;
        let reference = match self.digest() {
            Some(digest) => Reference::Digest(digest.clone()),
            None => Reference::Tag(Tag::parse(self.id())?),
        };
        Ok(Place { api: api.clone(), name: name.clone(), reference })
    }

    /// Returns the creation time (RFC 3339) from the config, else from the annotation.
    pub fn created(&self) -> Option<&str> {
        let config = self.0.config.as_ref().and_then(|config| config.created.as_deref());
        config.or_else(|| self.manifest()?.manifest.annotations.as_ref()?.get(CREATED))
    }

    /// Returns the layers, base first.
    pub fn layers(&self) -> &[ImageLayer] {
        &self.0.layers
    }

    /// Returns the position of a layer.
    ///
    /// # Errors
    ///
    /// `INVALID_ARGUMENT` or `INVALID_REFERENCE` when the image has no such layer.
    pub fn position(&self, which: &Layer) -> Result<usize> {
        which.position(&self.0.layers, self.is_verified())
    }

    /// Opens a layer. Its bytes are verified if the registry names a digest or checksum.
    ///
    /// # Errors
    ///
    /// - `INVALID_ARGUMENT` or `INVALID_REFERENCE` when the image has no such layer.
    /// - `BLOB_UNKNOWN` or `NOT_FOUND` when the registry does not have the layer.
    /// - Otherwise the code of the failed request.
    pub async fn layer(&self, which: Layer, call: &Call) -> Result<BlobPull<H>> {
        let repo = self.repo(call);
        let layer = match self.0.layers.get(self.position(&which)?) {
            Some(ImageLayer::Blob(layer)) => layer,
            None => return Err(Error::internal("a layer without a position")),
            Some(ImageLayer::V1(layer)) => return repo.api.legacy().await?.layer(&repo, layer).await,
        };
        let pulled = repo.blob(&layer.digest, Some(layer.size)).await;
        pulled.map_err(|mut error| {
            if error.is_not_found() && layer.urls.as_ref().is_some_and(|urls| !urls.is_empty()) {
                error.message.push_str("; the layer is a foreign layer, stored at the URLs that its descriptor lists");
            }
            error
        })
    }

    /// Returns the config byte for byte, the JSON of a V1 image, or the config that a schema1 manifest contains.
    ///
    /// # Errors
    ///
    /// `INVALID_RESPONSE` when it is not a JSON object, or the code of a failed request if it is no longer cached.
    pub async fn json(&self, call: &Call) -> Result<Rc<Vec<u8>>> {
        let bytes = match &self.0.of {
            ImageOrigin::Manifest(_, config) => self.repo(call).config(config).await?,
            ImageOrigin::Schema1(manifest) => {
                let parts = manifest.schema1.as_ref().ok_or_else(|| Error::internal("schema 1 without its payload"))?;
                Rc::new(self.0.api.legacy().await?.config(parts)?)
            }
            ImageOrigin::V1(_, json) => json.clone(),
        };
        config::check_object(&bytes)?;
        Ok(bytes)
    }

    /// Returns the raw JSON of one field of the config, or `None` if it has no such field.
    ///
    /// # Errors
    ///
    /// Those of [`Image::json`].
    pub async fn field(&self, name: &str, call: &Call) -> Result<Option<String>> {
        let bytes = self.json(call).await?;
        Ok(config::field(&bytes, name)?.map(str::to_owned))
    }

    /// Returns the chain IDs of the layers, top first (image-spec, config.md, "Layer ChainID"). For V1 and schema1
    /// these are the image ids.
    ///
    /// # Errors
    ///
    /// `UNSUPPORTED` when it is an artifact, which has no image config.
    pub async fn ancestry(&self) -> Result<Vec<String>> {
        if let ImageOrigin::Schema1(manifest) = &self.0.of {
            return Ok(v1_ids(manifest).map(str::to_owned).collect());
        }
        if !self.is_verified() {
            let ids = self.0.layers.iter().rev().filter_map(|layer| match layer {
                ImageLayer::V1(layer) => Some(layer.id.to_string()),
                ImageLayer::Blob(_) => None,
            });
            return Ok(ids.collect());
        }
        let ids = self.require_config()?.chain_ids();
        Ok(ids.iter().rev().map(ToString::to_string).collect())
    }

    /// Returns the history, oldest first, with the layer that each step created.
    ///
    /// # Errors
    ///
    /// `UNSUPPORTED` when it is an artifact, which has no image config.
    pub async fn history(&self) -> Result<Vec<HistoryStep>> {
        let mut layers = self.0.layers.iter();
        let steps = self.require_config()?.history.iter().map(|step| HistoryStep {
            created: step.created.clone(),
            created_by: step.created_by.clone(),
            author: step.author.clone(),
            comment: step.comment.clone(),
            empty_layer: step.empty_layer,
            layer: if step.empty_layer { None } else { layers.next().cloned() },
        });
        Ok(steps.collect())
    }

    /// Reconstructs a Dockerfile from the history.
    ///
    /// # Errors
    ///
    /// `UNSUPPORTED` when it is an artifact, which has no image config.
    pub async fn dockerfile(&self) -> Result<String> {
        Ok(self.require_config()?.dockerfile())
    }

    /// Returns the digests of the layers' archives, base first; `None` if there is no image config that has any.
    pub(super) fn diff_ids(&self) -> Option<&[Digest]> {
        let diff_ids = &self.0.config.as_ref()?.diff_ids;
        (!diff_ids.is_empty()).then_some(diff_ids)
    }

    /// Returns the tag that the image was found by.
    pub(super) fn tag(&self) -> Option<&Tag> {
        self.0.tag.as_ref()
    }

    /// Returns the host that the image is read through.
    pub(super) fn host(&self) -> &H {
        self.0.api.host()
    }

    /// Returns what loads the decoder of zstd.
    pub(super) fn zstd(&self) -> &Rc<dyn LoadZstd> {
        &self.0.api.zstd
    }

    /// Binds the image's repository to a call.
    pub(super) fn repo(&self, call: &Call) -> Repo<H> {
        Repo::new(&self.0.api, self.0.name.clone(), call)
    }

    fn require_config(&self) -> Result<&ImageConfig> {
        self.0.config.as_ref().ok_or_else(|| {
            let media_type = match &self.0.of {
                ImageOrigin::Manifest(_, config) => &config.media_type,
                ImageOrigin::Schema1(_) | ImageOrigin::V1(..) => legacy::JSON,
            };
            Error::new(code::UNSUPPORTED, format!("an artifact has no image config: its config is {media_type}"))
        })
    }
}

/// Returns the form and the layers of the image of a manifest.
async fn content<H: Host>(repo: &Repo<H>, manifest: &Rc<FetchedManifest>) -> Result<(ImageOrigin, Vec<ImageLayer>)> {
    let document = manifest.sound()?;
    let (of, layers) = match (&manifest.schema1, &document.config, &document.layers) {
        (Some(parts), ..) => {
            let layers = repo.api.legacy().await?.layers(repo, parts).await?;
            (ImageOrigin::Schema1(manifest.clone()), layers)
        }
        (None, Some(config), Some(layers)) if document.kind == Kind::Image => {
            (ImageOrigin::Manifest(manifest.clone(), Box::new(config.clone())), layers.clone())
        }
        _ => {
            let message = format!("{} is not an image: its media type is {}", manifest.digest, document.media_type);
            return Err(Error::new(code::UNSUPPORTED, message));
        }
    };
    Ok((of, layers.into_iter().map(|layer| ImageLayer::Blob(Box::new(layer))).collect()))
}

/// Returns the V1 ids of a schema1 manifest, top first.
fn v1_ids(manifest: &FetchedManifest) -> impl Iterator<Item = &str> {
    manifest.schema1.iter().flat_map(|parts| parts.document.ancestry())
}
