//! Beginning at a block of deflate that does not begin at a byte, and finding out where one begins.
//!
//! zlib-rs tells that a block has ended, but not within which byte, and takes whole bytes only. So empty blocks fill the bits before
//! a block that begins within a byte; and where it begins is found by trying all eight bits: one of them gives the bytes that
//! follow, and a checkpoint counts only if no other does.

use zlib_rs::{Inflate, InflateFlush, Status};

use super::points::Checkpoint;
use super::window::{WINDOW, Window};

const WINDOW_BITS: u8 = 15;
/// So many bytes of what follows tell one bit from another; all of them, up to a window, which bytes of it are used.
const GLANCE: usize = 256;

/// Whole bytes, the last of which has only this many bits: blocks without content, which are not the last of their stream.
fn blocks_of(bits: u8) -> Vec<u8> {
    let mut filled = Filled::default();
    if bits % 2 == 1 {
        // Dynamic codes in 91 bits (RFC 1951, section 3.2.7): 257 and 2 codes, whose lengths have codes of their own, two of one bit.
        filled.put(0b100, 3);
        filled.put(0, 5);
        filled.put(1, 5);
        filled.put(14, 4);
        // The lengths that have a code: 18, which repeats zero, and 1.
        (0..18).for_each(|order| filled.put(u32::from(matches!(order, 2 | 17)), 3));
        for zeros in [138, 118] {
            filled.put(1, 1);
            filled.put(zeros - 11, 7);
        }
        // The end of a block and both distances are codes of one bit; then the block ends.
        filled.put(0, 4);
    }
    while filled.bits % 8 != usize::from(bits) {
        // Fixed codes, and the end: ten bits.
        filled.put(0b010, 10);
    }
    filled.bytes
}

#[derive(Default)]
struct Filled {
    bytes: Vec<u8>,
    bits: usize,
}

impl Filled {
    fn put(&mut self, value: u32, bits: usize) {
        for bit in 0..bits {
            if self.bits.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= ((value >> bit & 1) as u8) << (self.bits % 8);
            }
            self.bits += 1;
        }
    }
}

/// A decoder of the blocks behind a checkpoint, and what goes into it before the rest: everything up to the end of the byte that the
/// first block begins in, which is `first`.
pub(super) fn begin(window: &[u8], bits: u8, first: u8) -> Option<(Inflate, Vec<u8>)> {
    let mut inflate = Inflate::new(false, WINDOW_BITS);
    if !window.is_empty() {
        inflate.set_dictionary(window).ok()?;
    }
    let mut before = blocks_of(bits);
    match before.last_mut() {
        Some(last) => *last |= first & u8::MAX.checked_shl(bits.into()).unwrap_or_default(),
        None => before.push(first),
    }
    Some((inflate, before))
}

/// What the bytes from a block on give, and at most so many of them; `None` if it is no block.
fn inflated(window: &[u8], bits: u8, compressed: &[u8], most: usize) -> Option<Vec<u8>> {
    let (first, rest) = compressed.split_first()?;
    let (mut inflate, before) = begin(window, bits, *first)?;
    let mut out = vec![0; most];
    for mut input in [&before, rest] {
        while !input.is_empty() {
            let (taken, made) = (inflate.total_in(), usize::try_from(inflate.total_out()).ok()?);
            let room = out.get_mut(made..).filter(|room| !room.is_empty());
            let Some(room) = room else { break };
            let status = inflate.decompress(input, room, InflateFlush::NoFlush).ok()?;
            let used = usize::try_from(inflate.total_in() - taken).ok()?;
            input = input.get(used..)?;
            if status == Status::StreamEnd || (used == 0 && inflate.total_out() == made as u64) {
                break;
            }
        }
    }
    out.truncate(usize::try_from(inflate.total_out()).ok()?);
    Some(out)
}

/// A place where a block has ended, with what comes before and behind it.
pub(super) struct Candidate {
    /// The compressed bytes up to there, of which the last may belong to the next block too.
    pub used: u64,
    pub offset: u64,
    /// The bytes before it, a window at most.
    pub window: Vec<u8>,
    /// The compressed bytes from that last one on, and what they give.
    pub compressed: Vec<u8>,
    pub made: Vec<u8>,
}

impl Candidate {
    /// True if there is enough to resolve it.
    pub fn is_ripe(&self) -> bool {
        self.made.len() >= WINDOW || self.compressed.len() >= 2 * WINDOW
    }

    /// The checkpoint, if exactly one bit gives what was made.
    pub fn resolve(self) -> Option<Checkpoint> {
        let glance = self.made.len().min(GLANCE);
        let mut found = None;
        for at in (1..=8).filter(|_| glance > 0) {
            let (bits, compressed) = self.compressed_at(at)?;
            let gives = |most| inflated(&self.window, bits, compressed, most).as_deref() == self.made.get(..most);
            if !gives(glance) || !gives(self.made.len()) {
                continue;
            }
            if found.is_some_and(|other| self.stored(at).is_none() || self.stored(at) != self.stored(other)) {
                return None;
            }
            found = Some(at);
        }
        let at = found?;
        let (bits, compressed) = self.compressed_at(at)?;
        let window = self.sparse(bits, compressed)?;
        Some(Checkpoint { bit: (self.used - 1) * 8 + at as u64, offset: self.offset, window: Some(window) })
    }

    /// The compressed bytes from a bit on, and which bit of their first byte it is: the ninth bit is the first one of the second byte.
    fn compressed_at(&self, at: usize) -> Option<(u8, &[u8])> {
        Some(((at % 8) as u8, self.compressed.get(at / 8..)?))
    }

    /// What tells one stored block from another that begins at a bit: whether it is the last, and where its length is. Blocks of
    /// which both are the same are the same block, since a stored block goes on at the next byte.
    fn stored(&self, at: usize) -> Option<(bool, usize)> {
        let bit = |at: usize| Some(self.compressed.get(at / 8)? >> (at % 8) & 1 == 1);
        let is_stored = !bit(at + 1)? && !bit(at + 2)?;
        is_stored.then_some((bit(at)?, (at + 3).div_ceil(8)))
    }

    /// The window without what nothing refers to. What is made of other windows tells: where it changes, it was copied from the
    /// window, and windows that count their bytes tell from where. Behind so many bytes nothing reaches the window any more.
    fn sparse(&self, bits: u8, compressed: &[u8]) -> Option<Window> {
        let most = self.made.len().min(WINDOW);
        if most < WINDOW {
            return Some(Window::sparse(&self.window, &vec![true; self.window.len()]));
        }
        let give = |byte: fn((usize, &u8)) -> u8| {
            let window: Vec<u8> = self.window.iter().enumerate().map(byte).collect();
            inflated(&window, bits, compressed, most).filter(|made| made.len() == most)
        };
        let other = give(|(_, byte)| !byte)?;
        let (low, high) = (give(|(at, _)| at as u8)?, give(|(at, _)| (at >> 8) as u8)?);
        let mut used = vec![false; self.window.len()];
        for (((made, other), low), high) in self.made.iter().zip(&other).zip(&low).zip(&high) {
            if made != other
                && let Some(used) = used.get_mut(usize::from(*high) << 8 | usize::from(*low))
            {
                *used = true;
            }
        }
        Some(Window::sparse(&self.window, &used))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_blocks_give_nothing_and_end_at_each_bit() {
        // A last block with fixed codes that gives `a`: 3 + 8 + 7 bits.
        let mut block = Filled::default();
        block.put(0b011, 3);
        (0..8).rev().for_each(|bit| block.put((0x30 + u32::from(b'a')) >> bit, 1));
        block.put(0, 7);
        let bit = |at: usize| u32::from(block.bytes[at / 8] >> (at % 8) & 1);
        for bits in 0..8 {
            let mut shifted = Filled::default();
            shifted.put(0, usize::from(bits));
            (0..block.bits).for_each(|at| shifted.put(bit(at), 1));
            assert_eq!(blocks_of(bits).len(), [0, 16, 2, 12, 3, 13, 4, 14][usize::from(bits)]);
            assert_eq!(inflated(b"", bits, &shifted.bytes, 10).as_deref(), Some(&b"a"[..]), "{bits}");
        }
    }
}
