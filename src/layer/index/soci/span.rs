//! Spans: pieces of a layer, each of which can be decompressed by itself and has a digest.

use super::flat::Table;
use crate::layer::decompress::{Checkpoint, Compression, WINDOW, Window};
use crate::layer::index::text;

/// In front of the checkpoints: their number and the size of a span.
const HEADER: usize = 4 + 8;
/// Where the only checkpoint that the first version of the format leaves out begins: behind a gzip header without a name.
const FIRST: u64 = 10;
const MOST_BITS: u8 = 7;

/// A piece of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Span {
    /// Where it begins in the layer, and in the archive.
    pub begin: Checkpoint,
    /// The first of the layer's bytes behind it, perhaps one more than where the next span begins.
    pub to: u64,
    /// The hash of its stored bytes.
    pub hash: [u8; 32],
}

impl Span {
    /// The first of the layer's bytes that it needs.
    pub fn from(&self) -> u64 {
        self.begin.bit / 8
    }
}

/// Reads the spans of a layer of this size; `None` if they are not all of it, in order.
pub(super) fn spans(info: Table<'_>, layer: u64) -> Option<(Compression, Vec<Span>)> {
    let (digests, blob) = (info.vector(2)?, info.string(3)?);
    // A digest of four bytes is none: whatever is counted here is in the ztoc.
    let count = digests.count;
    if info.int(1)?.checked_add(1).and_then(|ids| usize::try_from(ids).ok()) != Some(count) {
        return None;
    }
    let (compression, begins) = match info.byte(0, 1)? {
        1 => (Compression::Gzip, checkpoints(blob, count)?),
        2 => (Compression::None, places(Table::root(blob)?, count, layer)?),
        _ => return None,
    };
    let is_sorted = begins.windows(2).all(|pair| {
        let [one, next] = pair else { return false };
        one.bit < next.bit && one.offset < next.offset
    });
    let first = begins.first()?;
    if !is_sorted || first.offset != 0 || begins.last()?.bit.div_ceil(8) >= layer {
        return None;
    }
    let ends: Vec<u64> = begins.iter().skip(1).map(|next| next.bit.div_ceil(8)).chain([layer]).collect();
    let hashes = digests.strings().map(|digest| text::hash(std::str::from_utf8(digest?).ok()?));
    let spans = begins.into_iter().zip(ends).zip(hashes);
    let spans: Vec<Span> =
        spans.map(|((begin, to), hash)| Some(Span { begin, to, hash: hash? })).collect::<Option<_>>()?;
    Some((compression, spans))
}

/// The checkpoints of a gzip layer, one behind the other: compressed and uncompressed offset, the number of bits of the byte before that belong
/// to it, and a window.
fn checkpoints(blob: &[u8], count: usize) -> Option<Vec<Checkpoint>> {
    const SIZE: usize = 8 + 8 + 1 + WINDOW;
    let (header, packed) = blob.split_at_checked(HEADER)?;
    let said = u32::from_le_bytes(*header.first_chunk()?);
    if usize::try_from(said).ok()? != count || packed.len() % SIZE != 0 {
        return None;
    }
    let mut begins = Vec::new();
    if packed.len() / SIZE + 1 == count {
        begins.push(Checkpoint { bit: FIRST * 8, offset: 0, window: Some(Window::of(&[])) });
    }
    for one in packed.chunks_exact(SIZE) {
        let (numbers, window) = one.split_at_checked(17)?;
        let number = |at: usize| Some(u64::from_le_bytes(*numbers.get(at..)?.first_chunk()?));
        let bits = *numbers.last()?;
        let bit = number(0)?.checked_mul(8)?.checked_sub(bits.into()).filter(|_| bits <= MOST_BITS)?;
        begins.push(Checkpoint { bit, offset: number(8)?, window: Some(Window::of(window)) });
    }
    (begins.len() == count).then_some(begins)
}

/// The places in a layer that is not compressed, by a flatbuffer with a version, the size of a span and that of the layer.
fn places(info: Table<'_>, count: usize, layer: u64) -> Option<Vec<Checkpoint>> {
    let size = info.long(1)?;
    if size == 0 || info.long(2)? != layer || layer.div_ceil(size) != count as u64 {
        return None;
    }
    let place = |index| Checkpoint { bit: index * size * 8, offset: index * size, window: None };
    (layer <= u64::MAX / 8).then(|| (0..count as u64).map(place).collect())
}
