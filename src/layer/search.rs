//! Finding a path from the newest layer down, without reading more layers than are needed.
//!
//! A layer may write through a directory that is a link in a layer below it: `lib/x` is `usr/lib/x` where the base has `lib -> usr/lib`. It
//! cannot if it has an entry for every directory that something is in, as the layers of Docker, containerd and BuildKit do. Below a
//! layer that lacks one, all layers are read.

use std::collections::{HashMap, HashSet};

use super::filesystem::{Node, Role, Tree, role, route, split};
use super::tar::{Entry, Kind};
use crate::protocol::invalid::Invalid;

/// A search for one path.
pub struct Search {
    path: Vec<u8>,
    /// How many layers the image has.
    count: usize,
    /// The layers that are known, the newest first.
    known: Vec<Known>,
}

/// A layer, by its paths.
struct Known {
    entries: Vec<Entry>,
    /// The last entry at each path.
    at: HashMap<Vec<u8>, usize>,
    /// The paths that it hides, and the directories whose content it hides.
    hides: HashSet<Vec<u8>>,
    empties: HashSet<Vec<u8>>,
    /// True if every directory that something is in stands before it, and no path is there twice.
    is_complete: bool,
}

impl Known {
    fn new(entries: Vec<Entry>) -> Self {
        let (at, hides, empties) = Default::default();
        let mut known = Self { entries: Vec::new(), at, hides, empties, is_complete: true };
        for (index, entry) in entries.iter().enumerate() {
            let role = role(entry);
            let (Role::At(path) | Role::OpaqueAt(path) | Role::Hides(path) | Role::HidesContent(path)) = &role else {
                continue;
            };
            let is_inside = matches!(role, Role::HidesContent(_));
            let directories = ancestors(path).chain(is_inside.then_some(path.as_slice()));
            known.is_complete &= directories.filter(|path| !path.is_empty()).all(|path| {
                known
                    .at
                    .get(path)
                    .and_then(|index| entries.get(*index))
                    .is_some_and(|entry| entry.kind == Kind::Directory)
            });
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

    /// True if it hides what lower layers have at a path.
    fn is_hiding(&self, path: &[u8]) -> bool {
        let is_no_directory = |path: &[u8]| self.get(path).is_some_and(|entry| entry.kind != Kind::Directory);
        self.hides.contains(path)
            || ancestors(path).any(|directory| {
                self.hides.contains(directory) || self.empties.contains(directory) || is_no_directory(directory)
            })
    }
}

/// The directories that a path is in, up to the root.
fn ancestors(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::successors((!path.is_empty()).then(|| split(path).0), |path| (!path.is_empty()).then(|| split(path).0))
}

impl Search {
    /// Creates a search in an image with so many layers.
    pub fn new(path: &[u8], count: usize) -> Self {
        Self { path: path.to_vec(), count, known: Vec::new() }
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
        self.known.push(Known::new(entries));
        if self.known.len() < self.count {
            return Ok(self.found());
        }
        let mut tree = Tree::default();
        for layer in self.known.drain(..).rev() {
            tree.apply(layer.entries)?;
        }
        tree.follow(&self.path).map(|(path, node)| Some((path, node.clone())))
    }

    /// The newest entry at a path, and its position among the known layers.
    fn look(&self, path: &[u8]) -> Option<(usize, &Entry)> {
        for (position, layer) in self.known.iter().enumerate() {
            if let Some(entry) = layer.get(path) {
                return Some((position, entry));
            }
            if layer.is_hiding(path) {
                return None;
            }
        }
        None
    }

    /// What is at the path, if no lower layer can change that.
    fn found(&self) -> Option<(Vec<u8>, Node)> {
        if !self.known.iter().all(|layer| layer.is_complete) {
            return None;
        }
        let look = |path: &[u8]| self.look(path).map(|(_, entry)| entry);
        let resolved = route(&self.path, look).ok()?;
        let (position, entry) = self.look(&resolved)?;
        // The content of a hard link may be anywhere below.
        let node = Node { layer: self.count - 1 - position, entry: entry.clone(), linked: None };
        (entry.kind != Kind::HardLink).then_some((resolved, node))
    }
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
