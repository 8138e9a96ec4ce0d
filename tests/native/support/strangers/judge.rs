//! A look at each request that changes something: whether it may be, as things truly are.

use std::collections::BTreeSet;

use docker_registry_client_wasm::protocol::http::Method;

use super::nature::Referrers;
use super::store::{Stored, is_list, subject_of};
use super::world::{Expect, Permit, World};
use crate::support::{Seen, sha256};

impl World {
    /// Whether a tag was changed by somebody else after the last look that a client had at it.
    fn is_excused(&self, client: usize, tag: &str) -> bool {
        let Some(running) = self.running.get(client) else { return false };
        let Some(change) = self.main.store.changes.get(tag) else { return false };
        // Of several calls of one client nobody knows which has looked.
        if running.is_shared {
            return change.operation != Some(client) && change.at > running.began;
        }
        let observed = running.observed.get(tag).copied().unwrap_or_default();
        let known = match running.listed_at {
            Some(at) if running.listed.contains(tag) => at.max(running.began),
            Some(at) => at,
            None => running.began,
        };
        change.operation != Some(client) && change.at > known.max(observed)
    }

    /// Whether nobody else has changed a tag since a client began.
    pub fn is_as_left(&self, client: usize, tag: &str) -> bool {
        let Some(running) = self.running.get(client) else { return true };
        let change = self.main.store.changes.get(tag);
        change.is_none_or(|change| change.operation == Some(client) || change.at <= running.began)
    }

    fn is_own(&self, client: usize, tag: &str) -> bool {
        self.main.store.changes.get(tag).is_some_and(|change| change.operation == Some(client))
            && self
                .running
                .get(client)
                .is_some_and(|running| self.main.store.changes.get(tag).is_some_and(|change| change.at > running.began))
    }

    /// Whether a request may be: nothing is lost by it that nobody named.
    pub fn judge(&mut self, client: usize, seen: &Seen) {
        let Some(reference) = seen.target.strip_prefix("/v2/a/b/manifests/").map(str::to_owned) else { return };
        let wrong = match (seen.method, reference.contains(':')) {
            (Method::Delete, true) => self.judge_deletion(client, &reference),
            (Method::Delete, false) => self.judge_untagging(client, &reference).into_iter().collect(),
            (Method::Put, false) => self.judge_writing(client, &reference, &seen.body),
            _ => Vec::new(),
        };
        for wrong in wrong {
            self.show(|| format!("         !! {wrong}"));
            self.violations.push(wrong);
        }
    }

    fn permit(&self, client: usize) -> &Permit {
        static NONE: std::sync::OnceLock<Permit> = std::sync::OnceLock::new();
        self.running.get(client).map_or_else(|| NONE.get_or_init(Permit::default), |running| &running.permit)
    }

    /// Whether a tag may be taken away, as it is now.
    fn judge_untagging(&self, client: usize, tag: &str) -> Option<String> {
        let (store, permit) = (&self.main.store, self.permit(client));
        let now = store.tags.get(tag)?;
        let is_placeholder = store.placeholders.contains(now);
        if let Some(expected) = permit.untags.get(tag) {
            // A plan names no digest where there was nothing.
            let is_empty = expected.as_deref() == Some("") && store.under_tag(tag).is_none();
            let is_as_expected = expected.as_ref().is_none_or(|expected| expected == now) || is_placeholder || is_empty;
            if !is_as_expected && !self.is_excused(client, tag) {
                return Some(format!("the tag {tag} goes though it leads to {now}, not to {expected:?}"));
            }
            return self.needs_list(client, tag);
        }
        if self.goes_along(client, tag) {
            return None;
        }
        if is_list(tag) && (self.is_unused_list(client, now) || self.is_excused(client, tag)) {
            return None;
        }
        Some(format!("the tag {tag} goes, which nobody named"))
    }

    /// Whether a tag goes with the digest that it leads to: by force, or because there is nothing left.
    pub fn goes_along(&self, client: usize, tag: &str) -> bool {
        let (store, permit) = (&self.main.store, self.permit(client));
        // Somebody else has put it there again since it was looked at.
        if permit.force && self.is_excused(client, tag) {
            return true;
        }
        // What such a tag leads to can no longer be seen: it is read as the digest that is gone.
        let is_gone = |subject: String| permit.deletes.contains(&subject) && !store.has(&subject);
        if permit.force && self.main.nature.reads_dashes && subject_of(tag).is_some_and(is_gone) {
            return true;
        }
        // An old list may still name it.
        let now = store.tags.get(tag).or_else(|| store.before.get(tag));
        now.is_some_and(|now| {
            store.placeholders.contains(now) || permit.deletes.contains(now) && (permit.force || !store.has(now))
        })
    }

    /// Whether all that a list names goes or is gone.
    fn is_unused_list(&self, client: usize, list: &str) -> bool {
        let (store, permit) = (&self.main.store, self.permit(client));
        let entries = store.manifests.get(list).map(|stored| stored.children.clone()).unwrap_or_default();
        entries.iter().all(|entry| permit.deletes.contains(entry) || !store.has(entry))
    }

    /// A list of referrers, or a signature, of what stays.
    fn needs_list(&self, client: usize, tag: &str) -> Option<String> {
        let subject = subject_of(tag)?;
        let user = self.user_of(client, &subject)?;
        Some(format!("{tag} goes, and what it belongs to is needed by the tag {user}"))
    }

    /// A tag that stays, and leads to a manifest.
    fn user_of(&self, client: usize, digest: &str) -> Option<String> {
        let (store, permit) = (&self.main.store, self.permit(client));
        let stays = |(tag, now): &(&String, &String)| {
            let planned = permit.untags.get(*tag);
            let is_planned = planned.is_some_and(|planned| planned.as_ref().is_none_or(|planned| planned == *now));
            !is_planned
                && subject_of(tag).is_none()
                && !self.is_excused(client, tag)
                && store.tree(now).contains(digest)
        };
        store.tags.iter().find(stays).map(|(tag, _)| tag.clone())
    }

    fn judge_deletion(&self, client: usize, digest: &str) -> Vec<String> {
        let (store, permit) = (&self.main.store, self.permit(client));
        let Some(stored) = store.manifests.get(digest).filter(|stored| stored.is_there) else { return Vec::new() };
        let mut wrong = Vec::new();
        let is_named = permit.deletes.contains(digest);
        let tags: Vec<&String> = store.tags_of(digest).collect();
        for tag in &tags {
            let is_list = is_list(tag) && (self.is_unused_list(client, digest) || self.is_own(client, tag));
            if !(is_list || (is_named && permit.force) || self.is_excused(client, tag)) {
                wrong.extend(self.judge_untagging(client, tag).map(|wrong| format!("with {digest}: {wrong}")));
            }
        }
        if store.placeholders.contains(digest) {
            return wrong;
        }
        let is_list = !tags.is_empty() && tags.iter().all(|tag| is_list(tag)) && self.is_unused_list(client, digest);
        if !is_named && !is_list {
            wrong.push(format!("{digest} is deleted, which nobody named"));
        }
        if permit.force || !is_named {
            return wrong;
        }
        let users = store
            .tags
            .iter()
            .filter(|(tag, now)| *now != digest && subject_of(tag).is_none() && store.tree(now).contains(digest));
        for (tag, _) in users.filter(|(tag, _)| !self.is_excused(client, tag)) {
            wrong.push(format!("{digest} is deleted, and the tag {tag} needs it"));
        }
        for (referrer, _) in store.referrers_of(digest).filter(|(referrer, _)| !permit.deletes.contains(*referrer)) {
            // Plans are made before.
            if permit.untags.is_empty() && self.is_known_referrer(digest, referrer) {
                wrong.push(format!("{digest} is deleted, and {referrer} refers to it"));
            }
        }
        if let Some(user) = stored
            .subject
            .as_ref()
            .filter(|_| !permit.untags.is_empty())
            .and_then(|subject| self.user_of(client, subject))
        {
            wrong.push(format!("{digest} is deleted, and what it refers to is needed by the tag {user}"));
        }
        wrong
    }

    /// Whether anything tells that one refers to the other: the API, the list, a tag that leads to the referrer.
    fn is_known_referrer(&self, subject: &str, referrer: &str) -> bool {
        let store = &self.main.store;
        let list = store.under_tag(&subject.replace(':', "-"));
        self.main.nature.referrers == Referrers::Api
            || list.is_some_and(|(_, list)| list.children.contains(referrer))
            || store.tags.values().any(|now| store.tree(now).contains(referrer))
    }

    fn judge_writing(&self, client: usize, tag: &str, body: &str) -> Vec<String> {
        let (store, permit) = (&self.main.store, self.permit(client));
        let (now, new) = (store.tags.get(tag), sha256(body));
        if now == Some(&new) {
            return Vec::new();
        }
        let excused = now.is_none() || self.is_excused(client, tag) || self.is_own(client, tag);
        if let Some(expected) = permit.writes.get(tag) {
            let fits = match expected {
                Expect::Anything => true,
                Expect::Nothing => store.under_tag(tag).is_none(),
                Expect::Digest(digest) => now == Some(digest),
            };
            let is_lost = now.is_none() && matches!(expected, Expect::Digest(_)) && !self.is_excused(client, tag);
            if fits || (excused && !is_lost) {
                return Vec::new();
            }
            return vec![format!("the tag {tag} is written, which leads to {now:?}, not to {expected:?}")];
        }
        if is_list(tag) && body.contains("\"manifests\"") {
            return self.judge_list(client, tag, body);
        }
        if permit.untags.contains_key(tag) || self.goes_along(client, tag) {
            if store.manifests.contains_key(&new) {
                let wrong = format!("{new} is put back under the tag {tag}, which leads to {now:?} by now");
                return if excused { Vec::new() } else { vec![wrong] };
            }
            return self.judge_untagging(client, tag).into_iter().collect();
        }
        if permit.signatures && subject_of(tag).is_some() && now.is_none() {
            return Vec::new();
        }
        vec![format!("the tag {tag} is written, which nobody named")]
    }

    fn judge_list(&self, client: usize, tag: &str, body: &str) -> Vec<String> {
        let (store, permit) = (&self.main.store, self.permit(client));
        let subject = subject_of(tag).unwrap_or_default();
        let document: serde_json::Value = serde_json::from_str(body).unwrap_or_default();
        let entries = document["manifests"].as_array().cloned().unwrap_or_default();
        let new: BTreeSet<String> =
            entries.iter().filter_map(|entry| entry["digest"].as_str()).map(str::to_owned).collect();
        let now = store.under_tag(tag).map(|(_, stored)| stored.children.clone()).unwrap_or_default();
        let mut wrong = Vec::new();
        for lost in now.difference(&new).filter(|lost| store.has(lost) && !permit.deletes.contains(*lost)) {
            if !self.is_excused(client, tag) {
                wrong.push(format!("the list {tag} loses {lost}"));
            }
        }
        for more in new.difference(&now) {
            let refers = |stored: &Stored| stored.subject.as_deref() == Some(subject.as_str());
            if store.manifests.get(more).is_some_and(|stored| stored.is_there && !refers(stored)) {
                wrong.push(format!("the list {tag} names {more}, which does not refer to {subject}"));
            }
        }
        wrong
    }
}
