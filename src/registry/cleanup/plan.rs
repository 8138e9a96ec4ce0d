//! From a repository's content and a policy to what happens to each tag and digest, and why. No request is made here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::inventory::{Inventory, TagEntry};
use super::policy::{Policy, Verdict};
use crate::protocol::digest::Digest;

/// What happens to something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// It stays.
    Keep,
    /// It goes.
    Remove,
}

/// What happens to a tag.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedTag {
    /// The tag.
    pub tag: String,
    /// What it pointed to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// When that was made; milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created: Option<u64>,
    /// Bytes of its layers, compressed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// What happens.
    pub action: Action,
    /// Why.
    pub reasons: Vec<String>,
}

/// What happens to a manifest.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PlannedDigest {
    /// Its digest.
    pub digest: Digest,
    /// Its media type.
    pub media_type: String,
    /// What happens.
    pub action: Action,
    /// Why.
    pub reasons: Vec<String>,
    /// The tags that point to it.
    pub tags: Vec<String>,
    /// What stays and needs it: an index that lists it, a referrer of it.
    pub needed_by: Vec<Digest>,
    /// What it refers to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Digest>,
}

/// What happens to a repository.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Plan {
    /// The repository.
    pub repository: String,
    /// Every tag.
    pub tags: Vec<PlannedTag>,
    /// Every manifest that is known.
    pub digests: Vec<PlannedDigest>,
    /// Bytes of blobs and manifests that nothing kept needs, compressed.
    pub freed: u64,
    /// Milliseconds since 1970.
    pub created_at: u64,
}

/// Makes the plan.
pub fn plan(repository: &str, inventory: &Inventory, policy: &Policy, now: u64) -> Plan {
    let mut verdicts = policy.judge(inventory, now);
    let of_users = inventory.tags.iter().filter(|tag| tag.belongs_to().is_none());
    let reached = inventory.needed_by(of_users.filter_map(|tag| tag.digest.as_ref()));
    // A tag that belongs to a digest goes with it. Where that came to light by nothing else there is nothing to judge by.
    let follows = |tag: &TagEntry| {
        let subject = tag.belongs_to().filter(|_| tag.problem.is_none())?;
        let is_orphan = policy.untagged && inventory.missing.contains(&subject);
        (is_orphan || reached.contains(&subject)).then_some(subject)
    };
    let is_root = |tag: &&TagEntry| match verdicts.get(&tag.tag) {
        Some(verdict) => !verdict.is_removed,
        None => follows(tag).is_none(),
    };
    let roots = inventory.tags.iter().filter(is_root).filter_map(|tag| tag.digest.as_ref());
    let tagged: BTreeSet<&Digest> = inventory.tags.iter().filter_map(|tag| tag.digest.as_ref()).collect();
    let untagged = inventory.manifests.keys().filter(|digest| !policy.untagged && !tagged.contains(digest));
    let kept = inventory.needed_by(roots.chain(untagged));
    for tag in &inventory.tags {
        if let Some(subject) = tag.belongs_to() {
            let is_removed = follows(tag).is_some() && !kept.contains(&subject);
            let state = match (is_removed, inventory.missing.contains(&subject)) {
                (true, true) => "is not there",
                (true, false) => "goes",
                (false, _) => "is not to go",
            };
            let reasons = vec![format!("it belongs to {subject}, which {state}")];
            verdicts.insert(tag.tag.clone(), Verdict { is_removed, reasons });
        }
    }
    let tags = inventory.tags.iter().map(|tag| planned_tag(tag, &verdicts)).collect::<Vec<_>>();
    let digests = digests(inventory, policy, &kept, &tags);
    let freed = freed(inventory, &digests);
    Plan { repository: repository.to_owned(), tags, digests, freed, created_at: now }
}

fn planned_tag(tag: &TagEntry, verdicts: &BTreeMap<String, Verdict>) -> PlannedTag {
    let verdict = verdicts.get(&tag.tag);
    let is_removed = verdict.is_some_and(|verdict| verdict.is_removed) && tag.problem.is_none();
    let reasons = match &tag.problem {
        Some(problem) => vec![problem.clone()],
        None => verdict.map(|verdict| verdict.reasons.clone()).unwrap_or_default(),
    };
    PlannedTag {
        tag: tag.tag.clone(),
        digest: tag.digest.clone(),
        created: tag.created,
        size: tag.size,
        action: if is_removed { Action::Remove } else { Action::Keep },
        reasons,
    }
}

fn digests(
    inventory: &Inventory,
    policy: &Policy,
    kept: &BTreeSet<&Digest>,
    tags: &[PlannedTag],
) -> Vec<PlannedDigest> {
    let mut needed: BTreeMap<&Digest, Vec<Digest>> = BTreeMap::new();
    for (digest, known) in inventory.manifests.iter().filter(|(digest, _)| kept.contains(digest)) {
        for other in known.children.iter().chain(&known.subject) {
            needed.entry(other).or_default().push(digest.clone());
        }
    }
    let mut by_digest: BTreeMap<&Digest, Vec<&PlannedTag>> = BTreeMap::new();
    for tag in tags {
        if let Some(digest) = &tag.digest {
            by_digest.entry(digest).or_default().push(tag);
        }
    }
    let planned = |digest: &Digest| {
        let tags = by_digest.get(digest).map(Vec::as_slice).unwrap_or_default();
        let known = inventory.manifests.get(digest);
        let subject = known.and_then(|known| known.subject.clone());
        let needed_by = needed.get(digest).cloned().unwrap_or_default();
        let reason = |text: &str| text.to_owned();
        let (action, why) = if kept.contains(digest) {
            let tagged = tags.iter().any(|tag| tag.action == Action::Keep);
            let refers = subject.as_ref().filter(|subject| kept.contains(subject));
            let reasons = [
                tagged.then(|| reason("a tag that stays points to it")),
                (!needed_by.is_empty()).then(|| reason("something that stays needs it")),
                refers.map(|_| reason("it refers to something that stays")),
                (tags.is_empty() && !policy.untagged).then(|| reason("it has no tag, and untagged is false")),
            ];
            (Action::Keep, reasons.into_iter().flatten().collect())
        } else if let Some(unreadable) = &inventory.unreadable {
            (Action::Keep, vec![format!("{unreadable} cannot be read, and may need it")])
        } else if tags.is_empty() {
            (Action::Remove, vec![reason("nothing that stays needs it")])
        } else {
            (Action::Remove, vec![reason("all its tags go, and nothing that stays needs it")])
        };
        PlannedDigest {
            digest: digest.clone(),
            media_type: known.map(|known| known.media_type.clone()).unwrap_or_default(),
            action,
            reasons: why,
            tags: tags.iter().map(|tag| tag.tag.clone()).collect(),
            needed_by,
            subject,
        }
    };
    inventory.manifests.keys().map(planned).collect()
}

fn freed(inventory: &Inventory, digests: &[PlannedDigest]) -> u64 {
    let of = |action: Action| {
        let manifests = digests.iter().filter(move |digest| digest.action == action);
        manifests.filter_map(|digest| inventory.manifests.get(&digest.digest))
    };
    let kept: BTreeSet<&Digest> = of(Action::Keep).flat_map(|known| &known.blobs).map(|(digest, _)| digest).collect();
    let blobs: BTreeMap<&Digest, u64> = of(Action::Remove)
        .flat_map(|known| &known.blobs)
        .filter(|(digest, _)| !kept.contains(digest))
        .map(|(digest, size)| (digest, *size))
        .collect();
    let sizes = blobs.into_values().chain(of(Action::Remove).map(|known| known.size));
    sizes.fold(0, u64::saturating_add)
}
