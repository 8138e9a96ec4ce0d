//! A map for a small number of entries.

/// A map stored as a sorted list. For few entries it is as fast as `BTreeMap`, which adds some ten kilobytes to the
/// package for each pair of key and value types.
#[derive(Debug, Clone)]
pub struct Sorted<K, V>(Vec<(K, V)>);

impl<K, V> Default for Sorted<K, V> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord, V> Sorted<K, V> {
    fn place(&self, key: &K) -> Result<usize, usize> {
        // Fast path for keys inserted in ascending order, such as counters.
        match self.0.last() {
            Some((last, _)) if last < key => Err(self.0.len()),
            _ => self.0.binary_search_by(|(other, _)| other.cmp(key)),
        }
    }

    /// Inserts a value and returns the previous one, if any.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        match self.place(&key) {
            Ok(place) => self.0.get_mut(place).map(|(_, before)| std::mem::replace(before, value)),
            Err(place) => {
                self.0.insert(place, (key, value));
                None
            }
        }
    }

    /// Removes the key and returns its value.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        self.place(key).ok().map(|place| self.0.remove(place).1)
    }

    /// Returns the value of the key.
    pub fn get(&self, key: &K) -> Option<&V> {
        self.place(key).ok().and_then(|place| self.0.get(place)).map(|(_, value)| value)
    }

    /// Returns a mutable reference to the value of the key.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.place(key).ok().and_then(|place| self.0.get_mut(place)).map(|(_, value)| value)
    }

    /// Returns true if the map has no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the smallest key.
    pub fn first_key(&self) -> Option<&K> {
        self.0.first().map(|(key, _)| key)
    }

    /// Removes and returns the entries whose keys are smaller than `key`.
    pub fn take_before(&mut self, key: &K) -> Self {
        let (Ok(place) | Err(place)) = self.place(key);
        let rest = self.0.split_off(place);
        Self(std::mem::replace(&mut self.0, rest))
    }

    /// Returns the values in the order of their keys.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        self.0.into_iter().map(|(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::protocol::sorted::Sorted;

    #[test]
    fn is_the_standard_librarys_map() {
        let (mut ours, mut theirs) = (Sorted::default(), BTreeMap::new());
        let mut chance = 1_u64;
        for step in 0..20_000 {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let key = (chance >> 33) % 50;
            match chance >> 60 {
                0..=6 => assert_eq!(ours.insert(key, step), theirs.insert(key, step)),
                7..=13 => assert_eq!(ours.remove(&key), theirs.remove(&key)),
                14 => assert_eq!(ours.get_mut(&key), theirs.get_mut(&key)),
                _ => {
                    let rest = theirs.split_off(&key);
                    let before = std::mem::replace(&mut theirs, rest);
                    assert!(ours.take_before(&key).into_values().eq(before.into_values()));
                }
            }
            assert_eq!(ours.get(&key), theirs.get(&key));
            assert_eq!(ours.first_key(), theirs.keys().next());
            assert_eq!(ours.is_empty(), theirs.is_empty());
        }
        assert!(ours.into_values().eq(theirs.into_values()));
    }
}
