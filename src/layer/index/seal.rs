//! Hashes of a layer's stored bytes, where those of its files are not known.

use std::collections::VecDeque;

use crate::layer::hash::ContentHasher;

/// Stored bytes whose hash is known.
pub(super) struct Seal {
    pub from: u64,
    pub to: u64,
    pub hasher: ContentHasher,
    pub expected: [u8; 32],
}

/// The seals of a part, in the order of the layer. Neighbours may share a byte, in which a block of deflate ends and the next begins.
pub(super) struct Seals(VecDeque<Seal>);

impl Seals {
    pub fn new(seals: Vec<Seal>) -> Self {
        Self(seals.into())
    }

    /// True once all of the stored bytes have been compared.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes bytes that are at a position of the layer. False if their hash is another one.
    pub fn take(&mut self, position: u64, bytes: &[u8]) -> bool {
        let end = position + bytes.len() as u64;
        for seal in self.0.iter_mut().take_while(|seal| seal.from < end) {
            let place = |at: u64| usize::try_from(at.clamp(position, end) - position).unwrap_or(bytes.len());
            seal.hasher.update(bytes.get(place(seal.from)..place(seal.to)).unwrap_or_default());
        }
        while let Some(seal) = self.0.front_mut()
            && seal.to <= end
        {
            if seal.hasher.finish() != seal.expected {
                return false;
            }
            self.0.pop_front();
        }
        true
    }
}
