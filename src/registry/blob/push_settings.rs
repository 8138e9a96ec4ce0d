//! What a caller says about a blob push, and how the blob came to be there.

use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::blob::source::BlobSource;

/// A blob to push, and how.
pub struct Push<C> {
    /// Source of the bytes.
    pub source: Box<dyn BlobSource<C>>,
    /// Expected digest, if known. A blob that exists already is not read.
    pub digest: Option<Digest>,
    /// Repositories of the same registry that may have the blob.
    pub from: Vec<RepositoryName>,
    /// When the mounts are requested, and whether the registry's word is enough.
    pub mounting: Mounting,
    /// True if the bytes are sent even though the registry reports that it has them, because that was wrong.
    pub is_sent_anyway: bool,
    /// Bytes per request, if the blob is not uploaded in one.
    pub chunk_size: Option<u64>,
    /// Media type for the blob's descriptor.
    pub media_type: String,
    /// Receives the number of bytes at the registry. It may decrease, when a lost upload starts again.
    pub progress: Box<dyn FnMut(u64)>,
}

impl<C> Push<C> {
    /// Creates a push with the default settings.
    pub fn new(source: Box<dyn BlobSource<C>>) -> Self {
        let (media_type, progress) = ("application/octet-stream".to_owned(), Box::new(|_| {}));
        Self {
            source,
            digest: None,
            from: Vec::new(),
            mounting: Mounting::default(),
            is_sent_anyway: false,
            chunk_size: None,
            media_type,
            progress,
        }
    }
}

/// How a blob is mounted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Mounting {
    /// The blob is looked for before and after.
    #[default]
    Verified,
    /// The mount is requested before the blob is looked for, which is probably not there, and the registry's 201 counts, once
    /// a mounted blob was found. The caller puts a manifest under a new tag afterwards, which is refused if the blob is not
    /// there, and then sends it.
    Trusted,
}

/// How a blob came to be in the repository.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The repository had it.
    Existed,
    /// The registry mounted it from another of its repositories.
    Mounted,
    /// Its bytes were sent.
    Sent,
}
