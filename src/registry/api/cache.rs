//! Content-addressed answers, kept by repository and digest up to a byte limit. What is mutable is never answered from
//! here.

use std::collections::HashMap;
use std::rc::Rc;

use crate::protocol::oci::digest::Digest;
use crate::registry::legacy::v1::Fetched;
use crate::registry::manifest::get::FetchedManifest;

/// What is kept.
#[derive(Clone)]
pub enum Content {
    /// A verified manifest.
    Manifest(Rc<FetchedManifest>),
    /// A verified config.
    Config(Rc<Vec<u8>>),
    /// What a tag pointed to the last time: good for asking whether it still does.
    Tag(Digest),
    /// The JSON of a V1 image, which is no content of its id but never changes.
    V1(Rc<Fetched>),
}

impl Content {
    fn size(&self) -> u64 {
        match self {
            // Of schema 1 its payload is kept as well.
            Content::Manifest(manifest) => manifest.bytes.len() as u64 * if manifest.schema1.is_some() { 3 } else { 1 },
            Content::Config(bytes) => bytes.len() as u64,
            Content::Tag(_) => 0,
            Content::V1(fetched) => fetched.bytes.len() as u64,
        }
    }
}

/// Bookkeeping of an entry, and what parsing adds to a manifest, is about that much.
const OVERHEAD: u64 = 512;

type Key = (String, String);

struct Entry {
    content: Content,
    cost: u64,
    used: u64,
}

/// Least recently used out first.
pub struct Cache {
    limit: u64,
    held: u64,
    clock: u64,
    entries: HashMap<Key, Entry>,
}

impl Cache {
    /// Holds at most so many bytes; 0 holds nothing.
    pub fn new(limit: u64) -> Self {
        Self { limit, held: 0, clock: 0, entries: HashMap::new() }
    }

    /// What is kept under a repository's digest or tag.
    pub fn get(&mut self, repository: &str, digest: &str) -> Option<Content> {
        self.clock += 1;
        let entry = self.entries.get_mut(&(repository.to_owned(), digest.to_owned()))?;
        entry.used = self.clock;
        Some(entry.content.clone())
    }

    /// Keeps verified content, unless it alone is over the limit.
    pub fn put(&mut self, repository: &str, digest: &str, content: Content) {
        let cost = content.size() + OVERHEAD;
        if cost > self.limit {
            return;
        }
        let key = (repository.to_owned(), digest.to_owned());
        self.remove(&key);
        while self.held + cost > self.limit {
            // A look at every entry: there are some thousands at most, and an ordered map would cost more in size.
            let Some(oldest) = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| key.clone())
            else {
                break;
            };
            self.remove(&oldest);
        }
        self.clock += 1;
        self.held += cost;
        self.entries.insert(key, Entry { content, cost, used: self.clock });
    }

    /// Forgets what is no longer there.
    pub fn forget(&mut self, repository: &str, digest: &str) {
        self.remove(&(repository.to_owned(), digest.to_owned()));
    }

    fn remove(&mut self, key: &Key) {
        if let Some(entry) = self.entries.remove(key) {
            self.held -= entry.cost;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(size: usize) -> Content {
        Content::Config(Rc::new(vec![0; size]))
    }

    #[test]
    fn least_recently_used_goes_first() {
        let mut cache = Cache::new(3 * (100 + OVERHEAD));
        for digest in ["a", "b", "c"] {
            cache.put("r", digest, config(100));
        }
        assert!(cache.get("r", "a").is_some());
        cache.put("r", "d", config(100));
        assert!(cache.get("r", "b").is_none(), "b was used longest ago");
        for digest in ["a", "c", "d"] {
            assert!(cache.get("r", digest).is_some(), "{digest}");
        }
        assert!(cache.held <= cache.limit);
    }

    #[test]
    fn a_repository_sees_only_its_own() {
        let mut cache = Cache::new(10_000);
        cache.put("r", "a", config(1));
        assert!(cache.get("s", "a").is_none());
    }

    #[test]
    fn the_limit_holds() {
        let mut cache = Cache::new(2_000);
        cache.put("r", "big", config(5_000));
        assert!(cache.get("r", "big").is_none());
        for index in 0..100 {
            cache.put("r", &index.to_string(), config(index));
            cache.put("r", &index.to_string(), config(index));
            assert!(cache.held <= 2_000);
        }
        let mut none = Cache::new(0);
        none.put("r", "a", config(0));
        assert!(none.get("r", "a").is_none());
    }
}
