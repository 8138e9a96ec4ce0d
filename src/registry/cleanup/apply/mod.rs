//! Planning a clean-up, and applying the plan.
//!
//! Nothing is deleted that has changed since the plan was made, or that is needed by now.

mod deletion;
pub(super) mod planned;
mod schedule;
pub(super) mod steps;

use crate::protocol::oci::digest::Digest;
use crate::registry::api::repo::Repo;
use crate::registry::api::settings::Call;
use crate::registry::cleanup::apply::deletion::Deletion;
use crate::registry::cleanup::apply::planned::Cleanup;
use crate::registry::cleanup::apply::schedule::carry_out;
use crate::registry::cleanup::apply::steps::{Step, steps};
use crate::registry::cleanup::plan;
use crate::registry::cleanup::plan::Action;
use crate::registry::cleanup::policy::Policy;
use crate::registry::cleanup::report::{Progress, Report, StepDone};
use crate::registry::cleanup::survey::gather::{Details, Gatherer};
use crate::registry::concurrency::CountWatcher;
use crate::registry::ids::Marks;
use crate::transport::{Host, Result};

/// Deletions at a time, each with the reads before and after it. They cost a registry more than reads.
const AT_A_TIME: usize = 8;

impl<H: Host> Repo<H> {
    /// Plans a clean-up by a policy: lists the removals and their reasons. Nothing is changed. `watcher` receives the number
    /// of tags and manifests read.
    pub(crate) async fn plan_cleanup(&self, policy: &Policy, watcher: Option<CountWatcher>) -> Result<Cleanup<H>> {
        policy.check()?;
        let details = if policy.needs_ages() { Details::Age } else { Details::Size };
        let gatherer = Gatherer::new(self.clone(), details, watcher);
        let now = self.api.host().unix_ms();
        let mut inventory = gatherer.inventory(&[]).await?;
        let registry = self.api.base().to_string();
        let mut asked = Marks::default();
        loop {
            let plan = plan::plan((&registry, self.name.as_str()), &inventory, policy, now);
            let removed = plan.digests.iter().filter(|digest| digest.action == Action::Remove);
            let subjects = removed.map(|digest| &digest.digest);
            let is_new = |digest: &&Digest| inventory.id(digest).is_some_and(|id| asked.add(id));
            let subjects: Vec<Digest> = subjects.filter(is_new).cloned().collect();
            if subjects.is_empty() {
                return Ok(Cleanup { api: self.api.clone(), name: self.name.clone(), plan });
            }
            // The referrers of removed manifests may be removed too, or prevent a removal.
            gatherer.referrers(&subjects, &mut inventory).await?;
            gatherer.walk(&mut inventory).await?;
        }
    }
}

impl<H: Host> Cleanup<H> {
    /// Applies the plan, and reports each tag and digest to `told`.
    ///
    /// Only what was verified to be gone counts as removed: each manifest is requested after its deletion, and at
    /// the end the tags are listed. It fails only if nothing was changed because the registry refuses deletions, in
    /// general or with these credentials.
    pub async fn apply(&self, told: &dyn Fn(&StepDone), call: &Call) -> Result<Report> {
        let removed = self.plan.digests.iter().filter(|digest| digest.action == Action::Remove);
        let removed: Vec<&Digest> = removed.map(|digest| &digest.digest).collect();
        let report = Report { kept: self.kept(), ..Report::default() };
        if removed.is_empty() && self.plan.tags.iter().all(|tag| tag.action == Action::Keep) {
            return Ok(report);
        }
        let gatherer = Gatherer::new(Repo::new(&self.api, self.name.clone(), call), Details::None, None);
        let mut now = gatherer.inventory(&self.kept_tags()).await?;
        if let Some(first) = removed.first() {
            gatherer.try_referrers(first).await;
        }
        // Perhaps no tag leads to them any more; their entries and subjects determine the order of deletion.
        for digest in removed {
            now.name(digest);
        }
        gatherer.walk(&mut now).await?;
        let steps = steps(&now, &self.plan);
        let total =
            steps.iter().map(|step| if let Step::Delete { tags, .. } = step { 1 + tags.len() } else { 1 }).sum();
        let at_a_time = gatherer.repo.api.concurrency.min(AT_A_TIME);
        let deletion = Deletion::new(self, gatherer, self.needed_by_now(now), Progress::new(report, total, told));
        let left = carry_out(steps, at_a_time, &deletion).await;
        deletion.verify_tags().await;
        deletion.progress.settle()?;
        deletion.progress.remain(left);
        Ok(deletion.progress.end())
    }
}
