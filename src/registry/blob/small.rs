//! A few bytes made here as a blob: the config of an artifact, or of a placeholder manifest.

use crate::protocol::oci::digest::Digest;
use crate::registry::api::repo::Repo;
use crate::registry::blob::push_strategy::Push;
use crate::registry::blob::source::InMemory;
use crate::transport::{Chunk, Host, Result};

impl<H: Host> Repo<H> {
    /// Pushes them, whether they are there or not.
    pub(crate) async fn push_small_blob(&self, bytes: Vec<u8>) -> Result<Digest> {
        let mut push = Push::new(Box::new(InMemory::new(H::Chunk::of(&bytes))));
        push.is_sent_anyway = true;
        Ok(self.push_blob(push).await?.0.digest)
    }
}
