//! What a user does with a registry. Every operation here is built from [`connection`]'s few verbs: it sends, maps
//! statuses to errors and caps bodies, so that no operation does that on its own.

pub mod blob_pull;
pub mod blob_push;
pub mod blob_source;
mod blobs;
mod cache;
pub mod client;
mod connection;
pub mod copy;
pub mod describe;
pub mod diagnose;
pub mod image;
mod index;
pub mod listing;
mod manifest_push;
pub mod manifests;
pub mod repository;
pub mod settings;
mod small_blob;
pub mod source;
pub mod tag_data;
mod tagging;
mod throw_away;
mod untag;
mod upload;
mod version;

pub use blob_pull::BlobPull;
pub use blob_push::Push;
pub use blob_source::{BlobSource, InMemory};
pub use client::Client;
pub use describe::{Described, Descriptions};
pub use diagnose::Diagnosis;
pub use image::{HistoryStep, Image, Layer};
pub use listing::Listing;
pub use manifests::FetchedManifest;
pub use repository::Repository;
pub use settings::{Call, Settings};
pub use source::Source;
pub use tag_data::TagData;
pub use version::Version;
