//! Reading a repository for a clean-up.
//!
//! Data that decides a removal is read by GET; HEAD, cached tags and the extra data of listings are hints. An item
//! that cannot be read does not fail the clean-up: it stays, with the reason.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::concurrency::CountWatcher;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Host, Result};

/// Consecutive items without a response, or refused before any was read, after which the network or the credentials
/// are the cause, and not the items.
const LOST_IN_A_ROW: usize = 8;
/// Consecutive items with a 5xx response after which the registry counts as out of order.
const FAILED_IN_A_ROW: usize = 64;
/// Responses that deny the existence of a referrers API before it counts as missing.
pub(super) const NO_REFERRERS: usize = 3;
/// Bytes of manifests that are read for one plan: some hundred thousand manifests of usual size.
const READ_LIMIT: u64 = 1024 * 1024 * 1024;

/// What is read about a tag's image beyond what decides whether its manifest is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    /// Nothing.
    None,
    /// Its size, which the manifests tell.
    Size,
    /// Its size and age, which takes its config.
    Age,
}

/// Reads a repository for one call.
pub struct Gatherer<H: Host> {
    /// The repository and the call.
    pub repo: Repo<H>,
    /// What is read about the images of tags.
    pub(in crate::registry::cleanup) details: Details,
    /// Bytes of manifests read so far.
    pub(in crate::registry::cleanup) read: Cell<u64>,
    /// Whether anything could be read, and how many consecutive items could not.
    has_read: Cell<bool>,
    lost: Cell<usize>,
    failed: Cell<usize>,
    /// Whether the registry has the referrers API, and how often it denied that.
    has_referrers: Cell<bool>,
    no_referrers: Cell<usize>,
    /// The first refusal, and the failure that stops the reading because it affects all items.
    refused: RefCell<Option<Error>>,
    failure: RefCell<Option<Error>>,
    /// Items that were read, and those known so far.
    done: Cell<usize>,
    total: Cell<usize>,
    watcher: Option<CountWatcher>,
}

impl<H: Host> Gatherer<H> {
    /// Creates a reader that has read nothing.
    pub fn new(repo: Repo<H>, details: Details, watcher: Option<CountWatcher>) -> Self {
        let (read, has_read, lost, failed, has_referrers, no_referrers) = Default::default();
        let (refused, failure, done, total) = Default::default();
        Self {
            repo,
            details,
            read,
            has_read,
            lost,
            failed,
            has_referrers,
            no_referrers,
            refused,
            failure,
            done,
            total,
            watcher,
        }
    }

    /// Reports that there are more items to read.
    pub(super) fn announce(&self, items: usize) {
        self.total.set(self.total.get() + items);
        self.tell();
    }

    /// Reports that an item was read.
    pub(super) fn has_done(&self) {
        self.done.set(self.done.get() + 1);
        self.tell();
    }

    fn tell(&self) {
        if let Some(watcher) = &self.watcher {
            watcher(self.done.get(), Some(self.total.get()));
        }
    }

    /// Returns the current manifest of a reference, or `None` if it does not exist.
    pub async fn observe(&self, reference: &Reference) -> Result<Option<Rc<FetchedManifest>>> {
        let observed = self.repo.observe(reference).await?;
        self.has_read();
        self.read.set(self.read.get() + observed.as_ref().map_or(0, |fetched| fetched.bytes.len() as u64));
        Ok(observed)
    }

    /// Returns the referrers that the API lists. Without an API, the referrers tags are found in the tag list;
    /// after some attempts the API is not tried again for each of thousands of manifests.
    pub(in crate::registry::cleanup) async fn referrers_of(&self, subject: &Digest) -> Result<Vec<Digest>> {
        let repo = &self.repo;
        if !self.has_referrers.get() {
            if self.no_referrers.get() >= NO_REFERRERS {
                return Ok(Vec::new());
            }
            if !repo.keeps_referrers(subject).await? {
                self.no_referrers.set(self.no_referrers.get() + 1);
                return Ok(Vec::new());
            }
            self.has_referrers.set(true);
        }
        let referrers = repo.referrers(subject, None).await?;
        Ok(referrers.into_iter().map(|referrer| referrer.digest).collect())
    }

    /// Finds out whether the registry has the referrers API, so that deletions at the same time do not all try it. After a
    /// failure each of them does.
    pub(in crate::registry::cleanup) async fn try_referrers(&self, subject: &Digest) {
        while !self.has_referrers.get() && self.no_referrers.get() < NO_REFERRERS {
            if self.referrers_of(subject).await.is_err() {
                return;
            }
        }
    }

    /// Records that an item could be read.
    pub(in crate::registry::cleanup) fn has_read(&self) {
        self.lost.set(0);
        self.failed.set(0);
        self.has_read.set(true);
    }

    /// Returns true if the limit on bytes is exceeded.
    pub(in crate::registry::cleanup) fn has_read_enough(&self) -> bool {
        self.read.get() > READ_LIMIT
    }

    /// Returns the reason that an item cannot be read. A failure that affects all items stops the reading.
    pub(in crate::registry::cleanup) fn excuse(&self, error: Error) -> String {
        let is_refused = error.status == Some(403) || error.code == code::DENIED;
        let is_lost = error.status.is_none()
            && matches!(error.code.as_ref(), code::NETWORK | code::CORS_OR_NETWORK | code::TIMEOUT);
        let is_for_all = matches!(error.status, Some(401 | 429))
            || matches!(error.code.as_ref(), code::AUTH_REQUIRED | code::UNTRUSTED_REALM | code::MODULE_NOT_LOADED);
        if is_refused {
            self.refused.borrow_mut().get_or_insert_with(|| error.clone());
        }
        if is_lost || (is_refused && !self.has_read.get()) {
            self.lost.set(self.lost.get() + 1);
        }
        if error.status.is_some_and(|status| status >= 500) {
            self.failed.set(self.failed.get() + 1);
        }
        let is_too_much = self.lost.get() >= LOST_IN_A_ROW || self.failed.get() >= FAILED_IN_A_ROW;
        let message = error.message.clone();
        if is_for_all || is_too_much {
            self.failure.borrow_mut().get_or_insert(error);
        }
        message
    }

    /// Returns true if the reading was stopped.
    pub(in crate::registry::cleanup) fn is_stopped(&self) -> bool {
        self.failure.borrow().is_some()
    }

    /// Returns the failure that stopped the reading, or the first refusal if nothing could be read.
    pub(in crate::registry::cleanup) fn check(&self) -> Result<()> {
        let refused = self.refused.borrow_mut().take().filter(|_| !self.has_read.get());
        self.failure.borrow_mut().take().or(refused).map_or(Ok(()), Err)
    }
}
