//! Docker Registry HTTP API V1 and its index, compatible with docker-registry 0.9.1 and docker's clients. V1 has no
//! digests: an image is one layer and one JSON document under an arbitrary id, and names its parent.

mod ancestry;
pub mod endpoints;
mod image_id;
mod image_json;
pub mod search;
mod tags;

pub use crate::protocol::v1::ancestry::{ANCESTRY_LIMIT, ancestry};
pub use crate::protocol::v1::image_id::ImageId;
pub use crate::protocol::v1::image_json::{ImageJson, checksum_header, layer_size, new_image};
pub use crate::protocol::v1::tags::{tag, tag_json, tags};

use std::rc::Rc;

use crate::protocol::invalid::Invalid;
use crate::protocol::json;
use crate::protocol::oci::reference::{RepositoryName, split_name};

/// The namespace of names without one.
pub const LIBRARY: &str = "library";

/// Returns the namespace of a name.
pub fn namespace_of(name: &str) -> &str {
    split_name(name).0.unwrap_or(LIBRARY)
}

/// Returns a V1 name, which always has a namespace and a repository.
pub fn full_name(name: &RepositoryName) -> Rc<str> {
    match name.namespace() {
        Some(_) => name.as_str().into(),
        None => format!("{LIBRARY}/{name}").into(),
    }
}

/// Returns the error for an invalid document of a registry.
fn refusal(document: &str, error: String) -> Invalid {
    Invalid::response(json::complete(document, &error))
}
