//! Pushing small blobs made here: the config of an artifact or of a placeholder manifest.

use crate::protocol::oci::digest::Digest;
use crate::registry::api::repo::Repo;
use crate::registry::blob::push_settings::Push;
use crate::registry::blob::source::InMemory;
use crate::transport::{Chunk, Host, Result};

impl<H: Host> Repo<H> {
    /// Pushes the bytes even if the registry has them.
    pub(crate) async fn push_small_blob(&self, bytes: Vec<u8>) -> Result<Digest> {
        let mut push = Push::new(Box::new(InMemory::new(H::Chunk::of(&bytes))));
        push.is_sent_anyway = true;
        Ok(Box::pin(self.push_blob(push)).await?.0.digest)
    }
}
