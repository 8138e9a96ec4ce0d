//! The operations of a registry: list, tag, untag, pull, push, copy, clean up, diagnose.
//!
//! Every operation uses `api::connection`, which sends requests, maps statuses to errors and caps bodies.

pub(crate) mod api;
pub mod archive;
pub mod blob;
pub mod cleanup;
pub mod client;
mod concurrency;
pub mod contents;
pub mod copy;
pub mod diagnose;
mod failures;
mod ids;
pub mod image;
pub mod legacy;
pub mod listing;
pub mod manifest;
pub mod repository;
pub mod tag;
pub mod usage;

pub use api::loaders::Loaders;
pub use api::place::Place;
pub use api::settings::{Call, Settings, Version};
pub use blob::pull::BlobPull;
pub use blob::push_settings::Push;
pub use blob::source::{BlobSource, InMemory};
pub use cleanup::{Cleanup, Policy};
pub use client::Client;
pub use concurrency::CountWatcher;
pub use diagnose::Diagnosis;
pub use image::Image;
pub use image::layer::{HistoryStep, ImageLayer, Layer};
pub use image::reference::ImageReference;
pub use legacy::{Form, Schema1Parts, SignatureFact};
pub use listing::Listing;
pub use manifest::artifact::{Artifact, ArtifactFile};
pub use manifest::delete::Dependents;
pub use manifest::get::FetchedManifest;
pub use manifest::index_edit::IndexChange;
pub use repository::Repository;
pub use tag::data::TagData;
pub use tag::describe::{Described, Descriptions, ToDescribe};
