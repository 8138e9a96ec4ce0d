//! What one registry is, and how it is reached. Nothing here knows what is done with it.

pub(crate) mod cache;
pub(crate) mod capabilities;
pub(crate) mod connection;
pub mod place;
pub(crate) mod repo;
pub mod settings;
pub(crate) mod turns;
pub(crate) mod version;
