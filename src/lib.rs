//! A container-registry client for JavaScript hosts.
//!
//! The rooms, and the one direction in which they may name each other:
//!
//! ```text
//! js → fetch, registry → transport, layer → protocol
//! ```
//!
//! * [`protocol`]: what goes over the wire. No I/O.
//! * [`transport`]: the seam to the outside world, and what every request goes through.
//! * [`registry`]: what a user does with a registry.
//! * [`layer`]: what is inside a layer: decompression, tar, and what file systems, differences and waste come of it. No I/O. It
//!   is not reachable from JavaScript yet.
//! * `fetch`: the host's `fetch()` as a transport (wasm32 only).
//! * `js`: what JavaScript sees; conversions only (wasm32 only).

pub mod layer;
pub mod protocol;
pub mod registry;
pub mod transport;

#[cfg(target_arch = "wasm32")]
mod fetch;
#[cfg(target_arch = "wasm32")]
pub mod js;
