//! The documents of an archive that is written, and its members. The same image always has the same bytes.

use serde::Serialize;

use crate::layer::tar::writer::{header, padding};
use crate::layer::tar::{Entry, Kind};
use crate::protocol::oci::descriptor::{Annotations, Descriptor};
use crate::protocol::oci::manifest::document::{Entry as IndexEntry, IndexDocument};
use crate::registry::archive::name::ImageName;
use crate::registry::archive::{IMAGE_NAME, REF_NAME, path_of};
use crate::transport::{Error, Result};

/// The content of `oci-layout` (image-spec, image-layout.md).
pub const VERSION: &[u8] = br#"{"imageLayoutVersion":"1.0.0"}"#;

/// An image that docker loads: its config, layers and names.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct DockerImage {
    config: String,
    repo_tags: Vec<String>,
    layers: Vec<String>,
}

impl DockerImage {
    /// Creates the entry of an image.
    pub fn new(config: &Descriptor, layers: &[Descriptor], names: &[ImageName]) -> Self {
        Self {
            config: path_of(&config.digest),
            repo_tags: names.iter().map(|name| name.full.clone()).collect(),
            layers: layers.iter().map(|layer| path_of(&layer.digest)).collect(),
        }
    }
}

/// Writes `manifest.json`.
pub fn docker_manifest(images: &[DockerImage]) -> Result<Vec<u8>> {
    serde_json::to_vec(images).map_err(|_| Error::internal("manifest.json cannot be written"))
}

/// Writes `index.json`: each image once for each of its names, or once without a name.
pub fn index(images: &[(Descriptor, Vec<ImageName>)]) -> Result<Vec<u8>> {
    let mut index = IndexDocument::default();
    for (image, names) in images {
        if names.is_empty() {
            index.manifests.push(IndexEntry::new(image.clone())?);
        }
        for name in names {
            let mut annotations = Annotations::default();
            annotations.set(IMAGE_NAME, &name.full);
            annotations.set(REF_NAME, name.tag.as_str());
            index.manifests.push(IndexEntry::new(Descriptor { annotations: Some(annotations), ..image.clone() })?);
        }
    }
    Ok(index.write_oci()?.0)
}

/// The header of a file.
pub fn file_header(path: String, size: u64) -> Vec<u8> {
    header(&Entry::file(path.into_bytes(), size))
}

/// A small file, with its header and padding.
pub fn file(path: String, content: &[u8]) -> Vec<u8> {
    let size = content.len() as u64;
    let mut bytes = file_header(path, size);
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len() + padding(size), 0);
    bytes
}

/// The header of a directory.
pub fn directory(path: &str) -> Vec<u8> {
    header(&Entry { kind: Kind::Directory, mode: 0o755, ..Entry::file(path.as_bytes().to_vec(), 0) })
}
