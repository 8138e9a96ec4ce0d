//! The registry protocols without I/O: names, digests, manifests, challenges, links, ranges and error bodies. Parsers
//! turn untrusted data into types, or return an [`invalid::Invalid`] that names the broken rule.

pub mod auth;
pub mod base64;
pub mod code;
pub mod http;
pub mod invalid;
pub(crate) mod json;
pub mod oci;
pub mod order;
#[cfg(test)]
pub(crate) mod random;
pub mod schema1;
pub mod sorted;
pub mod text;
pub mod url;
pub mod v1;
