//! The blobs of a copy: each once, mounted where that is possible, else read from the source and pushed.

use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::registry::api::repo::Repo;
use crate::registry::blob::pull::BlobPull;
use crate::registry::blob::push_settings::{Mounting, Outcome, Push};
use crate::registry::blob::source::{BlobSource, Next};
use crate::registry::concurrency::{Question, all};
use crate::registry::copy::options::{Stage, Step};
use crate::registry::copy::run::Copying;
use crate::transport::{Host, Result};

/// Bytes of a blob up to which it counts as small.
const SMALL: u64 = 256 * 1024;

impl<H: Host> Copying<'_, H> {
    pub(super) async fn blobs(&self, blobs: &[Descriptor]) -> Result<()> {
        let mut copies = blobs.iter().map(|blob| -> Question<'_, ()> { Box::pin(self.blob(blob)) });
        all(self.at_a_time, &mut copies).await
    }

    async fn blob(&self, blob: &Descriptor) -> Result<()> {
        let turn = self.state.borrow_mut().turn(&blob.digest);
        let mut is_done = turn.lock().await;
        if !*is_done {
            self.blob_in_turn(blob).await?;
            *is_done = true;
        }
        Ok(())
    }

    /// Copies a blob whose lock is held.
    pub(super) async fn blob_in_turn(&self, blob: &Descriptor) -> Result<()> {
        let (any, large) = &self.places;
        let _place = any.acquire().await;
        let _large = if blob.size > SMALL { Some(large.acquire().await) } else { None };
        self.push(blob, false).await
    }

    /// Copies a blob. If `anyway`, its bytes are sent even if the target reports that it has them.
    pub(super) async fn push(&self, blob: &Descriptor, anyway: bool) -> Result<()> {
        let reads_ahead = !anyway && self.is_new && blob.size <= SMALL && self.state.borrow().has_found_nothing();
        let source = LazyPull { repo: self.source.clone(), blob: blob.clone(), pull: None, reads_ahead };
        let mut push = Push::new(Box::new(source));
        push.digest = Some(blob.digest.clone());
        push.is_sent_anyway = anyway;
        // The manifest needs every blob, which is sent after all if the registry misses it then. A registry that does not check
        // manifests must not lead an existing tag to one without blobs.
        push.mounting = if self.is_new { Mounting::Trusted } else { Mounting::Verified };
        push.chunk_size = self.options.chunk_size;
        if !anyway && self.is_within_registry() && self.source.name != self.target.name {
            push.from.push(self.source.name.clone());
        }
        let (watcher, digest, total) = (self.options.watcher.clone(), blob.digest.clone(), blob.size);
        push.progress = Box::new(move |loaded| {
            if let Some(watcher) = &watcher {
                watcher(&Step { digest: digest.clone(), stage: Stage::Copying, loaded, total });
            }
        });
        let (_, outcome) = self.target.push_blob(push).await?;
        let outcome = if anyway { Outcome::Sent } else { outcome };
        self.state.borrow_mut().blob(blob, outcome);
        let stage = match outcome {
            Outcome::Existed => Stage::Exists,
            Outcome::Mounted => Stage::Mounted,
            Outcome::Sent => Stage::Copied,
        };
        self.tell_whole(blob, stage);
        Ok(())
    }

    /// Pushes the config of a converted image, which the source does not have. It is sent even if it exists.
    pub(super) async fn config(&self, config: Vec<u8>) -> Result<()> {
        let size = config.len() as u64;
        let digest = self.target.push_small_blob(config).await?;
        let descriptor = Descriptor::new(String::new(), digest, size);
        self.state.borrow_mut().blob(&descriptor, Outcome::Sent);
        self.tell_whole(&descriptor, Stage::Copied);
        Ok(())
    }
}

/// A blob that is requested only when its bytes are needed.
struct LazyPull<H: Host> {
    repo: Repo<H>,
    blob: Descriptor,
    pull: Option<BlobPull<H>>,
    reads_ahead: bool,
}

impl<H: Host> BlobSource<H::Chunk> for LazyPull<H> {
    fn next(&mut self) -> Next<'_, H::Chunk> {
        Box::pin(async {
            if self.pull.is_none() {
                let (digest, size) = (&self.blob.digest, Some(self.blob.size));
                let mut pull = self.repo.blob(digest, size).await?;
                // It is read at the pace of the upload; other requests may use its permit.
                pull.release_permit();
                self.pull = Some(pull);
            }
            match &mut self.pull {
                Some(pull) => pull.next().await,
                None => Ok(None),
            }
        })
    }

    fn size(&self) -> Option<u64> {
        Some(self.blob.size)
    }

    fn reads_ahead(&self) -> bool {
        self.reads_ahead
    }

    fn can_rewind(&self) -> bool {
        true
    }

    fn rewind(&mut self) -> bool {
        self.pull = None;
        true
    }

    fn proven(&self) -> Option<&Digest> {
        Some(&self.blob.digest)
    }
}
