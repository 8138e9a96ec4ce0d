//! Planning a clean-up: the action and its reasons for each tag and digest. No request is made here.

use std::borrow::Cow;

use serde::Serialize;

use crate::protocol::oci::digest::Digest;
use crate::registry::cleanup::inventory::{Inventory, Known, State, TagEntry};
use crate::registry::cleanup::policy::{Policy, Verdict};
use crate::registry::ids::Marks;

/// The action on a tag or digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It is kept.
    Keep,
    /// It is removed.
    Remove,
}

/// The plan for a tag.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedTag {
    /// Name of the tag.
    pub tag: String,
    /// The digest that it pointed to; `None` if it had no manifest or could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// Time of the upload, else of creation, if it is credible; milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<u64>,
    /// Compressed bytes of its layers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// The planned action.
    pub action: Action,
    /// The reasons for the action.
    pub reasons: Vec<String>,
}

/// The plan for a manifest.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedDigest {
    /// Digest of the manifest.
    pub digest: Digest,
    /// Media type of the manifest.
    pub media_type: String,
    /// The planned action.
    pub action: Action,
    /// The reasons for the action.
    pub reasons: Vec<Cow<'static, str>>,
    /// The tags that point to it.
    pub tags: Vec<String>,
    /// Manifests that are kept and need it: indexes that list it, referrers of it.
    pub needed_by: Vec<Digest>,
    /// The subject that it refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Digest>,
}

/// The plan for a repository.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The registry's base URL.
    pub registry: String,
    /// Name of the repository.
    pub repository: String,
    /// All tags.
    pub tags: Vec<PlannedTag>,
    /// All known manifests.
    pub digests: Vec<PlannedDigest>,
    /// Compressed bytes of blobs and manifests that nothing kept needs.
    pub freed: u64,
    /// Time of planning; milliseconds since 1970.
    pub created_at: u64,
}

/// Plans a clean-up.
pub fn plan((registry, repository): (&str, &str), inventory: &Inventory, policy: &Policy, now: u64) -> Plan {
    let verdicts = policy.judge(inventory, now);
    let of_users = inventory.tags.iter().filter(|tag| tag.belongs_to().is_none());
    let reached = inventory.needed_by(of_users.filter_map(|tag| inventory.target(tag)).collect());
    // A tag that belongs to a digest follows it if the digest is missing or other tags lead to it. Otherwise nothing
    // decides about the digest.
    let follows = |tag: &TagEntry| {
        let subject = inventory.id(&tag.belongs_to()?).filter(|_| tag.problem.is_none())?;
        let is_orphan = policy.untagged && inventory.state(subject) == Some(State::Missing);
        (is_orphan || reached.has(subject)).then_some(subject)
    };
    let mut roots = Vec::new();
    let mut tagged = Marks::default();
    for (tag, verdict) in inventory.tags.iter().zip(&verdicts) {
        let Some(target) = inventory.target(tag) else { continue };
        tagged.add(target);
        let is_root = verdict.as_ref().map_or_else(|| follows(tag).is_none(), |verdict| !verdict.is_removed);
        roots.extend(is_root.then_some(target));
    }
    roots.extend((0..inventory.manifests.len()).filter(|id| inventory.problem(*id).is_some()));
    if !policy.untagged {
        roots.extend((0..inventory.manifests.len()).filter(|id| !tagged.has(*id)));
    }
    let kept = inventory.needed_by(roots);
    let verdict = |tag: &TagEntry, verdict: Option<Verdict>| match verdict {
        Some(verdict) => verdict,
        None => {
            // An unreadable manifest may need any existing manifest; then the tags that belong to it are kept too.
            let goes = |subject: usize| {
                !kept.has(subject)
                    && (inventory.unreadable.is_none() || inventory.state(subject) == Some(State::Missing))
            };
            let is_removed = follows(tag).is_some_and(goes);
            let state = if is_removed { "is gone or removed" } else { "is not removed" };
            Verdict { is_removed, reasons: vec![format!("the manifest that it belongs to {state}")] }
        }
    };
    let tags = inventory.tags.iter().zip(verdicts);
    let planned = |(tag, judged)| planned_tag(inventory, tag, verdict(tag, judged));
    let tags: Vec<PlannedTag> = tags.map(planned).collect();
    let digests = digests(inventory, policy, &kept, &tags);
    let freed = freed(inventory, &digests);
    Plan { registry: registry.to_owned(), repository: repository.to_owned(), tags, digests, freed, created_at: now }
}

fn planned_tag(inventory: &Inventory, tag: &TagEntry, verdict: Verdict) -> PlannedTag {
    let problem = tag.problem.as_deref().or_else(|| inventory.problem(inventory.target(tag)?));
    let (action, mut reasons) = match problem {
        Some(problem) => (Action::Keep, vec![problem.to_owned()]),
        None => (if verdict.is_removed { Action::Remove } else { Action::Keep }, verdict.reasons),
    };
    if problem.is_none() && tag.digest.is_none() {
        reasons.push("it is listed, but has no manifest".into());
    }
    let TagEntry { tag, digest, created, size, .. } = tag.clone();
    PlannedTag { tag, digest, created, size, action, reasons }
}

fn digests(inventory: &Inventory, policy: &Policy, kept: &Marks, tags: &[PlannedTag]) -> Vec<PlannedDigest> {
    let count = inventory.manifests.len();
    let mut needed_by: Vec<Vec<Digest>> = vec![Vec::new(); count];
    let there = |known: &Known| known.state == State::There;
    for (_, known) in inventory.manifests.iter().enumerate().filter(|(id, known)| kept.has(*id) && there(known)) {
        for other in known.children.iter().chain(&known.subject) {
            needed_by.get_mut(*other).into_iter().for_each(|names| names.push(known.digest.clone()));
        }
    }
    let mut tagged: Vec<Vec<String>> = vec![Vec::new(); count];
    let mut stays = Marks::default();
    for tag in tags {
        let Some(id) = tag.digest.as_ref().and_then(|digest| inventory.id(digest)) else { continue };
        tagged.get_mut(id).into_iter().for_each(|names| names.push(tag.tag.clone()));
        if tag.action == Action::Keep {
            stays.add(id);
        }
    }
    let mut planned = Vec::new();
    let lists = needed_by.into_iter().zip(tagged);
    for ((id, known), (needed_by, tags)) in inventory.manifests.iter().enumerate().zip(lists) {
        if !there(known) {
            continue;
        }
        let subject = known.subject.filter(|subject| kept.has(*subject));
        let untagged = tags.is_empty() && !policy.untagged;
        let mut reasons: Vec<Cow<'static, str>> = Vec::new();
        reasons.extend(known.problem.clone().map(Cow::Owned));
        let rules: &[(bool, &str)] = if kept.has(id) {
            &[
                (stays.has(id), "a tag that is kept points to it"),
                (!needed_by.is_empty(), "a manifest that is kept needs it"),
                (subject.is_some(), "its subject is kept"),
                (untagged, "it has no tag, and untagged is false"),
            ]
        } else if let Some(unreadable) = &inventory.unreadable {
            reasons.push(format!("{unreadable} and may need it").into());
            &[]
        } else {
            &[(true, "nothing that is kept needs it")]
        };
        reasons.extend(rules.iter().filter(|(applies, _)| *applies).map(|(_, reason)| Cow::Borrowed(*reason)));
        planned.push(PlannedDigest {
            digest: known.digest.clone(),
            media_type: known.media_type.clone(),
            action: if kept.has(id) || inventory.unreadable.is_some() { Action::Keep } else { Action::Remove },
            reasons,
            tags,
            needed_by,
            subject: known.subject.and_then(|subject| Some(inventory.manifests.get(subject)?.digest.clone())),
        });
    }
    planned
}

fn freed(inventory: &Inventory, digests: &[PlannedDigest]) -> u64 {
    let of = |action: Action| {
        let manifests = digests.iter().filter(move |digest| digest.action == action);
        manifests.filter_map(|digest| inventory.manifests.get(inventory.id(&digest.digest)?))
    };
    let mut counted = Marks::default();
    // A digest that turned out to be a manifest is not counted as a blob.
    let manifests = inventory.manifests.iter().filter(|known| known.state == State::There);
    let manifests = manifests.filter_map(|known| inventory.blob_of(known));
    for blob in manifests.chain(of(Action::Keep).flat_map(|known| known.blobs.iter().copied())) {
        counted.add(blob);
    }
    let mut freed = 0_u64;
    for known in of(Action::Remove) {
        freed = freed.saturating_add(known.size);
        for blob in known.blobs.iter().filter(|blob| counted.add(**blob)) {
            freed = freed.saturating_add(inventory.blobs.get(*blob).copied().unwrap_or_default());
        }
    }
    freed
}
