//! What a user does with a registry. Every operation here is built from [`connection`]'s few verbs: it sends, maps
//! statuses to errors and caps bodies, so that no operation does that on its own.

mod artifact;
pub mod blob_pull;
pub mod blob_push;
pub mod blob_source;
mod blobs;
mod cache;
pub mod client;
mod connection;
pub mod diagnose;
pub mod image;
mod index;
mod index_push;
pub mod listing;
mod manifest_delete;
mod manifest_given;
mod manifest_push;
pub mod manifests;
mod referrers;
mod referrers_push;
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

pub use artifact::{Artifact, ArtifactFile};
pub use blob_pull::BlobPull;
pub use blob_push::Push;
pub use blob_source::{BlobSource, InMemory};
pub use client::Client;
pub use diagnose::Diagnosis;
pub use image::{HistoryStep, Image, Layer};
pub use index_push::IndexChange;
pub use listing::Listing;
pub use manifest_delete::Dependents;
pub use manifests::FetchedManifest;
pub use repository::Repository;
pub use settings::{Call, Settings};
pub use source::Source;
pub use tag_data::TagData;
pub use version::Version;
