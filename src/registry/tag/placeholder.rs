//! The placeholder manifest: a manifest that no other tag shares, pushed only to be deleted. It is an ordinary
//! image with one empty layer, so that no registry has a reason to refuse it.

use serde::Serialize;

use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::manifest::Manifest;
use crate::protocol::oci::manifest::document::{Entry, ImageDocument};
use crate::protocol::oci::media_type::{
    DOCKER_CONFIG, DOCKER_LAYER, DOCKER_LIST, DOCKER_MANIFEST, OCI_CONFIG, OCI_LAYER, OCI_MANIFEST,
};
use crate::protocol::oci::reference::Tag;
use crate::protocol::text::timestamp;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Clock, Error, Result};

/// The layer of all placeholders: a gzipped empty tar. The comment in its gzip header makes the layer unique to placeholders, so that they are
/// recognized.
pub(crate) const LAYER: &[u8] =
    b"\x1f\x8b\x08\x10\0\0\0\0\0\xffdocker-registry-client-wasm untag\0\x63\x60\x18\x05\xa3\x60\x14\x8c\x54\
    \0\0\x2e\xaf\xb5\xef\0\x04\0\0";
const LAYER_DIGEST: &str = "sha256:51a28a2b685ba8b46963d2782ee6a1b67a47f58101c96efbdab050d14af551df";
/// Digest of the uncompressed layer: 1024 zeros.
const DIFF_ID: &str = "sha256:5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef";
/// Config type of placeholders of the first builds of 0.1.0, which had no layer.
const OLD_CONFIG: &str = "application/vnd.docker-registry-client-wasm.untag.v1+json";

#[derive(Serialize)]
struct Config<'a> {
    created: String,
    architecture: &'a str,
    os: &'a str,
    config: Labels<'a>,
    rootfs: RootFs<'a>,
    history: [Step; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Labels<'a> {
    labels: Label<'a>,
}

/// Labels that make the placeholder unique, and tell its purpose to whoever finds it.
#[derive(Serialize)]
struct Label<'a> {
    #[serde(rename = "docker-registry-client-wasm.untag")]
    untag: &'a str,
    #[serde(rename = "docker-registry-client-wasm.chance")]
    chance: String,
}

#[derive(Serialize)]
struct RootFs<'a> {
    r#type: &'a str,
    diff_ids: [&'a str; 1],
}

#[derive(Serialize)]
struct Step {
    created: String,
    created_by: &'static str,
}

/// A placeholder to be. Its blobs must be pushed before it.
pub struct Draft {
    /// The config, unlike that of any other placeholder.
    pub(crate) config: Vec<u8>,
}

/// Creates the config of a placeholder.
pub fn draft(tag: &Tag, clock: &impl Clock) -> Result<Draft> {
    let written = |error| Error::internal(format!("a placeholder's config cannot be written: {error}"));
    let chance = (clock.random() * (1_u64 << 53) as f64) as u64;
    let created = timestamp::text(clock.unix_ms());
    let config = Config {
        created: created.clone(),
        architecture: "amd64",
        os: "linux",
        config: Labels { labels: Label { untag: tag.as_str(), chance: format!("{chance:x}") } },
        rootfs: RootFs { r#type: "layers", diff_ids: [DIFF_ID] },
        history: [Step { created, created_by: "docker-registry-client-wasm untag()" }],
    };
    Ok(Draft { config: serde_json::to_vec(&config).map_err(written)? })
}

impl Draft {
    /// Returns the placeholder, as a Docker or OCI manifest like the one that the tag points to, which the registry has
    /// accepted.
    pub(crate) fn manifest(&self, model: Option<&FetchedManifest>) -> Result<FetchedManifest> {
        let is_docker = model.is_some_and(|model| {
            model.schema1.is_some() || matches!(model.manifest.media_type.as_str(), DOCKER_MANIFEST | DOCKER_LIST)
        });
        let (media_type, config_type, layer_type) = if is_docker {
            (DOCKER_MANIFEST, DOCKER_CONFIG, DOCKER_LAYER)
        } else {
            (OCI_MANIFEST, OCI_CONFIG, OCI_LAYER)
        };
        let entry = |media_type: &str, bytes: &[u8], digest| {
            Entry::new(Descriptor::new(media_type.to_owned(), digest, bytes.len() as u64))
        };
        let config_entry = entry(config_type, &self.config, Digest::of(Algorithm::Sha256, &self.config))?;
        let layer_entry = entry(layer_type, LAYER, Digest::parse(LAYER_DIGEST)?)?;
        let (bytes, media_type) = ImageDocument::new(media_type, config_entry, vec![layer_entry]).write()?;
        Ok(FetchedManifest::new(bytes, media_type)?)
    }
}

/// Returns true if a manifest is a placeholder of any call.
pub fn is_one(manifest: &Manifest) -> bool {
    let layers = manifest.layers.as_deref().unwrap_or_default();
    matches!(layers, [layer] if layer.digest.as_str() == LAYER_DIGEST)
        || manifest.config.as_ref().is_some_and(|config| config.media_type == OLD_CONFIG)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_layer_is_what_its_digest_says() {
        assert_eq!(Digest::of(Algorithm::Sha256, LAYER).as_str(), LAYER_DIGEST);
        assert_eq!(Digest::of(Algorithm::Sha256, &[0; 1024]).as_str(), DIFF_ID);
    }

    /// A later build's untag() completes that of an earlier build.
    #[test]
    fn earlier_ones_are_known_too() {
        let entry = format!(r#"{{"mediaType":"{OLD_CONFIG}","digest":"{DIFF_ID}","size":2}}"#);
        let old = format!(r#"{{"schemaVersion":2,"config":{entry},"layers":[]}}"#);
        let other = old.replace(OLD_CONFIG, OCI_CONFIG);
        let parse = |text: &str| Manifest::parse(text.as_bytes(), Some(OCI_MANIFEST)).expect("a manifest");
        assert!(is_one(&parse(&old)) && !is_one(&parse(&other)));
    }
}
