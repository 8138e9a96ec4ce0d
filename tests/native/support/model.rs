//! A registry that holds manifests and tags, of one kind or another, with faults on demand.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use docker_registry_client_wasm::protocol::http::Method;

use super::{OCI_TYPE, Reply, Scripted, Seen, sha256};

/// What a registry does with DELETE.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Deletes {
    /// distribution 2.8: by digest, and 400 for a tag.
    Digests,
    /// ferro: by digest, and 405 for a tag.
    DigestsFerro,
    /// distribution 3: both.
    Both,
    /// go-containerregistry's: both, and a manifest that is deleted by its digest is still there under its tags.
    KeepsTags,
    /// 405 for everything.
    Nothing,
}

/// How a request goes wrong.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// Nothing is done, the connection breaks.
    LostBefore,
    /// It is done, and the connection breaks.
    LostAfter,
    /// Nothing is done, and 500.
    FailedBefore,
    /// It is done, and 500.
    FailedAfter,
    /// Nothing is done, and 403.
    Denied,
}

pub const FAULTS: [Fault; 5] =
    [Fault::LostBefore, Fault::LostAfter, Fault::FailedBefore, Fault::FailedAfter, Fault::Denied];

type Other = Box<dyn Fn(&State, &Seen)>;
type Faults = Box<dyn Fn(usize, &Seen) -> Option<Fault>>;

pub struct State {
    pub deletes: Deletes,
    /// The referrers API.
    pub referrers: bool,
    /// Whether answers tell a manifest's digest.
    pub tells_digest: Cell<bool>,
    pub manifests: RefCell<BTreeMap<String, (String, String)>>,
    pub tags: RefCell<BTreeMap<String, String>>,
    pub blobs: RefCell<BTreeSet<String>>,
    /// Deletions by digest that leave the tags behind, as distribution 2.8's do while others write: answered with 500 and with
    /// 202 in turn.
    pub leaves: Cell<u32>,
    /// Digests that are there under tags only.
    hidden: RefCell<BTreeSet<String>>,
    /// What is listed beside the tags.
    pub also_listed: RefCell<Vec<String>>,
    count: Cell<usize>,
    faults: RefCell<Option<Faults>>,
    /// What another writer does just before a request is seen to.
    other: RefCell<Option<Other>>,
}

#[derive(Clone)]
pub struct Model(pub Rc<State>);

impl Model {
    pub fn new(deletes: Deletes, referrers: bool) -> Self {
        Self(Rc::new(State {
            deletes,
            referrers,
            tells_digest: Cell::new(true),
            manifests: RefCell::default(),
            tags: RefCell::default(),
            blobs: RefCell::default(),
            leaves: Cell::new(0),
            hidden: RefCell::default(),
            also_listed: RefCell::default(),
            count: Cell::new(0),
            faults: RefCell::default(),
            other: RefCell::default(),
        }))
    }

    /// Puts a manifest there; its digest.
    pub fn put(&self, tags: &[&str], media_type: &str, body: &str) -> String {
        self.0.put(tags, media_type, body)
    }

    pub fn tag(&self, tag: &str) -> Option<String> {
        self.0.tags.borrow().get(tag).cloned()
    }

    pub fn body_of(&self, tag: &str) -> Option<String> {
        let digest = self.tag(tag)?;
        self.0.manifests.borrow().get(&digest).map(|(_, body)| body.clone())
    }

    pub fn has(&self, digest: &str) -> bool {
        self.0.manifests.borrow().contains_key(digest)
    }

    pub fn fail(&self, faults: impl Fn(usize, &Seen) -> Option<Fault> + 'static) {
        self.0.count.set(0);
        self.0.faults.replace(Some(Box::new(faults)));
    }

    pub fn heal(&self) {
        self.0.faults.replace(None);
    }

    pub fn meanwhile(&self, other: impl Fn(&State, &Seen) + 'static) {
        self.0.other.replace(Some(Box::new(other)));
    }

    /// A host before it whose answers take 10 ms.
    pub fn host(&self) -> Scripted {
        let state = self.0.clone();
        Scripted::new(move |seen| state.answer(seen).after(10))
    }
}

fn error(status: u16, code: &str) -> Reply {
    let body = format!(r#"{{"errors":[{{"code":"{code}","message":"no","detail":{{"Tag":"x"}}}}]}}"#);
    Reply::json(&body).status(status)
}

impl State {
    pub fn put(&self, tags: &[&str], media_type: &str, body: &str) -> String {
        let digest = sha256(body);
        self.hidden.borrow_mut().remove(&digest);
        self.manifests.borrow_mut().insert(digest.clone(), (media_type.to_owned(), body.to_owned()));
        for tag in tags {
            self.tags.borrow_mut().insert((*tag).to_owned(), digest.clone());
        }
        digest
    }

    fn answer(&self, seen: &Seen) -> Reply {
        if let Some(other) = self.other.borrow().as_ref() {
            other(self, seen);
        }
        let index = self.count.replace(self.count.get() + 1);
        let fault = self.faults.borrow().as_ref().and_then(|faults| faults(index, seen));
        match fault {
            Some(Fault::LostBefore) => Reply::reset(),
            Some(Fault::FailedBefore) => error(500, "UNKNOWN"),
            Some(Fault::Denied) => error(403, "DENIED"),
            Some(Fault::LostAfter) => {
                self.handle(seen);
                Reply::reset()
            }
            Some(Fault::FailedAfter) => {
                self.handle(seen);
                error(500, "UNKNOWN")
            }
            None => self.handle(seen),
        }
    }

    /// The answer without any fault.
    pub fn handle(&self, seen: &Seen) -> Reply {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let path = path.strip_prefix("/v2/a/b/").unwrap_or("");
        if let Some(reference) = path.strip_prefix("manifests/") {
            return self.manifest(seen, reference);
        }
        if let Some(subject) = path.strip_prefix("referrers/").filter(|_| self.referrers) {
            return self.referrers_of(subject);
        }
        match (seen.method, path) {
            (Method::Post, "blobs/uploads/") => Reply::new(202).header("location", "/v2/a/b/blobs/uploads/1?state=x"),
            (Method::Put, "blobs/uploads/1") => {
                assert!(query.contains("state=x"));
                let digest = sha256(&seen.body);
                assert!(query.replace("%3A", ":").contains(&digest), "{query}");
                self.blobs.borrow_mut().insert(digest);
                Reply::new(201)
            }
            (Method::Get, "tags/list") => {
                let (tags, also) = (self.tags.borrow(), self.also_listed.borrow());
                let tags: Vec<_> = tags.keys().chain(also.iter()).map(|tag| format!("\"{tag}\"")).collect();
                Reply::json(&format!(r#"{{"name":"a/b","tags":[{}]}}"#, tags.join(",")))
            }
            _ => error(404, "NAME_UNKNOWN"),
        }
    }

    fn manifest(&self, seen: &Seen, reference: &str) -> Reply {
        let digest = if reference.contains(':') {
            Some(reference.to_owned())
        } else {
            self.tags.borrow().get(reference).cloned()
        };
        let is_hidden = reference.contains(':') && self.hidden.borrow().contains(reference);
        let known = digest.filter(|digest| !is_hidden && self.manifests.borrow().contains_key(digest));
        let told = |reply: Reply, digest: &str| {
            if self.tells_digest.get() { reply.header("docker-content-digest", digest) } else { reply }
        };
        match seen.method {
            Method::Put => {
                let digest = sha256(&seen.body);
                let tag = Some(reference).filter(|reference| !reference.contains(':'));
                let document: serde_json::Value = serde_json::from_str(&seen.body).unwrap();
                let config = document["config"]["digest"].as_str().unwrap_or_default();
                if config.starts_with("sha256:") && !config.ends_with("0000") && !self.blobs.borrow().contains(config) {
                    return error(400, "MANIFEST_BLOB_UNKNOWN");
                }
                self.put(&tag.into_iter().collect::<Vec<_>>(), seen.headers.get("content-type").unwrap(), &seen.body);
                let reply = told(Reply::new(201), &digest);
                match document["subject"]["digest"].as_str().filter(|_| self.referrers) {
                    Some(subject) => reply.header("oci-subject", subject),
                    None => reply,
                }
            }
            Method::Delete => self.delete(reference, known),
            _ => match known {
                None => error(404, "MANIFEST_UNKNOWN"),
                Some(digest) => {
                    let (media_type, body) = self.manifests.borrow()[&digest].clone();
                    told(Reply::manifest(&media_type, &body), &digest)
                }
            },
        }
    }

    fn delete(&self, reference: &str, known: Option<String>) -> Reply {
        let is_tag = !reference.contains(':');
        match (self.deletes, is_tag) {
            (Deletes::Nothing, _) | (Deletes::DigestsFerro, true) => error(405, "UNSUPPORTED"),
            (Deletes::Digests, true) => error(400, "DIGEST_INVALID"),
            (Deletes::Both | Deletes::KeepsTags, true) => match self.tags.borrow_mut().remove(reference) {
                Some(_) => Reply::new(202),
                None => error(404, "MANIFEST_UNKNOWN"),
            },
            (_, false) => match known {
                Some(digest) if self.deletes == Deletes::KeepsTags => {
                    self.hidden.borrow_mut().insert(digest);
                    Reply::new(202)
                }
                Some(digest) => {
                    self.manifests.borrow_mut().remove(&digest);
                    let left = self.leaves.get();
                    if left > 0 {
                        self.leaves.set(left - 1);
                        return if left.is_multiple_of(2) { error(500, "UNKNOWN") } else { Reply::new(202) };
                    }
                    self.tags.borrow_mut().retain(|_, other| *other != digest);
                    Reply::new(202)
                }
                None => error(404, "MANIFEST_UNKNOWN"),
            },
        }
    }

    fn referrers_of(&self, subject: &str) -> Reply {
        let mut entries = Vec::new();
        for (digest, (media_type, body)) in self.manifests.borrow().iter() {
            let document: serde_json::Value = serde_json::from_str(body).unwrap();
            if document["subject"]["digest"] == subject {
                let kind = document["artifactType"].as_str().unwrap_or_default();
                let size = body.len();
                entries.push(format!(
                    r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size},"artifactType":"{kind}"}}"#
                ));
            }
        }
        let index = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_TYPE}","manifests":[{}]}}"#, entries.join(","));
        Reply::manifest(OCI_TYPE, &index)
    }
}
