//! One image: its manifest, its config, its layers.

pub mod layer;
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
use crate::registry::image::layer::{HistoryStep, ImageLayer, Layer, total_size};
use crate::registry::legacy::v1;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::index;
use crate::registry::manifest::index::Found;
use crate::transport::{Error, Host, Result};

/// Annotation with the time an image was made, for what has no image config.
const CREATED: &str = "org.opencontainers.image.created";

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
    /// `None` where the config is not an image's (an artifact's).
    config: Option<ImageConfig>,
    platform: Option<Platform>,
    layers: Vec<ImageLayer>,
    size: Option<u64>,
}

/// What an image is at its registry.
enum ImageOrigin {
    /// A manifest, and what it says of its config.
    Manifest(Rc<FetchedManifest>, Box<Descriptor>),
    /// A manifest of schema 1, which holds what others have in a config.
    Schema1(Rc<FetchedManifest>),
    /// V1: an id, and the JSON behind it.
    V1(ImageId, Rc<Vec<u8>>),
}

impl<H: Host> Image<H> {
    /// The image of a tag or digest; from an index the one for `platform`, else for the client's, else linux/amd64. A
    /// platform that the call names must fit a single image too.
    pub(super) async fn find(repo: &Repo<H>, reference: &Reference, platform: Option<&Platform>) -> Result<Self> {
        let manifest = repo.manifest(reference, None).await?;
        if manifest.manifest.kind != Kind::Index {
            let image = Self::open(repo, Found { manifest, platform: None }).await?;
            return match (platform, image.platform()) {
                (Some(wanted), Some(told)) if Matcher::only(wanted).rank(told).is_none() => {
                    Err(index::no_match(wanted, &[told.to_string()]))
                }
                _ => Ok(image),
            };
        }
        let images = index::images(repo, &manifest).await.map_err(index::lists(&manifest.digest))?;
        let wanted = repo.api.platform_or(platform)?;
        let found = index::choose(repo, &images, &wanted).await;
        let found = found.map_err(index::lists(&manifest.digest))?;
        Self::open(repo, found).await
    }

    /// The image of an image manifest, or of schema 1.
    pub(super) async fn open(repo: &Repo<H>, found: Found) -> Result<Self> {
        let Found { manifest, platform } = found;
        let document = manifest.sound()?;
        let (of, layers) = match (&manifest.schema1, &document.config, &document.layers) {
            (Some(legacy), ..) => {
                let layers = repo.schema1_layers(legacy, legacy.document.layers());
                (ImageOrigin::Schema1(manifest.clone()), Box::pin(layers).await?)
            }
            (None, Some(config), Some(layers)) if document.kind == Kind::Image => {
                (ImageOrigin::Manifest(manifest.clone(), Box::new(config.clone())), layers.clone())
            }
            _ => {
                let message = format!("{} is no image: {}", manifest.digest, document.media_type);
                return Err(Error::new(code::UNSUPPORTED, message));
            }
        };
        let layers: Vec<ImageLayer> = layers.into_iter().map(|layer| ImageLayer::Blob(Box::new(layer))).collect();
        let size = total_size(&layers)?;
        let config = repo.image_config(&manifest).await?;
        // The config is the image's own word; the index may say more of a variant or an OS version.
        let platform = platform.or_else(|| config.as_ref().and_then(|config| config.platform.clone()));
        let (api, name) = (repo.api.clone(), repo.name.clone());
        Ok(Self(Rc::new(Inner { api, name, of, config, platform, layers, size })))
    }

    /// A V1 image. `config`: what the JSON of its ancestry says.
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
        })))
    }

    /// Whether it is of this repository, found by this client.
    pub(super) fn is_of(&self, repo: &Repo<H>) -> bool {
        Rc::ptr_eq(&self.0.api, &repo.api) && self.0.name == repo.name
    }

    /// What names it in messages.
    pub(super) fn names(&self) -> &str {
        self.digest().map_or(self.id(), Digest::as_str)
    }

    /// Its id, where it is of this V1 registry: there an image may be in any of the repositories.
    pub(super) fn v1_id_at(&self, api: &Rc<Connection<H>>) -> Result<ImageId> {
        match &self.0.of {
            ImageOrigin::V1(id, _) if Rc::ptr_eq(&self.0.api, api) => Ok(id.clone()),
            _ => {
                let message = format!("image: {} is of another registry than {}", self.names(), api.base());
                Err(Error::new(code::INVALID_ARGUMENT, message))
            }
        }
    }

    /// Digest of the config, or what V1 calls the image; schema 1 is V1's.
    pub fn id(&self) -> &str {
        match &self.0.of {
            ImageOrigin::Manifest(_, config) => config.digest.as_str(),
            ImageOrigin::Schema1(manifest) => v1_ids(manifest).next().unwrap_or_default(),
            ImageOrigin::V1(id, _) => id.as_str(),
        }
    }

    /// Digest of the manifest; V1 has neither.
    pub fn digest(&self) -> Option<&Digest> {
        self.manifest().map(|manifest| &manifest.digest)
    }

    /// Media type of the manifest, or of V1's JSON.
    pub fn media_type(&self) -> &str {
        self.manifest().map_or(v1::JSON, |manifest| &manifest.manifest.media_type)
    }

    /// Whether its digest vouches for all of it.
    pub fn is_verified(&self) -> bool {
        self.manifest().is_some()
    }

    fn manifest(&self) -> Option<&Rc<FetchedManifest>> {
        match &self.0.of {
            ImageOrigin::Manifest(manifest, _) | ImageOrigin::Schema1(manifest) => Some(manifest),
            ImageOrigin::V1(..) => None,
        }
    }

    /// As the index tells it, else the config.
    pub fn platform(&self) -> Option<&Platform> {
        self.0.platform.as_ref()
    }

    /// Bytes of all layers, compressed; `None` where a V1 registry does not tell.
    pub fn size(&self) -> Option<u64> {
        self.0.size
    }

    /// Where it is: by its digest, at a V1 registry by its id.
    pub fn place(&self) -> Result<Place<H>> {
        let Inner { api, name, .. } = &*self.0;
        let reference = match self.digest() {
            Some(digest) => Reference::Digest(digest.clone()),
            None => Reference::Tag(Tag::parse(self.id())?),
        };
        Ok(Place { api: api.clone(), name: name.clone(), reference })
    }

    /// RFC 3339, from the config, else the annotation.
    pub fn created(&self) -> Option<&str> {
        let config = self.0.config.as_ref().and_then(|config| config.created.as_deref());
        config.or_else(|| self.manifest()?.manifest.annotations.as_ref()?.get(CREATED))
    }

    /// Base first.
    pub fn layers(&self) -> &[ImageLayer] {
        &self.0.layers
    }

    /// A layer's bytes, verified as far as that can be.
    pub async fn layer(&self, which: Layer, call: &Call) -> Result<BlobPull<H>> {
        let repo = self.repo(call);
        let layer = match which.of(&self.0.layers, self.is_verified())? {
            ImageLayer::Blob(layer) => layer,
            ImageLayer::V1(layer) => return Box::pin(v1::layer(&repo, layer)).await,
        };
        let pulled = repo.blob(&layer.digest, Some(layer.size)).await;
        pulled.map_err(|mut error| {
            if error.is_not_found() && layer.urls.as_ref().is_some_and(|urls| !urls.is_empty()) {
                error.message.push_str("; the layer is a foreign one, kept at the addresses its descriptor names");
            }
            error
        })
    }

    /// The config as it came, V1's JSON of the image, of schema 1 what that says of a config: a JSON object.
    pub async fn json(&self, call: &Call) -> Result<Rc<Vec<u8>>> {
        let bytes = match &self.0.of {
            ImageOrigin::Manifest(_, config) => self.repo(call).config(config).await?,
            ImageOrigin::Schema1(manifest) => schema1_config(manifest)?,
            ImageOrigin::V1(_, json) => json.clone(),
        };
        config::check_object(&bytes)?;
        Ok(bytes)
    }

    /// The raw JSON of one field of the config; `None` where it has none of that name.
    pub async fn field(&self, name: &str, call: &Call) -> Result<Option<String>> {
        let bytes = self.json(call).await?;
        Ok(config::field(&bytes, name)?.map(|value| value.get().to_owned()))
    }

    /// The layers' chain ids, top first (image-spec, config.md, "Layer ChainID"); V1's ids of images, of schema 1 too.
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

    /// The history, oldest first, with the layers its steps made.
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

    /// The history as a Dockerfile's lines; a reconstruction.
    pub async fn dockerfile(&self) -> Result<String> {
        Ok(self.require_config()?.dockerfile())
    }

    fn repo(&self, call: &Call) -> Repo<H> {
        Repo::new(&self.0.api, self.0.name.clone(), call)
    }

    fn require_config(&self) -> Result<&ImageConfig> {
        self.0.config.as_ref().ok_or_else(|| {
            let media_type = match &self.0.of {
                ImageOrigin::Manifest(_, config) => &config.media_type,
                ImageOrigin::Schema1(_) | ImageOrigin::V1(..) => v1::JSON,
            };
            Error::new(code::UNSUPPORTED, format!("an artifact has no image config: its config is {media_type}"))
        })
    }
}

/// What schema 1 says of a config.
fn schema1_config(manifest: &FetchedManifest) -> Result<Rc<Vec<u8>>> {
    let legacy = manifest.schema1.as_ref().ok_or_else(|| Error::internal("schema 1 without its payload"))?;
    Ok(Rc::new(legacy.document.config(None)?))
}

/// The V1 ids of schema 1, top first.
fn v1_ids(manifest: &FetchedManifest) -> impl Iterator<Item = &str> {
    manifest.schema1.iter().flat_map(|legacy| legacy.document.ancestry())
}
