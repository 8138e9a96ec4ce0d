//! Finding a path from the newest layer down, without reading more layers than are needed.
//!
//! A layer may write through a directory that is a link in a layer below it: `lib/x` is `usr/lib/x` where the base has `lib -> usr/lib`. So a
//! path that was found counts only if no layer above it does anything to the same name elsewhere; otherwise all layers are read.

use std::collections::{HashSet, VecDeque};

use super::filesystem::{Node, Role, Tree, normalised, role, split};
use super::tar::{Entry, Kind};
use crate::protocol::code;
use crate::protocol::invalid::Invalid;

/// A search for one path.
pub struct Search {
    path: Vec<u8>,
    /// How many layers the image has.
    count: usize,
    /// The layers that are known, the lowest of them first.
    known: VecDeque<Vec<Entry>>,
}

impl Search {
    /// Creates a search in an image with so many layers.
    pub fn new(path: &[u8], count: usize) -> Self {
        Self { path: path.to_vec(), count, known: VecDeque::new() }
    }

    /// The layer to read next, counted from the base; `None` once all are known.
    pub fn next_layer(&self) -> Option<usize> {
        self.count.checked_sub(self.known.len() + 1)
    }

    /// Adds the layer that [`Self::next_layer`] named. Returns where the path leads and what is there, or `None` as long as a lower
    /// layer may change that.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` once it is known that nothing is there, and those of [`Tree::apply`].
    pub fn add(&mut self, entries: Vec<Entry>) -> Result<Option<(Vec<u8>, Node)>, Invalid> {
        self.known.push_front(entries);
        let below = self.count - self.known.len();
        let mut tree = Tree::default();
        for entries in &self.known {
            tree.apply(entries.clone())?;
        }
        let mut passed = HashSet::new();
        let resolved = match tree.route(&self.path, &mut |path| {
            passed.insert(path.to_vec());
        }) {
            Err(_) if below > 0 => return Ok(None),
            resolved => resolved?,
        };
        let found = match tree.get(&resolved) {
            None if below > 0 => return Ok(None),
            None => {
                return Err(tree
                    .follow(&resolved)
                    .err()
                    .unwrap_or_else(|| Invalid::new(code::NOT_FOUND, String::new())));
            }
            Some(node) => node,
        };
        let is_link_to_below = found.content().1.kind == Kind::HardLink;
        if below > 0 && (is_link_to_below || !self.is_settled(&passed)) {
            return Ok(None);
        }
        let mut found = found.clone();
        found.layer += below;
        if let Some(linked) = &mut found.linked {
            linked.0 += below;
        }
        Ok(Some((resolved, found)))
    }

    /// True if no known layer does anything to a name on the way, but at the places passed.
    fn is_settled(&self, passed: &HashSet<Vec<u8>>) -> bool {
        let names: HashSet<&[u8]> = passed.iter().map(|path| split(path).1).collect();
        let is_elsewhere = |path: &[u8]| names.contains(split(path).1) && !passed.contains(path);
        let is_harmless = |entry: &Entry| match role(entry) {
            Role::At(path) => entry.kind == Kind::Directory || !is_elsewhere(&path),
            // A directory's own name may be another one than that of the link to it.
            Role::HidesContent(path) | Role::OpaqueAt(path) => path.is_empty() || passed.contains(&path),
            Role::Hides(path) => !is_elsewhere(&path),
            Role::Ignored | Role::Outside | Role::Nameless => true,
        };
        self.known.iter().all(|entries| entries.iter().all(is_harmless) && has_parents_first(entries, passed))
    }
}

/// True if no entry at one of these paths comes after what is in it: it would be put elsewhere, where the path is a link below.
fn has_parents_first(entries: &[Entry], passed: &HashSet<Vec<u8>>) -> bool {
    let mut begun: HashSet<Vec<u8>> = HashSet::new();
    entries.iter().all(|entry| {
        let Some(path) = normalised(&entry.path) else { return true };
        let mut directory = split(&path).0;
        while !directory.is_empty() {
            if passed.contains(directory) {
                begun.insert(directory.to_vec());
            }
            directory = split(directory).0;
        }
        !begun.contains(&path)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::filesystem::sample::layer;

    /// What is found at a path, and how many layers were read for it.
    fn find(path: &str, layers: &[Vec<Entry>]) -> (Result<(Vec<u8>, Node), &'static str>, usize) {
        let mut search = Search::new(path.as_bytes(), layers.len());
        let mut read = 0;
        while let Some(next) = search.next_layer() {
            read += 1;
            match search.add(layers[next].clone()) {
                Ok(None) => {}
                Ok(Some(found)) => return (Ok(found), read),
                Err(error) => return (Err(error.code), read),
            }
        }
        panic!("the search for {path} does not end")
    }

    fn shown(path: &str, layers: &[&[&str]]) -> (String, usize) {
        let layers: Vec<_> = layers.iter().map(|lines| layer(lines)).collect();
        let (found, read) = find(path, &layers);
        let found = found.map(|(path, node)| format!("{}:{}", String::from_utf8_lossy(&path), node.content().0));
        (found.unwrap_or_else(str::to_owned), read)
    }

    #[test]
    fn no_more_layers_than_needed() {
        for (path, layers, found, read) in [
            ("a", &[&["a"][..], &["b"], &["a"]][..], "a:2", 1),
            ("a", &[&["a"], &["b"], &["c"]], "a:0", 3),
            ("d/a", &[&["d/", "d/a"], &["d/", "d/a"], &["d/", "d/b"]], "d/a:1", 2),
            ("l", &[&["a"], &["l -> a"]], "a:0", 2),
            ("l", &[&["a"], &["l -> a", "a"]], "a:1", 1),
            ("h", &[&["a"], &["h = a"]], "h:0", 2),
            ("a", &[&["a"], &[".wh.a"]], "NOT_FOUND", 2),
            ("usr/lib/x", &[&["usr/", "usr/lib/", "lib -> usr/lib"], &["usr/lib/x"], &["lib/x"]], "usr/lib/x:2", 3),
            ("usr/lib/x", &[&["usr/", "usr/lib/", "lib -> usr/lib"], &["usr/lib/x"], &["lib/.wh.x"]], "NOT_FOUND", 3),
            ("lib/x", &[&["usr/", "usr/lib/", "lib -> usr/lib"], &["lib/x"]], "lib/x:1", 1),
        ] {
            assert_eq!(shown(path, layers), (found.to_owned(), read), "{path} in {layers:?}");
        }
    }

    /// Whatever the layers, what is found is what all layers together have.
    #[test]
    fn the_same_as_in_all_layers() {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = |limit: usize| {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
        };
        let names = ["a", "b", "c", "a/b", "b/a", "a/c", "b/c", "c/a", "a/b/c", "b/a/c"];
        let (mut early, mut all) = (0, 0);
        for _ in 0..4000 {
            let mut layers = Vec::new();
            for _ in 0..=random(4) {
                let mut lines = Vec::new();
                for _ in 0..random(5) {
                    let name = names[random(names.len())];
                    let (directory, last) =
                        name.rsplit_once('/').map_or((String::new(), name), |(one, two)| (format!("{one}/"), two));
                    lines.push(match random(8) {
                        0 | 1 => name.to_owned(),
                        2 | 3 => format!("{name}/"),
                        4 => format!("{name} -> {}", ["a", "/b", "../a", "b/a", "/a/b"][random(5)]),
                        5 => format!("{name} = {}", names[random(names.len())]),
                        6 => format!("{directory}.wh.{last}"),
                        _ => format!("{name}/.wh..wh..opq"),
                    });
                }
                layers.push(layer(&lines.iter().map(String::as_str).collect::<Vec<_>>()));
            }
            let mut tree = Tree::default();
            // Directories that lead in a circle make no file system.
            if layers.iter().any(|entries| tree.apply(entries.clone()).is_err()) {
                continue;
            }
            for path in names {
                let expected =
                    tree.follow(path.as_bytes()).map(|(_, node)| node.content().0).map_err(|error| error.code);
                let (found, read) = find(path, &layers);
                let found = found.map(|(_, node)| node.content().0);
                let shown = |entries: &Vec<Entry>| -> String {
                    let line = |entry: &Entry| {
                        String::from_utf8_lossy(&[&*entry.path, b">", &*entry.link_target].concat()).into_owned()
                    };
                    entries.iter().map(line).collect::<Vec<_>>().join(" ")
                };
                let layers: Vec<_> = layers.iter().map(shown).collect();
                assert_eq!(found, expected, "{path} in {layers:?}");
                (early, all) = (early + usize::from(read < layers.len()), all + 1);
            }
        }
        assert!(early > 500, "only {early} of {all} searches end early");
    }
}
