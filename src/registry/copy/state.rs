//! What a copy has done so far.

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

/// Counts, and how each blob and manifest came to be at the target.
#[derive(Default)]
pub(super) struct State {
    pub(super) counts: Copied,
    ids: Ids,
    /// By number. What is on its way stands there as if it existed.
    outcomes: Vec<Outcome>,
}

impl State {
    /// Takes a blob on; whether it is new.
    pub(super) fn begin(&mut self, digest: &Digest) -> bool {
        let is_new = self.ids.of(digest.as_str()) == self.outcomes.len();
        if is_new {
            self.outcomes.push(Outcome::Existed);
        }
        is_new
    }

    /// Whether its bytes were sent: of anything else there is only the registry's word.
    pub(super) fn is_sent(&self, digest: &Digest) -> bool {
        self.ids.get(digest.as_str()).and_then(|id| self.outcomes.get(id)) == Some(&Outcome::Sent)
    }

    /// A manifest is there.
    pub(super) fn manifest(&mut self, digest: &Digest, outcome: Outcome) {
        self.set(digest, outcome);
        self.counts.manifests += u64::from(outcome == Outcome::Sent);
    }

    /// A blob is there.
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

    /// What the registry said of it was wrong.
    pub(super) fn take_back(&mut self, digest: &Digest) {
        let outcome = self.ids.get(digest.as_str()).and_then(|id| self.outcomes.get(id));
        match outcome {
            Some(Outcome::Existed) => self.counts.existing -= 1,
            Some(Outcome::Mounted) => self.counts.mounted -= 1,
            Some(Outcome::Sent) | None => {}
        }
    }
}
