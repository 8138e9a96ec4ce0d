//! Cache of content-addressed responses by repository and digest, up to a byte limit. Mutable content is never
//! answered from the cache.

use std::any::Any;
use std::collections::HashMap;
use std::rc::Rc;

/// Cached content. The code that stores it knows its type.
type Content = Rc<dyn Any>;

/// Approximate size of an entry's bookkeeping and of what parsing adds to a manifest.
const OVERHEAD: u64 = 512;

type Key = (String, String);

struct Entry {
    content: Content,
    cost: u64,
    used: u64,
}

/// A cache that evicts the least recently used entry first.
pub struct Cache {
    limit: u64,
    held: u64,
    clock: u64,
    entries: HashMap<Key, Entry>,
}

impl Cache {
    /// Creates a cache of at most `limit` bytes; 0 disables it.
    pub fn new(limit: u64) -> Self {
        Self { limit, held: 0, clock: 0, entries: HashMap::new() }
    }

    /// Returns the content cached under a digest or tag of a repository, if it is a `T`.
    pub fn get<T: 'static>(&mut self, repository: &str, digest: &str) -> Option<Rc<T>> {
        self.find(repository, digest)?.downcast().ok()
    }

    fn find(&mut self, repository: &str, digest: &str) -> Option<Content> {
        self.clock += 1;
        let entry = self.entries.get_mut(&(repository.to_owned(), digest.to_owned()))?;
        entry.used = self.clock;
        Some(entry.content.clone())
    }

    /// Caches verified content of `size` bytes, unless it alone exceeds the limit.
    pub fn put(&mut self, repository: &str, digest: &str, content: Content, size: u64) {
        let cost = size + OVERHEAD;
        if cost > self.limit {
            return;
        }
        let key = (repository.to_owned(), digest.to_owned());
        self.remove(&key);
        while self.held + cost > self.limit {
            // A scan of all entries: there are some thousands at most, and an ordered map would make the module
            // larger.
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

    /// Removes an entry.
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

    fn put(cache: &mut Cache, repository: &str, digest: &str, size: usize) {
        cache.put(repository, digest, Rc::new(vec![0_u8; size]), size as u64);
    }

    fn has(cache: &mut Cache, repository: &str, digest: &str) -> bool {
        cache.get::<Vec<u8>>(repository, digest).is_some()
    }

    #[test]
    fn content_of_another_type_is_not_found() {
        let mut cache = Cache::new(10_000);
        put(&mut cache, "r", "a", 1);
        assert!(cache.get::<String>("r", "a").is_none() && has(&mut cache, "r", "a"));
    }

    #[test]
    fn least_recently_used_goes_first() {
        let mut cache = Cache::new(3 * (100 + OVERHEAD));
        for digest in ["a", "b", "c"] {
            put(&mut cache, "r", digest, 100);
        }
        assert!(has(&mut cache, "r", "a"));
        put(&mut cache, "r", "d", 100);
        assert!(!has(&mut cache, "r", "b"), "b was used longest ago");
        for digest in ["a", "c", "d"] {
            assert!(has(&mut cache, "r", digest), "{digest}");
        }
        assert!(cache.held <= cache.limit);
    }

    #[test]
    fn a_repository_sees_only_its_own() {
        let mut cache = Cache::new(10_000);
        put(&mut cache, "r", "a", 1);
        assert!(!has(&mut cache, "s", "a"));
    }

    #[test]
    fn the_limit_holds() {
        let mut cache = Cache::new(2_000);
        put(&mut cache, "r", "big", 5_000);
        assert!(!has(&mut cache, "r", "big"));
        for index in 0..100 {
            put(&mut cache, "r", &index.to_string(), index);
            put(&mut cache, "r", &index.to_string(), index);
            assert!(cache.held <= 2_000);
        }
        let mut none = Cache::new(0);
        put(&mut none, "r", "a", 0);
        assert!(!has(&mut none, "r", "a"));
    }
}
