//! The order of deletions, such that an interruption leaves nothing incomplete.

use crate::protocol::oci::digest::Digest;
use crate::registry::cleanup::inventory::Inventory;
use crate::registry::cleanup::plan::{Action, Plan, PlannedDigest};
use crate::registry::ids::Marks;

/// A deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Removes a tag alone; its manifest stays.
    Untag {
        /// Name of the tag.
        tag: String,
        /// The digest that it must still point to; `None` if it had no manifest.
        digest: Option<Digest>,
    },
    /// Deletes a manifest with all of its tags.
    Delete {
        /// Number of the manifest.
        id: usize,
        /// Digest of the manifest.
        digest: Digest,
        /// The tags, which must still point to it.
        tags: Vec<String>,
        /// Manifests that must be gone before, by number: indexes that list it, and its subject.
        after: Vec<usize>,
    },
}

/// Returns the steps of a plan: tags alone first, then each manifest after the indexes that list it and after its
/// subject, and as soon as possible after them, because a manifest without its index cannot be found again.
pub fn steps(inventory: &Inventory, plan: &Plan) -> Vec<Step> {
    let mut removed: Vec<Option<&PlannedDigest>> = vec![None; inventory.manifests.len()];
    for digest in plan.digests.iter().filter(|digest| digest.action == Action::Remove) {
        let slot = inventory.id(&digest.digest).and_then(|id| removed.get_mut(id));
        slot.into_iter().for_each(|slot| *slot = Some(digest));
    }
    let removed = |id: usize| removed.get(id).copied().flatten();
    let mut steps = Vec::new();
    for tag in plan.tags.iter().filter(|tag| tag.action == Action::Remove) {
        let id = tag.digest.as_ref().and_then(|digest| inventory.id(digest));
        if id.is_none_or(|id| removed(id).is_none()) {
            let digest = &tag.digest;
            steps.push(Step::Untag { tag: tag.tag.clone(), digest: digest.clone() });
        }
    }
    let mut order = Order::new(inventory, &|id| removed(id).is_some());
    for is_strict in [true, false] {
        // An index that refers to its own entry would wait for itself; in that case only its list counts.
        if !is_strict {
            order.subjects.iter_mut().for_each(Vec::clear);
        }
        (0..inventory.manifests.len()).filter(|id| removed(*id).is_some()).for_each(|id| order.add(id));
    }
    for (id, after) in order.done {
        if let Some(digest) = removed(id) {
            steps.push(Step::Delete { id, digest: digest.digest.clone(), tags: digest.tags.clone(), after });
        }
    }
    steps
}

/// The order of manifests, by number.
struct Order {
    /// The indexes that list each manifest.
    lists: Vec<Vec<usize>>,
    /// The subject of each manifest.
    subjects: Vec<Vec<usize>>,
    /// The manifests that wait for each manifest.
    waiting: Vec<Vec<usize>>,
    done: Vec<(usize, Vec<usize>)>,
    seen: Marks,
}

impl Order {
    fn new(inventory: &Inventory, is_removed: &dyn Fn(usize) -> bool) -> Self {
        let none = vec![Vec::new(); inventory.manifests.len()];
        let (mut lists, mut subjects, mut waiting) = (none.clone(), none.clone(), none);
        let mut edge = |edges: &mut Vec<Vec<usize>>, before: usize, after: usize| {
            if before != after && is_removed(before) && is_removed(after) {
                edges.get_mut(after).into_iter().for_each(|edges| edges.push(before));
                waiting.get_mut(before).into_iter().for_each(|edges| edges.push(after));
            }
        };
        for (id, known) in inventory.manifests.iter().enumerate() {
            known.subject.iter().for_each(|subject| edge(&mut subjects, *subject, id));
            known.children.iter().for_each(|child| edge(&mut lists, id, *child));
        }
        for tag in &inventory.tags {
            let subject = tag.belongs_to().and_then(|subject| inventory.id(&subject));
            if let (Some(subject), Some(id)) = (subject, inventory.target(tag)) {
                edge(&mut subjects, subject, id);
            }
        }
        Self { lists, subjects, waiting, done: Vec::new(), seen: Marks::default() }
    }

    /// Adds a manifest if nothing it waits for is left, and then the manifests that waited for it.
    fn add(&mut self, id: usize) {
        let mut pending = vec![id];
        while let Some(id) = pending.pop() {
            let edges = [self.lists.get(id), self.subjects.get(id)];
            let before: Vec<usize> = edges.into_iter().flatten().flatten().copied().collect();
            if before.iter().all(|id| self.seen.has(*id)) && self.seen.add(id) {
                self.done.push((id, before));
                pending.extend(self.waiting.get(id).into_iter().flatten());
            }
        }
    }
}
