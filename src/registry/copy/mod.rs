//! Copying images, indexes and artifacts.
//!
//! Within a registry, blobs are mounted; between registries, they are streamed and verified. Children are copied
//! before parents and the tag comes last, so that it never points to incomplete content. Existing content is
//! skipped, so that an interrupted copy can be repeated. The blobs of an existing manifest are checked too, since
//! registries lose some.

mod blobs;
mod cosign;
mod lacking;
mod options;
pub(in crate::registry) mod run;
pub(in crate::registry) mod selection;
mod state;
pub(in crate::registry) mod tree;

pub use crate::registry::copy::options::{Copied, Options, Stage, Step, UnknownKinds, Watcher};
pub use crate::registry::copy::run::copy;
