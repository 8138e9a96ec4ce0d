//! The file system that layers make together (image-spec, layer.md, "Applying Changesets"), as a sorted map from paths to
//! entries. Nothing is extracted.

mod path;
mod route;
#[cfg(test)]
pub(super) mod sample;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::ops::Bound;
use std::rc::Rc;

use self::path::{PSEUDO_LINKS, join};
use super::broken;
use super::tar::{Entry, Kind};
use crate::protocol::code;
use crate::protocol::invalid::{Invalid, quoted};

pub(super) use self::path::split;
pub use self::path::{Role, normalised, role, shown};
pub(super) use self::route::{ROOT, Step, hash_of, route};

/// An entry, and the layer it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Counted from the base, which is 0.
    pub layer: usize,
    /// The entry as its layer has it.
    pub entry: Rc<Entry>,
    /// For a hard link, the layer and the entry that have its content: they stay its own when something else is put at the path
    /// that it names, or nothing.
    pub linked: Option<(usize, Rc<Entry>)>,
}

impl Node {
    /// The layer and the entry that have the content.
    pub fn content(&self) -> (usize, &Rc<Entry>) {
        self.linked.as_ref().map_or((self.layer, &self.entry), |(layer, entry)| (*layer, entry))
    }
}

/// An entry of a lower layer that a layer hides.
#[derive(Debug, PartialEq, Eq)]
pub struct Hidden {
    /// Where it was.
    pub path: Vec<u8>,
    /// What it was.
    pub node: Node,
    /// True if something else is at the path now, false if it was deleted.
    pub is_replaced: bool,
}

/// The file system of the layers so far.
#[derive(Debug, Clone, Default)]
pub struct Tree {
    nodes: BTreeMap<Vec<u8>, Node>,
    layers: usize,
    /// Hashes of the paths at which something else than a directory is or was.
    stops: HashSet<u64>,
    /// The files that AUFS kept for the hard links of the layer that is being applied.
    pseudo_links: BTreeMap<Vec<u8>, Node>,
}

impl Tree {
    /// An empty file system above so many layers, which are not known.
    pub fn above(layers: usize) -> Self {
        Self { layers, ..Self::default() }
    }

    /// Everything in it, by path. The root is not in it unless a layer has an entry for it.
    pub fn nodes(&self) -> impl Iterator<Item = (&[u8], &Node)> {
        self.nodes.iter().map(|(path, node)| (path.as_slice(), node))
    }

    /// Everything in it, by path.
    pub fn into_nodes(self) -> impl Iterator<Item = (Vec<u8>, Node)> {
        self.nodes.into_iter()
    }

    /// What is at a normalised path itself: a link is not followed.
    pub fn get(&self, path: &[u8]) -> Option<&Node> {
        self.nodes.get(path)
    }

    /// What is at a path, symbolic links followed inside the file system.
    ///
    /// # Errors
    ///
    /// `NOT_FOUND` if there is nothing, `LAYER_INVALID` if links lead in a circle.
    pub fn follow(&self, path: &[u8]) -> Result<(Vec<u8>, &Node), Invalid> {
        let resolved = self.resolved(path)?;
        match self.nodes.get(&resolved) {
            Some(node) => Ok((resolved, node)),
            None => Err(Self::missing(&resolved)),
        }
    }

    fn missing(path: &[u8]) -> Invalid {
        Invalid::new(code::NOT_FOUND, format!("no file {} in the image", shown(path)))
    }

    /// A path without symbolic links. What does not exist stays as it is written.
    fn resolved(&self, path: &[u8]) -> Result<Vec<u8>, Invalid> {
        route(path, |step| self.stop(&step))
    }

    /// Returns the entry at a path, unless only directories were ever there. For a hard link, it is the entry that the link names.
    fn stop(&self, step: &Step<'_>) -> Option<&Entry> {
        let node = self.stops.contains(&step.hash).then(|| self.nodes.get(step.path))??;
        Some(node.content().1)
    }

    /// A path whose directories are free of symbolic links: `lib/x` is `usr/lib/x` where `lib` leads to `usr/lib`.
    fn place(&self, path: &[u8]) -> Result<Vec<u8>, Invalid> {
        let (directory, name) = split(path);
        Ok(join(&self.resolved(directory)?, name))
    }

    /// Puts a layer over those before it, and returns what it hides of them.
    ///
    /// # Errors
    ///
    /// `LAYER_INVALID` for a path that leads out of the file system or into a file, and for a whiteout without a name.
    pub fn apply(&mut self, entries: Vec<Entry>) -> Result<Vec<Hidden>, Invalid> {
        let layer = self.layers;
        self.layers += 1;
        self.pseudo_links.clear();
        let mut hidden = Vec::new();
        // The directories that the layer has emptied. Once is enough: what lower layers had in them does not come back.
        let mut emptied = HashSet::new();
        for entry in entries {
            let entry = Rc::new(entry);
            match role(&entry) {
                Role::At(path) => self.put(layer, &path, entry, &mut hidden)?,
                Role::OpaqueAt(path) => {
                    let path = self.place(&path)?;
                    self.put(layer, &path, entry, &mut hidden)?;
                    self.empty(layer, path, &mut emptied, &mut hidden);
                }
                Role::Hides(path) => {
                    let path = self.place(&path)?;
                    self.empty(layer, path.clone(), &mut emptied, &mut hidden);
                    if self.nodes.get(&path).is_some_and(|node| node.layer < layer) {
                        self.remove(&path, false, &mut hidden);
                    }
                }
                Role::HidesContent(path) => {
                    let path = self.resolved(&path)?;
                    self.empty(layer, path, &mut emptied, &mut hidden);
                }
                Role::Ignored => {
                    if let Some(path) = normalised(&entry.path).filter(|path| path.starts_with(PSEUDO_LINKS)) {
                        self.pseudo_links.insert(path, Node { layer, entry, linked: None });
                    }
                }
                Role::Outside => return Err(refused(layer, &entry, "a path that leads out of the file system")),
                Role::Nameless => return Err(refused(layer, &entry, "a whiteout that names no file")),
            }
        }
        // What a layer writes twice hides nothing of a lower one.
        hidden.retain(|hidden| hidden.node.layer < layer);
        Ok(hidden)
    }

    fn put(&mut self, layer: usize, path: &[u8], entry: Rc<Entry>, hidden: &mut Vec<Hidden>) -> Result<(), Invalid> {
        let path = self.place(path)?;
        if self.is_in_no_directory(&path) {
            return Err(refused(layer, &entry, "a path in something that is no directory"));
        }
        if entry.kind != Kind::Directory {
            if path.is_empty() {
                return Err(refused(layer, &entry, "a root that is no directory"));
            }
            let replaced: Vec<_> = self.below(&path).map(|(path, _)| path.clone()).collect();
            for path in replaced {
                self.remove(&path, true, hidden);
            }
            self.stops.insert(hash_of(&path));
        }
        let linked = self.linked(&entry)?;
        if let Some(node) = self.nodes.insert(path.clone(), Node { layer, entry, linked }) {
            hidden.push(Hidden { path, node, is_replaced: true });
        }
        Ok(())
    }

    /// What a hard link names, if it is there: a name that was replaced or deleted leaves the content to its links.
    fn linked(&self, entry: &Entry) -> Result<Option<(usize, Rc<Entry>)>, Invalid> {
        if entry.kind != Kind::HardLink {
            return Ok(None);
        }
        let Some(path) = normalised(&entry.link_target) else { return Ok(None) };
        let target = match self.pseudo_links.get(&path) {
            Some(file) => Some(file),
            None => self.nodes.get(&self.place(&path)?),
        };
        Ok(target.map(Node::content).map(|(layer, entry)| (layer, entry.clone())))
    }

    /// Checks that the content of every hard link is there.
    ///
    /// # Errors
    ///
    /// `LAYER_INVALID` for one that names nothing, or a directory: nobody could extract its layer.
    pub fn check_links(&self) -> Result<(), Invalid> {
        let is_none = |node: &&Node| {
            let has_none = matches!(node.content().1.kind, Kind::HardLink | Kind::Directory);
            node.entry.kind == Kind::HardLink && has_none
        };
        match self.nodes.values().find(is_none) {
            Some(node) => {
                let what = format!("a hard link to {}, where no file is", shown(&node.entry.link_target));
                Err(refused(node.layer, &node.entry, &what))
            }
            None => Ok(()),
        }
    }

    /// True if a path is in something that is no directory. Nobody could extract such a layer.
    fn is_in_no_directory(&self, path: &[u8]) -> bool {
        let mut is_in_another = false;
        // No part of it is a symbolic link.
        let _ = route(split(path).0, |step| {
            is_in_another |= self.stop(&step).is_some_and(|entry| entry.kind != Kind::Directory);
            None
        });
        is_in_another
    }

    /// Takes away what lower layers have in a directory: whiteouts hide nothing of their own layer, wherever they stand in it.
    fn empty(&mut self, layer: usize, path: Vec<u8>, emptied: &mut HashSet<Vec<u8>>, hidden: &mut Vec<Hidden>) {
        if emptied.contains(&path) {
            return;
        }
        let lower = self.below(&path).filter(|(_, node)| node.layer < layer);
        let lower: Vec<_> = lower.map(|(path, _)| path.clone()).collect();
        for path in lower {
            self.remove(&path, false, hidden);
        }
        emptied.insert(path);
    }

    fn remove(&mut self, path: &[u8], is_replaced: bool, hidden: &mut Vec<Hidden>) {
        if let Some(node) = self.nodes.remove(path) {
            hidden.push(Hidden { path: path.to_vec(), node, is_replaced });
        }
    }

    /// The size of all files in a directory.
    pub(super) fn size_in(&self, directory: &[u8]) -> u64 {
        let size = |(_, node): (_, &Node)| if node.entry.kind == Kind::File { node.entry.size } else { 0 };
        self.below(directory).map(size).fold(0, u64::saturating_add)
    }

    /// Iterates over the content of a directory, at any depth.
    fn below(&self, directory: &[u8]) -> impl Iterator<Item = (&Vec<u8>, &Node)> {
        // '0' is the byte behind the slash.
        let range = match directory {
            b"" => (Bound::Excluded(Vec::new()), Bound::Unbounded),
            _ => (Bound::Included(join(directory, b"")), Bound::Excluded([directory, b"0"].concat())),
        };
        self.nodes.range(range)
    }
}

fn refused(layer: usize, entry: &Entry, what: &str) -> Invalid {
    let shown = quoted(&String::from_utf8_lossy(&entry.path));
    broken(format!("layer {} has {what}: {shown} (byte {})", layer + 1, entry.header_offset))
}
