//! Images in one file: what `docker save`, podman, skopeo and BuildKit write and load.
//!
//! An archive is a tar of an OCI image layout (image-spec, image-layout.md) with Docker's `manifest.json` beside it. It is written in an
//! order in which it can be read in one pass: the documents first, each blob after what refers to it.

pub mod data;
mod images;
mod input;
pub mod list;
pub mod load;
mod members;
mod name;
mod plan;
mod push;
pub mod save;
mod source;
mod survey;
mod write;

use crate::protocol::code;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::manifest::NESTING_LIMIT;
use crate::transport::Error;

/// The index of an image layout.
const INDEX: &str = "index.json";
/// Docker's list of images.
const MANIFEST: &str = "manifest.json";
/// The version of an image layout.
const LAYOUT: &str = "oci-layout";
/// The annotation with the tag of an entry of the index.
const REF_NAME: &str = "org.opencontainers.image.ref.name";
/// The annotation with the whole name, which containerd and BuildKit write.
const IMAGE_NAME: &str = "io.containerd.image.name";
/// Maximum number of manifests of one archive.
const MANIFEST_LIMIT: usize = 10_000;

/// Creates the error for an archive that breaks a rule.
fn invalid(message: impl Into<String>) -> Error {
    Error::new(code::ARCHIVE_INVALID, message)
}

/// Returns the path of a blob in an image layout.
fn path_of(digest: &Digest) -> String {
    format!("blobs/{}", digest.as_str().replacen(':', "/", 1))
}

/// Returns the digest of a blob by its path, if its algorithm is known.
fn digest_of(path: &str) -> Option<Digest> {
    let (algorithm, hex) = path.strip_prefix("blobs/")?.split_once('/')?;
    Digest::parse(&format!("{algorithm}:{hex}")).ok().filter(|digest| digest.algorithm().is_some())
}

/// Refuses more manifests, or more of them within each other, than an image has.
fn check_extent(depth: usize, count: usize) -> Result<(), Error> {
    let (what, limit) = match (depth > NESTING_LIMIT, count > MANIFEST_LIMIT) {
        (true, _) => ("nested indexes deeper than the limit of", NESTING_LIMIT),
        (_, true) => ("more manifests than the limit of", MANIFEST_LIMIT),
        _ => return Ok(()),
    };
    Err(Error::new(code::INDEX_LIMIT, format!("there are {what} {limit}")).with_number("limit", limit as u64))
}
