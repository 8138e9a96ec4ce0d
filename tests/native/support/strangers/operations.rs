//! What a client may be asked to do, what that permits, and what must be so once it says that it has done it.

use std::collections::BTreeSet;

use docker_registry_client_wasm::protocol::oci::descriptor::Annotations;
use docker_registry_client_wasm::protocol::oci::digest::Digest;
use docker_registry_client_wasm::protocol::oci::platform::Platform;
use docker_registry_client_wasm::protocol::text::glob::Glob;
use docker_registry_client_wasm::registry::cleanup::plan::{Action, Plan};
use docker_registry_client_wasm::registry::cleanup::{Keep, Matcher, Moment, Policy, Remove, Report};
use docker_registry_client_wasm::registry::{
    Artifact, ArtifactFile, BlobSource, Call, Cleanup, Client, Dependents, ImageReference, InMemory, IndexChange, Push,
    copy,
};
use docker_registry_client_wasm::transport::Result;

use super::content::UNSPEAKABLE;
use super::nature::{Left, Nature, Referrers};
use super::store::{Store, is_list, subject_of};
use super::world::{Expect, Permit};
use crate::support::uploads::Stream;
use crate::support::{Bytes, Scripted, artifact, sha256};

/// A policy for a clean-up.
#[derive(Clone, Debug)]
pub struct Rules {
    pub remove: Vec<&'static str>,
    pub keep: Option<&'static str>,
    /// Milliseconds.
    pub older: Option<u64>,
    pub newer: Option<u64>,
    pub newest: Option<u64>,
    pub untagged: bool,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum From {
    Here,
    Within,
    Elsewhere,
}

#[derive(Clone, Debug)]
pub enum Operation {
    Tag {
        tag: String,
        source: String,
        expected: Option<Expect>,
    },
    Untag {
        tag: String,
    },
    Dependents {
        digest: String,
    },
    Delete {
        digest: String,
        force: bool,
    },
    Plan(Rules),
    /// A plan made before, by its number.
    Apply(usize),
    Copy {
        from: From,
        what: String,
        tag: String,
        referrers: bool,
        platforms: bool,
        expected: Option<Expect>,
    },
    Manifest {
        tag: String,
        body: String,
        kind: String,
    },
    Index {
        tag: String,
        images: Vec<String>,
    },
    Artifact {
        subject: Option<String>,
        tag: Option<String>,
        number: u64,
    },
    Blob {
        content: String,
        chunk: Option<u64>,
        is_streamed: bool,
    },
    List {
        page: Option<u64>,
    },
}

/// A plan, and the client that made it.
pub struct Planned {
    pub cleanup: Cleanup<Scripted>,
    pub client: usize,
}

/// What came of it.
pub enum Done {
    Nothing,
    Digest(String),
    Dependents(Box<Dependents>),
    Plan(Box<Cleanup<Scripted>>),
    Report(Box<Report>),
    List(Vec<String>),
}

impl Rules {
    fn policy(&self) -> Policy {
        let matcher = |text: &&'static str| -> Matcher {
            let glob = Glob::new(text);
            Box::new(move |tag| glob.fits(tag))
        };
        let keep = Keep {
            newest: self.newest,
            newer_than: self.newer.map(Moment::Ago),
            tags: self.keep.iter().map(matcher).collect(),
            semver: None,
        };
        let remove = Remove {
            tags: Some(self.remove.iter().map(matcher).collect()),
            older_than: self.older.map(Moment::Ago),
            pre_release: false,
        };
        Policy { keep, remove, untagged: self.untagged }
    }

    fn selects(&self, tag: &str) -> bool {
        self.remove.iter().any(|glob| Glob::new(glob).fits(tag))
    }

    /// What a plan removes against these rules, by when things were truly made or uploaded.
    pub fn broken_by(&self, plan: &Plan, store: &Store) -> Vec<String> {
        let mut wrong = Vec::new();
        let now = plan.created_at;
        let made = |tag: &str| store.tags.get(tag).and_then(|digest| store.made(digest, now));
        let is_older =
            |tag: &str, than: Option<u64>| than.is_none_or(|than| made(tag).is_some_and(|(made, _)| made < now - than));
        let rivals = store.tags.iter().filter(|(tag, _)| self.selects(tag) && subject_of(tag).is_none());
        let rivals: BTreeSet<&String> = rivals.map(|(_, digest)| digest).collect();
        // Of equals all stay.
        let is_newest = |digest: &String| {
            let Some((made, _)) = store.made(digest, now) else { return false };
            let newer = rivals.iter().filter(|rival| store.made(rival, now).is_some_and(|(_, rival)| rival > made));
            (newer.count() as u64) < self.newest.unwrap_or_default()
        };
        for planned in plan.tags.iter().filter(|planned| planned.action == Action::Remove) {
            let tag = planned.tag.as_str();
            let Some(digest) = store.tags.get(tag).filter(|_| subject_of(tag).is_none()) else { continue };
            let mut against = |rule: &str| wrong.push(format!("the plan removes {tag} against {rule}"));
            if !self.selects(tag) {
                against("remove.tags");
            }
            if self.keep.is_some_and(|glob| Glob::new(glob).fits(tag)) {
                against("keep.tags");
            }
            if !is_older(tag, self.older) {
                against("remove.olderThan");
            }
            if !is_older(tag, self.newer) {
                against("keep.newerThan");
            }
            if is_newest(digest) {
                against("keep.newest");
            }
        }
        wrong
    }
}

fn digest_of(expected: &Expect) -> Result<Option<Digest>> {
    match expected {
        Expect::Digest(digest) => Ok(Some(Digest::parse(digest)?)),
        _ => Ok(None),
    }
}

/// What carrying a plan out permits.
pub fn permit_of_plan(plan: &Plan) -> Permit {
    let tags = plan.tags.iter().filter(|planned| planned.action == Action::Remove);
    let untags = tags.map(|planned| {
        let digest = planned.digest.as_ref().map(ToString::to_string);
        (planned.tag.clone(), Some(digest.unwrap_or_default()))
    });
    let digests = plan.digests.iter().filter(|planned| planned.action == Action::Remove);
    let deletes = digests.map(|planned| planned.digest.to_string()).collect();
    Permit { untags: untags.collect(), deletes, ..Permit::default() }
}

impl Operation {
    /// Not of plans: what they permit they say themselves.
    pub fn permit(&self) -> Permit {
        let mut permit = Permit::default();
        match self {
            Operation::Tag { tag, expected, .. } => {
                permit.writes.insert(tag.clone(), expected.clone().unwrap_or(Expect::Anything));
            }
            Operation::Untag { tag } => {
                permit.untags.insert(tag.clone(), None);
            }
            Operation::Delete { digest, force } => {
                permit.deletes.insert(digest.clone());
                permit.force = *force;
            }
            Operation::Copy { tag, referrers, expected, .. } => {
                permit.writes.insert(tag.clone(), expected.clone().unwrap_or(Expect::Anything));
                permit.signatures = *referrers;
            }
            Operation::Manifest { tag, .. } | Operation::Index { tag, .. } => {
                permit.writes.insert(tag.clone(), Expect::Anything);
            }
            Operation::Artifact { tag, .. } => {
                permit.writes.extend(tag.iter().map(|tag| (tag.clone(), Expect::Anything)));
            }
            _ => {}
        }
        permit
    }

    pub async fn run(&self, client: &Client<Scripted>, source: &Client<Scripted>, plans: &[Planned]) -> Result<Done> {
        let call = Call::default();
        let repository = client.repository("a/b", None)?;
        let named = |text: &String| ImageReference::Reference(text.clone());
        Ok(match self {
            Operation::Tag { tag, source, expected } => {
                let expected = expected.as_ref().map(|expected| match expected {
                    Expect::Digest(digest) => Some(digest.as_str()),
                    _ => None,
                });
                repository.tag(tag, &named(source), expected, &call).await?;
                Done::Nothing
            }
            Operation::Untag { tag } => {
                repository.untag(tag, &call).await?;
                Done::Nothing
            }
            Operation::Dependents { digest } => {
                Done::Dependents(Box::new(repository.plan_delete(digest, &call).await?))
            }
            Operation::Delete { digest, force } => {
                repository.delete_manifest(digest, *force, &call).await?;
                Done::Nothing
            }
            Operation::Plan(rules) => {
                Done::Plan(Box::new(repository.plan_cleanup(&rules.policy(), None, &call).await?))
            }
            Operation::Apply(number) => Done::Report(Box::new(plans[*number].cleanup.apply(&|_| {}, &call).await?)),
            Operation::Copy { from, what, tag, referrers, platforms, expected } => {
                let repository = if *from == From::Here { "a/b" } else { "c/d" };
                let mark = if what.contains(':') { '@' } else { ':' };
                let place = source.place(&format!("{repository}{mark}{what}"))?;
                let platforms = if *platforms { vec![Platform::parse("linux/amd64")?] } else { Vec::new() };
                let if_match = expected.as_ref().map(digest_of).transpose()?;
                let options = copy::Options { platforms, referrers: *referrers, if_match, ..copy::Options::default() };
                let (descriptor, _) = client.copy(&place, &format!("a/b:{tag}"), &options, &call).await?;
                Done::Digest(descriptor.digest.to_string())
            }
            Operation::Manifest { tag, body, kind } => {
                let pushed =
                    repository.push_manifest(tag, body.clone().into_bytes(), Some(kind), None, None, &call).await?;
                Done::Digest(pushed.digest.to_string())
            }
            Operation::Index { tag, images } => {
                let images: Vec<_> = images.iter().map(named).collect();
                let pushed = repository.create_index(tag, &images, &IndexChange::default(), &call).await?;
                Done::Digest(pushed.digest.to_string())
            }
            Operation::Artifact { subject, tag, number } => {
                let content = Bytes(format!("a file {number}").into_bytes());
                let push = Push::new(Box::new(InMemory::new(content)) as Box<dyn BlobSource<Bytes>>);
                let file = ArtifactFile { push, title: None, annotations: Annotations::default() };
                let artifact = Artifact {
                    files: vec![file],
                    subject: subject.as_ref().map(named),
                    tag: tag.clone(),
                    ..artifact()
                };
                Done::Digest(repository.push_artifact(artifact, &call).await?.digest.to_string())
            }
            Operation::Blob { content, chunk, is_streamed } => {
                let source: Box<dyn BlobSource<Bytes>> = if *is_streamed {
                    Box::new(Stream::of(content, 50))
                } else {
                    Box::new(InMemory::new(Bytes(content.clone().into_bytes())))
                };
                let mut push = Push::new(source);
                push.chunk_size = *chunk;
                Done::Digest(repository.push_blob(push, &call).await?.digest.to_string())
            }
            Operation::List { page } => Done::List(repository.tags(*page, call).collect().await?),
        })
    }

    /// What is not so, though it said that it did it. `since`: of a tag, whether it is as this operation left it.
    pub fn undone(
        &self,
        done: &Done,
        store: &Store,
        nature: &Nature,
        from: Option<&Store>,
        since: &dyn Fn(&str) -> bool,
    ) -> Vec<String> {
        let mut wrong = Vec::new();
        let leads = |tag: &str, digest: &str| !since(tag) || store.tags.get(tag).is_some_and(|now| now == digest);
        // Where an old list is all there is to go by, a tag may be left that leads to nothing, or that it does not name.
        let is_named = matches!(self, Operation::Untag { .. });
        let is_left = |tag: &str| {
            let is_seen = nature.stale_list == 0 || is_named && store.under_tag(tag).is_some();
            store.tags.contains_key(tag) && tag != UNSPEAKABLE && is_seen
        };
        match (self, done) {
            (Operation::Tag { tag, source, .. }, _) => {
                let wanted = if source.contains(':') { Some(source) } else { store.tags.get(source) };
                let is_known = source.contains(':') || since(source);
                if is_known && !wanted.is_some_and(|wanted| leads(tag, wanted)) {
                    wrong.push(format!("{tag} leads to {:?}, {source} to {wanted:?}", store.tags.get(tag)));
                }
            }
            (Operation::Untag { tag }, _) if since(tag) && is_left(tag) => {
                wrong.push(format!("{tag} is still there"));
            }
            (Operation::Delete { digest, .. }, _) => {
                // One that was written again meanwhile, as the list of another referrer.
                let is_list = store.tags_of(digest).any(|tag| is_list(tag));
                if store.has(digest) && !is_list {
                    wrong.push(format!("{digest} is still there"));
                }
                let tags: Vec<&String> =
                    store.tags_of(digest).filter(|tag| !is_list && since(tag) && is_left(tag)).collect();
                if !tags.is_empty() {
                    wrong.push(format!("{tags:?} still lead to {digest}"));
                }
                let lists = store.tags.iter().filter(|(tag, _)| subject_of(tag).is_some() && since(tag));
                let listed =
                    |list: &&String| store.manifests.get(*list).is_some_and(|list| list.children.contains(digest));
                if nature.referrers != Referrers::Api && lists.map(|(_, now)| now).any(|now| listed(&now)) {
                    wrong.push(format!("{digest} is still listed as a referrer"));
                }
            }
            (Operation::Apply(_), Done::Report(report)) => {
                for removed in &report.removed {
                    let is_there =
                        if removed.contains(':') { store.has(removed) } else { since(removed) && is_left(removed) };
                    if is_there {
                        wrong.push(format!("removed, and still there: {removed}"));
                    }
                }
            }
            (Operation::Manifest { tag, .. } | Operation::Index { tag, .. }, Done::Digest(digest))
                if (!leads(tag, digest) || !store.manifests.contains_key(digest)) =>
            {
                wrong.push(format!("{tag} leads to {:?}, not to {digest}", store.tags.get(tag)));
            }
            (Operation::Artifact { subject, .. }, Done::Digest(digest)) => {
                if !store.has(digest) {
                    wrong.push(format!("{digest} is not there"));
                }
                let list = subject.as_ref().map(|subject| subject.replace(':', "-"));
                if let Some(list) = list.filter(|list| nature.referrers != Referrers::Api && since(list)) {
                    let entries = store.under_tag(&list).map(|(_, stored)| stored.children.clone());
                    if !entries.unwrap_or_default().contains(digest) {
                        wrong.push(format!("{digest} is not in {list}"));
                    }
                }
            }
            (Operation::Blob { content, .. }, _) if !store.uploads.blobs.contains_key(&sha256(content)) => {
                wrong.push("the blob is not there".into());
            }
            (Operation::Copy { tag, referrers, platforms, .. }, Done::Digest(root)) => {
                if !leads(tag, root) {
                    wrong.push(format!("{tag} leads to {:?}, not to {root}", store.tags.get(tag)));
                }
                let from = from.unwrap_or(store);
                wrong.extend(not_copied(root, from, store, nature, (*referrers, *platforms)));
            }
            _ => {}
        }
        wrong
    }
}

fn not_copied(
    root: &str,
    from: &Store,
    store: &Store,
    nature: &Nature,
    (referrers, platforms): (bool, bool),
) -> Vec<String> {
    let mut wrong = Vec::new();
    // Of one platform of several it may be an index of its own.
    let mut tree = if platforms { store.tree(root) } else { from.tree(root) };
    let mut size = 0;
    while referrers && size < tree.len() {
        size = tree.len();
        for digest in tree.clone() {
            tree.extend(from.referrers_of(&digest).map(|(referrer, _)| referrer.clone()));
        }
    }
    for digest in &tree {
        let Some(stored) = from.manifests.get(digest) else { continue };
        let is_kept = nature.left == Left::Serving && from.manifests.contains_key(digest);
        if !(store.has(digest) || is_kept) {
            wrong.push(format!("{digest} is not copied"));
        }
        let lost = |blob: &&String| from.uploads.blobs.contains_key(*blob) && !store.uploads.blobs.contains_key(*blob);
        wrong.extend(stored.blobs.iter().filter(lost).map(|blob| format!("{blob} of {digest} is not copied")));
        let gone = |part: &&String| !store.uploads.blobs.contains_key(*part);
        if !platforms && stored.children.iter().any(|child| !from.has(child)) {
            wrong.push(format!("{digest} is copied, and lacks a child"));
        }
        if stored.blobs.iter().filter(gone).any(|blob| !from.uploads.blobs.contains_key(blob)) {
            wrong.push(format!("{digest} is copied, and lacks a blob"));
        }
    }
    wrong
}
