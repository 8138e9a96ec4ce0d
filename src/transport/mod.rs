//! The interface to the host, and the layers that every request passes on its way there.
//!
//! [`Transport`] and [`Clock`] are all that the rest of the crate knows of its host. In the package they are the host's
//! `fetch`, hasher and timers; in native tests a script and a virtual clock. Chunks and hashers are abstracted as well,
//! so that a blob's bytes stay in the host's memory (a `Uint8Array`) and are hashed there: bulk data does not enter
//! wasm memory, which never shrinks.
//!
//! Dropping a future or a body cancels it: a transport must then abort its request at the host.

pub mod auth;
pub mod detach;
mod error;
pub mod failure;
pub mod fetch;
mod host;
pub mod layers;
pub mod limiter;
pub mod pipe;
pub mod read;
pub mod request;
pub mod schema1;
pub mod shared;
mod stack;
pub mod trust;

use std::pin::Pin;

pub use error::{Error, Fact, Result, Stage};
pub use host::{Body, Chunk, Clock, Hasher, Host, NoPassage, Passage, Transport};
pub use stack::{Stack, StackBody, StackSettings, Unauthenticated, stack};

/// A pending result.
pub type Work<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;
