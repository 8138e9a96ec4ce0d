//! One image: its manifest, its config, its layers.

use std::rc::Rc;

use serde::Serialize;

use super::blob_pull::BlobPull;
use super::connection::Connection;
use super::copy::Place;
use super::index::{self, Found};
use super::manifests::FetchedManifest;
use super::settings::Call;
use crate::protocol::code;
use crate::protocol::config::{self, ImageConfig};
use crate::protocol::descriptor::Descriptor;
use crate::protocol::digest::Digest;
use crate::protocol::media_type::Kind;
use crate::protocol::platform::{Matcher, Platform};
use crate::protocol::reference::{Reference, RepositoryName};
use crate::transport::{Error, Host, Result};

/// The largest number JavaScript holds exactly.
const MAX_SAFE_INTEGER: u64 = (1 << 53) - 1;
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
    connection: Rc<Connection<H>>,
    name: RepositoryName,
    manifest: Rc<FetchedManifest>,
    /// `None` with schema 1, which holds what others have in a config.
    config_descriptor: Option<Descriptor>,
    /// `None` where the config is not an image's (an artifact's).
    config: Option<ImageConfig>,
    platform: Option<Platform>,
    layers: Vec<Descriptor>,
    size: u64,
}

/// Which layer of an image.
#[derive(Debug, Clone)]
pub enum Layer {
    /// The topmost.
    Top,
    /// By position; 0 is the base.
    Position(i64),
    /// By digest.
    Digest(String),
}

/// A step of an image's history (image-spec, config.md).
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryStep {
    /// RFC 3339.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The command.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Who.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// Free text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// True where the step made no layer.
    pub empty_layer: bool,
    /// The layer the step made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<Descriptor>,
}

impl<H: Host> Image<H> {
    /// The image of a tag or digest; from an index the one for `platform`, else for the client's, else linux/amd64. A
    /// platform that the call names must fit a single image too.
    pub(super) async fn find(
        connection: &Rc<Connection<H>>,
        name: &RepositoryName,
        reference: &Reference,
        platform: Option<&Platform>,
        call: &Call,
    ) -> Result<Self> {
        let manifest = connection.manifest(name, reference, None, call).await?;
        if manifest.manifest.kind != Kind::Index {
            let image = Self::open(connection, name, Found { manifest, platform: None }, call).await?;
            return match (platform, image.platform()) {
                (Some(wanted), Some(told)) if Matcher::only(wanted).rank(told).is_none() => {
                    Err(index::no_match(wanted, &[told.to_string()]))
                }
                _ => Ok(image),
            };
        }
        let images = index::images(connection, name, &manifest, call).await?;
        let wanted = connection.platform_or(platform)?;
        let found = index::choose(connection, name, &images, &wanted, call).await?;
        Self::open(connection, name, found, call).await
    }

    /// The image of an image manifest, or of schema 1.
    pub(super) async fn open(
        connection: &Rc<Connection<H>>,
        name: &RepositoryName,
        found: Found,
        call: &Call,
    ) -> Result<Self> {
        let Found { manifest, platform } = found;
        let document = &manifest.manifest;
        let config_descriptor = document.config.clone();
        let layers = match (&manifest.schema1, &document.layers) {
            (Some(legacy), _) => {
                Box::pin(connection.schema1_layers(name, legacy, legacy.document.layers(), call)).await?
            }
            (None, Some(layers)) if config_descriptor.is_some() => layers.clone(),
            _ => {
                let message = format!("{} is no image: {}", manifest.digest, document.media_type);
                return Err(Error::new(code::UNSUPPORTED, message));
            }
        };
        let size = total_size(&layers)?;
        let config = connection.image_config(name, &manifest, call).await?;
        // The config is the image's own word; the index may say more of a variant or an OS version.
        let platform = platform.or_else(|| config.as_ref().and_then(|config| config.platform.clone()));
        let connection = connection.clone();
        let name = name.clone();
        Ok(Self(Rc::new(Inner { connection, name, manifest, config_descriptor, config, platform, layers, size })))
    }

    /// Whether it is of this repository, found by this client.
    pub(super) fn is_of(&self, connection: &Rc<Connection<H>>, name: &RepositoryName) -> bool {
        Rc::ptr_eq(&self.0.connection, connection) && self.0.name == *name
    }

    /// Digest of the config; with schema 1 the V1 id.
    pub fn id(&self) -> &str {
        let v1 = || self.0.manifest.schema1.as_ref()?.document.ancestry().next();
        self.0.config_descriptor.as_ref().map_or_else(|| v1().unwrap_or_default(), |config| config.digest.as_str())
    }

    /// Digest of the manifest.
    pub fn digest(&self) -> &Digest {
        &self.0.manifest.digest
    }

    /// Media type of the manifest.
    pub fn media_type(&self) -> &str {
        &self.0.manifest.manifest.media_type
    }

    /// As the index tells it, else the config.
    pub fn platform(&self) -> Option<&Platform> {
        self.0.platform.as_ref()
    }

    /// Bytes of all layers, compressed.
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// Where it is.
    pub fn place(&self) -> Place<H> {
        let Inner { connection, name, manifest, .. } = &*self.0;
        let reference = Reference::Digest(manifest.digest.clone());
        Place { connection: connection.clone(), name: name.clone(), reference }
    }

    /// RFC 3339, from the config, else the annotation.
    pub fn created(&self) -> Option<&str> {
        let config = self.0.config.as_ref().and_then(|config| config.created.as_deref());
        config.or_else(|| self.0.manifest.manifest.annotations.as_ref()?.get(CREATED))
    }

    /// Base first.
    pub fn layers(&self) -> &[Descriptor] {
        &self.0.layers
    }

    /// A layer's bytes, verified.
    pub async fn layer(&self, which: Layer, call: &Call) -> Result<BlobPull<H>> {
        let layer = self.find_layer(&which)?;
        let pulled = self.0.connection.blob(&self.0.name, &layer.digest, Some(layer.size), call).await;
        pulled.map_err(|mut error| {
            if error.is_not_found() && layer.urls.as_ref().is_some_and(|urls| !urls.is_empty()) {
                error.message.push_str("; the layer is a foreign one, kept at the addresses its descriptor names");
            }
            error
        })
    }

    /// The config as it came: a JSON object. With schema 1, what its V1 JSON says of a config.
    pub async fn json(&self, call: &Call) -> Result<Rc<Vec<u8>>> {
        let bytes = match (&self.0.config_descriptor, &self.0.manifest.schema1) {
            (Some(config), _) => self.0.connection.config(&self.0.name, config, call).await?,
            (None, Some(legacy)) => Rc::new(legacy.document.config(None)?),
            (None, None) => return Err(Error::internal("an image has neither config nor V1 JSON")),
        };
        config::check_object(&bytes)?;
        Ok(bytes)
    }

    /// The raw JSON of one field of the config; `None` where it has none of that name.
    pub async fn field(&self, name: &str, call: &Call) -> Result<Option<String>> {
        let bytes = self.json(call).await?;
        Ok(config::field(&bytes, name)?.map(|value| value.get().to_owned()))
    }

    /// The layers' chain ids, top first (image-spec, config.md, "Layer ChainID"); with schema 1 the V1 ids.
    pub async fn ancestry(&self) -> Result<Vec<String>> {
        if let Some(legacy) = &self.0.manifest.schema1 {
            return Ok(legacy.document.ancestry().map(str::to_owned).collect());
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

    fn require_config(&self) -> Result<&ImageConfig> {
        self.0.config.as_ref().ok_or_else(|| {
            let media_type = self.0.config_descriptor.as_ref().map_or("none", |config| &config.media_type);
            Error::new(code::UNSUPPORTED, format!("an artifact has no image config: its config is {media_type}"))
        })
    }

    fn find_layer(&self, which: &Layer) -> Result<&Descriptor> {
        let layers = &self.0.layers;
        let found = match which {
            Layer::Top => layers.last(),
            Layer::Position(position) => usize::try_from(*position).ok().and_then(|position| layers.get(position)),
            Layer::Digest(text) => {
                let digest = Digest::parse(text)?;
                layers.iter().find(|layer| layer.digest == digest)
            }
        };
        found.ok_or_else(|| {
            let count = layers.len();
            let which = match which {
                Layer::Top => "top layer".to_owned(),
                Layer::Position(position) => format!("layer {position}"),
                Layer::Digest(digest) => format!("layer {digest}"),
            };
            Error::new(
                code::INVALID_ARGUMENT,
                format!("layer: the image has no {which}; it has {count} layers, 0 is the base"),
            )
        })
    }
}

impl<H: Host> Connection<H> {
    /// The platform a call names, else the client's, else linux/amd64 (what most tools on any host choose).
    pub(super) fn platform_or(&self, named: Option<&Platform>) -> Result<Platform> {
        match named.or(self.platform.as_ref()) {
            Some(platform) => Ok(platform.clone()),
            None => Ok(Platform::parse("linux/amd64")?),
        }
    }
}

fn total_size(layers: &[Descriptor]) -> Result<u64> {
    let total = layers.iter().try_fold(0_u64, |sum, layer| sum.checked_add(layer.size));
    total.filter(|total| *total <= MAX_SAFE_INTEGER).ok_or_else(|| {
        Error::new(code::INVALID_RESPONSE, format!("layers: their sizes add up to more than {MAX_SAFE_INTEGER}"))
    })
}
