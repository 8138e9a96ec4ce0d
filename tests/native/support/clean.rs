//! A repository to clean up, and what must be so afterwards.

use std::collections::BTreeSet;

use docker_registry_client_wasm::protocol::text::glob::Glob;
use docker_registry_client_wasm::registry::cleanup::{Cleanup, Keep, Matcher, Policy, Remove};
use docker_registry_client_wasm::registry::{Call, Client};
use docker_registry_client_wasm::transport::Error;

use super::model::{Deletes, Model};
use super::{OCI_TYPE as INDEX, Scripted, image_manifest, sha256};

pub const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
pub const ALL: [Deletes; 3] = [Deletes::Digests, Deletes::DigestsFerro, Deletes::Both];

pub fn index(entries: &[&str]) -> String {
    let entries = entries.iter().map(|body| entry(body)).collect::<Vec<_>>().join(",");
    format!(r#"{{"schemaVersion":2,"mediaType":"{INDEX}","manifests":[{entries}]}}"#)
}

pub fn entry(body: &str) -> String {
    let media_type = if body.contains("\"manifests\"") { INDEX } else { OCI };
    format!(r#"{{"mediaType":"{media_type}","digest":"{}","size":{}}}"#, sha256(body), body.len())
}

/// `old*` are to go: an index of a, which nothing else has, and b, which `keep` has too; b under a tag of its own; and the
/// index's signature. `keep` is an index of b and c.
pub struct Content {
    pub model: Model,
    pub goes: BTreeSet<String>,
    pub keep: String,
}

pub fn filled(deletes: Deletes, referrers: bool) -> Content {
    let model = Model::new(deletes, referrers);
    let [a, b, c] = ["a", "b", "c"].map(|name| image_manifest(name, ""));
    for body in [&a, &b, &c] {
        model.put(&[], OCI, body);
    }
    model.put(&["old-b"], OCI, &b);
    let (old, keep) = (index(&[&a, &b]), index(&[&b, &c]));
    model.put(&["old", "old-too"], INDEX, &old);
    model.put(&["keep"], INDEX, &keep);
    let signature = image_manifest("signature", &format!(r#","subject":{}"#, entry(&old)));
    model.put(&[], OCI, &signature);
    let mut goes: BTreeSet<String> = [&a, &old, &signature].into_iter().map(sha256).collect();
    if !referrers {
        let list = index(&[&signature]);
        goes.insert(model.put(&[&sha256(&old).replace(':', "-")], INDEX, &list));
    }
    Content { model, goes, keep }
}

impl Content {
    /// What is kept is as it was, and every tag leads to all that it needs.
    pub fn check(&self, what: &str) {
        assert_eq!(self.model.body_of("keep").as_ref(), Some(&self.keep), "{what}");
        for (tag, digest) in self.model.0.tags.borrow().iter() {
            let mut pending = vec![digest.clone()];
            while let Some(digest) = pending.pop() {
                let manifests = self.model.0.manifests.borrow();
                let (_, body) = manifests.get(&digest).unwrap_or_else(|| panic!("{what}: {tag} lacks {digest}"));
                let document: serde_json::Value = serde_json::from_str(body).unwrap();
                let entries = document["manifests"].as_array().into_iter().flatten();
                pending.extend(entries.map(|entry| entry["digest"].as_str().unwrap().to_owned()));
            }
        }
    }

    pub fn check_done(&self, what: &str) {
        self.check(what);
        assert_eq!(self.model.0.tags.borrow().keys().collect::<Vec<_>>(), ["keep"], "{what}");
        let left = self.goes.iter().filter(|digest| self.model.has(digest)).count();
        assert_eq!(left, 0, "{what}");
        // A throw-away whose deletion failed may be left without a tag; nothing else.
        let manifests = self.model.0.manifests.borrow();
        assert_eq!(manifests.values().filter(|(_, body)| !body.contains("sha256:51a28a2b")).count(), 3, "{what}");
    }
}

pub fn policy() -> Policy {
    let glob = Glob::new("old*");
    let tags: Vec<Matcher> = vec![Box::new(move |tag| glob.fits(tag))];
    Policy { keep: Keep::default(), remove: Remove { tags: Some(tags), ..Remove::default() }, untagged: true }
}

pub fn plan(host: &Scripted, client: &Client<Scripted>) -> Result<Cleanup<Scripted>, Error> {
    host.run(client.repository("a/b", None).unwrap().plan_cleanup(&policy(), None, &Call::default()))
}
