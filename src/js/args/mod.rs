//! Checks the caller's arguments and converts them to types.

pub mod blob_data;
pub mod callback;
pub mod credentials;
pub mod filter;
pub mod image;
pub mod login;
pub mod manifest;
pub mod options;
pub mod policy;
pub mod settings;
