//! Looking through a repository. What decides a removal is read by GET, here and now: HEAD, what the client remembers of a
//! tag and what a listing tells beside it are hints. An item that cannot be read fails nothing: it stays, with the reason.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::protocol::code;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::Reference;
use crate::registry::api::repo::Repo;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Host, Result};

/// So many items in a row that got no answer at all, or were refused before any was read, say something of the network or
/// the credentials, not of the items.
const LOST_IN_A_ROW: usize = 8;
/// So many that the registry failed at in a row say that it is out of order.
const FAILED_IN_A_ROW: usize = 64;
/// So many times a registry says that it has no referrers API before it is believed.
const NO_REFERRERS: usize = 3;
/// Bytes of manifests that are read for one plan: some hundred thousand manifests of usual size.
const READ_LIMIT: u64 = 1024 * 1024 * 1024;

/// Who looks, and where.
pub struct Gatherer<H: Host> {
    /// The repository, and the call.
    pub repo: Repo<H>,
    /// Bytes of manifests that were read.
    pub(in crate::registry::cleanup) read: Cell<u64>,
    /// Whether anything could be read, and how many items in a row could not.
    has_read: Cell<bool>,
    lost: Cell<usize>,
    failed: Cell<usize>,
    /// Whether the registry has the referrers API; and how many times in a row it said that it has not.
    has_referrers: Cell<bool>,
    no_referrers: Cell<usize>,
    /// What was refused first, and what every further item would meet too.
    refused: RefCell<Option<Error>>,
    failure: RefCell<Option<Error>>,
}

impl<H: Host> Gatherer<H> {
    /// Nothing has been looked at yet.
    pub fn new(repo: Repo<H>) -> Self {
        let (read, has_read, lost, failed, has_referrers, no_referrers) = Default::default();
        let (refused, failure) = Default::default();
        Self { repo, read, has_read, lost, failed, has_referrers, no_referrers, refused, failure }
    }

    /// What a reference leads to now; `None`: nothing.
    pub async fn observe(&self, reference: &Reference) -> Result<Option<Rc<FetchedManifest>>> {
        let observed = self.repo.observe(reference).await?;
        self.has_read();
        self.read.set(self.read.get() + observed.as_ref().map_or(0, |fetched| fetched.bytes.len() as u64));
        Ok(observed)
    }

    /// What refers to a manifest, by the API. Where there is none the tag list has told the lists of referrers: for each of
    /// thousands of manifests the same no need not be heard.
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

    /// Something could be read.
    pub(in crate::registry::cleanup) fn has_read(&self) {
        self.lost.set(0);
        self.failed.set(0);
        self.has_read.set(true);
    }

    /// Whether so much was read that it has to be enough.
    pub(in crate::registry::cleanup) fn has_read_enough(&self) -> bool {
        self.read.get() > READ_LIMIT
    }

    /// What an item's failure says of the item. What would befall all of them stops the look.
    pub(in crate::registry::cleanup) fn excuse(&self, error: Error) -> String {
        let is_refused = error.status == Some(403) || error.code == code::DENIED;
        let is_lost = error.status.is_none()
            && matches!(error.code.as_ref(), code::NETWORK | code::CORS_OR_NETWORK | code::TIMEOUT);
        let is_for_all = matches!(error.status, Some(401 | 429))
            || matches!(error.code.as_ref(), code::AUTH_REQUIRED | code::UNTRUSTED_REALM);
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

    /// Whether nothing more is to be looked at.
    pub(in crate::registry::cleanup) fn is_stopped(&self) -> bool {
        self.failure.borrow().is_some()
    }

    /// Where nothing at all could be read, for the want of a permission, that is the answer.
    pub(in crate::registry::cleanup) fn check(&self) -> Result<()> {
        let refused = self.refused.borrow_mut().take().filter(|_| !self.has_read.get());
        self.failure.borrow_mut().take().or(refused).map_or(Ok(()), Err)
    }
}
