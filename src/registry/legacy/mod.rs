//! Protocols and formats of old registries: the V1 API and schema1 manifests.

pub mod schema1;
pub mod v1;
