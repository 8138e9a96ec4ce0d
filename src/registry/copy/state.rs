//! The state of a copy.

use crate::protocol::oci::descriptor::Descriptor;
use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::Tag;
use crate::registry::blob::push_strategy::Outcome;
use crate::registry::copy::options::Copied;
use crate::registry::ids::Ids;
use crate::registry::manifest::get::FetchedManifest;
use std::rc::Rc;

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
    /// Indexed by number. A blob in progress is recorded as existing.
    outcomes: Vec<Outcome>,
}

impl State {
    /// Starts a blob and returns true if it is new.
    pub(super) fn begin(&mut self, digest: &Digest) -> bool {
        let is_new = self.ids.of(digest.as_str()) == self.outcomes.len();
        if is_new {
            self.outcomes.push(Outcome::Existed);
        }
        is_new
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
        self.begin(digest);
        let counts = &mut self.counts;
        match outcome {
            Outcome::Existed => counts.existing += 1,
            Outcome::Mounted => counts.mounted += 1,
            Outcome::Sent => {}
        }
        let slot = self.ids.get(digest.as_str()).and_then(|id| self.outcomes.get_mut(id));
        slot.into_iter().for_each(|slot| *slot = outcome);
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
