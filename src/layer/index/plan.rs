//! The part of a layer that has the content of a file.

use crate::layer::decompress::{Checkpoint, Compression};
use crate::layer::hash::ContentHasher;
use crate::layer::tar::Content;

use super::seal::Seal;

/// Which bytes of a layer give the content of a file, and how.
pub struct Plan {
    pub(super) name: Vec<u8>,
    /// In the order of the layer; there is one at least.
    pub(super) parts: Vec<Part>,
    /// False if nobody vouches for the hashes.
    pub(super) is_trusted: bool,
}

/// Stored bytes that are decompressed in one go.
pub(super) struct Part {
    pub from: u64,
    pub to: u64,
    pub compression: Compression,
    pub begin: Checkpoint,
    pub slices: Vec<Slice>,
    /// Hashes of the stored bytes, of all of them or of none.
    pub seals: Vec<Seal>,
}

/// Uncompressed bytes of a part that belong to the file.
pub(super) struct Slice {
    /// How many uncompressed bytes come before, counted from the checkpoint.
    pub skip: u64,
    pub content: Content,
    pub check: Option<(ContentHasher, [u8; 32])>,
}

impl Plan {
    /// The first of the layer's stored bytes that is needed.
    pub fn from(&self) -> u64 {
        self.parts.first().map_or(0, |part| part.from)
    }

    /// The first byte behind those that are needed.
    pub fn to(&self) -> u64 {
        self.parts.last().map_or(0, |part| part.to)
    }

    /// True if its bytes are zstd, for which a [`FileReader`](super::FileReader) needs the decoder.
    pub fn is_zstd(&self) -> bool {
        self.parts.iter().any(|part| part.compression == Compression::Zstd)
    }

    /// True if all of the content, or all of the stored bytes, are compared with hashes, which are those of an index, or of a table whose digest
    /// the manifest has.
    pub fn is_verified(&self) -> bool {
        let is_verified = |part: &Part| !part.seals.is_empty() || part.slices.iter().all(|slice| slice.check.is_some());
        self.is_trusted && self.parts.iter().all(is_verified)
    }
}
