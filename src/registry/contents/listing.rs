//! What is known of a layer that was read, or of which another source tells what is in it.

use crate::layer::index::soci::Ztoc;
use crate::layer::index::{Index, Plan, Toc};
use crate::layer::limits::Limits;
use crate::layer::tar::Entry;

/// About the memory of a checkpoint, whose window is compressed.
const CHECKPOINT: u64 = 16 * 1024;

/// A layer that was read.
pub struct Listing {
    pub what: What,
    /// The limits that it keeps.
    pub limits: Limits,
}

pub enum What {
    /// Its entries, in the order of its archive, perhaps with the hashes of their content.
    Entries { entries: Vec<Entry>, has_hashes: bool },
    /// The same with hashes, and where to find their content.
    Index(Index),
    /// The entries by the layer's table of contents. Where they are in the archive is not known.
    Table(Toc),
    /// The same by its ztoc.
    Ztoc(Ztoc),
}

/// What a listing has to tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Which files there are: a table of contents will do.
    Files,
    /// The entries of the archive.
    Entries,
    /// The same with hashes.
    Hashes,
}

impl Need {
    pub fn of(has_hashes: bool) -> Self {
        if has_hashes { Self::Hashes } else { Self::Entries }
    }
}

impl Listing {
    pub fn entries(&self) -> &[Entry] {
        match &self.what {
            What::Entries { entries, .. } => entries,
            What::Index(index) => &index.entries,
            What::Table(toc) => &toc.entries,
            What::Ztoc(ztoc) => &ztoc.entries,
        }
    }

    pub fn index(&self) -> Option<&Index> {
        match &self.what {
            What::Index(index) => Some(index),
            What::Entries { .. } | What::Table(_) | What::Ztoc(_) => None,
        }
    }

    /// Which bytes of the layer give the content of a file, if they can be verified without the others. The entry has to be one of this
    /// listing.
    pub fn plan(&self, entry: &Entry) -> Option<Plan> {
        let plan = match &self.what {
            What::Entries { .. } => None,
            What::Index(index) => index.plan(entry),
            What::Table(toc) => toc.plan(entry),
            What::Ztoc(ztoc) => ztoc.plan(entry),
        };
        plan.filter(Plan::is_verified)
    }

    pub fn has_hashes(&self) -> bool {
        matches!(self.what, What::Entries { has_hashes: true, .. } | What::Index(_))
    }

    /// About its memory.
    pub fn size(&self) -> u64 {
        let more = match &self.what {
            What::Entries { .. } => 0,
            What::Index(index) => index.points.checkpoints.len() as u64 * CHECKPOINT,
            What::Table(toc) => toc.chunks_size(),
            What::Ztoc(ztoc) => ztoc.spans_size(2 * CHECKPOINT),
        };
        self.entries().iter().map(size_of).sum::<u64>() + more
    }
}

/// About the memory of an entry.
fn size_of(entry: &Entry) -> u64 {
    let xattrs: usize = entry.xattrs.iter().map(|(name, value)| name.len() + value.len()).sum();
    let segments = entry.segments.as_ref().map_or(0, |segments| segments.len() * 16);
    (size_of_val(entry) + entry.path.len() + entry.link_target.len() + xattrs + segments) as u64
}
