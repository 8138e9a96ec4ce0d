//! The sink that reads a whole layer: its entries, their hashes if that is asked, and the content of a few.

use std::cell::Cell;
use std::collections::HashMap;

use crate::layer::listing::Listing;
use crate::layer::tar::{Entry, Kind, Sink};
use crate::protocol::invalid::Invalid;

/// The content of a file that is kept with its layer's entries; larger ones are read again.
const LARGEST: u64 = 16 * 1024 * 1024;

/// The content of all entries that are kept for one call: an archive may have the same path any number of times.
const ROOM: u64 = 4 * LARGEST;

/// The entries whose content is to be kept, as far as there is room.
pub struct Wanted<'a> {
    is_wanted: &'a dyn Fn(&Entry) -> bool,
    room: Cell<u64>,
}

impl<'a> Wanted<'a> {
    pub fn new(is_wanted: &'a dyn Fn(&Entry) -> bool) -> Self {
        Self { is_wanted, room: Cell::new(ROOM) }
    }

    fn takes(&self, entry: &Entry) -> bool {
        let left = self.room.get().checked_sub(entry.size).filter(|_| is_kept(entry) && (self.is_wanted)(entry));
        left.is_some_and(|left| {
            self.room.set(left);
            true
        })
    }
}

/// The content of entries, by where their header begins.
pub type Captured = HashMap<u64, Vec<u8>>;

/// Whether the content can be kept with the entries.
pub fn is_kept(entry: &Entry) -> bool {
    entry.kind == Kind::File && entry.size <= LARGEST && entry.segments.is_none()
}

pub struct Survey<'a> {
    listing: Listing,
    wanted: Option<&'a Wanted<'a>>,
    captured: Captured,
    /// Where the header of the entry begins whose content is kept.
    current: Option<u64>,
}

impl<'a> Survey<'a> {
    pub fn new(has_hashes: bool, wanted: Option<&'a Wanted<'a>>) -> Self {
        let listing = if has_hashes { Listing::with_hashes() } else { Listing::default() };
        Self { listing, wanted, captured: Captured::default(), current: None }
    }

    pub fn into_parts(self) -> (Vec<Entry>, Captured) {
        (self.listing.entries, self.captured)
    }
}

impl Sink for Survey<'_> {
    fn entry(&mut self, entry: Entry) -> Result<(), Invalid> {
        let is_wanted = self.wanted.is_some_and(|wanted| wanted.takes(&entry));
        self.current = is_wanted.then_some(entry.header_offset);
        if is_wanted {
            self.captured.insert(entry.header_offset, Vec::new());
        }
        self.listing.entry(entry)
    }

    fn data(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Invalid> {
        if let Some(content) = self.current.and_then(|at| self.captured.get_mut(&at)) {
            content.extend_from_slice(bytes);
        }
        self.listing.data(offset, bytes)
    }

    fn end(&mut self) -> Result<(), Invalid> {
        self.listing.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_has_an_end() {
        let wanted = Wanted::new(&|entry| entry.path == b"a");
        let is_taken = |path: &[u8], size| wanted.takes(&Entry::file(path.to_vec(), size));
        assert_eq!([is_taken(b"b", 1), is_taken(b"a", LARGEST + 1)], [false, false]);
        assert_eq!([(); 4].map(|()| is_taken(b"a", LARGEST)), [true; 4]);
        assert_eq!([is_taken(b"a", 1), is_taken(b"a", 0)], [false, true]);
    }
}
