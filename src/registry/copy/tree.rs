//! What belongs to a manifest: the manifests of an index, and the blobs of each.

use std::collections::VecDeque;
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::manifest::parts::Parts;
use crate::protocol::oci::media_type::Kind;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::copy::options::UnknownKinds;
use crate::registry::ids::Ids;
use crate::registry::manifest::get::FetchedManifest;
use crate::registry::manifest::index;
use crate::transport::{Error, Host, Result};

/// Indexes within indexes, at most.
const DEPTH_LIMIT: usize = 8;
/// Manifests of one copy, at most.
const MANIFEST_LIMIT: usize = 10_000;

/// A manifest, and the blobs that the registry which holds it has to hold.
pub struct Node {
    pub manifest: Rc<FetchedManifest>,
    pub blobs: Vec<Descriptor>,
}

/// A part of a manifest.
pub enum Part {
    Blob(Descriptor),
    Manifest(Descriptor),
    /// An entry of an index whose media type does not tell which of both it is.
    Either(Descriptor),
}

impl Part {
    pub fn descriptor(&self) -> &Descriptor {
        let (Self::Blob(descriptor) | Self::Manifest(descriptor) | Self::Either(descriptor)) = self;
        descriptor
    }
}

/// What a part turned out to be.
pub enum Found {
    Manifest(Rc<FetchedManifest>),
    Blob(Box<Descriptor>),
}

/// A manifest and where its walk stands.
struct Step {
    node: Node,
    children: VecDeque<Part>,
}

/// Manifests and all that is below them, each once, children before parents: the order in which a registry takes them.
pub struct Walk<'a, H: Host> {
    source: &'a Repo<H>,
    unknown: UnknownKinds,
    visited: Ids,
    count: usize,
    path: Vec<Step>,
}

impl<'a, H: Host> Walk<'a, H> {
    pub fn new(source: &'a Repo<H>, unknown: UnknownKinds) -> Self {
        Self { source, unknown, visited: Ids::default(), count: 0, path: Vec::new() }
    }

    /// Whether a digest is new; from now on it is not.
    pub fn visit(&mut self, digest: &Digest) -> Result<bool> {
        let is_new = self.visited.of(digest.as_str()) == self.count;
        self.count += usize::from(is_new);
        if self.count > MANIFEST_LIMIT {
            return Err(Error::new(code::INDEX_LIMIT, format!("there are more than {MANIFEST_LIMIT} manifests")));
        }
        Ok(is_new)
    }

    /// Goes on with a manifest that was visited.
    pub async fn enter(&mut self, manifest: Rc<FetchedManifest>) -> Result<()> {
        if self.path.len() > DEPTH_LIMIT {
            let message = format!("there are indexes within indexes deeper than {DEPTH_LIMIT}");
            return Err(Error::new(code::INDEX_LIMIT, message));
        }
        let (node, children) = node(self.source, manifest, self.unknown).await?;
        self.path.push(Step { node, children });
        Ok(())
    }

    /// The next manifest whose children have all been given.
    pub async fn next(&mut self) -> Result<Option<Node>> {
        while let Some(step) = self.path.last_mut() {
            let index = step.node.manifest.digest.clone();
            let Some(child) = step.children.pop_front() else {
                return Ok(self.path.pop().map(|step| step.node));
            };
            if !self.visit(&child.descriptor().digest)? {
                continue;
            }
            match found(self.source, child).await.map_err(index::lists(&index))? {
                Found::Manifest(manifest) => self.enter(manifest).await?,
                Found::Blob(blob) => {
                    self.path.last_mut().into_iter().for_each(|step| step.node.blobs.push((*blob).clone()))
                }
            }
        }
        Ok(None)
    }
}

/// A manifest with its blobs, and what else it is made of; an error where there may be more than can be told, unless that
/// is wanted.
pub async fn node<H: Host>(
    source: &Repo<H>,
    manifest: Rc<FetchedManifest>,
    unknown: UnknownKinds,
) -> Result<(Node, VecDeque<Part>)> {
    if let Some(legacy) = &manifest.schema1 {
        // What it needs is known by name; from here on also how large it is.
        let blobs = source.schema1_layers(legacy, legacy.document.blobs.iter());
        let blobs = Box::pin(blobs).await?;
        return Ok((Node { manifest, blobs }, VecDeque::new()));
    }
    let parts = parts(&manifest);
    // What reads as one thing here and as another there spreads no further (CVE-2021-41190).
    if let Some(problem) = manifest.manifest.problem.as_ref().filter(|one| one.code == code::AMBIGUOUS_MANIFEST) {
        return Err(problem.clone().into());
    }
    if let Some(why) = parts.unknown.as_ref().filter(|_| unknown == UnknownKinds::Reject) {
        let message = format!(
            "{} ({:?}) cannot be copied completely: {why}; unknownKinds: \"manifest-only\" copies the manifest and \
             what of it can be read",
            manifest.digest, manifest.manifest.media_type
        );
        return Err(Error::new(code::UNSUPPORTED, message));
    }
    let mut blobs = parts.blobs;
    for digest in parts.unsized_blobs {
        blobs.push(blob(source, &digest).await?);
    }
    let manifests = parts.manifests.into_iter().map(Part::Manifest);
    let children = manifests.chain(parts.either.into_iter().map(Part::Either)).collect();
    Ok((Node { manifest, blobs }, children))
}

/// All that a manifest is made of, as far as that can be told without asking.
pub fn all(manifest: &FetchedManifest) -> Vec<Part> {
    if let Some(legacy) = &manifest.schema1 {
        return legacy.known_blobs().into_iter().map(Part::Blob).collect();
    }
    let parts = parts(manifest);
    let blobs = parts.blobs.into_iter().map(Part::Blob).chain(parts.manifests.into_iter().map(Part::Manifest));
    blobs.chain(parts.either.into_iter().map(Part::Either)).collect()
}

/// Layers that only their owner may hand out stay where they are (image-spec layer.md, "Non-Distributable Layers"); an index
/// that lists one means it to be there.
fn parts(manifest: &FetchedManifest) -> Parts {
    let document = &manifest.manifest;
    let mut parts = manifest.parts();
    parts.blobs.retain(|blob| document.kind == Kind::Index || !is_foreign(blob));
    parts
}

/// Finds out what a part is.
pub async fn found<H: Host>(source: &Repo<H>, part: Part) -> Result<Found> {
    let entry = match part {
        Part::Blob(blob) => return Ok(Found::Blob(Box::new(blob))),
        Part::Manifest(entry) => return source.child_manifest(&entry).await.map(Found::Manifest),
        Part::Either(entry) => entry,
    };
    // Some registries answer 500 to the question for a manifest that is a blob.
    let observed = source.observe(&Reference::Digest(entry.digest.clone())).await;
    match observed {
        Ok(Some(manifest)) => Ok(Found::Manifest(manifest)),
        Ok(None) => blob(source, &entry.digest).await.map(|blob| Found::Blob(Box::new(blob))),
        Err(error) => blob(source, &entry.digest).await.map(|blob| Found::Blob(Box::new(blob))).map_err(|_| error),
    }
}

/// A blob of which only the digest is known.
async fn blob<H: Host>(source: &Repo<H>, digest: &Digest) -> Result<Descriptor> {
    source.head_blob(digest).await?.ok_or_else(|| {
        Error::new(
            code::NOT_FOUND,
            format!("{digest} is in the repository {} neither as a manifest nor as a blob", source.name),
        )
    })
}

fn is_foreign(layer: &Descriptor) -> bool {
    let media_type = &layer.media_type;
    media_type.contains(".nondistributable.") || media_type.contains(".rootfs.foreign.")
}
