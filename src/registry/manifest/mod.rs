//! Manifests and indexes: get, put, delete and referrers.

pub(crate) mod artifact;
pub(crate) mod delete;
pub mod get;
pub(crate) mod index_edit;
pub mod input;
pub(crate) mod observe;
pub(crate) mod part;
pub(crate) mod put;
pub(crate) mod referrers;
pub(crate) mod referrers_tag;
