//! What goes over the wire, and nothing that sends it: names, digests, manifests, challenges, links, ranges, errors.
//! Outside data becomes a type here, or an [`invalid::Invalid`] that says what is wrong with it.

mod address;
pub mod challenge;
pub mod code;
pub mod config;
pub mod descriptor;
pub mod digest;
mod dockerfile;
pub mod document;
mod domain;
pub mod error_body;
mod field;
pub mod glob;
pub mod host;
pub mod http;
pub mod index_filter;
pub mod invalid;
pub(crate) mod json;
#[cfg(test)]
mod linear;
pub mod link;
pub mod listing;
pub mod manifest;
pub mod media_type;
pub mod parts;
pub mod percent;
pub mod pipe;
pub mod place;
pub mod platform;
mod platform_matcher;
pub mod port;
pub mod printable;
pub mod range;
pub mod rate_limit;
pub mod reference;
pub mod referrers;
pub mod retry_after;
pub mod schema1;
pub mod scope;
pub mod secret;
pub mod sorted;
pub mod timestamp;
pub mod token;
pub mod url;
pub mod v1;
pub mod version_order;
pub mod warning;
