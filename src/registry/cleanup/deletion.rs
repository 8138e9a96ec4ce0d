//! One deletion of a plan, after a look whether all is as it was.

use std::cell::{Cell, RefCell};

use async_lock::Mutex;

use super::apply::{Cleanup, Needed};
use super::gather::Gatherer;
use super::report::Progress;
use crate::protocol::digest::Digest;
use crate::protocol::reference::{Reference, Tag};
use crate::registry::throw_away;
use crate::transport::{Host, Result};

/// Google's registries delete no manifest that still has tags.
const HAS_TAGS: &str = "GOOGLE_MANIFEST_DANGLING_TAG";

/// What deletions share.
pub(super) struct Deletion<'a, H: Host> {
    cleanup: &'a Cleanup<H>,
    gatherer: Gatherer<H>,
    needed: RefCell<Needed>,
    /// Tags that were found to have moved to where `needed` does not know of, and how many of them it takes into account.
    moved: Cell<usize>,
    known: Cell<usize>,
    /// One looks through the repository again, the others wait for it.
    looking: Mutex<()>,
    pub(super) progress: Progress<'a>,
}

impl<'a, H: Host> Deletion<'a, H> {
    pub(super) fn new(cleanup: &'a Cleanup<H>, gatherer: Gatherer<H>, needed: Needed, progress: Progress<'a>) -> Self {
        let (needed, looking) = (RefCell::new(needed), Mutex::new(()));
        Self { cleanup, gatherer, needed, moved: Cell::new(0), known: Cell::new(0), looking, progress }
    }

    /// Removes a tag alone, if it is as it was.
    pub(super) async fn untag(&self, tag: String, digest: &Digest) {
        let untagged = match self.stands(&tag, digest).await {
            Ok(true) => Box::pin(self.cleanup.repository.untag(&tag, &self.gatherer.call)).await,
            Ok(false) => return,
            Err(error) => Err(error),
        };
        match untagged {
            Ok(()) => {
                self.progress.change();
                self.progress.remove(tag);
            }
            Err(error) => self.progress.fail(tag, error),
        }
    }

    /// Whether a tag is as it was; where it is not, that is reported.
    async fn stands(&self, tag: &str, digest: &Digest) -> Result<bool> {
        let Gatherer { connection, name, call } = &self.gatherer;
        let reference = Reference::Tag(Tag::parse(tag)?);
        let Some(found) = connection.head_manifest(name, &reference, call).await? else {
            self.progress.remove(tag.to_owned());
            return Ok(false);
        };
        if found.digest == *digest {
            return Ok(true);
        }
        // An untag() that was ended in the middle has left it so, and another one ends the job.
        let manifest = connection.manifest(name, &Reference::Digest(found.digest.clone()), None, call).await?;
        if throw_away::is_one(&manifest.manifest) {
            Box::pin(self.cleanup.repository.untag(tag, call)).await?;
            self.progress.change();
            self.progress.remove(tag.to_owned());
        } else {
            if !self.needed.borrow().has(&found.digest) {
                self.moved.set(self.moved.get() + 1);
            }
            self.progress.skip(tag.to_owned(), format!("it points to {} by now", found.digest));
        }
        Ok(false)
    }

    /// Removes a manifest with its tags, if all is as it was. Whether it is gone.
    pub(super) async fn delete(&self, digest: &Digest, mut tags: Vec<String>) -> bool {
        loop {
            if self.needed.borrow().has(digest) {
                for tag in tags {
                    self.untag(tag, digest).await;
                }
                self.progress
                    .skip(digest.to_string(), "by now there is something that needs it, or may need it".into());
                return false;
            }
            let Some(standing) = self.standing(digest, tags).await else { return false };
            tags = standing;
            match self.look_again().await {
                Ok(true) => {}
                Ok(false) => return self.delete_now(digest, tags).await,
                Err(error) => {
                    self.progress.remain(tags);
                    self.progress.fail(digest.to_string(), error);
                    return false;
                }
            }
        }
    }

    /// Those of the tags that are as they were. `None` where that cannot be told of one.
    async fn standing(&self, digest: &Digest, tags: Vec<String>) -> Option<Vec<String>> {
        let (mut standing, mut tags) = (Vec::new(), tags.into_iter());
        while let Some(tag) = tags.next() {
            match self.stands(&tag, digest).await {
                Ok(true) => standing.push(tag),
                Ok(false) => {}
                Err(error) => {
                    self.progress.fail(tag, error);
                    self.progress.remain(standing.into_iter().chain(tags).chain([digest.to_string()]));
                    return None;
                }
            }
        }
        Some(standing)
    }

    /// Finds out anew what is needed, if a tag has moved since. Whether there was anything to find out.
    async fn look_again(&self) -> Result<bool> {
        if self.moved.get() == self.known.get() {
            return Ok(false);
        }
        let _alone = self.looking.lock().await;
        let moved = self.moved.get();
        if moved != self.known.get() {
            let now = Box::pin(self.gatherer.inventory()).await?;
            self.needed.replace(self.cleanup.needed_by_now(now));
            self.known.set(moved);
        }
        Ok(true)
    }

    async fn delete_now(&self, digest: &Digest, mut tags: Vec<String>) -> bool {
        let mut deleted = self.delete_digest(digest, !tags.is_empty()).await;
        if matches!(&deleted, Err(error) if error.code == HAS_TAGS) {
            for tag in std::mem::take(&mut tags) {
                self.untag(tag, digest).await;
            }
            deleted = self.delete_digest(digest, false).await;
        }
        match deleted {
            Ok(()) => {
                for tag in tags {
                    self.progress.remove(tag);
                }
                self.progress.remove(digest.to_string());
                true
            }
            Err(error) => {
                self.progress.remain(tags);
                self.progress.fail(digest.to_string(), error);
                false
            }
        }
    }

    /// `is_there`: what is not found was there a moment ago.
    async fn delete_digest(&self, digest: &Digest, is_there: bool) -> Result<()> {
        let Gatherer { connection, name, call } = &self.gatherer;
        let answer = connection.delete(name, &Reference::Digest(digest.clone()), call).await?;
        if answer.response.is_success() {
            self.progress.change();
        } else if answer.response.status != 404 || is_there {
            return Err(connection.deletion_refused(&answer));
        }
        connection.cache.borrow_mut().forget(name.as_str(), digest.as_str());
        Ok(())
    }
}
