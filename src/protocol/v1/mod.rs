//! Docker Registry HTTP API V1 and its index, as docker-registry 0.9.1 speaks it and docker's clients did. V1 knows no
//! digests: an image is one layer and one JSON document under an id that somebody chose, and names its parent.

mod ancestry;
pub mod endpoints;
mod image_id;
mod image_json;
pub mod search;
mod tags;

pub use ancestry::{ANCESTRY_LIMIT, ancestry};
pub use image_id::ImageId;
pub use image_json::{ImageJson, checksum_header, layer_size, new_image};
pub use tags::{tag, tag_json, tags};

use super::invalid::Invalid;
use super::json;

/// What is wrong with a document of a registry's.
fn refusal(document: &str, error: String) -> Invalid {
    Invalid::response(json::complete(document, &error))
}
