//! Finding a path from the newest layer down, without reading more layers than are needed.
//!
//! A layer may write through a directory that is a link in a layer below it: `lib/x` is `usr/lib/x` where the base has `lib -> usr/lib`. It
//! cannot if it has an entry for every directory that something is in, as the layers of Docker, containerd and BuildKit do. Below a
//! layer that lacks one, all layers are read.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::filesystem::{Node, ROOT, Role, Step, Tree, hash_of, role, route, split};
use super::tar::{Entry, Kind};
use crate::protocol::invalid::Invalid;

/// A search for one path.
pub struct Search {
    path: Vec<u8>,
    /// The lowest layer, and how many there are from it on.
    first: usize,
    count: usize,
    /// The layers that are known, the newest first.
    known: Vec<Known>,
    /// Hashes of all their paths.
    hashes: HashSet<u64>,
}

/// An entry, and the position of its layer among those known.
type Found<'a> = Option<(usize, &'a Entry)>;

/// A layer, by its paths.
struct Known {
    entries: Vec<Entry>,
    /// The last entry at each path.
    at: HashMap<Vec<u8>, usize>,
    /// The paths that it hides, and the directories whose content it hides.
    hides: HashSet<Vec<u8>>,
    empties: HashSet<Vec<u8>>,
    /// Hashes of all these paths.
    hashes: HashSet<u64>,
    /// True if every directory that something is in stands before it, and no path is there twice.
    is_complete: bool,
}

impl Known {
    fn new(entries: Vec<Entry>) -> Self {
        let (at, hides, empties, hashes) = Default::default();
        let mut known = Self { entries: Vec::new(), at, hides, empties, hashes, is_complete: true };
        for (index, entry) in entries.iter().enumerate() {
            let role = role(entry);
            let (Role::At(path) | Role::OpaqueAt(path) | Role::Hides(path) | Role::HidesContent(path)) = &role else {
                continue;
            };
            known.hashes.insert(hash_of(path));
            // The directories above this one stood before it.
            let directory = if matches!(role, Role::HidesContent(_)) { path } else { split(path).0 };
            let before = known.at.get(directory).and_then(|index| entries.get(*index));
            known.is_complete &= directory.is_empty() || before.is_some_and(|entry| entry.kind == Kind::Directory);
            match role {
                Role::OpaqueAt(path) => {
                    known.empties.insert(path.clone());
                    known.at.insert(path, index);
                }
                Role::At(path) => {
                    // Twice at one path, something may have been there that hides what is below.
                    known.is_complete &= !known.at.contains_key(&path);
                    known.at.insert(path, index);
                }
                Role::Hides(path) => drop(known.hides.insert(path)),
                Role::HidesContent(path) => drop(known.empties.insert(path)),
                Role::Ignored | Role::Outside | Role::Nameless => {}
            }
        }
        Self { entries, ..known }
    }

    fn get(&self, path: &[u8]) -> Option<&Entry> {
        self.entries.get(*self.at.get(path)?)
    }

    /// True if it hides what lower layers have in a directory.
    fn is_hiding(&self, path: &[u8]) -> bool {
        let is_no_directory = || self.get(path).is_some_and(|entry| entry.kind != Kind::Directory);
        self.hides.contains(path) || self.empties.contains(path) || is_no_directory()
    }
}

impl Search {
    /// Creates a search in so many layers, of which this is the lowest.
    pub fn new(path: &[u8], first: usize, count: usize) -> Self {
        Self { path: path.to_vec(), first, count, known: Vec::new(), hashes: HashSet::new() }
    }

    /// The layer to read next, counted from the base; `None` once all are known.
    pub fn next_layer(&self) -> Option<usize> {
        Some(self.first + self.count.checked_sub(self.known.len() + 1)?)
    }

    /// Adds the layer that [`Self::next_layer`] named. Returns where the path leads and what is there, or `None` as long as a lower
    /// layer may change that.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` once it is known that nothing is there, and those of [`Tree::apply`].
    pub fn add(&mut self, entries: Vec<Entry>) -> Result<Option<(Vec<u8>, Node)>, Invalid> {
        let known = Known::new(entries);
        self.hashes.extend(&known.hashes);
        self.known.push(known);
        if self.known.len() < self.count {
            return Ok(self.found());
        }
        let mut tree = Tree::above(self.first);
        for layer in self.known.drain(..).rev() {
            tree.apply(layer.entries)?;
        }
        tree.follow(&self.path).map(|(path, node)| Some((path, node.clone())))
    }

    /// The newest entry at a path, where so many of the known layers are seen; and how many of these are seen in it, if it is a directory.
    fn look(&self, path: &[u8], hash: u64, visible: usize) -> (Found<'_>, usize) {
        let mut found = None;
        let visible_here = if self.hashes.contains(&hash) { visible } else { 0 };
        for (position, layer) in self.known.iter().enumerate().take(visible_here) {
            if !layer.hashes.contains(&hash) {
                continue;
            }
            found = found.or_else(|| Some((position, layer.get(path)?)));
            if layer.is_hiding(path) {
                return (found, position + 1);
            }
        }
        (found, visible)
    }

    /// Follows a path, and returns where it leads and what is at its last part; `None` if a hard link is on the way, whose content may be
    /// anywhere below.
    fn walk(&self, path: &[u8]) -> Option<(Vec<u8>, Found<'_>)> {
        let (mut last, mut is_sure) = (None, true);
        // How many layers are seen in each directory on the way.
        let mut visible = vec![self.look(b"", ROOT, self.known.len()).1];
        let path = route(path, |Step { path, hash, depth }| {
            visible.truncate(depth + 1);
            let (found, inside) = self.look(path, hash, visible.last().copied().unwrap_or_default());
            visible.push(inside);
            last = found;
            is_sure &= found.is_none_or(|(_, entry)| entry.kind != Kind::HardLink);
            found.map(|(_, entry)| entry)
        });
        is_sure.then_some((path.ok()?, last))
    }

    /// What is at the path, if no lower layer can change that.
    fn found(&self) -> Option<(Vec<u8>, Node)> {
        if !self.known.iter().all(|layer| layer.is_complete) {
            return None;
        }
        let (resolved, _) = self.walk(&self.path)?;
        // Once more, since it may have ended with a link or with "..".
        let (position, entry) = self.walk(&resolved)?.1?;
        let layer = self.first + self.count - 1 - position;
        Some((resolved, Node { layer, entry: Rc::new(entry.clone()), linked: None }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::filesystem::sample::layer;

    /// What is found at a path, and how many layers were read for it.
    fn find(path: &str, layers: &[Vec<Entry>]) -> (Result<(Vec<u8>, Node), &'static str>, usize) {
        let mut search = Search::new(path.as_bytes(), 0, layers.len());
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
            ("lib/x", &[&["usr/", "usr/lib/", "lib -> usr/lib"], &["lib/x"]], "usr/lib/x:1", 2),
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
        for _ in 0..6000 {
            let mut layers = Vec::new();
            for _ in 0..=random(4) {
                let mut lines: Vec<String> = Vec::new();
                let has_directories = random(4) > 0;
                for _ in 0..random(5) {
                    let name = names[random(names.len())];
                    let (directory, last) =
                        name.rsplit_once('/').map_or((String::new(), name), |(one, two)| (format!("{one}/"), two));
                    let parts: Vec<_> = name.split('/').collect();
                    for length in 1..if has_directories { parts.len() } else { 1 } {
                        let parent = parts[..length].join("/") + "/";
                        if !lines.contains(&parent) {
                            lines.push(parent);
                        }
                    }
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
            // Some layers make no file system.
            if layers.iter().any(|entries| tree.apply(entries.clone()).is_err()) {
                continue;
            }
            for path in names {
                let content = |node: &Node| (node.content().0, node.content().1.path.clone());
                let expected = tree.follow(path.as_bytes()).map(|(_, node)| content(node)).map_err(|error| error.code);
                let (found, read) = find(path, &layers);
                let found = found.map(|(_, node)| content(&node));
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
