//! What JavaScript sees, on a scripted `fetch`; in Node, Chromium and Firefox.
#![cfg(target_arch = "wasm32")]
// Clippy takes none of this for tests: they have another attribute, and helpers have none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod abort;
mod arguments;
mod auth;
mod errors;
mod fetch;
mod image;
mod listing;
mod redirect;
mod schema1;
mod stream;
mod support;
