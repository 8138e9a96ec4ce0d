//! What a repository is filled with: images, indexes, caches, artifacts, what refers to any of it, and what is broken.

use docker_registry_client_wasm::protocol::text::timestamp;

use super::nature::{Dates, Nature};
use super::store::{Change, Store};
use crate::support::random::Random;
use crate::support::{EPOCH, OCI_TYPE as INDEX, sha256};

pub const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const CACHE: &str = "application/vnd.buildkit.cacheconfig.v0";
const EMPTY: &str = "application/vnd.oci.empty.v1+json";
const ARTIFACT: &str = "application/vnd.oci.artifact.manifest.v1+json";
const ARCHITECTURES: [&str; 3] = ["amd64", "arm64", "s390x"];
const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;

/// A tag that is listed and that no grammar allows.
pub const UNSPEAKABLE: &str = "1.1.0+build.5";

/// What an operation may be about.
#[derive(Clone, Debug, Default)]
pub struct Known {
    pub images: Vec<String>,
    pub indexes: Vec<String>,
    pub referrers: Vec<String>,
    /// Whole, as far as their kind goes: an image, an index, an artifact.
    pub sound: Vec<String>,
}

pub struct Filler<'a> {
    pub store: &'a mut Store,
    pub nature: &'a Nature,
    pub random: &'a mut Random,
    pub known: Known,
    number: u64,
}

pub fn descriptor(media_type: &str, digest: &str, size: usize, extra: &str) -> String {
    let kind = if media_type.is_empty() { String::new() } else { format!(r#""mediaType":"{media_type}","#) };
    format!(r#"{{{kind}"digest":"{digest}","size":{size}{extra}}}"#)
}

pub fn index_of(entries: &[String], extra: &str) -> String {
    format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]{extra}}}"#, entries.join(","))
}

pub fn fill(store: &mut Store, nature: &Nature, random: &mut Random) -> Known {
    let mut filler = Filler { store, nature, random, known: Known::default(), number: 0 };
    for number in 0..filler.random.between(1, 4) {
        filler.image(number);
    }
    for number in 0..filler.random.below(3) {
        filler.index(number);
    }
    for _ in 0..filler.random.below(3) {
        filler.unusual();
    }
    for _ in 0..filler.random.below(3) {
        let subjects = [&filler.known.images[..], &filler.known.indexes].concat();
        let subject = filler.random.pick(&subjects).clone();
        filler.referrer(&subject);
    }
    filler.tags();
    filler.known
}

impl Filler<'_> {
    fn next(&mut self) -> u64 {
        self.number += 1;
        self.number * 1_000_000 + self.random.below(1_000_000)
    }

    /// From a minute to a year ago, each another.
    fn age(&mut self) -> u64 {
        let age = *self.random.pick(&[MINUTE, 10 * MINUTE, 2 * DAY, 20 * DAY, 40 * DAY, 300 * DAY]);
        EPOCH - age - self.number * 1_000
    }

    fn created(&mut self, uploaded: u64) -> String {
        let honest = timestamp::text(uploaded);
        let lies = self.random.percent(60);
        let date = match self.nature.dates {
            Dates::Same => "2020-02-02T02:02:02Z".to_owned(),
            Dates::Placeholders if lies => {
                let placeholders = ["1970-01-01T00:00:00Z", "1980-01-01T00:00:01Z", "0001-01-01T00:00:00Z"];
                (*self.random.pick(&placeholders)).to_owned()
            }
            Dates::Future if lies => "2099-01-01T00:00:00Z".to_owned(),
            Dates::Missing if lies => return String::new(),
            _ => honest,
        };
        format!(r#""created":"{date}","#)
    }

    fn put(&mut self, media_type: &str, body: &str, uploaded: u64) -> String {
        self.store.put(media_type, body, uploaded)
    }

    /// An entry of an index for what is there.
    fn entry(&self, digest: &str, extra: &str) -> String {
        let stored = &self.store.manifests[digest];
        descriptor(&stored.media_type, digest, stored.body.len(), extra)
    }

    fn layer(&mut self) -> String {
        let number = self.next();
        let content = format!("layer {number} {}", "x".repeat(self.random.below(300) as usize));
        let digest = self.store.blob(&content);
        descriptor(LAYER, &digest, content.len(), "")
    }

    fn image(&mut self, number: u64) -> String {
        let architecture = ARCHITECTURES[number as usize % ARCHITECTURES.len()];
        let unique = self.next();
        let uploaded = self.age();
        let created = self.created(uploaded);
        let config = format!(
            r#"{{{created}"architecture":"{architecture}","os":"linux","author":"{unique}","rootfs":{{"type":"layers","diff_ids":[]}}}}"#
        );
        let digest = self.store.blob(&config);
        let config = descriptor(CONFIG, &digest, config.len(), "");
        let layers: Vec<String> = (0..self.random.between(1, 2)).map(|_| self.layer()).collect();
        let is_docker = self.random.percent(20);
        let kind = if is_docker { DOCKER } else { OCI };
        // OCI manifests need not say what they are.
        let own =
            if is_docker || self.random.percent(70) { format!(r#""mediaType":"{kind}","#) } else { String::new() };
        let body = format!(r#"{{"schemaVersion":2,{own}"config":{config},"layers":[{}]}}"#, layers.join(","));
        let digest = self.put(kind, &body, uploaded);
        self.known.images.push(digest.clone());
        self.known.sound.push(digest.clone());
        digest
    }

    fn index(&mut self, number: u64) {
        let images = self.known.images.clone();
        let mut entries = Vec::new();
        let mut uploaded = u64::MAX;
        // The first image is the one whose age shows.
        let first = self.image(0);
        let mut children = vec![first];
        children.extend(images.into_iter().filter(|_| self.random.percent(50)));
        if number > 0 && self.random.percent(30) {
            children.extend(self.known.indexes.first().cloned());
        }
        for (at, child) in children.iter().enumerate() {
            uploaded = uploaded.min(if at == 0 { self.store.manifests[child].uploaded } else { u64::MAX });
            let architecture = ARCHITECTURES[at % ARCHITECTURES.len()];
            let tells = at == 0 || self.random.percent(70);
            let platform = format!(r#","platform":{{"architecture":"{architecture}","os":"linux"}}"#);
            entries.push(self.entry(child, if tells { &platform } else { "" }));
        }
        let body = index_of(&entries, "");
        let digest = self.put(INDEX, &body, uploaded);
        self.known.indexes.push(digest.clone());
        self.known.sound.push(digest);
    }

    fn referrer(&mut self, subject: &str) {
        let layer = self.layer();
        let digest = self.store.blob("{}");
        let config = descriptor(EMPTY, &digest, 2, "");
        let named = self.entry(subject, "");
        let number = self.next();
        let body = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI}","artifactType":"x/{number}","config":{config},"layers":[{layer}],"subject":{named}}}"#
        );
        let uploaded = self.age();
        let digest = self.put(OCI, &body, uploaded);
        self.known.referrers.push(digest.clone());
        self.known.sound.push(digest);
        if self.nature.referrers != super::nature::Referrers::Api {
            let referrers: Vec<String> = self.store.referrers_of(subject).map(|(digest, _)| digest.clone()).collect();
            let entries: Vec<String> = referrers.iter().map(|digest| self.entry(digest, "")).collect();
            let list = self.put(INDEX, &index_of(&entries, ""), uploaded);
            self.store.set(&subject.replace(':', "-"), &list, Change::default());
        }
    }

    /// What registries take and not every client expects.
    fn unusual(&mut self) {
        let (layer, number, uploaded) = (self.layer(), self.next(), self.age());
        let config = format!(r#"{{"number":{number}}}"#);
        let digest = self.store.blob(&config);
        let config = |kind: &str| descriptor(kind, &digest, config.len(), "");
        let plain = format!(r#""annotations":{{"number":"{number}"}}"#);
        let (kind, body) = match self.random.below(8) {
            0 | 1 => (INDEX, index_of(&[layer, config(CACHE)], "")),
            2 => (OCI, format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{},{plain}}}"#, config(CONFIG))),
            3 => (OCI, format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","layers":[{layer}],{plain}}}"#)),
            4 => {
                let bare = layer.replace(&format!(r#""mediaType":"{LAYER}","#), "");
                let config = config(CONFIG);
                (OCI, format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{bare}]}}"#))
            }
            5 => (ARTIFACT, format!(r#"{{"mediaType":"{ARTIFACT}","artifactType":"x/y","blobs":[{layer}],{plain}}}"#)),
            6 => {
                let gone = descriptor(OCI, &sha256(number.to_string()), 7, "");
                (INDEX, index_of(&[gone], &format!(",{plain}")))
            }
            _ => (OCI, format!("not a manifest at all: {number}")),
        };
        let digest = self.put(kind, &body, uploaded);
        let tag = format!("odd-{number}");
        self.store.set(&tag, &digest, Change::default());
    }

    fn tags(&mut self) {
        let sound = self.known.sound.clone();
        for number in 0..self.random.between(1, 6) {
            let tag = *self.random.pick(&["t", "v1.", "old-", "keep-"]);
            let digest = self.random.pick(&sound).clone();
            if self.random.percent(20) {
                let before = self.random.pick(&sound).clone();
                self.store.set(&format!("{tag}{number}"), &before, Change::default());
            }
            self.store.set(&format!("{tag}{number}"), &digest, Change::default());
        }
        if self.random.percent(15) {
            let digest = sha256(self.next().to_string());
            self.store.set("dangling", &digest, Change::default());
        }
        if self.random.percent(8) {
            let digest = self.random.pick(&sound).clone();
            self.store.set(UNSPEAKABLE, &digest, Change::default());
        }
        if self.random.percent(10) {
            let image = self.random.pick(&self.known.images.clone()).clone();
            let signature = self.image(1);
            self.store.set(&format!("{}.sig", image.replace(':', "-")), &signature, Change::default());
        }
        if self.nature.protects {
            let tags: Vec<String> = self.store.tags.keys().cloned().collect();
            self.store.protected = Some(self.random.pick(&tags).clone());
        }
    }
}
