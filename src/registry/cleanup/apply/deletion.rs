//! The deletions of a plan. Each is preceded by a check that nothing has changed, and followed by a check that
//! it was done.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use async_lock::Mutex;

use crate::protocol::code;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::{Reference, Tag};
use crate::registry::cleanup::apply::planned::{Cleanup, Needed};
use crate::registry::cleanup::report::Progress;
use crate::registry::cleanup::survey::gather::Gatherer;
use crate::registry::tag::placeholder;
use crate::transport::{Error, Host, Result};

/// Error code of Google's registries, which refuse to delete a manifest that has tags.
const HAS_TAGS: &str = "GOOGLE_MANIFEST_DANGLING_TAG";
/// Attempts to remove tags that are left behind, by name.
const ROUNDS: usize = 3;

/// The state that deletions share.
pub(in crate::registry::cleanup) struct Deletion<'a, H: Host> {
    cleanup: &'a Cleanup<H>,
    gatherer: Gatherer<H>,
    /// The manifests that the plan knows.
    planned: HashSet<&'a str>,
    needed: RefCell<Needed>,
    /// Manifests that tags have moved to, or to which something refers that is new.
    pointed_to: RefCell<Vec<Digest>>,
    /// Number of tags that moved to manifests `needed` does not include, and how many of them `needed` takes into
    /// account.
    moved: Cell<usize>,
    known: Cell<usize>,
    /// Locked by the deletion that reads the repository again, while the others wait for it.
    looking: Mutex<()>,
    /// Tags that should be gone with their manifest or before it, to be checked in the tag list.
    gone: RefCell<Vec<(String, Option<Digest>)>>,
    /// True if the registry keeps the tags of a deleted manifest (go-containerregistry's does); `None` if unknown.
    keeps_tags: Cell<Option<bool>>,
    pub(in crate::registry::cleanup) progress: Progress<'a>,
}

/// The change of a tag since the plan was made.
enum TagChange {
    /// It has not changed.
    Planned,
    /// It has no manifest, but may still be listed.
    Nowhere,
    /// It points to a placeholder manifest of an interrupted untag().
    Placeholder,
    /// It points to another manifest.
    Moved(Digest),
}

impl<'a, H: Host> Deletion<'a, H> {
    pub(in crate::registry::cleanup) fn new(
        cleanup: &'a Cleanup<H>,
        gatherer: Gatherer<H>,
        needed: Needed,
        progress: Progress<'a>,
    ) -> Self {
        let (needed, looking, gone) = (RefCell::new(needed), Mutex::new(()), RefCell::default());
        let (moved, known, keeps_tags) = (Cell::new(0), Cell::new(0), Cell::new(None));
        let pointed_to = RefCell::default();
        let planned = cleanup.plan.digests.iter().map(|digest| digest.digest.as_str()).collect();
        Self { cleanup, gatherer, planned, needed, pointed_to, moved, known, looking, gone, keeps_tags, progress }
    }

    /// Removes a tag alone, if it has not changed. `digest` is what it pointed to, if anything.
    pub(in crate::registry::cleanup) async fn untag(&self, tag: String, digest: Option<&Digest>) {
        let untagged = match self.is_as_planned(&tag, digest).await {
            Ok(true) => self.remove_tag(&tag, digest).await,
            Ok(false) => return,
            Err(error) => Err(error),
        };
        match untagged {
            Ok(true) => self.progress.remove(tag),
            Ok(false) => {}
            Err(error) => self.progress.fail(tag, error),
        }
    }

    /// Removes a tag and returns true. A tag that another writer moves meanwhile stays, and is reported as skipped.
    async fn remove_tag(&self, tag: &str, digest: Option<&Digest>) -> Result<bool> {
        let untag = self.gatherer.repo.untag_if(tag, digest.cloned());
        match Box::pin(untag).await {
            Err(error) if error.code == code::CONFLICT => match self.change_of(tag, digest).await? {
                TagChange::Moved(now) => {
                    self.skip_moved(tag, &now);
                    Ok(false)
                }
                _ => Err(error),
            },
            Err(error) => Err(error),
            Ok(()) => {
                self.progress.change();
                Ok(true)
            }
        }
    }

    async fn change_of(&self, tag: &str, digest: Option<&Digest>) -> Result<TagChange> {
        let Some(found) = self.gatherer.observe(&Reference::Tag(Tag::parse(tag)?)).await? else {
            return Ok(TagChange::Nowhere);
        };
        Ok(match digest {
            Some(digest) if found.is_named(digest) => TagChange::Planned,
            _ if placeholder::is_one(&found.manifest) => TagChange::Placeholder,
            _ => TagChange::Moved(found.digest.clone()),
        })
    }

    /// Returns true if a tag has not changed. Otherwise it is handled and reported here.
    async fn is_as_planned(&self, tag: &str, digest: Option<&Digest>) -> Result<bool> {
        match self.change_of(tag, digest).await? {
            TagChange::Planned => return Ok(true),
            TagChange::Nowhere => self.gone.borrow_mut().push((tag.to_owned(), digest.cloned())),
            TagChange::Placeholder => {
                if self.remove_tag(tag, digest).await? {
                    self.progress.remove(tag.to_owned());
                }
            }
            TagChange::Moved(now) => self.skip_moved(tag, &now),
        }
        Ok(false)
    }

    fn skip_moved(&self, tag: &str, now: &Digest) {
        if !self.needed.borrow().has(now) {
            self.moved.set(self.moved.get() + 1);
        }
        self.pointed_to.borrow_mut().push(now.clone());
        self.progress.skip(tag.to_owned(), format!("it points to {now} by now"));
    }

    fn is_needed(&self, digest: &Digest) -> bool {
        self.needed.borrow().has(digest) || self.pointed_to.borrow().contains(digest)
    }

    /// Deletes a manifest with its tags, if nothing has changed. Returns true if it is gone.
    pub(in crate::registry::cleanup) async fn delete(&self, digest: &Digest, mut tags: Vec<String>) -> bool {
        loop {
            if self.is_needed(digest) {
                for tag in tags {
                    self.untag(tag, Some(digest)).await;
                }
                self.progress.skip(digest.to_string(), self.needed.borrow().why());
                return false;
            }
            let Some(change) = self.change(digest, tags).await else { return false };
            tags = change;
            match self.look_again().await {
                Ok(false) if !self.is_needed(digest) => match self.has_new_referrer(digest).await {
                    Ok(false) => return self.delete_now(digest, tags).await,
                    Ok(true) => self.pointed_to.borrow_mut().push(digest.clone()),
                    Err(error) => {
                        self.progress.remain(tags);
                        self.progress.fail(digest.to_string(), error);
                        return false;
                    }
                },
                Ok(_) => {}
                Err(error) => {
                    self.progress.remain(tags);
                    self.progress.fail(digest.to_string(), error);
                    return false;
                }
            }
        }
    }

    /// Returns those of the tags that have not changed, or `None` if one of them cannot be checked.
    async fn change(&self, digest: &Digest, tags: Vec<String>) -> Option<Vec<String>> {
        let (mut change, mut tags) = (Vec::new(), tags.into_iter());
        while let Some(tag) = tags.next() {
            match self.is_as_planned(&tag, Some(digest)).await {
                Ok(true) => change.push(tag),
                Ok(false) => {}
                Err(error) => {
                    self.progress.fail(tag, error);
                    self.progress.remain(change.into_iter().chain(tags).chain([digest.to_string()]));
                    return None;
                }
            }
        }
        Some(change)
    }

    /// Reads the repository again if a tag has moved since, and returns true if it did.
    async fn look_again(&self) -> Result<bool> {
        if self.moved.get() == self.known.get() {
            return Ok(false);
        }
        let _alone = self.looking.lock().await;
        let moved = self.moved.get();
        if moved != self.known.get() {
            let now = Box::pin(self.gatherer.inventory(&self.cleanup.kept_tags())).await?;
            self.needed.replace(self.cleanup.needed_by_now(now));
            self.known.set(moved);
        }
        Ok(true)
    }

    /// Returns true if a manifest that the plan does not know refers to this one. Some registries list referrers that are gone.
    async fn has_new_referrer(&self, digest: &Digest) -> Result<bool> {
        for referrer in self.gatherer.referrers_of(digest).await? {
            if !self.planned.contains(referrer.as_str())
                && self.gatherer.observe(&Reference::Digest(referrer)).await?.is_some()
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn delete_now(&self, digest: &Digest, mut tags: Vec<String>) -> bool {
        if self.keeps_tags.get() == Some(true) {
            self.untag_all(digest, &mut tags).await;
        }
        let mut deleted = self.delete_digest(digest).await;
        if matches!(&deleted, Err(error) if error.code == HAS_TAGS) {
            self.untag_all(digest, &mut tags).await;
            deleted = self.delete_digest(digest).await;
        }
        match deleted {
            Ok(()) => {
                self.let_go(digest, tags).await;
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

    async fn untag_all(&self, digest: &Digest, tags: &mut Vec<String>) {
        for tag in std::mem::take(tags) {
            self.untag(tag, Some(digest)).await;
        }
    }

    /// Handles the tags of a deleted manifest, which should be gone with it.
    async fn let_go(&self, digest: &Digest, mut tags: Vec<String>) {
        if let (None, Some(tag)) = (self.keeps_tags.get(), tags.first()) {
            let change = self.change_of(tag, Some(digest)).await;
            let keeps_tags = matches!(change, Ok(TagChange::Planned));
            self.keeps_tags.set(change.is_ok().then_some(keeps_tags));
            if keeps_tags {
                self.untag_all(digest, &mut tags).await;
            }
        }
        self.gone.borrow_mut().extend(tags.into_iter().map(|tag| (tag, Some(digest.clone()))));
    }

    async fn delete_digest(&self, digest: &Digest) -> Result<()> {
        // Another deletion may have found it while tags were removed here.
        if self.is_needed(digest) {
            return Err(Error::new(code::CONFLICT, self.needed.borrow().why()).and("it was not deleted"));
        }
        let repo = &self.gatherer.repo;
        repo.delete_digest(digest).await?;
        self.progress.change();
        Ok(())
    }

    /// Checks in the tag list that the tags are gone, and removes those that are still listed by name.
    pub(in crate::registry::cleanup) async fn verify_tags(&self) {
        for _ in 0..ROUNDS {
            let left = self.gone.take();
            if left.is_empty() {
                return;
            }
            let repo = &self.gatherer.repo;
            let listed: HashSet<String> = match repo.listed_tags().await {
                Ok(listed) => listed.into_iter().collect(),
                // A repository without tags may have ceased to exist.
                Err(error) if error.is_not_found() => HashSet::new(),
                Err(error) => {
                    let error = error.and("whether the tag is gone could not be verified");
                    return left.into_iter().for_each(|(tag, _)| self.progress.fail(tag, error.clone()));
                }
            };
            // One after another: on distribution 2.8, parallel deletions leave tags behind.
            for (tag, digest) in left {
                if !listed.contains(&tag) {
                    self.progress.remove(tag);
                } else if let Err(error) = self.clear(&tag, digest).await {
                    self.progress.fail(tag, error);
                }
            }
        }
        for (tag, _) in self.gone.take() {
            let message = format!("the tag {tag} was removed, but is still listed");
            self.progress.fail(tag, Error::new(code::INVALID_RESPONSE, message));
        }
    }

    /// Removes a tag by name that is still listed after its manifest was deleted.
    async fn clear(&self, tag: &str, digest: Option<Digest>) -> Result<()> {
        let is_back = match self.change_of(tag, digest.as_ref()).await? {
            TagChange::Moved(now) => {
                self.skip_moved(tag, &now);
                return Ok(());
            }
            TagChange::Nowhere | TagChange::Placeholder => false,
            TagChange::Planned => match &digest {
                Some(digest) => self.gatherer.observe(&Reference::Digest(digest.clone())).await?.is_some(),
                None => false,
            },
        };
        if is_back {
            self.progress.skip(tag.to_owned(), "another writer has created it again".into());
            return Ok(());
        }
        if self.remove_tag(tag, digest.as_ref()).await? {
            self.gone.borrow_mut().push((tag.to_owned(), digest));
        }
        Ok(())
    }
}
