//! What a registry has been seen to support or to refuse, so that nothing that must fail is asked twice. Operations ask
//! here before they try and record here what they saw; a later answer that contradicts an earlier one corrects it.
//!
//! What is recorded saves requests and decides nothing that deletes: a deletion rests on what is observed then.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;

use crate::protocol::oci::reference::RepositoryName;

/// Bytes that GHCR, and Azure's storage behind others, take in one request.
const COMMON_LIMIT: u64 = 4 * 1024 * 1024;
/// Chunks do not get smaller than this.
const SMALLEST: u64 = 4 * 1024;

/// Seen by one client, of one registry.
pub struct Capabilities {
    /// Whether it takes bodies that are sent while they are made.
    pub(crate) takes_streams: Cell<bool>,
    /// Whether it takes a blob's bytes with the request that ends the upload.
    pub(crate) takes_whole: Cell<bool>,
    /// Bytes of one request's body at most, as far as it has refused more.
    pub(crate) body_limit: Cell<u64>,
    /// Whether it has no referrers API: asked for what refers to a manifest that was just pushed, it knew no such path.
    pub(crate) lacks_referrers: Cell<bool>,
    /// Repositories in which a tag could be deleted by its placeholder's digest only.
    untags_by_digest: RefCell<HashSet<String>>,
    /// Repositories that blobs cannot be mounted from, into which.
    refused_mounts: RefCell<HashSet<(String, String)>>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            takes_streams: Cell::new(true),
            takes_whole: Cell::new(true),
            body_limit: Cell::new(u64::MAX),
            lacks_referrers: Cell::new(false),
            untags_by_digest: RefCell::default(),
            refused_mounts: RefCell::default(),
        }
    }
}

impl Capabilities {
    /// A body of so many bytes was refused for its size: the next ones are smaller. Whether they can be.
    pub(crate) fn limit_bodies(&self, refused: u64, least: u64) -> bool {
        let next = if refused > COMMON_LIMIT { COMMON_LIMIT } else { refused / 2 };
        let can = next >= SMALLEST.max(least);
        if can {
            self.body_limit.set(self.body_limit.get().min(next));
        }
        can
    }

    /// Whether the repository is known to delete manifests by digest, and no tags by name.
    pub(crate) fn untags_by_digest(&self, repository: &RepositoryName) -> bool {
        self.untags_by_digest.borrow().contains(repository.as_str())
    }

    /// Records how a tag of the repository was removed, or that it was not.
    pub(crate) fn set_untags_by_digest(&self, repository: &RepositoryName, does: bool) {
        let mut repositories = self.untags_by_digest.borrow_mut();
        if does {
            repositories.insert(repository.as_str().to_owned());
        } else {
            repositories.remove(repository.as_str());
        }
    }

    /// Whether a mount from one repository into another was refused whatever the blob.
    pub(crate) fn refuses_mount(&self, from: &RepositoryName, into: &RepositoryName) -> bool {
        self.refused_mounts.borrow().contains(&(from.as_str().to_owned(), into.as_str().to_owned()))
    }

    /// What somebody else may do is not known.
    pub(crate) fn forget_permissions(&self) {
        self.refused_mounts.borrow_mut().clear();
    }

    /// Records such a refusal.
    pub(crate) fn refuse_mount(&self, from: &RepositoryName, into: &RepositoryName) {
        self.refused_mounts.borrow_mut().insert((from.as_str().to_owned(), into.as_str().to_owned()));
    }
}
