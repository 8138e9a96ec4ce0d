//! A few bytes made here as a blob: the config of an artifact, or of a throw-away manifest.

use std::rc::Rc;

use super::connection::Connection;
use super::settings::Call;
use super::upload::Goal;
use crate::protocol::digest::{Algorithm, Digest};
use crate::protocol::http::{Content, Failures};
use crate::protocol::reference::RepositoryName;
use crate::transport::{Host, Result};

impl<H: Host> Connection<H> {
    /// Pushes them, whether they are there or not.
    pub(super) async fn push_small_blob(
        self: &Rc<Self>,
        name: &RepositoryName,
        bytes: Vec<u8>,
        call: &Call,
    ) -> Result<Digest> {
        let digest = Digest::of(Algorithm::Sha256, &bytes);
        let failures = Failures::default();
        let goal = Goal { connection: self, name, call, failures: &failures };
        let mut upload = goal.begin(Algorithm::Sha256).await?;
        upload.commit_content(&digest, Some(Content::Bytes(Rc::new(bytes)))).await?;
        Ok(digest)
    }
}
