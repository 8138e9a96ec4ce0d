//! A registry that is copied from or to. It may claim to have what it has not, until it is put there.

use std::collections::BTreeSet;

use docker_registry_client_wasm::protocol::http::Method;

use super::content::{Content, Parts, parts};
use crate::support::model::{Deletes, Model};
use crate::support::random::Random;
use crate::support::uploads::{self, Fault, UPLOADS};
use crate::support::{OCI_TYPE, Reply, Seen, Step, sha256};

/// How it tells what a manifest lacks.
#[derive(Clone, Copy, Debug)]
pub enum Detail {
    Text,
    Object,
    FirstOnly,
    Nothing,
}

pub struct Registry {
    pub manifests: Model,
    pub uploads: uploads::State,
    /// Whether a manifest is refused whose parts are not there.
    pub checks: bool,
    pub claims: BTreeSet<String>,
    pub detail: Detail,
    /// What is claimed, with its size and type.
    content: Content,
}

impl Registry {
    pub fn new(referrers: bool, content: &Content) -> Self {
        let (manifests, uploads) = (Model::new(Deletes::Both, referrers), uploads::State::default());
        let (claims, detail) = (BTreeSet::new(), Detail::Text);
        Self { manifests, uploads, checks: true, claims, detail, content: content.clone() }
    }

    /// Has all of it.
    pub fn fill(&mut self, tag: &str) {
        let content = self.content.clone();
        self.uploads.blobs.extend(content.blobs);
        for (media_type, body) in content.manifests.values() {
            self.manifests.put(&[], media_type, body);
        }
        let (media_type, root) = &content.manifests[&content.root];
        self.manifests.put(&[tag], media_type, root);
        if self.manifests.0.referrers {
            return;
        }
        for subject in content.subjects.values() {
            let of_it = content.subjects.iter().filter(|(_, other)| *other == subject);
            let entries: Vec<String> = of_it
                .map(|(digest, _)| {
                    let (media_type, body) = &content.manifests[digest];
                    format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{}}}"#, body.len())
                })
                .collect();
            let list = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_TYPE}","manifests":[{}]}}"#, entries.join(","));
            self.manifests.put(&[&subject.replace(':', "-")], OCI_TYPE, &list);
        }
    }

    /// Has some of it, whole, and claims to have more; of referrers, which nothing else needs, nobody would find out.
    pub fn fill_partly(&mut self, random: &mut Random, claims: bool) {
        let share = *random.pick(&[0, 0, 30, 100]);
        for (digest, blob) in self.content.blobs.clone() {
            if random.percent(share) {
                self.uploads.blobs.insert(digest, blob);
            } else if claims && random.percent(40) {
                self.claims.insert(digest);
            }
        }
        for (digest, (media_type, body)) in self.content.manifests.clone() {
            if random.percent(share) && self.missing(&body).is_empty() {
                self.manifests.put(&[], &media_type, &body);
            } else if claims && random.percent(20) && !self.content.subjects.contains_key(&digest) {
                self.claims.insert(digest);
            }
        }
    }

    /// Parts of a manifest that are not there.
    pub fn missing(&self, body: &str) -> Vec<String> {
        let Parts { blobs, children } = parts(body);
        let blobs = blobs.into_iter().filter(|digest| !self.uploads.blobs.contains_key(digest));
        blobs.chain(children.into_iter().filter(|digest| !self.manifests.has(digest))).collect()
    }

    /// `seen`: as of the repository a/b.
    pub fn answer(&mut self, seen: &Seen, fault: Option<Fault>) -> Reply {
        let path = seen.target.split('?').next().unwrap_or_default();
        let last = path.rsplit('/').next().unwrap_or_default();
        if path.contains("/blobs/") {
            return self.blob(seen, path, last, fault);
        }
        if seen.method == Method::Put {
            let missing = self.missing(&seen.body);
            if self.checks && !missing.is_empty() {
                return self.refusal(&missing);
            }
            self.claims.remove(&sha256(&seen.body));
            self.manifests.0.blobs.borrow_mut().extend(parts(&seen.body).blobs);
        }
        if seen.method == Method::Head && self.claims.contains(last) {
            let (media_type, body) = &self.content.manifests[last];
            return Reply::manifest(media_type, body).header("docker-content-digest", last);
        }
        self.manifests.0.handle(seen)
    }

    fn blob(&mut self, seen: &Seen, path: &str, last: &str, fault: Option<Fault>) -> Reply {
        let is_claimed = |digest: &str| self.claims.contains(digest) && !self.uploads.blobs.contains_key(digest);
        if let Some((_, mounted)) = seen.target.split_once("mount=") {
            let digest = mounted.split('&').next().unwrap_or_default().replace("%3A", ":");
            if is_claimed(&digest) {
                return Reply::new(201).header("docker-content-digest", &digest);
            }
        }
        match seen.method {
            Method::Head if is_claimed(last) => Reply::bytes(&self.content.blobs[last]),
            Method::Get if !path.starts_with(UPLOADS) => match self.uploads.blobs.get(last) {
                Some(blob) => {
                    let (reply, part) = Reply::part(blob.as_bytes(), seen);
                    let reply = reply.header("content-length", &part.len().to_string());
                    let chunks = part.chunks(300_000.max(part.len() / 8));
                    chunks.fold(reply, |reply, chunk| reply.step(Step::Bytes(chunk.to_vec())))
                }
                None => Reply::new(404),
            },
            _ => self.uploads.respond(seen, fault),
        }
    }

    fn refusal(&self, missing: &[String]) -> Reply {
        let code = |digest: &String| {
            let is_blob = self.content.blobs.contains_key(digest);
            if is_blob { "MANIFEST_BLOB_UNKNOWN" } else { "MANIFEST_UNKNOWN" }
        };
        let error = |digest: &String| match self.detail {
            Detail::Text => format!(r#"{{"code":"MANIFEST_BLOB_UNKNOWN","message":"no","detail":"{digest}"}}"#),
            Detail::Object | Detail::FirstOnly => {
                format!(r#"{{"code":"{}","message":"no","detail":{{"digest":"{digest}"}}}}"#, code(digest))
            }
            Detail::Nothing => format!(r#"{{"code":"{}"}}"#, code(digest)),
        };
        let count = if matches!(self.detail, Detail::FirstOnly) { 1 } else { missing.len() };
        let errors: Vec<String> = missing.iter().take(count).map(error).collect();
        Reply::json(&format!(r#"{{"errors":[{}]}}"#, errors.join(","))).status(400)
    }
}
