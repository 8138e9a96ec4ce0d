//! The content of a member as the source of a blob, which verifies itself: its errors say where in the archive the member is.

use std::rc::Rc;

use async_lock::Mutex;

use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::registry::api::connection::Connection;
use crate::registry::archive::data::RandomAccess;
use crate::registry::archive::invalid;
use crate::registry::archive::members::{Member, Members};
use crate::registry::archive::survey::wrong;
use crate::registry::blob::source::{BlobSource, Next, check_intact};
use crate::transport::{Chunk, Hasher, Host, Result};

/// Where a member's content is read from.
pub enum Origin<H: Host> {
    /// The archive, while it is read; the first bytes of the member were read already.
    Passing { members: Rc<Mutex<Members<H>>>, first: Option<H::Chunk> },
    /// A file that can be read again.
    File { file: Rc<dyn RandomAccess<H::Chunk>>, at: u64, opened: Option<Box<dyn BlobSource<H::Chunk>>> },
}

/// A member's content. Clones share it.
pub struct Content<H: Host> {
    inner: Rc<Mutex<Inner<H>>>,
    blob: Descriptor,
    can_rewind: bool,
}

impl<H: Host> Clone for Content<H> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), blob: self.blob.clone(), can_rewind: self.can_rewind }
    }
}

struct Inner<H: Host> {
    api: Rc<Connection<H>>,
    origin: Origin<H>,
    member: Member,
    expected: Digest,
    algorithm: Algorithm,
    /// `None` once the content ended.
    hasher: Option<H::Hasher>,
    taken: u64,
}

impl<H: Host> Content<H> {
    /// Creates a source of a blob.
    pub fn new(
        api: &Rc<Connection<H>>,
        origin: Origin<H>,
        member: Member,
        blob: &Descriptor,
        algorithm: Algorithm,
    ) -> Self {
        let can_rewind = matches!(origin, Origin::File { .. });
        let (api, hasher, expected) = (api.clone(), Some(api.hasher(algorithm)), blob.digest.clone());
        let inner = Inner { api, origin, member, expected, algorithm, hasher, taken: 0 };
        Self { inner: Rc::new(Mutex::new(inner)), blob: blob.clone(), can_rewind }
    }

    /// Reads what was not read of it, so that all of it is verified.
    pub async fn finish(&self) -> Result<()> {
        let mut inner = self.inner.lock().await;
        while inner.next().await?.is_some() {}
        Ok(())
    }
}

impl<H: Host> BlobSource<H::Chunk> for Content<H> {
    fn next(&mut self) -> Next<'_, H::Chunk> {
        Box::pin(async { self.inner.lock().await.next().await })
    }

    fn size(&self) -> Option<u64> {
        Some(self.blob.size)
    }

    fn can_rewind(&self) -> bool {
        self.can_rewind
    }

    fn rewind(&mut self) -> bool {
        self.can_rewind && self.inner.try_lock().is_some_and(|mut inner| inner.rewind())
    }

    fn proven(&self) -> Option<&Digest> {
        Some(&self.blob.digest)
    }
}

impl<H: Host> Inner<H> {
    async fn next(&mut self) -> Result<Option<H::Chunk>> {
        let Some(hasher) = &mut self.hasher else { return Ok(None) };
        let chunk = match &mut self.origin {
            Origin::Passing { members, first } => match first.take() {
                Some(first) => Some(first),
                None => members.lock().await.chunk().await?,
            },
            Origin::File { file, at, opened } => {
                let source = match opened {
                    Some(source) => source,
                    None => opened.insert(file.slice(*at, self.member.size)?),
                };
                source.next().await?
            }
        };
        if let Some(chunk) = chunk {
            check_intact(std::slice::from_ref(&chunk))?;
            hasher.update(&chunk)?;
            self.taken += chunk.len();
            return Ok(Some(chunk));
        }
        let hash = self.hasher.take().map(Hasher::finish).transpose()?.unwrap_or_default();
        let computed = Digest::from_hash(self.algorithm, &hash);
        if self.taken < self.member.size {
            let (member, taken) = (self.member.shown(), self.taken);
            return Err(invalid(format!("{member} ends after {taken} bytes, before its size")));
        }
        if computed == self.expected { Ok(None) } else { Err(wrong(&self.member, &self.expected, &computed)) }
    }

    fn rewind(&mut self) -> bool {
        match &mut self.origin {
            Origin::Passing { .. } => false,
            Origin::File { opened, .. } => {
                *opened = None;
                (self.hasher, self.taken) = (Some(self.api.hasher(self.algorithm)), 0);
                true
            }
        }
    }
}
