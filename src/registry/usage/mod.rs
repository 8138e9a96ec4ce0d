//! How much repositories hold: their tags, the newest one, and the size of their content, each blob once.

mod contents;
mod inventory;
mod newest;
mod reader;

pub use crate::registry::usage::inventory::{Entry, Inventory, Totals, Wanted};
pub use crate::registry::usage::newest::NewestTag;
pub use crate::registry::usage::reader::RepositoryUsage;

pub(crate) use crate::registry::usage::contents::Contents;
pub(crate) use crate::registry::usage::reader::Reader;

/// Dates to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Dates {
    /// Those that decide which of several images is the newest.
    #[default]
    Needed,
    /// Those of all images.
    All,
    /// None: only dates that the tag list reports are known.
    Listed,
}

/// What to find out about a repository.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// True to read the size of the content.
    pub sizes: bool,
    /// Dates to read.
    pub dates: Dates,
}
