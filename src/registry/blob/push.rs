//! Pushing, mounting and deleting blobs (distribution-spec v1.1.1, "Pushing blobs", "Mounting a blob from another
//! repository", "Deleting Blobs").

use crate::protocol::http::Method;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::{Algorithm, Digest};
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::api::repo::Repo;
use crate::registry::blob::head::Presence;
use crate::registry::blob::push_settings::{Outcome, Push};
use crate::registry::blob::push_strategy::BlobPush;
use crate::registry::blob::upload::begin::{Mount, PushContext};
use crate::registry::manifest::get::check_verifiable;
use crate::registry::manifest::put::RESPONSE_LIMIT;
use crate::transport::request::RetryBudget;
use crate::transport::{Host, Result};

impl<H: Host> Repo<H> {
    /// Pushes a blob unless it exists. Nothing is committed unless all bytes have arrived and match.
    ///
    /// Content in memory, or that fits into one chunk, is hashed before anything is sent, and uploaded in one
    /// request. Other content is streamed if the host and the registry support it; otherwise it is uploaded in
    /// chunks, each read while the previous one is sent.
    pub(crate) async fn push_blob(&self, push: Push<H::Chunk>) -> Result<(Descriptor, Outcome)> {
        let algorithm = push.digest.as_ref().map_or(Ok(Algorithm::Sha256), check_verifiable)?;
        self.require_v2("blobs").await?;
        let retry_budget = RetryBudget::default();
        let context = PushContext { repo: self, retry_budget: &retry_budget };
        let media_type = push.media_type.clone();
        let mut blob_push = BlobPush::new(push, algorithm, self.api.hasher(algorithm));
        let (digest, size) = Box::pin(blob_push.run(&context)).await?;
        self.api.capabilities.set_holder(&digest, &self.name);
        Ok((Descriptor::new(media_type, digest, size), blob_push.outcome))
    }

    /// Mounts a blob from another repository of the registry, without transferring its bytes. Returns false if it
    /// was not mounted.
    pub(crate) async fn mount_blob(&self, digest: &Digest, from: &RepositoryName) -> Result<bool> {
        self.require_v2("blobs").await?;
        let context = PushContext { repo: self, retry_budget: &RetryBudget::default() };
        if !matches!(context.mount(digest, from).await?, Mount::Done) {
            return Ok(false);
        }
        // 201 confirms the mount; a client that may not check has to trust it.
        Ok(!matches!(self.blob_presence(digest, None).await?, Presence::Absent))
    }

    /// Deletes a blob from a repository, without regard to references to it.
    pub(crate) async fn delete_blob(&self, digest: &Digest) -> Result<()> {
        self.require_v2("blobs").await?;
        let endpoint = self.endpoint(&format!("blobs/{digest}"));
        let response = self.api.fetch(&self.request(Method::Delete, &endpoint, None), RESPONSE_LIMIT).await?;
        if response.is_success() { Ok(()) } else { Err(self.deletion_refused(&response)) }
    }
}
