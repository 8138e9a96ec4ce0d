//! A few bytes made here as a blob: the config of an artifact, or of a placeholder manifest.

use std::rc::Rc;

use super::blob_push::Push;
use super::blob_source::InMemory;
use super::connection::Connection;
use super::settings::Call;
use crate::protocol::digest::Digest;
use crate::protocol::reference::RepositoryName;
use crate::transport::{Chunk, Host, Result};

impl<H: Host> Connection<H> {
    /// Pushes them, whether they are there or not.
    pub(super) async fn push_small_blob(
        self: &Rc<Self>,
        name: &RepositoryName,
        bytes: Vec<u8>,
        call: &Call,
    ) -> Result<Digest> {
        let mut push = Push::new(Box::new(InMemory::new(H::Chunk::of(&bytes))));
        push.is_sent_anyway = true;
        Ok(self.push_blob(name, push, call).await?.0.digest)
    }
}
