//! What a repository truly holds.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::{sha256, uploads};
use docker_registry_client_wasm::protocol::text::timestamp;

/// 2013-03-20: no image is older.
const DOCKER_BEGAN: u64 = 1_363_737_600_000;

/// A manifest, as it was put.
#[derive(Clone, Debug, Default)]
pub struct Stored {
    pub media_type: String,
    pub body: String,
    /// Milliseconds since 1970.
    pub uploaded: u64,
    pub children: BTreeSet<String>,
    pub blobs: BTreeSet<String>,
    pub config: Option<String>,
    pub subject: Option<String>,
    /// Whether it can be asked for by its digest.
    pub is_there: bool,
}

/// Who changed a tag last, and when: the number of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Change {
    pub at: u64,
    /// `None`: somebody else.
    pub operation: Option<usize>,
}

#[derive(Default)]
pub struct Store {
    pub manifests: BTreeMap<String, Stored>,
    /// Some lead to what is not there.
    pub tags: BTreeMap<String, String>,
    /// What they led to before.
    pub before: BTreeMap<String, String>,
    pub changes: BTreeMap<String, Change>,
    pub uploads: uploads::State,
    /// Put by operations that remove tags, to be deleted by them.
    pub placeholders: BTreeSet<String>,
    /// A tag that may not be changed.
    pub protected: Option<String>,
}

impl Store {
    pub fn put(&mut self, media_type: &str, body: &str, uploaded: u64) -> String {
        let digest = sha256(body);
        let mut stored = read(body, |digest| self.uploads.blobs.contains_key(digest));
        if let Some(there) = self.manifests.get(&digest).filter(|there| there.is_there) {
            stored.uploaded = there.uploaded;
        } else {
            stored.uploaded = uploaded;
        }
        stored.media_type = media_type.to_owned();
        stored.is_there = true;
        self.manifests.insert(digest.clone(), stored);
        digest
    }

    pub fn blob(&mut self, content: &str) -> String {
        let digest = sha256(content);
        self.uploads.blobs.insert(digest.clone(), content.to_owned());
        digest
    }

    pub fn set(&mut self, tag: &str, digest: &str, change: Change) {
        if let Some(before) = self.tags.insert(tag.to_owned(), digest.to_owned()) {
            self.before.insert(tag.to_owned(), before);
        }
        self.changes.insert(tag.to_owned(), change);
    }

    pub fn remove_tag(&mut self, tag: &str, change: Change) {
        if let Some(before) = self.tags.remove(tag) {
            self.before.insert(tag.to_owned(), before);
        }
        self.changes.insert(tag.to_owned(), change);
    }

    pub fn has(&self, digest: &str) -> bool {
        self.manifests.get(digest).is_some_and(|stored| stored.is_there)
    }

    /// What can be asked for by a tag: where tags outlive their digest, also what has been deleted.
    pub fn under_tag(&self, tag: &str) -> Option<(&String, &Stored)> {
        self.manifests.get_key_value(self.tags.get(tag)?)
    }

    pub fn tags_of<'a>(&'a self, digest: &'a str) -> impl Iterator<Item = &'a String> {
        self.tags.iter().filter(move |(_, other)| *other == digest).map(|(tag, _)| tag)
    }

    /// Everything that a manifest leads to by listing it, itself included.
    pub fn tree(&self, root: &str) -> BTreeSet<String> {
        let (mut tree, mut pending) = (BTreeSet::new(), vec![root.to_owned()]);
        while let Some(digest) = pending.pop() {
            if let Some(stored) = self.manifests.get(&digest)
                && tree.insert(digest)
            {
                pending.extend(stored.children.iter().cloned());
            }
        }
        tree
    }

    pub fn referrers_of<'a>(&'a self, subject: &'a str) -> impl Iterator<Item = (&'a String, &'a Stored)> {
        self.manifests.iter().filter(move |(_, stored)| stored.is_there && stored.subject.as_deref() == Some(subject))
    }

    /// When something was made, at the earliest and the latest: when it was uploaded, or what its configs say, as far as
    /// that may be true.
    pub fn made(&self, digest: &str, now: u64) -> Option<(u64, u64)> {
        let stored = self.manifests.get(digest)?;
        let images = self.tree(digest).into_iter().filter_map(|digest| self.manifests.get(&digest));
        let created = images.filter_map(|stored| {
            let config = stored.config.as_ref().and_then(|config| self.uploads.blobs.get(config))?;
            let document: Value = serde_json::from_str(config).ok()?;
            timestamp::unix_ms(document.get("created")?.as_str()?).filter(|at| (DOCKER_BEGAN..=now).contains(at))
        });
        let (mut first, mut last) = (stored.uploaded, stored.uploaded);
        for created in created {
            (first, last) = (first.min(created), last.max(created));
        }
        Some((first, last))
    }

    /// What a manifest has and the repository has not.
    pub fn missing(&self, body: &str) -> Vec<String> {
        let stored = read(body, |digest| self.uploads.blobs.contains_key(digest));
        let blobs = stored.blobs.iter().filter(|digest| !self.uploads.blobs.contains_key(*digest));
        let children = stored.children.iter().filter(|digest| !self.has(digest));
        blobs.chain(children).cloned().collect()
    }
}

/// The subject that a tag of the referrers tag schema or one of cosign's belongs to.
pub fn subject_of(tag: &str) -> Option<String> {
    let hex = tag.strip_prefix("sha256-")?.split('.').next()?;
    (hex.len() == 64).then(|| format!("sha256:{hex}"))
}

/// Whether a tag is a list of the referrers tag schema.
pub fn is_list(tag: &str) -> bool {
    subject_of(tag).is_some() && !tag.contains('.')
}

/// Reads what can be read.
fn read(body: &str, is_blob: impl Fn(&str) -> bool) -> Stored {
    let mut stored = Stored { body: body.to_owned(), ..Stored::default() };
    let Ok(document) = serde_json::from_str::<Value>(body) else { return stored };
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let items = |name: &str| document.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
    stored.config = document.get("config").and_then(|config| text(config, "digest"));
    let parts = document.get("config").cloned().into_iter().chain(items("layers")).chain(items("blobs"));
    for part in parts {
        let is_foreign = text(&part, "mediaType").is_some_and(|kind| kind.contains("nondistributable"));
        stored.blobs.extend(text(&part, "digest").filter(|_| !is_foreign));
    }
    for entry in items("manifests") {
        let Some(digest) = text(&entry, "digest") else { continue };
        let kind = text(&entry, "mediaType").unwrap_or_default();
        let names_manifest = kind.contains("manifest") || kind.contains("index");
        let into = if names_manifest || (kind.is_empty() && !is_blob(&digest)) {
            &mut stored.children
        } else {
            &mut stored.blobs
        };
        into.insert(digest);
    }
    stored.subject = document.get("subject").and_then(|subject| text(subject, "digest"));
    stored
}
