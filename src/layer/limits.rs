//! How much a layer may make of its bytes. Each limit has an option that raises it.

use crate::protocol::code;
use crate::protocol::invalid::Invalid;

/// The limits for one layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the uncompressed layer.
    pub size: u64,
    /// Uncompressed bytes per compressed byte, once [`FREE`] bytes have come out. Deflate's own maximum is 1032.
    pub ratio: u64,
    /// Bytes of the window that a zstd frame asks for: so much memory does it take.
    pub window: u64,
    /// Entries of the archive.
    pub entries: u64,
    /// Bytes of a path or link target.
    pub name: usize,
}

/// A ratio says nothing about a small layer: these bytes are not counted.
pub const FREE: u64 = 16 * 1024 * 1024;

impl Default for Limits {
    fn default() -> Self {
        Self { size: 64 << 30, ratio: 2_000, window: 128 << 20, entries: 2_000_000, name: 32 * 1024 }
    }
}

/// The error for a limit that is exceeded: `name` is the option that raises it.
pub fn exceeded(what: &str, limit: u64, name: &str) -> Invalid {
    Invalid::new(code::TOO_LARGE, format!("{what} exceeds the limit of {limit} (option limits.{name})"))
}
