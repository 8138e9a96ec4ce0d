//! One deletion of a plan, after a look whether all is as it was, and with a look whether it was done.

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

/// Google's registries delete no manifest that still has tags.
const HAS_TAGS: &str = "GOOGLE_MANIFEST_DANGLING_TAG";
/// Times that tags which are left behind are removed by name and looked for again.
const ROUNDS: usize = 3;

/// What deletions share.
pub(in crate::registry::cleanup) struct Deletion<'a, H: Host> {
    cleanup: &'a Cleanup<H>,
    gatherer: Gatherer<H>,
    needed: RefCell<Needed>,
    /// Tags that were found to have moved to where `needed` does not know of, and how many of them it takes into account.
    moved: Cell<usize>,
    known: Cell<usize>,
    /// One looks through the repository again, the others wait for it.
    looking: Mutex<()>,
    /// Tags that should be gone with their manifest, or before; the list will tell.
    gone: RefCell<Vec<(String, Option<Digest>)>>,
    /// Whether the registry keeps tags when their manifest is deleted (go-containerregistry's does); `None`: not known yet.
    keeps_tags: Cell<Option<bool>>,
    pub(in crate::registry::cleanup) progress: Progress<'a>,
}

/// How a tag stands.
enum TagChange {
    /// It is as it was.
    Planned,
    /// It leads nowhere, and may be listed all the same.
    Nowhere,
    /// An untag() that was ended in the middle has left it at its placeholder manifest.
    Placeholder,
    /// It points to something else by now.
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
        Self { cleanup, gatherer, needed, moved, known, looking, gone, keeps_tags, progress }
    }

    /// Removes a tag alone, if it is as it was. `digest`: what it pointed to, if to anything.
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

    /// Whether the tag is removed; one that is moved meanwhile stays, and that is reported.
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

    /// Whether a tag is as it was; where it is not, that is reported.
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
        self.progress.skip(tag.to_owned(), format!("it points to {now} by now"));
    }

    /// Removes a manifest with its tags, if all is as it was. Whether it is gone.
    pub(in crate::registry::cleanup) async fn delete(&self, digest: &Digest, mut tags: Vec<String>) -> bool {
        loop {
            if self.needed.borrow().has(digest) {
                for tag in tags {
                    self.untag(tag, Some(digest)).await;
                }
                self.progress.skip(digest.to_string(), self.needed.borrow().why());
                return false;
            }
            let Some(change) = self.change(digest, tags).await else { return false };
            tags = change;
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

    /// The tags of a manifest that is gone should be gone too.
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
        let repo = &self.gatherer.repo;
        repo.delete_digest(digest).await?;
        self.progress.change();
        Ok(())
    }

    /// The tags that should be gone, looked for in the list: those that are still there are removed by name.
    pub(in crate::registry::cleanup) async fn verify_tags(&self) {
        for _ in 0..ROUNDS {
            let left = self.gone.take();
            if left.is_empty() {
                return;
            }
            let repo = &self.gatherer.repo;
            let listed: HashSet<String> = match repo.listed_tags().await {
                Ok(listed) => listed.into_iter().collect(),
                // A repository without tags may be no repository any more.
                Err(error) if error.is_not_found() => HashSet::new(),
                Err(error) => {
                    let error = error.and("whether the tag is gone could not be verified");
                    return left.into_iter().for_each(|(tag, _)| self.progress.fail(tag, error.clone()));
                }
            };
            // One after the other: it is deletions at the same time that leave tags behind on distribution 2.8.
            for (tag, digest) in left {
                if !listed.contains(&tag) {
                    self.progress.remove(tag);
                } else if let Err(error) = self.clear(&tag, digest).await {
                    self.progress.fail(tag, error);
                }
            }
        }
        for (tag, _) in self.gone.take() {
            let message = format!("the tag {tag} was removed, and is still listed");
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
            self.progress.skip(tag.to_owned(), "somebody has put it there again".into());
            return Ok(());
        }
        if self.remove_tag(tag, digest.as_ref()).await? {
            self.gone.borrow_mut().push((tag.to_owned(), digest));
        }
        Ok(())
    }
}
