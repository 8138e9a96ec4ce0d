//! In which order a plan is carried out, so that whatever interrupts it leaves nothing that is there incomplete.

use std::collections::{BTreeMap, BTreeSet};

use super::inventory::Inventory;
use super::plan::{Action, Plan};
use crate::protocol::digest::Digest;

/// One deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A tag alone; what it points to stays.
    Untag {
        /// The tag.
        tag: String,
        /// What it must still point to.
        digest: Digest,
    },
    /// A manifest, and with it all of its tags.
    Delete {
        /// The manifest.
        digest: Digest,
        /// The tags, which must still point to it.
        tags: Vec<String>,
        /// What must be gone before: indexes that list it, what it refers to.
        after: BTreeSet<Digest>,
    },
}

/// The steps of a plan: tags alone first; then each manifest after the indexes that list it and after what it refers to,
/// and as soon after them as can be: what has lost its index is not found again.
pub fn steps(inventory: &Inventory, plan: &Plan) -> Vec<Step> {
    let removed: BTreeMap<&Digest, &[String]> = plan
        .digests
        .iter()
        .filter(|digest| digest.action == Action::Remove)
        .map(|digest| (&digest.digest, digest.tags.as_slice()))
        .collect();
    let alone = plan.tags.iter().filter(|tag| tag.action == Action::Remove).filter_map(|tag| {
        let digest = tag.digest.clone().filter(|digest| !removed.contains_key(digest))?;
        Some(Step::Untag { tag: tag.tag.clone(), digest })
    });
    let mut steps: Vec<Step> = alone.collect();
    let mut order = Order::new(inventory, &removed);
    for strict in [true, false] {
        // An index that refers to what it lists is behind itself: there the list alone counts.
        if !strict {
            order.forget_subjects();
        }
        for digest in removed.keys() {
            order.add(digest);
        }
    }
    steps.extend(order.done.into_iter().map(|(digest, after)| Step::Delete {
        digest: digest.clone(),
        tags: removed.get(digest).map(|tags| tags.to_vec()).unwrap_or_default(),
        after: after.into_iter().cloned().collect(),
    }));
    steps
}

struct Order<'a> {
    lists: BTreeMap<&'a Digest, BTreeSet<&'a Digest>>,
    subjects: BTreeMap<&'a Digest, BTreeSet<&'a Digest>>,
    done: Vec<(&'a Digest, BTreeSet<&'a Digest>)>,
    seen: BTreeSet<&'a Digest>,
}

impl<'a> Order<'a> {
    fn new(inventory: &'a Inventory, removed: &BTreeMap<&'a Digest, &[String]>) -> Self {
        let (mut lists, mut subjects) = (BTreeMap::<_, BTreeSet<_>>::new(), BTreeMap::<_, BTreeSet<_>>::new());
        for digest in removed.keys() {
            let Some(known) = inventory.manifests.get(*digest) else { continue };
            for child in known.children.iter().filter(|child| removed.contains_key(child)) {
                lists.entry(child).or_default().insert(*digest);
            }
            if let Some(subject) = known.subject.as_ref().filter(|subject| removed.contains_key(subject)) {
                subjects.entry(*digest).or_default().insert(subject);
            }
        }
        for tag in &inventory.tags {
            let Some(digest) = tag.digest.as_ref().filter(|digest| removed.contains_key(digest)) else { continue };
            let subject =
                tag.belongs_to().and_then(|subject| removed.get_key_value(&subject).map(|(subject, _)| *subject));
            subjects.entry(digest).or_default().extend(subject.filter(|subject| *subject != digest));
        }
        Self { lists, subjects, done: Vec::new(), seen: BTreeSet::new() }
    }

    fn forget_subjects(&mut self) {
        self.subjects.clear();
    }

    fn before(&self, digest: &Digest) -> BTreeSet<&'a Digest> {
        [&self.lists, &self.subjects].into_iter().filter_map(|edges| edges.get(digest)).flatten().copied().collect()
    }

    /// Adds a digest if its turn has come, and then whatever waited for it.
    fn add(&mut self, digest: &'a Digest) {
        let mut pending = vec![digest];
        while let Some(digest) = pending.pop() {
            let before = self.before(digest);
            if self.seen.contains(digest) || !before.is_subset(&self.seen) {
                continue;
            }
            self.seen.insert(digest);
            self.done.push((digest, before));
            for edges in [&self.lists, &self.subjects] {
                pending.extend(edges.iter().filter(|(_, before)| before.contains(digest)).map(|(digest, _)| *digest));
            }
        }
    }
}
