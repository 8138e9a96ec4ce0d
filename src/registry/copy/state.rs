//! The state of a copy.

use async_lock::Mutex;

use crate::protocol::code;
use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::Tag;
use crate::registry::blob::push_settings::Outcome;
use crate::registry::copy::options::Copied;
use crate::registry::ids::Ids;
use crate::registry::manifest::get::FetchedManifest;
use crate::transport::{Error, Result};
use std::rc::Rc;

/// Maximum number of manifests of one copy.
const MANIFEST_LIMIT: usize = 10_000;

/// A manifest under one of cosign's tags.
pub(super) struct Companion {
    pub tag: Tag,
    pub manifest: Rc<FetchedManifest>,
}

/// The counts, and the outcome for each blob and manifest.
#[derive(Default)]
pub(super) struct State {
    pub(super) counts: Copied,
    ids: Ids,
    /// Indexed by number. A part in progress is recorded as existing.
    outcomes: Vec<Outcome>,
    /// Indexed by number. Locked while a part is copied, and true once that is done.
    turns: Vec<Rc<Mutex<bool>>>,
    /// Companions and referrers still to copy.
    pub(super) waiting: Vec<(Rc<FetchedManifest>, Option<Companion>)>,
    /// Number of manifests that were entered.
    manifests: usize,
}

impl State {
    /// Returns the lock of a part, which is copied once: others that need it wait until it is there.
    pub(super) fn turn(&mut self, digest: &Digest) -> Rc<Mutex<bool>> {
        let id = self.begin(digest);
        self.turns.get(id).cloned().unwrap_or_default()
    }

    fn begin(&mut self, digest: &Digest) -> usize {
        let id = self.ids.of(digest.as_str());
        if id == self.outcomes.len() {
            self.outcomes.push(Outcome::Existed);
            self.turns.push(Rc::default());
        }
        id
    }

    /// Returns true if nothing was begun for this digest.
    pub(super) fn is_new(&self, digest: &Digest) -> bool {
        self.ids.get(digest.as_str()).is_none()
    }

    /// Counts one more manifest.
    pub(super) fn enter(&mut self) -> Result<()> {
        self.manifests += 1;
        if self.manifests > MANIFEST_LIMIT {
            let error = Error::new(code::INDEX_LIMIT, format!("there are more than {MANIFEST_LIMIT} manifests"));
            return Err(error.with_number("limit", MANIFEST_LIMIT as u64));
        }
        Ok(())
    }

    /// Returns true if nothing was found at the target so far, so that it is likely to lack the rest too.
    pub(super) fn has_found_nothing(&self) -> bool {
        self.counts.existing == 0
    }

    /// Returns true if its bytes were sent; otherwise the target only reported that it has them.
    pub(super) fn is_sent(&self, digest: &Digest) -> bool {
        self.ids.get(digest.as_str()).and_then(|id| self.outcomes.get(id)) == Some(&Outcome::Sent)
    }

    /// Records a manifest that is at the target.
    pub(super) fn manifest(&mut self, digest: &Digest, outcome: Outcome) {
        self.set(digest, outcome);
        self.counts.manifests += u64::from(outcome == Outcome::Sent);
    }

    /// Records a blob that is at the target.
    pub(super) fn blob(&mut self, blob: &Descriptor, outcome: Outcome) {
        self.set(&blob.digest, outcome);
        if outcome == Outcome::Sent {
            self.counts.blobs += 1;
            self.counts.bytes += blob.size;
        }
    }

    fn set(&mut self, digest: &Digest, outcome: Outcome) {
        let id = self.begin(digest);
        let counts = &mut self.counts;
        match outcome {
            Outcome::Existed => counts.existing += 1,
            Outcome::Mounted => counts.mounted += 1,
            Outcome::Sent => {}
        }
        self.outcomes.get_mut(id).into_iter().for_each(|slot| *slot = outcome);
    }

    /// Reverts an outcome that the registry reported wrongly.
    pub(super) fn take_back(&mut self, digest: &Digest) {
        let outcome = self.ids.get(digest.as_str()).and_then(|id| self.outcomes.get(id));
        match outcome {
            Some(Outcome::Existed) => self.counts.existing -= 1,
            Some(Outcome::Mounted) => self.counts.mounted -= 1,
            Some(Outcome::Sent) | None => {}
        }
    }
}
