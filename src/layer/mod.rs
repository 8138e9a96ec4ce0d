//! What is inside a layer: decompression, the tar archive, and the file system that layers make together.
//!
//! Nothing here does I/O and nothing is extracted: bytes are pushed in as they come, and names are data. Memory does not
//! grow with the content of files, only with the number of entries that a caller keeps.

pub mod decompress;
pub mod diff;
pub mod dive;
pub mod filesystem;
mod hash;
pub mod index;
pub mod limits;
pub mod listing;
pub mod packages;
pub mod search;
pub mod tar;
mod varint;
pub mod waste;
pub mod zstd;

use crate::protocol::code;
use crate::protocol::invalid::Invalid;

/// The error for a layer whose bytes break the rules of their format.
fn broken(message: impl Into<String>) -> Invalid {
    Invalid::new(code::LAYER_INVALID, message.into())
}

/// The error for a layer that ends too early.
fn truncated(message: impl Into<String>) -> Invalid {
    Invalid::new(code::TRUNCATED, message.into())
}
