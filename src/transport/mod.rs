//! The seam to the outside world, and what every request passes on its way there.
//!
//! [`Transport`] and [`Clock`] are all that the rest of the crate knows of its host. In the product they stand for the
//! host's `fetch`, hasher and timers; in native tests for a script and a virtual clock. The seam is wider than requests
//! so that a blob's bytes can stay what the host gave (a `Uint8Array`) and be hashed there: bulk bytes do not enter wasm
//! memory, which never shrinks.
//!
//! Dropping a future or a body is how work is stopped: a transport must then stop its request at the host.

pub mod auth;
pub mod detach;
mod error;
pub mod failure;
mod host;
pub mod layers;
pub mod pipe;
pub mod read;
pub mod request;
pub mod schema1;
pub mod shared;
mod stack;
pub mod trust;

pub use error::{Error, Result, Stage};
pub use host::{Body, Chunk, Clock, Hasher, Host, Transport};
pub use stack::{Stack, StackBody, StackSettings, stack};
