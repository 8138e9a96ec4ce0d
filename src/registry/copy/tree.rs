//! What belongs to a manifest: the manifests of an index, and the blobs of each.

use std::rc::Rc;

use super::super::connection::Connection;
use super::super::manifests::FetchedManifest;
use super::super::settings::Call;
use crate::protocol::code;
use crate::protocol::descriptor::Descriptor;
use crate::protocol::reference::RepositoryName;
use crate::transport::{Error, Host, Result};

/// Indexes within indexes, at most.
const DEPTH_LIMIT: usize = 8;
/// Manifests of one copy, at most.
const MANIFEST_LIMIT: usize = 10_000;

/// A manifest and where its walk stands.
struct Step {
    manifest: Rc<FetchedManifest>,
    next: usize,
}

/// `root` and all manifests below it, each once, children before parents: the order in which a registry takes them.
pub async fn manifests<H: Host>(
    connection: &Rc<Connection<H>>,
    name: &RepositoryName,
    root: Rc<FetchedManifest>,
    call: &Call,
) -> Result<Vec<Rc<FetchedManifest>>> {
    let mut visited = vec![root.digest.clone()];
    let mut done = Vec::new();
    let mut path = vec![Step { manifest: root, next: 0 }];
    while let Some(step) = path.last_mut() {
        let entry = step.manifest.manifest.manifests.as_deref().unwrap_or_default().get(step.next).cloned();
        step.next += 1;
        let Some(entry) = entry else {
            done.extend(path.pop().map(|step| step.manifest));
            continue;
        };
        if visited.contains(&entry.digest) {
            continue;
        }
        if path.len() > DEPTH_LIMIT {
            let message = format!("there are indexes within indexes deeper than {DEPTH_LIMIT}");
            return Err(Error::new(code::INDEX_LIMIT, message));
        }
        check_count(visited.len())?;
        visited.push(entry.digest.clone());
        let manifest = connection.child_manifest(name, &entry, call).await?;
        manifest.sound()?;
        path.push(Step { manifest, next: 0 });
    }
    Ok(done)
}

/// Whether so many manifests are few enough for one copy.
pub fn check_count(count: usize) -> Result<()> {
    if count <= MANIFEST_LIMIT {
        return Ok(());
    }
    Err(Error::new(code::INDEX_LIMIT, format!("there are more than {MANIFEST_LIMIT} manifests")))
}

/// The blobs a manifest needs at the registry that holds it, each once. Layers that only their owner may hand out stay where
/// they are (image-spec layer.md, "Non-Distributable Layers").
pub fn blobs(manifest: &FetchedManifest) -> Vec<Descriptor> {
    if let Some(legacy) = &manifest.schema1 {
        return legacy.known_blobs();
    }
    let document = &manifest.manifest;
    let layers = document.layers.iter().flatten().filter(|layer| !is_foreign(layer));
    let mut blobs: Vec<Descriptor> = Vec::new();
    for blob in document.config.iter().chain(layers) {
        if !blobs.iter().any(|known| known.digest == blob.digest) {
            blobs.push(blob.clone());
        }
    }
    blobs
}

fn is_foreign(layer: &Descriptor) -> bool {
    let media_type = &layer.media_type;
    media_type.contains(".nondistributable.") || media_type.contains(".rootfs.foreign.")
}
