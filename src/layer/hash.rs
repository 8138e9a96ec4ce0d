//! The hash of a file's content: SHA-256. Holes may be larger than anybody can hash, so the map of a sparse file stands for them.

use sha2::{Digest, Sha256};

use super::tar::Entry;

/// The hash of no content.
pub(super) const EMPTY: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41,
    0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

/// Hashes the stored bytes of an entry, in whatever pieces they come.
#[derive(Default)]
pub(super) struct ContentHasher(Sha256);

impl ContentHasher {
    pub fn begin(&mut self, entry: &Entry) {
        self.0.reset();
        let Some(segments) = &entry.segments else { return };
        self.0.update((segments.len() as u64).to_be_bytes());
        for segment in segments {
            self.0.update(segment.offset.to_be_bytes());
            self.0.update(segment.length.to_be_bytes());
        }
    }

    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub fn finish(&mut self) -> [u8; 32] {
        self.0.finalize_reset().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::filesystem::sample::entry;
    use crate::layer::tar::{Kind, Segment};

    #[test]
    fn holes_count_and_pieces_do_not() {
        let plain = entry("a", Kind::File);
        let sparse = |offset| {
            let segments = vec![Segment { offset: 0, length: 2 }, Segment { offset, length: 2 }];
            Entry { segments: Some(segments), ..plain.clone() }
        };
        let mut hasher = ContentHasher::default();
        let mut hash = |entry: &Entry, pieces: &[&[u8]]| {
            hasher.begin(entry);
            pieces.iter().for_each(|piece| hasher.update(piece));
            hasher.finish()
        };
        assert_eq!(hash(&plain, &[]), EMPTY);
        assert_eq!(hash(&sparse(9), &[b"ab", b"cd"]), hash(&sparse(9), &[b"a", b"bc", b"d"]));
        let [one, two] = [hash(&plain, &[b"abcd"]), hash(&sparse(9), &[b"abcd"])];
        assert!(one != two && two != hash(&sparse(8), &[b"abcd"]));
    }
}
