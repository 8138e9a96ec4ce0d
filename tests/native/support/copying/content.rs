//! Something to copy, by chance: an image, an index, an index within one, and what refers to any of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::support::random::Random;
use crate::support::{OCI_TYPE as INDEX, sha256};

const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const FOREIGN: &str = "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip";
const ARCHITECTURES: [&str; 3] = ["amd64", "arm64", "s390x"];

#[derive(Clone, Default)]
pub struct Content {
    pub blobs: BTreeMap<String, String>,
    /// Media type and bytes.
    pub manifests: BTreeMap<String, (String, String)>,
    pub root: String,
    /// What may be chosen from the root.
    pub platforms: Vec<String>,
    /// Of each referrer its subject.
    pub subjects: BTreeMap<String, String>,
}

/// What a manifest is made of.
#[derive(Default)]
pub struct Parts {
    pub blobs: BTreeSet<String>,
    pub children: BTreeSet<String>,
}

pub fn parts(body: &str) -> Parts {
    let document: serde_json::Value = serde_json::from_str(body).expect("a manifest");
    let mut parts = Parts::default();
    let digest = |part: &serde_json::Value| part["digest"].as_str().expect("a digest").to_owned();
    let layers = document["layers"].as_array().into_iter().flatten();
    let blobs = document.get("config").into_iter().chain(layers.filter(|layer| layer["mediaType"] != FOREIGN));
    parts.blobs.extend(blobs.map(digest));
    parts.children.extend(document["manifests"].as_array().into_iter().flatten().map(digest));
    parts
}

impl Content {
    pub fn by_chance(random: &mut Random) -> Self {
        let mut content = Self::default();
        // Some do not fit into one chunk of four mebibytes.
        let large = random.percent(2);
        let mut layers: Vec<String> = Vec::new();
        for number in 0..random.between(1, 6) {
            layers.push(content.blob(number, large && number == 0, random));
        }
        let mut images = Vec::new();
        for architecture in &ARCHITECTURES[..random.between(1, 3) as usize] {
            images.push(content.image(architecture, &layers, random));
        }
        content.root = match random.below(5) {
            0 | 1 => digest_of(&images[0]),
            2 | 3 => {
                content.platforms = ARCHITECTURES[..images.len()].iter().map(|name| format!("linux/{name}")).collect();
                // The same once more, under another name.
                images.extend(random.percent(20).then(|| images[0].clone()));
                let index = content.index(&images);
                digest_of(&index)
            }
            _ => {
                let inner = content.index(&images[1..]);
                let outer = content.index(&[images[0].clone(), inner]);
                digest_of(&outer)
            }
        };
        for number in 0..random.below(3) {
            let subjects: Vec<String> = content.manifests.keys().cloned().collect();
            let subject = random.pick(&subjects).clone();
            content.referrer(number, &subject, random);
        }
        content
    }

    fn add(&mut self, text: String) -> String {
        let digest = sha256(&text);
        self.blobs.insert(digest.clone(), text);
        digest
    }

    fn blob(&mut self, number: u64, is_large: bool, random: &mut Random) -> String {
        let size = match random.below(100) {
            _ if is_large => *random.pick(&[4 * 1024 * 1024 - 10, 5_000_000, 9_000_000]),
            0..10 => 0,
            other => other * 37,
        };
        let letter = *random.pick(&["x", "y", "z"]);
        let mut text = format!("{number}:{}:{}", random.next(), letter.repeat(size as usize));
        if size == 0 {
            text.clear();
        }
        self.add(text)
    }

    /// Its entry for an index.
    fn image(&mut self, architecture: &str, layers: &[String], random: &mut Random) -> String {
        let platform = format!(r#""architecture":"{architecture}","os":"linux""#);
        let config = self.add(format!(r#"{{{platform},"rootfs":{{"type":"layers","diff_ids":[]}}}}"#));
        let mut listed: Vec<String> = Vec::new();
        for _ in 0..random.below(4) {
            let layer: &String = random.pick(layers);
            listed.push(self.descriptor(LAYER, layer, ""));
        }
        if random.percent(10) {
            let digest = sha256("kept by its owner");
            listed.push(format!(r#"{{"mediaType":"{FOREIGN}","digest":"{digest}","size":17}}"#));
        }
        let config = self.descriptor(CONFIG, &config, "");
        let body =
            format!(r#"{{"schemaVersion":2,"mediaType":"{OCI}","config":{config},"layers":[{}]}}"#, listed.join(","));
        self.manifest(OCI, body, &format!(r#","platform":{{{platform}}}"#))
    }

    fn index(&mut self, entries: &[String]) -> String {
        let body = format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{}]}}"#, entries.join(","));
        self.manifest(INDEX, body, "")
    }

    fn referrer(&mut self, number: u64, subject: &str, random: &mut Random) {
        let layer = self.blob(100 + number, false, random);
        let layer = self.descriptor("text/plain", &layer, "");
        let config = self.add("{}".into());
        let config = self.descriptor("application/vnd.oci.empty.v1+json", &config, "");
        let (media_type, bytes) = &self.manifests[subject];
        let named = format!(r#"{{"mediaType":"{media_type}","digest":"{subject}","size":{}}}"#, bytes.len());
        let body = format!(
            r#"{{"schemaVersion":2,"mediaType":"{OCI}","artifactType":"x/{number}","config":{config},"layers":[{layer}],"subject":{named}}}"#
        );
        let digest = digest_of(&self.manifest(OCI, body, ""));
        self.subjects.insert(digest, subject.to_owned());
    }

    fn manifest(&mut self, media_type: &str, body: String, extra: &str) -> String {
        let (digest, size) = (sha256(&body), body.len());
        self.manifests.insert(digest.clone(), (media_type.to_owned(), body));
        format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}{extra}}}"#)
    }

    fn descriptor(&self, media_type: &str, digest: &str, extra: &str) -> String {
        let size = self.blobs[digest].len();
        format!(r#"{{"mediaType":"{media_type}","digest":"{digest}","size":{size}{extra}}}"#)
    }

    /// A manifest and all below it.
    pub fn tree(&self, root: &str) -> BTreeSet<String> {
        let (mut tree, mut pending) = (BTreeSet::new(), vec![root.to_owned()]);
        while let Some(digest) = pending.pop() {
            pending.extend(self.manifests.get(&digest).map(|(_, body)| parts(body).children).into_iter().flatten());
            tree.insert(digest);
        }
        tree
    }
}

fn digest_of(entry: &str) -> String {
    let entry: serde_json::Value = serde_json::from_str(entry).expect("a descriptor");
    entry["digest"].as_str().expect("a digest").to_owned()
}
