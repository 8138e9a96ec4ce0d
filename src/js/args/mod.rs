//! Arguments: what a caller gives, looked at and read into types.

pub mod callback;
pub mod credentials;
pub mod filter;
pub mod given;
pub mod options;
pub mod policy;
pub mod settings;
pub mod source;
