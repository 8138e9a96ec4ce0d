//! What to copy, whom to tell, and what came of it.

use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::platform::Platform;
use crate::registry::legacy::schema1::Form;
use crate::registry::tag::set::Expected;
use serde::Serialize;
use std::rc::Rc;

/// How far a copy is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was there already.
    Exists,
    /// The registry took it over from another of its repositories.
    Mounted,
    /// Its bytes are on their way, or have come.
    Copying,
    /// It is there.
    Copied,
}

/// What happens to a blob or manifest of a copy.
#[derive(Debug, Clone)]
pub struct Step {
    /// Which.
    pub digest: Digest,
    /// What.
    pub stage: Stage,
    /// Bytes of it that are at the target.
    pub loaded: u64,
    /// Its bytes.
    pub total: u64,
}

/// Told of each step.
pub type Watcher = Rc<dyn Fn(&Step)>;

/// How a copy treats manifests that may refer to more content than can be read: those of unknown kinds, and broken ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownKinds {
    /// An error.
    #[default]
    Reject,
    /// They are copied, with what of their parts can be read.
    ManifestOnly,
}

/// What to copy, and whom to tell.
#[derive(Clone, Default)]
pub struct Options {
    /// Platforms of an index; none: all of it.
    pub platforms: Vec<Platform>,
    /// What refers to the image comes along, by its subject or by cosign's tags: signatures, bills of materials.
    pub referrers: bool,
    /// Bytes per request, for targets that limit its size; see [`Push`].
    pub chunk_size: Option<u64>,
    /// What the target's tag must point to for it to be moved; `None`: anything.
    pub if_match: Option<Expected>,
    /// How to treat manifests that may refer to more content than can be read.
    pub unknown_kinds: UnknownKinds,
    /// What becomes of an image of schema 1; `None`: it stays as it is.
    pub convert: Option<Form>,
    /// Told of each step.
    pub watcher: Option<Watcher>,
}

/// What a copy did.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Copied {
    /// Manifests that were put.
    pub manifests: u64,
    /// Blobs whose bytes were moved, and how many bytes that were.
    pub blobs: u64,
    /// See `blobs`.
    pub bytes: u64,
    /// Blobs the target took over from another of its repositories.
    pub mounted: u64,
    /// Blobs and manifests that were there.
    pub existing: u64,
}
