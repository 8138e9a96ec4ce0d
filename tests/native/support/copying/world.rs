//! What is behind the network, and what must be so there.

use std::collections::BTreeMap;

use super::content::{Content, parts};
use super::faults::{self, Troubles};
use super::registry::Registry;
use super::{SOURCE, Setup, TARGET};
use crate::support::random::Random;
use crate::support::{Reply, Seen, sha256};

/// All that is behind the network.
pub struct World {
    pub source: Registry,
    pub target: Registry,
    pub troubles: Troubles,
    pub random: Random,
    pub is_shown: bool,
    /// Requests to the target since a copy began, by method and target.
    pub asked: BTreeMap<String, u64>,
    pub requests: u64,
    pub violations: Vec<String>,
}

impl World {
    pub fn answer(&mut self, seen: &Seen) -> Reply {
        self.requests += 1;
        let delay = self.random.between(1, 40);
        let (mut seen, mut origin, mut of_source) = (seen.clone(), TARGET, false);
        if let Some(path) = seen.target.strip_prefix(SOURCE) {
            (seen.target, origin, of_source) = (path.to_owned(), SOURCE, true);
        }
        if seen.target.starts_with("/token") {
            return Reply::json(r#"{"token":"good"}"#).after(delay);
        }
        of_source |= seen.target.starts_with("/v2/c/d/");
        seen.target = seen.target.replace("/v2/c/d/", "/v2/a/b/");
        if !of_source {
            // Of an upload's location the state is another each time.
            let (path, query) = seen.target.split_once("?other").unwrap_or((&seen.target, ""));
            let digest = query.split_once("digest=").map_or("", |(_, digest)| digest).replace("%3A", ":");
            *self.asked.entry(format!("{} {path}{digest}", seen.method)).or_default() += 1;
        }
        let registry = if of_source { &mut self.source } else { &mut self.target };
        let trouble = self.troubles.choose(&seen, &mut self.random);
        let reply = match trouble {
            Some(trouble) => faults::answer(trouble, registry, &seen, origin, &mut self.random),
            None => registry.answer(&seen, None),
        };
        if self.is_shown {
            let end = if reply.reset { "reset".to_owned() } else { reply.status.to_string() };
            let trouble = trouble.map(|trouble| format!("  << {trouble:?}")).unwrap_or_default();
            let (from, size) = (if of_source { "source" } else { "target" }, seen.body.len());
            println!("{:>8} {from} {} {} {size} -> {end}{trouble}", seen.at, seen.method, seen.target);
        }
        reply.after(delay)
    }

    /// What is there and does not have all that it needs.
    pub fn broken(&self) -> Vec<String> {
        let manifests = self.target.manifests.0.manifests.borrow().clone();
        let is_broken = |digest: &&String| {
            let body = &manifests[*digest].1;
            sha256(body) != **digest || !self.target.missing(body).is_empty()
        };
        let mut broken: Vec<String> = manifests.keys().filter(is_broken).cloned().collect();
        let blobs = self.target.uploads.blobs.iter();
        let blobs = blobs.filter(|(digest, blob)| sha256(blob) != **digest && !digest.ends_with("0000"));
        broken.extend(blobs.map(|(digest, _)| digest.clone()));
        broken
    }

    /// What a copy that succeeded should have done and has not.
    pub fn undone(&self, content: &Content, setup: &Setup, root: &str) -> Vec<String> {
        let mut undone = Vec::new();
        if self.target.manifests.tag("now").as_deref() != Some(root) {
            undone.push("the tag".to_owned());
        }
        if setup.platforms.is_empty() && root != content.root {
            undone.push("the digest".into());
        }
        // Of some platforms it is an index of its own.
        let mut tree = content.tree(root);
        if setup.platforms.len() > 1 {
            let body = self.target.manifests.body_of("now").unwrap_or_default();
            tree.extend(parts(&body).children);
        }
        let mut size = 0;
        while setup.referrers && size < tree.len() {
            size = tree.len();
            let about = content.subjects.iter().filter(|(_, subject)| tree.contains(*subject));
            tree.extend(about.map(|(referrer, _)| referrer.clone()).collect::<Vec<_>>());
        }
        undone.extend(tree.iter().filter(|digest| !self.target.manifests.has(digest)).cloned());
        if setup.referrers && !self.target.manifests.0.referrers {
            for (referrer, subject) in content.subjects.iter().filter(|(referrer, _)| tree.contains(*referrer)) {
                let list = self.target.manifests.body_of(&subject.replace(':', "-")).unwrap_or_default();
                if !list.contains(referrer) {
                    undone.push(format!("{referrer} in the list of {subject}"));
                }
            }
        }
        undone
    }
}
