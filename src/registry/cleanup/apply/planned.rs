//! A plan, and the manifests that must be kept regardless of it.

use crate::protocol::oci::digest::Digest;
use crate::protocol::oci::reference::RepositoryName;
use crate::registry::api::connection::Connection;
use crate::registry::cleanup::inventory::{Inventory, TagEntry};
use crate::registry::cleanup::plan::{Action, Plan};
use crate::registry::ids::Marks;
use crate::transport::Host;
use std::rc::Rc;

/// A clean-up plan that can be applied.
pub struct Cleanup<H: Host> {
    pub(in crate::registry::cleanup) api: Rc<Connection<H>>,
    pub(in crate::registry::cleanup) name: RepositoryName,
    pub(in crate::registry::cleanup) plan: Plan,
}

impl<H: Host> Cleanup<H> {
    /// Returns the plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    pub(in crate::registry::cleanup) fn kept(&self) -> Vec<String> {
        let tags = self.plan.tags.iter().filter(|tag| tag.action == Action::Keep).map(|tag| tag.tag.clone());
        let digests = self.plan.digests.iter().filter(|digest| digest.action == Action::Keep);
        tags.chain(digests.map(|digest| digest.digest.to_string())).collect()
    }

    /// Returns the tags that are kept as planned.
    pub(in crate::registry::cleanup) fn kept_tags(&self) -> Vec<&str> {
        let kept = self.plan.tags.iter().filter(|tag| tag.action == Action::Keep && tag.digest.is_some());
        kept.map(|tag| tag.tag.as_str()).collect()
    }

    /// Returns the manifests that must not be removed in the current state of the repository.
    pub(in crate::registry::cleanup) fn needed_by_now(&self, now: Inventory) -> Needed {
        let is_as_planned = |tag: &TagEntry| {
            let planned = self.plan.tags.binary_search_by(|planned| planned.tag.cmp(&tag.tag)).ok();
            let planned = planned.and_then(|at| self.plan.tags.get(at));
            planned.is_some_and(|planned| planned.action == Action::Remove && planned.digest == tag.digest)
        };
        let tags = now.tags.iter().filter(|tag| !is_as_planned(tag)).filter_map(|tag| now.target(tag));
        let held = (0..now.manifests.len()).filter(|id| now.problem(*id).is_some());
        let roots = tags.chain(held).collect();
        Needed { marks: now.needed_by(roots), now }
    }
}

/// The manifests that the repository's tags need.
pub(in crate::registry::cleanup) struct Needed {
    now: Inventory,
    marks: Marks,
}

impl Needed {
    /// Returns true if a manifest is needed, or may be.
    pub(in crate::registry::cleanup) fn has(&self, digest: &Digest) -> bool {
        self.now.unreadable.is_some() || self.now.id(digest).is_some_and(|id| self.marks.has(id))
    }

    /// Returns the reason that it is needed.
    pub(in crate::registry::cleanup) fn why(&self) -> String {
        match &self.now.unreadable {
            Some(unreadable) => format!("{unreadable} and may need it"),
            None => "something needs it by now".into(),
        }
    }
}
