//! A few bytes made here as a blob: the config of an artifact, or of a placeholder manifest.

use std::rc::Rc;

use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::api::connection::Connection;
use crate::registry::api::settings::Call;
use crate::registry::blob::push::Push;
use crate::registry::blob::source::InMemory;
use crate::transport::{Chunk, Host, Result};

impl<H: Host> Connection<H> {
    /// Pushes them, whether they are there or not.
    pub(crate) async fn push_small_blob(
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
