//! Where an archive comes from.

use std::rc::Rc;

use crate::registry::blob::source::{BlobSource, InMemory};
use crate::transport::{Chunk, Result};

/// Bytes that can be read from anywhere, and again.
pub trait RandomAccess<C> {
    /// Returns the number of bytes.
    fn size(&self) -> u64;

    /// Returns a source of `length` bytes from the position `at` on.
    ///
    /// # Errors
    ///
    /// `SOURCE` when they cannot be read.
    fn slice(&self, at: u64, length: u64) -> Result<Box<dyn BlobSource<C>>>;
}

impl<C: Chunk> RandomAccess<C> for C {
    fn size(&self) -> u64 {
        self.len()
    }

    fn slice(&self, at: u64, length: u64) -> Result<Box<dyn BlobSource<C>>> {
        Ok(Box::new(InMemory::new(Chunk::slice(self, at, at.saturating_add(length)))))
    }
}

/// A file of a directory, and its path in it.
pub type NamedFile<C> = (String, Rc<dyn RandomAccess<C>>);

/// The files of a directory.
pub type FileList<C> = Vec<NamedFile<C>>;

/// An archive, as a caller has it.
pub enum Data<C> {
    /// An archive that can be read once.
    Stream(Box<dyn BlobSource<C>>),
    /// An archive in a file or in memory.
    File(Rc<dyn RandomAccess<C>>),
    /// A directory, perhaps with the folders that lead to it.
    Files(FileList<C>),
}
