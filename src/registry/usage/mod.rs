//! How much repositories hold: their tags, the newest one, and the size of their content, each blob once.

mod contents;
mod inventory;
mod newest;
mod reader;

pub use crate::registry::usage::inventory::{Entry, Inventory, Totals, Wanted};
pub use crate::registry::usage::newest::NewestTag;
pub use crate::registry::usage::reader::RepositoryUsage;

use crate::registry::api::settings::Call;
use crate::registry::listing::Listing;
use crate::registry::repository::Repository;
use crate::registry::usage::contents::Contents;
use crate::registry::usage::reader::Reader;
use crate::transport::{Host, Result};

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

impl<H: Host> Repository<H> {
    /// Reads how much the repository holds. A tag that cannot be read does not fail it.
    ///
    /// # Errors
    ///
    /// - `NAME_UNKNOWN` or `NOT_FOUND` when the repository does not exist.
    /// - Otherwise the code of a failed request that affects all tags.
    pub async fn usage(&self, options: Options, call: &Call) -> Result<RepositoryUsage> {
        let repo = self.in_call(call)?;
        Reader::new(&repo, options, &Contents::default()).read(Listing::of_tags(&repo)).await
    }
}
