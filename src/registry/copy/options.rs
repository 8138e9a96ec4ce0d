//! The options, progress steps and result of a copy.

use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::platform::Platform;
use crate::registry::legacy::Form;
use crate::registry::tag::set::Expected;
use serde::Serialize;
use std::rc::Rc;

/// The stage of a blob or manifest in a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It existed at the target.
    Exists,
    /// The registry mounted it from another of its repositories.
    Mounted,
    /// Its bytes are being sent.
    Copying,
    /// It is complete at the target.
    Copied,
}

/// The progress of a blob or manifest.
#[derive(Debug, Clone)]
pub struct Step {
    /// Digest of the blob or manifest.
    pub digest: Digest,
    /// Stage that it has reached.
    pub stage: Stage,
    /// Bytes of it at the target.
    pub loaded: u64,
    /// Its size in bytes.
    pub total: u64,
}

/// Receives each step.
pub type Watcher = Rc<dyn Fn(&Step)>;

/// The treatment of manifests that may refer to more content than the client can see: those of unknown kinds, and
/// malformed ones.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum UnknownKinds {
    /// Fail with `UNSUPPORTED`.
    #[default]
    Reject,
    /// Copy the manifest and those of its parts that can be determined.
    ManifestOnly,
}

/// The options of a copy.
#[derive(Clone, Default)]
pub struct Options {
    /// Platforms of an index to copy; empty copies all.
    pub platforms: Vec<Platform>,
    /// True to copy referrers too, by subject and by cosign's tags: signatures, SBOMs, attestations.
    pub referrers: bool,
    /// Bytes per request, for targets that limit its size; see [`Push`](crate::registry::Push).
    pub chunk_size: Option<u64>,
    /// Required state of the target's tag; `None` accepts any.
    pub if_match: Option<Expected>,
    /// Treatment of manifests that may refer to more content than the client can see.
    pub unknown_kinds: UnknownKinds,
    /// Format to convert a schema1 image to; `None` keeps it.
    pub convert: Option<Form>,
    /// Receives each step.
    pub watcher: Option<Watcher>,
}

/// The counts of a copy.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Copied {
    /// Manifests that were put.
    pub manifests: u64,
    /// Blobs that were sent.
    pub blobs: u64,
    /// Bytes of the blobs that were sent.
    pub bytes: u64,
    /// Blobs that the target mounted from another of its repositories.
    pub mounted: u64,
    /// Blobs and manifests that existed at the target.
    pub existing: u64,
}

impl Copied {
    /// Returns true if the target got anything.
    pub(super) fn has_sent(&self) -> bool {
        self.manifests + self.blobs + self.mounted > 0
    }
}
