//! The entries of an archive, kept.

use super::hash::ContentHasher;
use super::tar::{Entry, Sink};
use crate::protocol::invalid::Invalid;

/// A sink that keeps entries, and hashes their content if that is wanted.
#[derive(Default)]
pub struct Listing {
    /// What the archive holds so far.
    pub entries: Vec<Entry>,
    hasher: Option<ContentHasher>,
}

impl Listing {
    /// Creates a listing whose entries tell the hash of their content: to compare content, which is not kept.
    pub fn with_hashes() -> Self {
        Self { entries: Vec::new(), hasher: Some(ContentHasher::default()) }
    }
}

impl Sink for Listing {
    fn entry(&mut self, entry: Entry) -> Result<(), Invalid> {
        if let Some(hasher) = &mut self.hasher {
            hasher.begin(&entry);
        }
        self.entries.push(entry);
        Ok(())
    }

    fn data(&mut self, _offset: u64, bytes: &[u8]) -> Result<(), Invalid> {
        if let Some(hasher) = &mut self.hasher {
            hasher.update(bytes);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Invalid> {
        if let (Some(hasher), Some(entry)) = (&mut self.hasher, self.entries.last_mut()) {
            entry.hash = Some(hasher.finish());
        }
        Ok(())
    }
}
