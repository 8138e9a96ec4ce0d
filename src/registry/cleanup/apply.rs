//! A plan carried out: nothing is deleted that is not as it was when the plan was made, or that is needed by now.

use serde::Serialize;

use super::gather::Gatherer;
use super::inventory::{Inventory, TagEntry};
use super::plan::{self, Action, Plan};
use super::policy::Policy;
use super::steps::{Step, steps};
use crate::protocol::code;
use crate::protocol::digest::Digest;
use crate::protocol::reference::{Reference, Tag};
use crate::registry::ids::Marks;
use crate::registry::repository::Repository;
use crate::registry::settings::Call;
use crate::registry::throw_away;
use crate::transport::{Error, Host, Result};

/// Failures in a row after which the rest is left for another time.
const FAILED_IN_A_ROW: usize = 3;
/// Google's registries delete no manifest that still has tags.
const HAS_TAGS: &str = "GOOGLE_MANIFEST_DANGLING_TAG";

/// A plan that can be carried out.
pub struct Cleanup<H: Host> {
    repository: Repository<H>,
    inventory: Inventory,
    plan: Plan,
}

/// What became of a plan. Tags and digests are told apart by the digest's colon.
#[derive(Debug, Default)]
pub struct Report {
    /// Gone now, or gone before.
    pub removed: Vec<String>,
    /// Kept by the plan.
    pub kept: Vec<String>,
    /// Left alone, and why.
    pub skipped: Vec<Skipped>,
    /// What could not be removed.
    pub failed: Vec<(String, Error)>,
    /// What was not tried.
    pub remaining: Vec<String>,
}

/// What was left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// A tag or a digest.
    pub what: String,
    /// Why.
    pub why: String,
}

/// How far it is.
#[derive(Debug, Clone, Serialize)]
pub struct StepDone {
    /// Tags and digests dealt with.
    pub done: usize,
    /// Of so many.
    pub total: usize,
    /// The last of them.
    pub what: String,
    /// What became of it: the name of its list in the report.
    pub outcome: &'static str,
}

impl<H: Host> Repository<H> {
    /// What a policy would remove, and why. Nothing is changed.
    pub async fn plan_cleanup(&self, policy: &Policy, call: &Call) -> Result<Cleanup<H>> {
        policy.check()?;
        let gatherer = self.gatherer(call)?;
        let now = gatherer.connection.retry.now_unix_ms();
        let mut inventory = gatherer.inventory().await?;
        let mut asked = Marks::default();
        loop {
            let plan = plan::plan(self.name(), &inventory, policy, now);
            let removed = plan.digests.iter().filter(|digest| digest.action == Action::Remove);
            let subjects = removed.map(|digest| &digest.digest);
            let is_new = |digest: &&Digest| inventory.id(digest).is_some_and(|id| asked.add(id));
            let subjects: Vec<Digest> = subjects.filter(is_new).cloned().collect();
            let before = inventory.manifests.len();
            if !subjects.is_empty() {
                gatherer.referrers(&subjects).await?.iter().for_each(|digest| {
                    inventory.name(digest);
                });
            }
            if inventory.manifests.len() == before {
                return Ok(Cleanup { repository: self.clone(), inventory, plan });
            }
            gatherer.walk(&mut inventory).await?;
        }
    }

    fn gatherer(&self, call: &Call) -> Result<Gatherer<H>> {
        Ok(Gatherer { connection: self.connection.clone(), name: self.checked_name()?, call: call.clone() })
    }
}

impl<H: Host> Cleanup<H> {
    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Carries it out, and tells of each tag and digest. An error only where nothing was changed: the registry deletes
    /// nothing, or not for these credentials.
    pub async fn apply(&self, told: &dyn Fn(&StepDone), call: &Call) -> Result<Report> {
        let steps = steps(&self.inventory, &self.plan);
        if steps.is_empty() {
            return Ok(Report { kept: self.kept(), ..Report::default() });
        }
        let gatherer = self.repository.gatherer(call)?;
        let needed = self.needed_by_now(gatherer.inventory().await?);
        let total =
            steps.iter().map(|step| if let Step::Delete { tags, .. } = step { 1 + tags.len() } else { 1 }).sum();
        let report = Report { kept: self.kept(), ..Report::default() };
        let mut work = Work {
            cleanup: self,
            gatherer,
            is_stale: false,
            needed,
            told,
            report,
            gone: Marks::default(),
            total,
            done: 0,
            is_changed: false,
            failed_in_a_row: 0,
        };
        for step in steps {
            work.step(step).await?;
        }
        Ok(work.report)
    }

    fn kept(&self) -> Vec<String> {
        let tags = self.plan.tags.iter().filter(|tag| tag.action == Action::Keep).map(|tag| tag.tag.clone());
        let digests = self.plan.digests.iter().filter(|digest| digest.action == Action::Keep);
        tags.chain(digests.map(|digest| digest.digest.to_string())).collect()
    }

    /// What must not go, as things are now.
    fn needed_by_now(&self, now: Inventory) -> Needed {
        let is_as_planned = |tag: &TagEntry| {
            let planned = self.plan.tags.binary_search_by(|planned| planned.tag.cmp(&tag.tag)).ok();
            let planned = planned.and_then(|at| self.plan.tags.get(at));
            planned.is_some_and(|planned| planned.action == Action::Remove && planned.digest == tag.digest)
        };
        let roots = now.tags.iter().filter(|tag| !is_as_planned(tag)).filter_map(|tag| now.target(tag)).collect();
        Needed { marks: now.needed_by(roots), now }
    }
}

/// What a repository's tags need.
struct Needed {
    now: Inventory,
    marks: Marks,
}

impl Needed {
    /// Whether a manifest is needed, or may be.
    fn has(&self, digest: &Digest) -> bool {
        self.now.unreadable.is_some() || self.now.id(digest).is_some_and(|id| self.marks.has(id))
    }
}

/// A plan being carried out.
struct Work<'a, H: Host> {
    cleanup: &'a Cleanup<H>,
    gatherer: Gatherer<H>,
    /// Whether a tag has moved since `needed` was found out.
    is_stale: bool,
    needed: Needed,
    told: &'a dyn Fn(&StepDone),
    report: Report,
    gone: Marks,
    total: usize,
    done: usize,
    is_changed: bool,
    failed_in_a_row: usize,
}

impl<H: Host> Work<'_, H> {
    async fn step(&mut self, step: Step) -> Result<()> {
        match step {
            Step::Untag { tag, .. } if self.is_stopped() => self.remain([tag]),
            Step::Untag { tag, digest } => self.untag(tag, &digest).await?,
            Step::Delete { digest, tags, after } if self.is_stopped() || !after.iter().all(|id| self.gone.has(*id)) => {
                self.remain(tags.into_iter().chain([digest.to_string()]));
            }
            Step::Delete { digest, tags, .. } => self.delete(digest, tags).await?,
        }
        Ok(())
    }

    fn is_stopped(&self) -> bool {
        self.failed_in_a_row >= FAILED_IN_A_ROW
    }

    /// Removes a tag alone, if it is as it was.
    async fn untag(&mut self, tag: String, digest: &Digest) -> Result<()> {
        match self.stands(&tag, digest).await {
            Ok(true) => match self.cleanup.repository.untag(&tag, &self.gatherer.call).await {
                Ok(()) => {
                    self.is_changed = true;
                    self.remove(tag);
                    Ok(())
                }
                Err(error) => self.fail(tag, error),
            },
            Ok(false) => Ok(()),
            Err(error) => self.fail(tag, error),
        }
    }

    /// Whether a tag is as it was; where it is not, that is reported.
    async fn stands(&mut self, tag: &str, digest: &Digest) -> Result<bool> {
        let Gatherer { connection, name, call } = &self.gatherer;
        let reference = Reference::Tag(Tag::parse(tag)?);
        let Some(found) = connection.head_manifest(name, &reference, call).await? else {
            self.remove(tag.to_owned());
            return Ok(false);
        };
        if found.digest == *digest {
            return Ok(true);
        }
        // An untag() that was ended in the middle has left it so, and another one ends the job.
        let manifest = connection.manifest(name, &Reference::Digest(found.digest.clone()), None, call).await?;
        if throw_away::is_one(&manifest.manifest) {
            self.cleanup.repository.untag(tag, call).await?;
            self.is_changed = true;
            self.remove(tag.to_owned());
        } else {
            self.is_stale |= !self.needed.has(&found.digest);
            self.skip(tag.to_owned(), format!("it points to {} by now", found.digest));
        }
        Ok(false)
    }

    /// Removes a manifest with its tags, if all is as it was.
    async fn delete(&mut self, digest: Digest, tags: Vec<String>) -> Result<()> {
        if self.needed.has(&digest) {
            for tag in tags {
                self.untag(tag, &digest).await?;
            }
            self.skip(digest.to_string(), "by now there is something that needs it, or may need it".into());
            return Ok(());
        }
        let (mut standing, mut tags) = (Vec::new(), tags.into_iter());
        while let Some(tag) = tags.next() {
            match self.stands(&tag, &digest).await {
                Ok(true) => standing.push(tag),
                Ok(false) => {}
                Err(error) => {
                    self.fail(tag, error)?;
                    self.remain(standing.into_iter().chain(tags).chain([digest.to_string()]));
                    return Ok(());
                }
            }
        }
        if self.is_stale {
            self.is_stale = false;
            match self.gatherer.inventory().await {
                Ok(now) => self.needed = self.cleanup.needed_by_now(now),
                Err(error) => {
                    self.remain(standing);
                    return self.fail(digest.to_string(), error);
                }
            }
            return Box::pin(self.delete(digest, standing)).await;
        }
        let mut deleted = self.delete_digest(&digest, !standing.is_empty()).await;
        if matches!(&deleted, Err(error) if error.code == HAS_TAGS) {
            for tag in std::mem::take(&mut standing) {
                self.untag(tag, &digest).await?;
            }
            deleted = self.delete_digest(&digest, false).await;
        }
        match deleted {
            Ok(()) => {
                for tag in standing {
                    self.remove(tag);
                }
                self.remove(digest.to_string());
                self.gone.add(self.cleanup.inventory.id(&digest).unwrap_or_default());
                Ok(())
            }
            Err(error) => {
                self.remain(standing);
                self.fail(digest.to_string(), error)
            }
        }
    }

    /// `is_there`: what is not found was there a moment ago.
    async fn delete_digest(&mut self, digest: &Digest, is_there: bool) -> Result<()> {
        let Gatherer { connection, name, call } = &self.gatherer;
        let answer = connection.delete(name, &Reference::Digest(digest.clone()), call).await?;
        if answer.response.is_success() {
            self.is_changed = true;
        } else if answer.response.status != 404 || is_there {
            return Err(connection.deletion_refused(&answer));
        }
        connection.cache.borrow_mut().forget(name.as_str(), digest.as_str());
        Ok(())
    }

    fn remove(&mut self, what: String) {
        self.failed_in_a_row = 0;
        self.tell(&what, "removed");
        self.report.removed.push(what);
    }

    fn skip(&mut self, what: String, why: String) {
        self.tell(&what, "skipped");
        self.report.skipped.push(Skipped { what, why });
    }

    fn remain(&mut self, what: impl IntoIterator<Item = String>) {
        for what in what {
            self.tell(&what, "remaining");
            self.report.remaining.push(what);
        }
    }

    /// What is refused is refused for all; before anything was changed that is the answer.
    fn fail(&mut self, what: String, error: Error) -> Result<()> {
        let is_refused = matches!(error.status, Some(401 | 403 | 405 | 429))
            || matches!(error.code.as_ref(), code::UNSUPPORTED | code::DENIED | code::AUTH_REQUIRED);
        if is_refused && !self.is_changed {
            return Err(error);
        }
        self.failed_in_a_row = if is_refused { FAILED_IN_A_ROW } else { self.failed_in_a_row + 1 };
        self.tell(&what, "failed");
        self.report.failed.push((what, error));
        Ok(())
    }

    fn tell(&mut self, what: &str, outcome: &'static str) {
        self.done += 1;
        (self.told)(&StepDone { done: self.done, total: self.total, what: what.to_owned(), outcome });
    }
}
