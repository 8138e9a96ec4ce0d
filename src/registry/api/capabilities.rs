//! The observed capabilities of a registry, so that no request that must fail is made twice.
//!
//! Operations consult them before they try something and record the result; a later response corrects an earlier
//! one. The records save requests only. Deletions never rely on them, but on what is observed at that moment.

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use async_lock::Mutex;

use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::RepositoryName;

/// Maximum request size of GHCR, and of Azure's storage behind other registries.
const COMMON_LIMIT: u64 = 4 * 1024 * 1024;
/// Blobs of which it is remembered which repository has them.
const HOLDERS: usize = 10_000;
/// Minimum chunk size.
const SMALLEST: u64 = 4 * 1024;

/// Capabilities of one registry, as one client observed them.
pub struct Capabilities {
    /// True if the registry accepts streaming request bodies.
    pub(crate) takes_streams: Cell<bool>,
    /// True if the registry accepts a blob's bytes in the request that ends the upload session.
    pub(crate) takes_whole: Cell<bool>,
    /// Whether the registry takes a blob's bytes in the request that otherwise begins an upload session; `None` until one was
    /// sent.
    pub(crate) takes_single_post: Cell<Option<bool>>,
    /// Maximum bytes of a request body, as far as larger ones were refused.
    pub(crate) body_limit: Cell<u64>,
    /// True if the registry has no referrers API: for a manifest just pushed, it did not know the path.
    pub(crate) lacks_referrers: Cell<bool>,
    /// True if the registry sends the whole blob when a part of it is requested.
    pub(crate) ignores_ranges: Cell<bool>,
    /// Repositories that delete a tag only through its placeholder's digest.
    untags_by_digest: RefCell<HashSet<String>>,
    /// Repositories to which the layer of placeholders was pushed.
    placeholder_layers: RefCell<HashSet<String>>,
    /// Whether the registry mounts blobs when it says that it did, once one was looked for; locked meanwhile.
    pub(crate) mounts: Mutex<Option<bool>>,
    /// Pairs of repositories (from, into) between which mounts are refused.
    refused_mounts: RefCell<HashSet<(String, String)>>,
    /// For blobs that were pushed or found, the repository that has them.
    holders: RefCell<HashMap<Digest, RepositoryName>>,
}

impl Default for Capabilities {
    fn default() -> Self {
        Self {
            takes_streams: Cell::new(true),
            takes_whole: Cell::new(true),
            takes_single_post: Cell::new(None),
            body_limit: Cell::new(u64::MAX),
            lacks_referrers: Cell::new(false),
            ignores_ranges: Cell::new(false),
            untags_by_digest: RefCell::default(),
            placeholder_layers: RefCell::default(),
            mounts: Mutex::default(),
            refused_mounts: RefCell::default(),
            holders: RefCell::default(),
        }
    }
}

impl Capabilities {
    /// Lowers the body limit after a body of `refused` bytes was too large. Returns false if the new limit would be below
    /// `least` or the minimum chunk size.
    pub(crate) fn limit_bodies(&self, refused: u64, least: u64) -> bool {
        let next = if refused > COMMON_LIMIT { COMMON_LIMIT } else { refused / 2 };
        let can = next >= SMALLEST.max(least);
        if can {
            self.body_limit.set(self.body_limit.get().min(next));
        }
        can
    }

    /// Returns true if the repository is known to delete manifests by digest, but no tags by name.
    pub(crate) fn untags_by_digest(&self, repository: &RepositoryName) -> bool {
        self.untags_by_digest.borrow().contains(repository.as_str())
    }

    /// Records whether a tag of the repository was removed by digest.
    pub(crate) fn set_untags_by_digest(&self, repository: &RepositoryName, does: bool) {
        let mut repositories = self.untags_by_digest.borrow_mut();
        if does {
            repositories.insert(repository.as_str().to_owned());
        } else {
            repositories.remove(repository.as_str());
        }
    }

    /// Returns true if the layer of placeholders was pushed to the repository.
    pub(crate) fn has_placeholder_layer(&self, repository: &RepositoryName) -> bool {
        self.placeholder_layers.borrow().contains(repository.as_str())
    }

    /// Records whether the repository has the layer of placeholders.
    pub(crate) fn set_placeholder_layer(&self, repository: &RepositoryName, has: bool) {
        let mut repositories = self.placeholder_layers.borrow_mut();
        if has {
            repositories.insert(repository.as_str().to_owned());
        } else {
            repositories.remove(repository.as_str());
        }
    }

    /// Returns true if a mount between the repositories was refused for reasons other than the blob.
    pub(crate) fn refuses_mount(&self, from: &RepositoryName, into: &RepositoryName) -> bool {
        self.refused_mounts.borrow().contains(&(from.as_str().to_owned(), into.as_str().to_owned()))
    }

    /// Returns another repository that had the blob, from which mounts into this one are not known to be refused.
    pub(crate) fn holder(&self, digest: &Digest, into: &RepositoryName) -> Option<RepositoryName> {
        let holder = self.holders.borrow().get(digest).cloned()?;
        (holder != *into && !self.refuses_mount(&holder, into)).then_some(holder)
    }

    /// Records that a repository has a blob.
    pub(crate) fn set_holder(&self, digest: &Digest, repository: &RepositoryName) {
        let mut holders = self.holders.borrow_mut();
        if holders.len() >= HOLDERS {
            holders.clear();
        }
        holders.entry(digest.clone()).or_insert_with(|| repository.clone());
    }

    /// Forgets what depends on the credentials: other credentials may be allowed to mount.
    pub(crate) fn forget_permissions(&self) {
        self.refused_mounts.borrow_mut().clear();
    }

    /// Records that mounts between the repositories are refused.
    pub(crate) fn refuse_mount(&self, from: &RepositoryName, into: &RepositoryName) {
        self.refused_mounts.borrow_mut().insert((from.as_str().to_owned(), into.as_str().to_owned()));
    }
}
