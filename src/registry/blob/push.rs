//! Pushing, mounting and deleting blobs (distribution-spec v1.1.1, "Pushing blobs", "Mounting a blob from another
//! repository", "Deleting Blobs").

use crate::protocol::http::Method;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::api::repo::Repo;
use crate::registry::blob::head::Presence;
use crate::registry::blob::push_strategy::Pushing;
use crate::registry::blob::source::BlobSource;
use crate::registry::blob::upload::begin::{Goal, Mount};
use crate::registry::manifest::get::check_verifiable;
use crate::registry::manifest::put::ANSWER_LIMIT;
use crate::transport::request::Failures;
use crate::transport::{Host, Result};

/// Bytes of a chunk at most.
pub const LARGEST_CHUNK: u64 = 256 * 1024 * 1024;

/// A blob to push.
pub struct Push<C> {
    /// Its bytes.
    pub source: Box<dyn BlobSource<C>>,
    /// What they must hash to, where that is known: where such a blob is there already, they are not read.
    pub digest: Option<Digest>,
    /// Repositories of the same registry that may have it already.
    pub from: Vec<RepositoryName>,
    /// Whether its bytes are sent though the registry says that it has them: it was wrong about that.
    pub is_sent_anyway: bool,
    /// Bytes per request, where they do not go up in one.
    pub chunk_size: Option<u64>,
    /// What its descriptor says it is.
    pub media_type: String,
    /// Told how many bytes are at the registry. They may become fewer: an upload that was lost begins again.
    pub progress: Box<dyn FnMut(u64)>,
}

impl<C> Push<C> {
    /// Of these bytes, whatever they are.
    pub fn new(source: Box<dyn BlobSource<C>>) -> Self {
        let (media_type, progress) = ("application/octet-stream".to_owned(), Box::new(|_| {}));
        Self { source, digest: None, from: Vec::new(), is_sent_anyway: false, chunk_size: None, media_type, progress }
    }
}

/// How a blob came to be where it was pushed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It was there.
    Existed,
    /// The registry took it over from another of its repositories.
    Mounted,
    /// Its bytes were sent.
    Sent,
}

impl<H: Host> Repo<H> {
    /// Pushes a blob unless it is there. Nothing is committed unless all its bytes have come and are right.
    ///
    /// What is in memory, or fits into one chunk, is hashed before anything is sent, and goes up in one request. Anything
    /// else is streamed, where the host and the registry can do that; or it goes up in chunks, the next read while one is
    /// on its way.
    pub(crate) async fn push_blob(&self, push: Push<H::Chunk>) -> Result<(Descriptor, Outcome)> {
        let algorithm = push.digest.as_ref().map_or(Ok(Algorithm::Sha256), check_verifiable)?;
        self.require_v2("blobs").await?;
        let failures = Failures::default();
        let goal = Goal { repo: self, failures: &failures };
        let media_type = push.media_type.clone();
        let mut pushing = Pushing::new(push, algorithm, self.api.hasher(algorithm));
        let (digest, size) = pushing.run(&goal).await?;
        Ok((Descriptor::new(media_type, digest, size), pushing.outcome))
    }

    /// Takes a blob over from another repository of the registry, without moving its bytes. Whether it did.
    pub(crate) async fn mount_blob(&self, digest: &Digest, from: &RepositoryName) -> Result<bool> {
        self.require_v2("blobs").await?;
        let goal = Goal { repo: self, failures: &Failures::default() };
        if !matches!(goal.mount(digest, from).await?, Mount::Done) {
            return Ok(false);
        }
        // 201 says so; who may not look has to believe it.
        Ok(!matches!(self.blob_presence(digest, None).await?, Presence::Absent))
    }

    /// Deletes a blob from a repository, whatever refers to it.
    pub(crate) async fn delete_blob(&self, digest: &Digest) -> Result<()> {
        self.require_v2("blobs").await?;
        let target = self.endpoint(&format!("blobs/{digest}"));
        let answer = self.api.load(&self.request(Method::Delete, &target, None), ANSWER_LIMIT).await?;
        if answer.response.is_success() { Ok(()) } else { Err(self.deletion_refused(&answer)) }
    }
}
