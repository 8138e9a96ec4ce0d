//! Copying an image, an index or an artifact: within a registry its blobs are mounted, between registries they stream
//! through and are verified on the way. Children come before parents and the tag comes last, so that it never points to
//! something that is not whole. What is there already is passed over: a copy that was interrupted is just made again. Of a
//! manifest that is at the target already the blobs are looked for all the same: registries lose them.

mod cosign;
mod lacking;
mod options;
mod run;
mod selection;
mod state;
mod tree;

pub use crate::registry::copy::options::{Copied, Options, Stage, Step, UnknownKinds, Watcher};
pub use crate::registry::copy::run::copy;
