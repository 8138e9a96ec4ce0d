//! All that is behind the network, and a look at each request that changes something: whether it may.

use std::collections::{BTreeMap, BTreeSet};

use docker_registry_client_wasm::protocol::http::Method;

use super::content::{self, OCI, descriptor};
use super::registry::{Registry, error};
use super::store::{Change, subject_of};
use crate::support::model::Fault;
use crate::support::random::Random;
use crate::support::{EPOCH, Reply, Seen, sha256};

pub const SOURCE: &str = "https://source.test";

/// Of one client: far more than any operation needs.
const MOST_REQUESTS: u64 = 3_000;

/// What a tag must be for it to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Expect {
    Anything,
    Nothing,
    Digest(String),
}

/// What the calls under way have named.
#[derive(Clone, Debug, Default)]
pub struct Permit {
    /// Tags that may go, and what they must lead to for that.
    pub untags: BTreeMap<String, Option<String>>,
    pub deletes: BTreeSet<String>,
    /// Whatever depends on what is deleted.
    pub force: bool,
    pub writes: BTreeMap<String, Expect>,
    /// Cosign's tags may be made.
    pub signatures: bool,
}

/// One client's calls under way.
#[derive(Clone, Debug, Default)]
pub struct Running {
    pub permit: Permit,
    pub began: u64,
    pub requests: u64,
    /// Whether there are several calls.
    pub is_shared: bool,
    /// By tag: the last request that asked for it, and was answered.
    pub observed: BTreeMap<String, u64>,
    /// Tags that a list named, and how old the first page of it was.
    pub listed: BTreeSet<String>,
    pub listed_at: Option<u64>,
}

pub struct World {
    pub main: Registry,
    /// Another repository of the same registry.
    pub within: Registry,
    /// Of another registry.
    pub elsewhere: Registry,
    pub running: Vec<Running>,
    pub random: Random,
    pub is_shown: bool,
    /// Requests of a hundred that fail, and how many may.
    pub faults: u64,
    pub faults_left: u64,
    /// Requests of a hundred before which somebody else writes.
    pub others: u64,
    /// Whether somebody else has written since a round began.
    pub is_disturbed: bool,
    pub violations: Vec<String>,
    count: u64,
}

impl World {
    pub fn new(main: Registry, within: Registry, elsewhere: Registry, random: Random, is_shown: bool) -> Self {
        Self {
            main,
            within,
            elsewhere,
            running: Vec::new(),
            random,
            is_shown,
            faults: 0,
            faults_left: 0,
            others: 0,
            is_disturbed: false,
            violations: Vec::new(),
            count: 0,
        }
    }

    /// A client begins something; its number.
    pub fn begin(&mut self, client: Option<usize>, permit: Permit) -> usize {
        let client = client.unwrap_or(self.running.len());
        let running = Running { permit, began: self.count, ..Running::default() };
        match self.running.get_mut(client) {
            Some(slot) => *slot = running,
            None => self.running.push(running),
        }
        client
    }

    /// Whether nothing fails by chance, and nobody else writes.
    pub fn is_calm(&self) -> bool {
        self.faults == 0 && self.others == 0
    }

    pub fn show(&self, line: impl FnOnce() -> String) {
        if self.is_shown {
            println!("{}", line());
        }
    }

    pub fn answer(&mut self, seen: &Seen) -> Reply {
        self.count += 1;
        let delay = self.random.between(1, 40);
        let mut seen = seen.clone();
        let client: usize = seen.headers.get("x-client").and_then(|client| client.parse().ok()).unwrap_or(0);
        if let Some(running) = self.running.get_mut(client) {
            running.requests += 1;
            // Nobody is there any more for whoever never stops.
            if running.requests > MOST_REQUESTS {
                return Reply::refused();
            }
        }
        let is_elsewhere = seen.target.starts_with(SOURCE);
        let is_within = seen.target.starts_with("/v2/c/d/");
        let is_main = !is_elsewhere && !is_within;
        seen.target = seen.target.trim_start_matches(SOURCE).replace("/v2/c/d/", "/v2/a/b/");
        if seen.target.starts_with("https://") {
            return Reply::refused();
        }
        if is_main && self.random.percent(self.others) {
            self.another_writes(&seen);
        }
        let fault = self.fault();
        let is_done = !matches!(fault, Some(Fault::LostBefore | Fault::FailedBefore | Fault::Denied));
        let reply = if is_done {
            if is_main {
                self.judge(client, &seen);
            }
            let change = Change { at: self.count, operation: Some(client) };
            let placeholder = self.placeholder(client, &seen).filter(|_| is_main);
            let registry = match (is_elsewhere, is_within) {
                (true, _) => &mut self.elsewhere,
                (_, true) => &mut self.within,
                _ => &mut self.main,
            };
            let reply = registry.answer(&seen, change, &mut self.random);
            self.main.store.placeholders.extend(placeholder);
            if is_main && fault.is_none() {
                self.observe(client, &seen, &reply);
            }
            reply
        } else {
            Reply::new(500)
        };
        let reply = match fault {
            None => reply,
            Some(Fault::LostBefore | Fault::LostAfter) => Reply::reset(),
            Some(Fault::Denied) => error(429, "TOOMANYREQUESTS").header("retry-after", "1"),
            Some(_) => error(500, "UNKNOWN"),
        };
        self.show(|| {
            let end = if reply.reset { "reset".to_owned() } else { reply.status.to_string() };
            let place = if is_elsewhere {
                "elsewhere "
            } else if is_within {
                "within "
            } else {
                ""
            };
            let fault = fault.map(|fault| format!("  << {fault:?}")).unwrap_or_default();
            let range = seen.headers.get("content-range").map(|range| format!(" [{range}]")).unwrap_or_default();
            let told = reply.headers.iter().filter(|(name, _)| matches!(name.as_str(), "range" | "link"));
            let told: Vec<String> = told.map(|(name, value)| format!(" {name}: {value}")).collect();
            let size = seen.body.len();
            format!(
                "{:>8} {client} {place}{} {}{range} {size} -> {end}{}{fault}",
                seen.at,
                seen.method,
                short(&seen.target),
                told.concat()
            )
        });
        reply.after(delay)
    }

    fn fault(&mut self) -> Option<Fault> {
        if self.faults_left == 0 || !self.random.percent(self.faults) {
            return None;
        }
        self.faults_left -= 1;
        let faults = [Fault::LostBefore, Fault::LostAfter, Fault::FailedBefore, Fault::FailedAfter, Fault::Denied];
        Some(*self.random.pick(&faults))
    }

    /// A manifest that an untag() puts, which was not there before.
    fn placeholder(&self, client: usize, seen: &Seen) -> Option<String> {
        let tag = seen.target.strip_prefix("/v2/a/b/manifests/").filter(|_| seen.method == Method::Put)?;
        let digest = sha256(&seen.body);
        let untags = self.running.get(client).is_some_and(|running| running.permit.untags.contains_key(tag))
            || self.goes_along(client, tag);
        (untags && !self.main.store.manifests.contains_key(&digest)).then_some(digest)
    }

    fn observe(&mut self, client: usize, seen: &Seen, reply: &Reply) {
        let count = self.count;
        let listed_at = self.main.listed_at;
        let Some(running) = self.running.get_mut(client) else { return };
        let path = seen.target.split('?').next().unwrap_or_default();
        if path.ends_with("/tags/list") && reply.status == 200 {
            // What one list has told is looked into once; lists after that are for what has gone.
            let is_first = !seen.target.contains("last=") && !seen.target.contains("from=");
            if running.listed_at.is_none() || !is_first {
                running.listed.extend(self.main.store.tags.keys().filter(|tag| names(reply, tag)).cloned());
            }
            running.listed_at.get_or_insert(listed_at);
        } else if let Some(tag) = path.strip_prefix("/v2/a/b/manifests/") {
            // To ask by HEAD is to have been able to ask by GET.
            if matches!(seen.method, Method::Get | Method::Head) {
                running.observed.insert(tag.to_owned(), count);
            }
        }
    }

    /// Somebody else pushes, or moves a tag.
    fn another_writes(&mut self, seen: &Seen) {
        self.is_disturbed = true;
        let change = Change { at: self.count, operation: None };
        let tags: Vec<String> = self.main.store.tags.keys().filter(|tag| subject_of(tag).is_none()).cloned().collect();
        let number = self.count;
        let tag = if self.random.percent(40) || tags.is_empty() {
            format!("other-{}", self.random.below(3))
        } else {
            self.random.pick(&tags).clone()
        };
        if tag == content::UNSPEAKABLE || self.main.store.protected.as_deref() == Some(tag.as_str()) {
            return;
        }
        let there: Vec<String> = self
            .main
            .store
            .manifests
            .iter()
            .filter(|(_, stored)| stored.is_there && self.main.store.missing(&stored.body).is_empty())
            .map(|(digest, _)| digest.clone())
            .filter(|digest| !self.main.store.placeholders.contains(digest))
            .collect();
        let digest = if self.random.percent(50) && !there.is_empty() {
            self.random.pick(&there).clone()
        } else {
            let config = self.main.store.blob(&format!(r#"{{"number":{number}}}"#));
            let size = self.main.store.uploads.blobs[&config].len();
            let config = descriptor("application/vnd.oci.image.config.v1+json", &config, size, "");
            let body = match there.first().filter(|_| self.random.percent(40)) {
                Some(child) => {
                    let stored = &self.main.store.manifests[child];
                    let entry = descriptor(&stored.media_type, child, stored.body.len(), "");
                    content::index_of(&[entry], &format!(r#","annotations":{{"number":"{number}"}}"#))
                }
                None => format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[]}}"#),
            };
            let kind = if body.contains("\"manifests\"") { crate::support::OCI_TYPE } else { OCI };
            self.main.store.put(kind, &body, EPOCH + seen.at)
        };
        self.main.store.set(&tag, &digest, change);
        self.show(|| format!("         somebody else: {tag} -> {digest}"));
    }
}

fn names(reply: &Reply, tag: &str) -> bool {
    let wanted = format!("{tag:?}");
    reply.body.iter().any(|step| match step {
        crate::support::Step::Bytes(bytes) => String::from_utf8_lossy(bytes).contains(&wanted),
        _ => false,
    })
}

/// Digests by their first letters.
pub fn short(text: &str) -> String {
    let mut short = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("sha256:").or_else(|| rest.find("sha256-")) {
        let end = (at + 7 + 64).min(rest.len());
        short.push_str(&rest[..(at + 7 + 6).min(rest.len())]);
        rest = &rest[end..];
    }
    short + rest
}
