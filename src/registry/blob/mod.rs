//! Blobs: pull, push, mount, delete.

pub(crate) mod get;
pub(crate) mod head;
pub(crate) mod mount;
pub mod pull;
pub(crate) mod push;
pub mod push_settings;
pub mod push_strategy;
pub(crate) mod single_post;
pub(crate) mod small;
pub mod source;
pub(crate) mod upload;
