//! What a registry has been seen to support or to refuse. Operations ask here before they try, and say here what they
//! found; an answer that contradicts an earlier one corrects it.

use std::cell::Cell;

/// Bytes that GHCR, and Azure's storage behind others, take in one request.
const COMMON_LIMIT: u64 = 4 * 1024 * 1024;
/// Chunks do not get smaller than this.
const SMALLEST: u64 = 4 * 1024;

/// Seen by one client, of one registry.
pub struct Capabilities {
    /// Whether it takes bodies that are sent while they are made.
    pub(crate) takes_streams: Cell<bool>,
    /// Whether it takes a blob's bytes with the request that ends the upload.
    pub(crate) takes_whole: Cell<bool>,
    /// Bytes of one request's body at most, as far as it has refused more.
    pub(crate) body_limit: Cell<u64>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self { takes_streams: Cell::new(true), takes_whole: Cell::new(true), body_limit: Cell::new(u64::MAX) }
    }
}

impl Capabilities {
    /// A body of so many bytes was refused for its size: the next ones are smaller. Whether they can be.
    pub(crate) fn limit_bodies(&self, refused: u64, least: u64) -> bool {
        let next = if refused > COMMON_LIMIT { COMMON_LIMIT } else { refused / 2 };
        let can = next >= SMALLEST.max(least);
        if can {
            self.body_limit.set(self.body_limit.get().min(next));
        }
        can
    }
}
