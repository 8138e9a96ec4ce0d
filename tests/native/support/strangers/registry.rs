//! A registry of some nature before a store: what it answers, and what it does.

use docker_registry_client_wasm::protocol::http::Method;

use super::content::{OCI, descriptor, index_of};
use super::nature::{BlobHead, Deletes, Head, Last, Left, Length, Link, Nature, Referrers, Told, Type};
use super::store::{Change, Store};
use super::uploads;
use crate::support::random::Random;
use crate::support::uploads::UPLOADS;
use crate::support::{EPOCH, OCI_TYPE as INDEX, Reply, Seen, Step, sha256};

/// A copy that a proxy keeps.
#[derive(Clone)]
struct Copy {
    until: u64,
    reply: Reply,
    at: u64,
}

pub struct Registry {
    pub nature: Nature,
    pub store: Store,
    heads: std::collections::BTreeMap<String, Copy>,
    lists: std::collections::BTreeMap<String, Copy>,
    /// The number of the request that the list last answered is as old as.
    pub listed_at: u64,
}

pub fn error(status: u16, code: &str) -> Reply {
    Reply::json(&format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#)).status(status)
}

fn html(status: u16) -> Reply {
    Reply::bytes("<!doctype html><title>Sign in</title>").header("content-type", "text/html").status(status)
}

impl Registry {
    pub fn new(nature: Nature, store: Store) -> Self {
        let (heads, lists) = Default::default();
        Self { nature, store, heads, lists, listed_at: 0 }
    }

    /// Makes it honest; what it holds stays as it is. Its nature until now.
    pub fn heal(&mut self) -> Nature {
        let Nature { dates, referrers, .. } = self.nature;
        (self.heads, self.lists) = Default::default();
        std::mem::replace(&mut self.nature, Nature { dates, referrers, ..Nature::honest() })
    }

    /// `change`: by whom, and the number of the request.
    pub fn answer(&mut self, seen: &Seen, change: Change, random: &mut Random) -> Reply {
        let (path, query) = seen.target.split_once('?').unwrap_or((&seen.target, ""));
        let rest = path.strip_prefix("/v2/a/b/").unwrap_or_default();
        if let Some(reference) = rest.strip_prefix("manifests/") {
            return match seen.method {
                Method::Head => self.head(seen, reference),
                Method::Get => self.get(reference),
                Method::Put => self.put(seen, reference, change),
                Method::Delete => self.delete(reference, change, random),
                _ => error(405, "UNSUPPORTED"),
            };
        }
        if let Some(subject) = rest.strip_prefix("referrers/") {
            return self.referrers_of(subject);
        }
        match rest {
            "tags/list" => self.list(seen, path, query, change.at),
            _ if path.starts_with(UPLOADS) => uploads::answer(&self.nature, &mut self.store.uploads, seen, random),
            _ if rest.starts_with("blobs/") => self.blob(seen, &rest["blobs/".len()..]),
            "login" => html(200),
            _ => error(404, "NAME_UNKNOWN"),
        }
    }

    fn found(&self, reference: &str) -> Option<(&String, &super::store::Stored)> {
        if reference.contains(':') {
            return self.store.manifests.get_key_value(reference).filter(|(_, stored)| stored.is_there);
        }
        if let Some(found) = self.store.under_tag(reference) {
            return Some(found);
        }
        let dashed = reference.strip_prefix("sha256-").filter(|_| self.nature.reads_dashes)?;
        self.store.manifests.get_key_value(&format!("sha256:{dashed}")).filter(|(_, stored)| stored.is_there)
    }

    fn get(&self, reference: &str) -> Reply {
        let Some((digest, stored)) = self.found(reference) else { return error(404, "MANIFEST_UNKNOWN") };
        let reply = typed(Reply::bytes(&stored.body), self.nature.get_type, &stored.media_type);
        if self.nature.tells_digest { reply.header("docker-content-digest", digest) } else { reply }
    }

    fn head(&mut self, seen: &Seen, reference: &str) -> Reply {
        if reference.contains(':') || self.nature.stale_head == 0 {
            return self.fresh_head(reference);
        }
        if let Some(copy) = self.heads.get(reference).filter(|copy| copy.until > seen.at) {
            return copy.reply.clone();
        }
        let reply = self.fresh_head(reference);
        let until = seen.at + self.nature.stale_head;
        self.heads.insert(reference.to_owned(), Copy { until, reply: reply.clone(), at: 0 });
        reply
    }

    fn fresh_head(&self, reference: &str) -> Reply {
        let nature = &self.nature;
        match nature.head {
            Head::NotFound => return html(404),
            Head::Denied => return error(403, "DENIED"),
            Head::NotAllowed => return html(405),
            _ => {}
        }
        let Some((digest, stored)) = self.found(reference) else {
            if nature.head == Head::Found {
                return Reply::bytes("ok").header("content-type", "application/json");
            }
            if nature.head == Head::Kept && reference.contains(':') {
                let reply = Reply::new(200).header("content-type", OCI).header("content-length", "400");
                return reply.header("docker-content-digest", reference);
            }
            return error(404, "MANIFEST_UNKNOWN");
        };
        let reply = typed(Reply::new(200), nature.head_type, &stored.media_type);
        let reply = match nature.head_length {
            Length::Honest => reply.header("content-length", &stored.body.len().to_string()),
            Length::Missing => reply,
            Length::Wrong => reply.header("content-length", "20"),
        };
        let other = match nature.head_digest {
            Told::Honest => Some(digest),
            Told::Nothing => None,
            Told::Stale => Some(self.store.before.get(reference).unwrap_or(digest)),
            Told::Wrong => Some(self.store.manifests.keys().find(|other| *other != digest).unwrap_or(digest)),
        };
        match other.filter(|_| nature.tells_digest) {
            Some(other) => reply.header("docker-content-digest", other),
            None => reply,
        }
    }

    fn put(&mut self, seen: &Seen, reference: &str, change: Change) -> Reply {
        let digest = sha256(&seen.body);
        let is_tag = !reference.contains(':');
        if !is_tag && reference != digest {
            return error(400, "DIGEST_INVALID");
        }
        if is_tag && self.nature.protects && self.store.protected.as_deref() == Some(reference) {
            return error(405, "TAG_PROTECTED");
        }
        let missing = self.store.missing(&seen.body);
        if self.nature.checks && !missing.is_empty() {
            let errors: Vec<String> = missing
                .iter()
                .map(|digest| format!(r#"{{"code":"MANIFEST_BLOB_UNKNOWN","message":"no","detail":"{digest}"}}"#))
                .collect();
            return Reply::json(&format!(r#"{{"errors":[{}]}}"#, errors.join(","))).status(400);
        }
        let is_index = seen.body.contains("\"manifests\"");
        let is_image = seen.body.contains("application/vnd.oci.image.config.v1+json")
            || seen.body.contains("application/vnd.docker.container.image.v1+json");
        let has_layers = !seen.body.contains(r#""layers":[]"#) && seen.body.contains(r#""layers":["#);
        if self.nature.refuses_artifacts && !is_index && !(is_image && has_layers) {
            return error(400, "MANIFEST_INVALID");
        }
        let media_type = seen.headers.get("content-type").unwrap_or_default().to_owned();
        self.store.put(&media_type, &seen.body, EPOCH + seen.at);
        if is_tag {
            self.store.set(reference, &digest, change);
        }
        let mut reply = Reply::new(201);
        if self.nature.tells_digest {
            reply = reply.header("docker-content-digest", &digest);
        }
        let subject = self.store.manifests[&digest].subject.clone();
        match subject.filter(|_| self.nature.referrers == Referrers::Api) {
            Some(subject) => reply.header("oci-subject", &subject),
            None => reply,
        }
    }

    fn delete(&mut self, reference: &str, change: Change, random: &mut Random) -> Reply {
        let is_tag = !reference.contains(':');
        let is_protected = |tag: &str| self.nature.protects && self.store.protected.as_deref() == Some(tag);
        match (self.nature.deletes, is_tag) {
            (Deletes::Nothing, _) | (Deletes::DigestsOnly, true) | (Deletes::Tags, false) => error(405, "UNSUPPORTED"),
            (Deletes::Digests, true) => error(400, "DIGEST_INVALID"),
            (_, true) if !self.store.tags.contains_key(reference) => error(404, "MANIFEST_UNKNOWN"),
            (_, true) if is_protected(reference) => error(405, "TAG_PROTECTED"),
            (_, true) => {
                self.store.remove_tag(reference, change);
                Reply::new(202)
            }
            (_, false) => {
                if !self.store.has(reference) {
                    return error(404, "MANIFEST_UNKNOWN");
                }
                if self.store.tags_of(reference).any(|tag| is_protected(tag)) {
                    return error(405, "TAG_PROTECTED");
                }
                let is_listed = |stored: &super::store::Stored| stored.is_there && stored.children.contains(reference);
                if self.nature.refuses_listed && self.store.manifests.values().any(is_listed) {
                    return error(400, "MANIFEST_REFERENCED");
                }
                let is_halfway = random.percent(self.nature.halfway);
                self.delete_digest(reference, is_halfway, change);
                if is_halfway { error(500, "UNKNOWN") } else { Reply::new(202) }
            }
        }
    }

    fn delete_digest(&mut self, digest: &str, is_halfway: bool, change: Change) {
        let tags: Vec<String> = self.store.tags_of(digest).cloned().collect();
        let left = if is_halfway { Left::Dangling } else { self.nature.left };
        match left {
            Left::Serving if !tags.is_empty() => {
                if let Some(stored) = self.store.manifests.get_mut(digest) {
                    stored.is_there = false;
                }
            }
            Left::Nothing => {
                self.store.manifests.remove(digest);
                tags.iter().for_each(|tag| self.store.remove_tag(tag, change));
            }
            _ => {
                self.store.manifests.remove(digest);
            }
        }
    }

    fn referrers_of(&self, subject: &str) -> Reply {
        match self.nature.referrers {
            Referrers::Api => {
                let entry = |(digest, stored): (&String, &super::store::Stored)| {
                    descriptor(&stored.media_type, digest, stored.body.len(), "")
                };
                let entries: Vec<String> = self.store.referrers_of(subject).map(entry).collect();
                Reply::manifest(INDEX, &index_of(&entries, ""))
            }
            Referrers::Status(status) => error(status, "UNSUPPORTED"),
            Referrers::NotFoundHtml => html(404),
            Referrers::Html => html(200),
            Referrers::Login => Reply::new(302).header("location", "/v2/a/b/login"),
            Referrers::Nowhere => Reply::new(307).header("location", "https://nowhere.test/v2/a/b/referrers"),
        }
    }

    fn list(&mut self, seen: &Seen, path: &str, query: &str, at: u64) -> Reply {
        if let Some(copy) = self.lists.get(&seen.target).filter(|copy| copy.until > seen.at) {
            self.listed_at = copy.at;
            return copy.reply.clone();
        }
        let reply = self.fresh_list(path, query);
        self.listed_at = at;
        if self.nature.stale_list > 0 {
            let until = seen.at + self.nature.stale_list;
            self.lists.insert(seen.target.clone(), Copy { until, reply: reply.clone(), at });
        }
        reply
    }

    fn fresh_list(&self, path: &str, query: &str) -> Reply {
        let nature = &self.nature;
        let field = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        // In no order: by what has nothing to do with their names.
        let key = |tag: &str| if nature.is_unsorted { sha256(tag) } else { tag.to_owned() };
        let mut tags: Vec<&String> = self.store.tags.keys().collect();
        tags.sort_by_key(|tag| key(tag));
        // What it comes after may be gone meanwhile.
        let behind = |name: &str| {
            let key_of_name = key(&name.replace("%2B", "+"));
            tags.iter().position(|tag| key(tag) > key_of_name).unwrap_or(tags.len())
        };
        let mut start = field("last").map_or(0, behind);
        match nature.last {
            Last::Exclusive => {}
            Last::Inclusive => start = start.saturating_sub(1),
            Last::Ignored => start = 0,
        }
        // What a link of its own says.
        start = field("from").map_or(start, behind);
        let asked = field("n").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
        let is_full = nature.last == Last::Ignored && nature.page.is_none();
        let count = if is_full { usize::MAX } else { nature.page.map_or(asked, |page| page.min(asked)) }.max(1);
        // A page that only has what was asked to come after would go on for ever.
        let count = if nature.last == Last::Inclusive { count.saturating_add(1) } else { count };
        let start = start.min(tags.len());
        let end = start.saturating_add(count).min(tags.len());
        let page = &tags[start..end];
        let uploads = if nature.tells_uploads { self.uploads() } else { String::new() };
        let reply = Reply::json(&format!(r#"{{"name":"a/b","tags":{page:?}{uploads}}}"#));
        let end_name = page.last().map_or("", |last| last.as_str()).replace('+', "%2B");
        let next = format!("{path}?n={}&from={end_name}", asked.min(1000));
        let is_last = end == tags.len();
        let link = match nature.link {
            Link::Honest | Link::Missing | Link::OtherHost | Link::OtherScheme | Link::Loop if is_last => None,
            Link::Missing => None,
            Link::Honest | Link::Always => Some(format!("<{next}>; rel=\"next\"")),
            Link::Bare => {
                Some(format!("{path}?n={}&last={}; rel=next", asked.min(1000), page.last().map_or("", |last| last)))
            }
            Link::OtherHost => Some(format!("<https://other.test{next}>; rel=\"next\"")),
            Link::OtherScheme => Some(format!("<http://registry.test{next}>; rel=\"next\"")),
            Link::Loop => Some(format!("<{path}?{query}>; rel=\"next\"")),
        };
        match link {
            Some(link) => reply.header("link", &link),
            None => reply,
        }
    }

    fn uploads(&self) -> String {
        let manifest = |(digest, stored): (&String, &super::store::Stored)| {
            let tags: Vec<&String> = self.store.tags_of(digest).collect();
            let (uploaded, size) = (stored.uploaded, stored.body.len());
            format!(
                r#""{digest}":{{"imageSizeBytes":"{size}","mediaType":"{}","tag":{tags:?},"timeCreatedMs":"0","timeUploadedMs":"{uploaded}"}}"#,
                stored.media_type
            )
        };
        let there = self.store.manifests.iter().filter(|(_, stored)| stored.is_there);
        format!(r#","child":[],"manifest":{{{}}}"#, there.map(manifest).collect::<Vec<_>>().join(","))
    }

    fn blob(&mut self, seen: &Seen, digest: &str) -> Reply {
        let blob = self.store.uploads.blobs.get(digest).cloned();
        match (seen.method, blob) {
            (Method::Head, blob) => match (self.nature.blob_head, blob) {
                (BlobHead::NotFound, _) => html(404),
                (BlobHead::Denied, _) => error(403, "DENIED"),
                (BlobHead::NotAllowed, _) => html(405),
                (BlobHead::Found, None) => Reply::new(200).header("content-length", "1"),
                (_, None) => error(404, "BLOB_UNKNOWN"),
                (BlobHead::NoLength, Some(_)) => Reply::new(200),
                (_, Some(blob)) => Reply::bytes(blob),
            },
            (_, None) => error(404, "BLOB_UNKNOWN"),
            (Method::Get, Some(blob)) => {
                let (reply, part) = Reply::part(blob.as_bytes(), seen);
                reply.header("content-length", &part.len().to_string()).step(Step::Bytes(part))
            }
            _ => error(405, "UNSUPPORTED"),
        }
    }
}

fn typed(reply: Reply, told: Type, honest: &str) -> Reply {
    match told {
        Type::Honest => reply.header("content-type", honest),
        Type::Missing => reply,
        Type::Generic(other) => reply.header("content-type", other),
    }
}
