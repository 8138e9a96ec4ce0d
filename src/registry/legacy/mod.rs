//! Protocols and formats that only old registries use: the V1 API, and manifests of schema 1.

pub mod schema1;
pub mod v1;
