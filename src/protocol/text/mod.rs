//! Plain text: dates, versions, globs, and escaping for output.

pub mod glob;
#[cfg(test)]
pub(crate) mod linear;
pub mod printable;
pub mod timestamp;
pub mod version_order;
