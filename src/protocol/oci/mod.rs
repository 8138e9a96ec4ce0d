//! Documents and names of the OCI specs and of the Docker formats that they derive from.

pub mod config;
pub mod config_changes;
pub mod descriptor;
pub mod digest;
mod dockerfile;
mod go_printed;
pub mod listing;
pub mod manifest;
pub mod media_type;
pub mod platform;
pub mod reference;
pub mod referrers;
