//! Converting schema1 to the current formats: a config and a manifest over the same layers.

use std::rc::Rc;

use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::manifest::document::{Entry, ImageDocument};
use crate::protocol::oci::media_type::{
    DOCKER_CONFIG, DOCKER_LAYER, DOCKER_MANIFEST, DOCKER_RAW_LAYER, OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, OCI_RAW_LAYER,
};
use crate::registry::api::repo::Repo;
use crate::registry::legacy::schema1::Schema1Parts;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Chunk, Host, Result};

/// The magic number of gzip (RFC 1952 §2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// The format to convert schema1 to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Docker schema 2.
    Docker,
    /// An OCI image.
    Oci,
}

/// A converted image.
pub struct Converted {
    /// The manifest.
    pub manifest: Rc<FetchedManifest>,
    /// The config that the manifest refers to, which is not pushed yet.
    pub config: Vec<u8>,
}

/// The uncompressed digest of a layer, and whether the layer is compressed.
struct Content {
    diff_id: Digest,
    is_packed: bool,
}

impl<H: Host> Repo<H> {
    /// Converts an image: reads every layer for the digest of its uncompressed content, and builds the manifest.
    pub(in crate::registry::legacy) async fn convert(&self, parts: &Schema1Parts, form: Form) -> Result<Converted> {
        let (manifest_type, config_type, packed, raw) = match form {
            Form::Docker => (DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER, DOCKER_RAW_LAYER),
            Form::Oci => (OCI_MANIFEST, OCI_CONFIG, OCI_LAYER, OCI_RAW_LAYER),
        };
        let mut diff_ids: Vec<Digest> = Vec::new();
        let mut layers: Vec<Descriptor> = Vec::new();
        for mut layer in self.schema1_layers(parts, parts.document.layers()).await? {
            let earlier = layers.iter().position(|earlier| earlier.digest == layer.digest);
            let known = earlier.and_then(|at| Some((diff_ids.get(at)?.clone(), layers.get(at)?.clone())));
            let (diff_id, layer) = match known {
                Some(known) => known,
                None => {
                    let content = self.layer_content(&layer).await?;
                    layer.media_type = (if content.is_packed { packed } else { raw }).to_owned();
                    (content.diff_id, layer)
                }
            };
            diff_ids.push(diff_id);
            layers.push(layer);
        }
        let config = parts.document.config(Some(&diff_ids))?;
        let digest = Digest::of(Algorithm::Sha256, &config);
        let entry = Entry::new(Descriptor::new(config_type.to_owned(), digest, config.len() as u64))?;
        let layers = layers.into_iter().map(Entry::new).collect::<std::result::Result<_, _>>()?;
        let (bytes, media_type) = ImageDocument::new(manifest_type, entry, layers).write()?;
        let manifest = Rc::new(FetchedManifest::new(bytes, media_type)?);
        Ok(Converted { manifest, config })
    }

    async fn layer_content(&self, layer: &Descriptor) -> Result<Content> {
        let mut pull = self.blob(&layer.digest, Some(layer.size)).await?;
        let (mut held, mut start) = (Vec::new(), Vec::new());
        let (mut unpack, mut failure) = (None, None);
        // The pull continues to its end after a failure: a digest mismatch is the more important error.
        while let Some(chunk) = pull.next().await? {
            if start.len() < GZIP.len() {
                chunk.slice(0, GZIP.len() as u64).append_to(&mut start);
            }
            held.push(chunk);
            if start.len() < GZIP.len() {
                continue;
            }
            if start.starts_with(GZIP) && unpack.is_none() {
                unpack = Some(self.api.host().unpack()?);
            }
            for chunk in held.drain(..) {
                if let (Some(unpack), None) = (&mut unpack, &failure) {
                    failure = unpack.write(&chunk).await.err();
                }
            }
        }
        let Some(unpack) = unpack else {
            return Ok(Content { diff_id: layer.digest.clone(), is_packed: false });
        };
        let unpacked = match failure {
            Some(error) => Err(error),
            None => unpack.finish().await,
        };
        let hash = unpacked.map_err(|error| error.about(&format!("layer {}", layer.digest)))?;
        Ok(Content { diff_id: Digest::from_hash(Algorithm::Sha256, &hash), is_packed: true })
    }
}
