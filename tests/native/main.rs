//! The client above `wasm`, against registries by script and by chance: one binary, so that it is linked once.
//!
//! `cargo test --test native FILE::` runs one file's tests. A new file is a line here; [`named_tests`] misses none.

// Clippy allows this in functions that are tests; helpers are none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod archives;
mod authentication;
mod authentication_loading;
mod blobs;
mod capabilities;
mod cleanup;
mod cleanup_observed;
mod cleanup_plans;
mod concurrency;
mod copy;
mod copying;
mod deleting;
mod describe;
mod diagnose;
mod expiring;
mod image_archives;
mod image_archives_choice;
mod image_archives_refused;
mod layers;
mod legacy;
mod listing;
mod manifests;
mod named_tests;
mod peer_archives;
mod peer_vectors;
mod properties;
mod redirects;
mod referrers;
mod resume;
mod retries;
mod schema1;
mod schema1_copy;
mod simulation;
mod single_post;
mod strangers;
mod support;
mod tagging;
mod transport;
mod upload_streams;
mod upload_ways;
mod uploads;
mod usage;
mod v1;
mod v1_session;
