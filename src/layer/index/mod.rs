//! What is known of a layer that was read once: its entries, and where decompression can begin, so that a file is read with a part of
//! the layer's bytes, and a listing with none.
//!
//! An index is bytes that a caller keeps wherever it likes, and so outside data when they come back: it says which layer it is for, and
//! a checksum covers it. It vouches for nothing more than the hashes that it has: who can change an index can change them too.

mod bytes;
mod file;
mod plan;
mod seal;
pub mod soci;
#[cfg(test)]
mod tests;
mod text;
mod toc;

use self::plan::{Part, Slice};
use super::decompress::{Checkpoint, Compression, Points};
use super::hash::ContentHasher;
use super::tar::{Content, Entry, Segment};
use crate::protocol::code::LAYER_INDEX_INVALID;
use crate::protocol::invalid::Invalid;
use crate::protocol::oci::digest::Digest;

pub use self::file::FileReader;
pub use self::plan::Plan;
pub use self::toc::{Footer, Place, Table, Toc};

/// The layer that an index is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerId {
    /// The digest of its stored bytes.
    pub digest: Digest,
    /// How many they are.
    pub size: u64,
    /// The digest of its archive, if the image's config has it.
    pub diff_id: Option<Digest>,
}

/// The index of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Which layer it is for.
    pub layer: LayerId,
    /// How it is compressed.
    pub compression: Compression,
    /// What the archive holds, in its order.
    pub entries: Vec<Entry>,
    /// Where decompression can begin.
    pub points: Points,
}

impl Index {
    /// Which bytes of the layer give an entry's content; `None` if it has none. The entry has to be one of this index.
    pub fn plan(&self, entry: &Entry) -> Option<Plan> {
        if entry.stored == 0 {
            return None;
        }
        let end = entry.data_offset.saturating_add(entry.stored);
        let (begin, to) = match self.compression {
            Compression::None => {
                (Checkpoint { bit: entry.data_offset.saturating_mul(8), offset: entry.data_offset, window: None }, end)
            }
            _ => {
                let first = Checkpoint { bit: 0, offset: 0, window: None };
                let begin = self.points.before(entry.data_offset).cloned().unwrap_or(first);
                (begin, self.points.enough_for(end).unwrap_or(u64::MAX))
            }
        };
        let segments = entry.segments.clone().unwrap_or_else(|| vec![Segment { offset: 0, length: entry.stored }]);
        let check = entry.hash.map(|hash| {
            let mut hasher = ContentHasher::default();
            hasher.begin(entry);
            (hasher, hash)
        });
        let skip = entry.data_offset.saturating_sub(begin.offset);
        let to = to.min(self.layer.size);
        let part = Part {
            from: (begin.bit / 8).min(to),
            to,
            compression: self.compression,
            begin,
            slices: vec![Slice { skip, content: Content::new(segments, entry.stored, 0), check }],
            seals: Vec::new(),
        };
        Some(Plan { name: entry.path.clone(), parts: vec![part], is_trusted: true })
    }
}

fn invalid(message: &str) -> Invalid {
    Invalid::new(LAYER_INDEX_INVALID, message.into())
}
