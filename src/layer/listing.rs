//! The entries of an archive, kept.

use sha2::{Digest, Sha256};

use super::tar::{Entry, Sink};
use crate::protocol::invalid::Invalid;

/// A sink that keeps entries, and hashes their content if that is wanted.
#[derive(Default)]
pub struct Listing {
    /// What the archive holds so far.
    pub entries: Vec<Entry>,
    hasher: Option<Sha256>,
}

impl Listing {
    /// Creates a listing whose entries tell the hash of their content: to compare content, which is not kept.
    pub fn with_hashes() -> Self {
        Self { entries: Vec::new(), hasher: Some(Sha256::new()) }
    }
}

impl Sink for Listing {
    fn entry(&mut self, entry: Entry) -> Result<(), Invalid> {
        self.entries.push(entry);
        Ok(())
    }

    fn data(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Invalid> {
        let Some(hasher) = &mut self.hasher else { return Ok(()) };
        // Holes may be larger than anybody can hash, so where bytes are is hashed with them.
        if self.entries.last().is_some_and(|entry| entry.segments.is_some()) {
            hasher.update(offset.to_be_bytes());
        }
        hasher.update(bytes);
        Ok(())
    }

    fn end(&mut self) -> Result<(), Invalid> {
        if let (Some(hasher), Some(entry)) = (&mut self.hasher, self.entries.last_mut()) {
            entry.hash = Some(hasher.finalize_reset().into());
        }
        Ok(())
    }
}
