//! A manifest that no other tag can share, made only to be deleted.

use serde::Serialize;

use super::manifests::FetchedManifest;
use crate::protocol::descriptor::Descriptor;
use crate::protocol::digest::{Algorithm, Digest};
use crate::protocol::document::{Entry, ImageDocument};
use crate::protocol::manifest::Manifest;
use crate::protocol::media_type::{DOCKER_LIST, DOCKER_MANIFEST, OCI_MANIFEST};
use crate::protocol::reference::Tag;
use crate::transport::{Clock, Error, Result};

/// By which it is known again.
const CONFIG_TYPE: &str = "application/vnd.docker-registry-client-wasm.untag.v1+json";

/// What makes it unlike any other, and tells whoever finds one what it was for.
#[derive(Serialize)]
struct Config<'a> {
    untag: &'a str,
    before: &'a Digest,
    unix_ms: u64,
    chance: u64,
}

/// A fresh one, and the config that has to be there before it. Of Docker's or OCI's kind, as that which the tag points to:
/// the registry has taken that one.
pub fn new(tag: &Tag, before: &FetchedManifest, clock: &impl Clock) -> Result<(Vec<u8>, FetchedManifest)> {
    let written = |error| Error::internal(format!("a throw-away config cannot be written: {error}"));
    let chance = (clock.random() * (1_u64 << 53) as f64) as u64;
    let config = Config { untag: tag.as_str(), before: &before.digest, unix_ms: clock.unix_ms(), chance };
    let config = serde_json::to_vec(&config).map_err(written)?;
    let digest = Digest::of(Algorithm::Sha256, &config);
    let docker =
        before.schema1.is_some() || matches!(before.manifest.media_type.as_str(), DOCKER_MANIFEST | DOCKER_LIST);
    let media_type = if docker { DOCKER_MANIFEST } else { OCI_MANIFEST };
    let entry = Entry::new(Descriptor::new(CONFIG_TYPE.to_owned(), digest, config.len() as u64))?;
    let (bytes, media_type) = ImageDocument::new(media_type, entry, Vec::new()).write()?;
    Ok((config, FetchedManifest::new(bytes, Some(media_type), Algorithm::Sha256)?))
}

/// Whether a manifest is one, of whichever call.
pub fn is_one(manifest: &Manifest) -> bool {
    manifest.config.as_ref().is_some_and(|config| config.media_type == CONFIG_TYPE)
}
