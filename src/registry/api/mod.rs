//! The connection to one registry. Nothing here knows the operations built on it.

pub(crate) mod cache;
pub(crate) mod capabilities;
pub(crate) mod connection;
pub(crate) mod endpoint;
pub(crate) mod loaders;
pub(crate) mod locks;
pub mod place;
pub(crate) mod repo;
pub(crate) mod response;
pub mod settings;
pub(crate) mod shared_lock;
pub(crate) mod version;
