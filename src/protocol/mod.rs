//! What goes over the wire, and nothing that sends it: names, digests, manifests, challenges, links, ranges, errors.
//! Outside data becomes a type here, or an [`invalid::Invalid`] that says what is wrong with it.

pub mod auth;
pub mod code;
pub mod http;
pub mod invalid;
pub(crate) mod json;
pub mod oci;
pub mod schema1;
pub mod sorted;
pub mod text;
pub mod url;
pub mod v1;
