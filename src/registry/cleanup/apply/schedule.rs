//! Scheduling deletions: several at a time, unless one has to wait for another.

use std::cell::{Cell, RefCell};

use futures_util::StreamExt as _;

use crate::protocol::oci::digest::Digest;
use crate::registry::cleanup::apply::deletion::Deletion;
use crate::registry::cleanup::apply::steps::Step;
use crate::registry::concurrency::Works;
use crate::registry::ids::Marks;
use crate::transport::Host;

/// The waiting steps, in order.
struct Schedule {
    waiting: RefCell<Vec<Option<Step>>>,
    /// Number of leading steps that have begun.
    begun: Cell<usize>,
    /// Number of steps that remove a tag alone and have not ended. They precede all deletions of manifests.
    untags: Cell<usize>,
    /// Digests whose tags are being removed: one tag at a time for each.
    busy: RefCell<Vec<Digest>>,
    /// Manifests that were processed, and those of them that are gone.
    ended: RefCell<Marks>,
    gone: RefCell<Marks>,
}

/// Executes steps, `at_a_time` at once. Returns the names of the steps that were not attempted after a refusal or
/// failures.
pub(in crate::registry::cleanup) async fn carry_out<H: Host>(
    steps: Vec<Step>,
    at_a_time: usize,
    deletion: &Deletion<'_, H>,
) -> impl Iterator<Item = String> {
    let untags = steps.iter().filter(|step| matches!(step, Step::Untag { .. })).count();
    let schedule = Schedule {
        waiting: RefCell::new(steps.into_iter().map(Some).collect()),
        begun: Cell::new(0),
        untags: Cell::new(untags),
        busy: RefCell::default(),
        ended: RefCell::default(),
        gone: RefCell::default(),
    };
    let mut running = Works::new();
    loop {
        // A refusal affects all deletions, so the first one runs alone.
        let most = if deletion.progress.gets_on() { at_a_time } else { 1 };
        while running.len() < most
            && let Some(step) = schedule.next(deletion)
        {
            running.push(Box::pin(schedule.work(step, deletion)));
        }
        if running.next().await.is_none() {
            break;
        }
    }
    schedule.waiting.take().into_iter().flatten().flat_map(names)
}

impl Schedule {
    /// Returns the first step that may begin.
    fn next<H: Host>(&self, deletion: &Deletion<'_, H>) -> Option<Step> {
        let mut waiting = self.waiting.borrow_mut();
        let mut at = self.begun.get();
        while !deletion.progress.is_stopped()
            && let Some(slot) = waiting.get_mut(at)
        {
            match slot {
                None if at == self.begun.get() => self.begun.set(at + 1),
                None => {}
                Some(Step::Untag { digest: Some(digest), .. }) if self.busy.borrow().contains(digest) => {}
                Some(Step::Untag { digest, .. }) => {
                    self.busy.borrow_mut().extend(digest.clone());
                    return slot.take();
                }
                Some(Step::Delete { .. }) if self.untags.get() > 0 => return None,
                Some(Step::Delete { id, after, .. }) => {
                    if after.iter().all(|id| self.gone.borrow().has(*id)) {
                        return slot.take();
                    }
                    if after.iter().all(|id| self.ended.borrow().has(*id)) {
                        self.ended.borrow_mut().add(*id);
                        slot.take().into_iter().for_each(|step| deletion.progress.remain(names(step)));
                    }
                }
            }
            at += 1;
        }
        None
    }

    async fn work<H: Host>(&self, step: Step, deletion: &Deletion<'_, H>) {
        match step {
            Step::Untag { tag, digest } => {
                deletion.untag(tag, digest.as_ref()).await;
                self.busy.borrow_mut().retain(|busy| Some(busy) != digest.as_ref());
                self.untags.set(self.untags.get() - 1);
            }
            Step::Delete { id, digest, tags, .. } => {
                if deletion.delete(&digest, tags).await {
                    self.gone.borrow_mut().add(id);
                }
                self.ended.borrow_mut().add(id);
            }
        }
    }
}

/// Returns the tags and digest of a step.
fn names(step: Step) -> Vec<String> {
    match step {
        Step::Untag { tag, .. } => vec![tag],
        Step::Delete { digest, mut tags, .. } => {
            tags.push(digest.to_string());
            tags
        }
    }
}
