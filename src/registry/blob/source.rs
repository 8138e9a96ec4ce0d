//! Sources of a blob's bytes, and their reading: counted, hashed and split into parts.

use std::collections::VecDeque;
use std::pin::Pin;
use std::slice;

use crate::protocol::code;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::registry::blob::pull::BlobPull;
use crate::transport::{Chunk, Error, Hasher, Host, Result};

/// A pending read of a [`BlobSource`].
pub type Next<'a, C> = Pin<Box<dyn Future<Output = Result<Option<C>>> + 'a>>;

/// The bytes of a blob, read once from start to end. Dropping it early releases what it reads from.
pub trait BlobSource<C> {
    /// Returns the next bytes, or `None` at the end.
    fn next(&mut self) -> Next<'_, C>;

    /// Returns the total number of bytes, if known. Any other number is an error.
    fn size(&self) -> Option<u64> {
        None
    }

    /// Returns true if all bytes are in memory, so that reading them ahead takes no more memory.
    fn is_in_memory(&self) -> bool {
        false
    }

    /// Returns true if the source is read before it is known whether its bytes are needed, since they probably are.
    fn reads_ahead(&self) -> bool {
        false
    }

    /// Returns true if the source can return to the first byte.
    fn can_rewind(&self) -> bool {
        false
    }

    /// Returns to the first byte; false if the source cannot.
    fn rewind(&mut self) -> bool {
        false
    }

    /// Returns the digest of the bytes if the source itself verifies it at its end.
    fn proven(&self) -> Option<&Digest> {
        None
    }
}

/// Bytes in memory.
pub struct InMemory<C> {
    bytes: C,
    is_given: bool,
}

impl<C: Chunk> InMemory<C> {
    /// Creates a source of these bytes.
    pub fn new(bytes: C) -> Self {
        Self { bytes, is_given: false }
    }
}

impl<C: Chunk> BlobSource<C> for InMemory<C> {
    fn next(&mut self) -> Next<'_, C> {
        let is_given = std::mem::replace(&mut self.is_given, true);
        Box::pin(async move { Ok(Some(self.bytes.clone()).filter(|_| !is_given)) })
    }

    fn size(&self) -> Option<u64> {
        Some(self.bytes.len())
    }

    fn is_in_memory(&self) -> bool {
        true
    }

    fn can_rewind(&self) -> bool {
        true
    }

    fn rewind(&mut self) -> bool {
        self.is_given = false;
        true
    }
}

/// A blob pulled from this or another registry.
impl<H: Host> BlobSource<H::Chunk> for BlobPull<H> {
    fn next(&mut self) -> Next<'_, H::Chunk> {
        // It is read at the pace of the upload. Meanwhile other requests, such as the upload's, may use its permit.
        self.release_permit();
        Box::pin(BlobPull::next(self))
    }

    fn size(&self) -> Option<u64> {
        self.total()
    }

    fn proven(&self) -> Option<&Digest> {
        self.digest().filter(|_| self.is_whole())
    }
}

/// Consecutive bytes of a blob. Cloning it does not copy the bytes.
#[derive(Clone)]
pub(crate) struct Part<C> {
    start: u64,
    length: u64,
    chunks: VecDeque<C>,
}

impl<C: Chunk> Part<C> {
    fn starting_at(start: u64) -> Self {
        Self { start, length: 0, chunks: VecDeque::new() }
    }

    /// The position of the first byte.
    pub(crate) fn start(&self) -> u64 {
        self.start
    }

    /// The position after the last byte.
    pub(crate) fn end(&self) -> u64 {
        self.start + self.length
    }

    pub(crate) fn len(&self) -> u64 {
        self.length
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// Returns at most `most` bytes from a position on.
    pub(crate) fn some(&self, position: u64, most: u64) -> Vec<C> {
        let mut skip = position.saturating_sub(self.start);
        let mut room = most;
        let mut some = Vec::new();
        for chunk in &self.chunks {
            if skip >= chunk.len() {
                skip -= chunk.len();
            } else if room > 0 {
                let chunk = chunk.slice(skip, skip.saturating_add(room));
                room -= chunk.len();
                some.push(chunk);
                skip = 0;
            }
        }
        some
    }

    /// Appends the part that follows this one.
    pub(crate) fn join(&mut self, next: Self) {
        next.chunks.into_iter().for_each(|chunk| self.push(chunk));
    }

    /// Returns the bytes from a position on.
    pub(crate) fn from(&self, position: u64) -> Vec<C> {
        self.some(position, u64::MAX)
    }

    /// Releases bytes from the front, but keeps at least the last `most`.
    pub(crate) fn keep_last(&mut self, most: u64) {
        while let Some(first) = self.chunks.front().map(Chunk::len).filter(|first| self.length - first >= most) {
            self.chunks.pop_front();
            self.start += first;
            self.length -= first;
        }
    }

    /// Splits the part after `length` bytes and returns the rest.
    pub(crate) fn split_off(&mut self, length: u64) -> Self {
        let mut rest = Self::starting_at(self.end());
        if length < self.length {
            rest.start = self.start + length;
            rest.chunks = self.from(rest.start).into();
            rest.length = self.length - length;
            self.length = 0;
            let chunks = std::mem::take(&mut self.chunks);
            for chunk in chunks {
                self.push(chunk.slice(0, length - self.length));
            }
        }
        rest
    }

    fn push(&mut self, chunk: C) {
        if !chunk.is_empty() {
            self.length += chunk.len();
            self.chunks.push_back(chunk);
        }
    }
}

/// Reads a source, and counts and hashes its bytes.
pub(crate) struct SourceReader<H: Host> {
    source: Box<dyn BlobSource<H::Chunk>>,
    size: Option<u64>,
    algorithm: Algorithm,
    /// `None` if the source verifies its bytes itself.
    hasher: Option<H::Hasher>,
    has_ended: bool,
    /// Bytes read from the source.
    taken: u64,
    /// Bytes read, but not yet in a part.
    rest: Option<H::Chunk>,
    digest: Option<Digest>,
    /// The source's error. The source is not read again: it might then present what it has given as everything.
    failed: Option<Error>,
}

impl<H: Host> SourceReader<H> {
    pub(crate) fn new(source: Box<dyn BlobSource<H::Chunk>>, algorithm: Algorithm, hasher: H::Hasher) -> Self {
        let (size, hasher) = (source.size(), Some(hasher).filter(|_| source.proven().is_none()));
        Self { source, size, algorithm, hasher, has_ended: false, taken: 0, rest: None, digest: None, failed: None }
    }

    /// Returns true if the source can be read again.
    pub(crate) fn can_rewind(&self) -> bool {
        self.source.can_rewind()
    }

    /// Starts again from the first byte; false if the source cannot.
    pub(crate) fn rewind(&mut self, hasher: H::Hasher) -> bool {
        if !self.source.rewind() {
            return false;
        }
        self.hasher = Some(hasher).filter(|_| self.source.proven().is_none());
        (self.has_ended, self.taken, self.rest, self.digest, self.failed) = (false, 0, None, None, None);
        true
    }

    /// Returns true if the source is read before it is known whether its bytes are needed.
    pub(crate) fn reads_ahead(&self) -> bool {
        self.source.reads_ahead()
    }

    /// Returns true if the source failed and yields nothing more.
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.is_some()
    }

    pub(crate) fn is_in_memory(&self) -> bool {
        self.source.is_in_memory()
    }

    /// Returns the total number of bytes, if the source knows it or has ended.
    pub(crate) fn size(&self) -> Option<u64> {
        if self.digest.is_some() { Some(self.taken) } else { self.size }
    }

    /// Returns the digest, once all bytes have been read.
    pub(crate) fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// Returns an empty part at the start of the blob.
    pub(crate) fn part(&self) -> Part<H::Chunk> {
        Part::starting_at(0)
    }

    /// Fills a part up to `most` bytes, or to the end of the source.
    pub(crate) async fn fill(&mut self, part: &mut Part<H::Chunk>, most: u64) -> Result<()> {
        // A source that has yielded all announced bytes is read once more, to see that it has ended.
        while part.length < most || (self.rest.is_none() && self.size == Some(self.taken) && !self.has_ended) {
            let chunk = match self.rest.take() {
                Some(chunk) => chunk,
                None => match self.read().await? {
                    Some(chunk) => chunk,
                    None => break,
                },
            };
            let room = most.saturating_sub(part.length);
            let behind = chunk.slice(room, u64::MAX);
            part.push(chunk.slice(0, room));
            self.rest = Some(behind).filter(|rest| !rest.is_empty());
        }
        Ok(())
    }

    async fn read(&mut self) -> Result<Option<H::Chunk>> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        let read = self.next().await;
        self.failed = read.as_ref().err().cloned();
        read
    }

    async fn next(&mut self) -> Result<Option<H::Chunk>> {
        if self.has_ended {
            return Ok(None);
        }
        match self.source.next().await? {
            Some(chunk) => {
                check_intact(slice::from_ref(&chunk))?;
                self.hasher.as_mut().map_or(Ok(()), |hasher| hasher.update(&chunk))?;
                self.taken += chunk.len();
                match self.size {
                    Some(size) if self.taken > size => Err(wrong_size(size, "more")),
                    _ => Ok(Some(chunk)),
                }
            }
            None => {
                if let Some(size) = self.size.filter(|size| self.taken < *size) {
                    return Err(wrong_size(size, &format!("{} bytes", self.taken)));
                }
                self.has_ended = true;
                self.digest = match self.hasher.take() {
                    Some(hasher) => Some(Digest::from_hash(self.algorithm, &hasher.finish()?)),
                    None => self.source.proven().cloned(),
                };
                Ok(None)
            }
        }
    }
}

fn wrong_size(size: u64, came: &str) -> Error {
    let message = format!("the source of a blob yielded {came}, but {size} bytes were announced");
    Error::new(code::SIZE_MISMATCH, message).and("nothing was pushed").with_number("expected", size)
}

/// Refuses detached buffers, which would otherwise be sent as empty.
pub(crate) fn check_intact<C: Chunk>(chunks: &[C]) -> Result<()> {
    if chunks.iter().all(Chunk::is_intact) {
        return Ok(());
    }
    let message = "the buffer of the blob's bytes was detached during the push, since it was transferred elsewhere: \
                   nothing was pushed";
    Err(Error::new(code::SOURCE, message))
}
