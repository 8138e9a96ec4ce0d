//! The layers of an image and the history steps that created them.

use serde::Serialize;

use crate::protocol::code;
use crate::protocol::json::MAX_SAFE_INTEGER;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::v1::ImageId;
use crate::registry::legacy::V1Layer;
use crate::transport::{Error, Result};

/// A layer of an image, as its registry identifies it.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum ImageLayer {
    /// A V2 layer, identified by its digest.
    Blob(Box<Descriptor>),
    /// A V1 layer, identified by the id of its image.
    V1(V1Layer),
}

impl ImageLayer {
    fn size(&self) -> Option<u64> {
        match self {
            ImageLayer::Blob(descriptor) => Some(descriptor.size),
            ImageLayer::V1(layer) => layer.size,
        }
    }
}

/// Selects a layer of an image.
#[derive(Debug, Clone)]
pub enum Layer {
    /// The topmost layer.
    Top,
    /// A layer by position; 0 is the base.
    Position(i64),
    /// A layer by its digest, or by the id of its image (V1).
    Named(String),
}

/// A step of an image's history (image-spec, config.md).
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryStep {
    /// Time of creation (RFC 3339).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<String>,
    /// The command that the step ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_by: Option<String>,
    /// Author of the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    /// A free-text comment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// True if the step created no layer.
    pub empty_layer: bool,
    /// The layer that the step created.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<ImageLayer>,
}

impl Layer {
    /// Finds the position of the selected layer in `layers`, which start with the base. `by_digest` is false for V1, whose
    /// layers have ids.
    pub(crate) fn position(&self, layers: &[ImageLayer], by_digest: bool) -> Result<usize> {
        let found = match self {
            Layer::Top => layers.len().checked_sub(1),
            Layer::Position(position) => usize::try_from(*position).ok().filter(|position| *position < layers.len()),
            Layer::Named(text) => {
                if by_digest {
                    Digest::parse(text).map(drop)?
                } else {
                    ImageId::parse(text).map(drop)?
                }
                layers.iter().position(|layer| match layer {
                    ImageLayer::Blob(layer) => layer.digest.as_str() == text,
                    ImageLayer::V1(layer) => layer.id.as_str() == text,
                })
            }
        };
        found.ok_or_else(|| {
            let count = layers.len();
            let which = match self {
                Layer::Top => "top layer".to_owned(),
                Layer::Position(position) => format!("layer {position}"),
                Layer::Named(name) => format!("layer {name}"),
            };
            Error::new(code::INVALID_ARGUMENT, format!("layer: the image has no {which}"))
                .and(&format!("it has {count} layers, and 0 is the base"))
        })
    }
}

/// Returns the sum of the layers' sizes, or `None` if one is unknown.
pub(crate) fn total_size(layers: &[ImageLayer]) -> Result<Option<u64>> {
    let Some(sizes) = layers.iter().map(ImageLayer::size).collect::<Option<Vec<u64>>>() else { return Ok(None) };
    match sizes.iter().try_fold(0_u64, |sum, size| sum.checked_add(*size)) {
        Some(total) if total <= MAX_SAFE_INTEGER => Ok(Some(total)),
        _ => {
            let message = format!("layers: the sum of their sizes exceeds {MAX_SAFE_INTEGER}");
            Err(Error::new(code::INVALID_RESPONSE, message))
        }
    }
}
