//! The sink that reads a whole layer: its entries, their hashes if that is asked, and the content of a few.

use std::collections::HashMap;

use crate::layer::listing::Listing;
use crate::layer::tar::{Entry, Kind, Sink};
use crate::protocol::invalid::Invalid;

/// The content of a file that is kept with its layer's entries; larger ones are read again.
const LARGEST: u64 = 16 * 1024 * 1024;

/// Tells whether the content of an entry is to be kept.
pub type Wanted<'a> = &'a dyn Fn(&Entry) -> bool;

/// The content of entries, by where their header begins.
pub type Captured = HashMap<u64, Vec<u8>>;

/// Whether the content can be kept with the entries.
pub fn is_kept(entry: &Entry) -> bool {
    entry.kind == Kind::File && entry.size <= LARGEST && entry.segments.is_none()
}

pub struct Survey<'a> {
    listing: Listing,
    wanted: Option<Wanted<'a>>,
    captured: Captured,
    /// Where the header of the entry begins whose content is kept.
    current: Option<u64>,
}

impl<'a> Survey<'a> {
    pub fn new(has_hashes: bool, wanted: Option<Wanted<'a>>) -> Self {
        let listing = if has_hashes { Listing::with_hashes() } else { Listing::default() };
        Self { listing, wanted, captured: Captured::default(), current: None }
    }

    pub fn into_parts(self) -> (Vec<Entry>, Captured) {
        (self.listing.entries, self.captured)
    }
}

impl Sink for Survey<'_> {
    fn entry(&mut self, entry: Entry) -> Result<(), Invalid> {
        let is_wanted = is_kept(&entry) && self.wanted.is_some_and(|wanted| wanted(&entry));
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
