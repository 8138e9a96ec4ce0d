//! The file system that layers make together (image-spec, layer.md, "Applying Changesets"), as a sorted map from paths to
//! entries. Nothing is extracted.

mod path;
#[cfg(test)]
pub(super) mod sample;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use self::path::join;
use super::broken;
use super::tar::{Entry, Kind};
use crate::protocol::code;
use crate::protocol::invalid::{Invalid, quoted};

pub(super) use self::path::split;
pub use self::path::{Role, normalised, role, shown};

/// No path leads over more symbolic links than so many, as in Linux.
const LINKS: usize = 40;

/// An entry, and the layer it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Counted from the base, which is 0.
    pub layer: usize,
    /// The entry as its layer has it.
    pub entry: Entry,
    /// For a hard link, the layer and the entry that have its content: they stay its own when something else is put at the path
    /// that it names, or nothing.
    pub linked: Option<Box<(usize, Entry)>>,
}

impl Node {
    /// The layer and the entry that have the content.
    pub fn content(&self) -> (usize, &Entry) {
        self.linked.as_deref().map_or((self.layer, &self.entry), |(layer, entry)| (*layer, entry))
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
        route(path, |path| self.nodes.get(path).map(|node| &node.entry))
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
        let mut hidden = Vec::new();
        for entry in entries {
            match role(&entry) {
                Role::At(path) => self.put(layer, &path, entry, &mut hidden)?,
                Role::OpaqueAt(path) => {
                    let path = self.place(&path)?;
                    self.put(layer, &path, entry, &mut hidden)?;
                    self.hide(layer, &self.content(&path), &mut hidden);
                }
                Role::Hides(path) => {
                    let path = self.place(&path)?;
                    let mut paths = self.content(&path);
                    paths.push(path);
                    self.hide(layer, &paths, &mut hidden);
                }
                Role::HidesContent(path) => {
                    let path = self.resolved(&path)?;
                    self.hide(layer, &self.content(&path), &mut hidden);
                }
                Role::Ignored => {}
                Role::Outside => return Err(refused(layer, &entry, "a path that leads out of the file system")),
                Role::Nameless => return Err(refused(layer, &entry, "a whiteout without a name")),
            }
        }
        // What a layer writes twice hides nothing of a lower one.
        hidden.retain(|hidden| hidden.node.layer < layer);
        Ok(hidden)
    }

    fn put(&mut self, layer: usize, path: &[u8], entry: Entry, hidden: &mut Vec<Hidden>) -> Result<(), Invalid> {
        let path = self.place(path)?;
        if self.is_in_no_directory(&path) {
            return Err(refused(layer, &entry, "a path in something that is no directory"));
        }
        if entry.kind != Kind::Directory {
            if path.is_empty() {
                return Err(refused(layer, &entry, "a root that is no directory"));
            }
            for path in self.content(&path) {
                self.remove(&path, true, hidden);
            }
        }
        let linked = self.linked(&entry)?;
        if let Some(node) = self.nodes.insert(path.clone(), Node { layer, entry, linked }) {
            hidden.push(Hidden { path, node, is_replaced: true });
        }
        Ok(())
    }

    /// What a hard link names, if it is there: a name that was replaced or deleted leaves the content to its links.
    fn linked(&self, entry: &Entry) -> Result<Option<Box<(usize, Entry)>>, Invalid> {
        if entry.kind != Kind::HardLink {
            return Ok(None);
        }
        let Some(path) = normalised(&entry.link_target) else { return Ok(None) };
        let target = self.nodes.get(&self.place(&path)?).map(Node::content);
        Ok(target.map(|(layer, entry)| Box::new((layer, entry.clone()))))
    }

    /// True if a path is in something that is no directory. Nobody could extract such a layer.
    fn is_in_no_directory(&self, path: &[u8]) -> bool {
        let mut directory = split(path).0;
        while !directory.is_empty() {
            if self.nodes.get(directory).is_some_and(|node| node.entry.kind != Kind::Directory) {
                return true;
            }
            directory = split(directory).0;
        }
        false
    }

    /// Takes away what lower layers have at these paths: whiteouts hide nothing of their own layer, wherever they stand in it.
    fn hide(&mut self, layer: usize, paths: &[Vec<u8>], hidden: &mut Vec<Hidden>) {
        for path in paths {
            if self.nodes.get(path).is_some_and(|node| node.layer < layer) {
                self.remove(path, false, hidden);
            }
        }
    }

    fn remove(&mut self, path: &[u8], is_replaced: bool, hidden: &mut Vec<Hidden>) {
        if let Some(node) = self.nodes.remove(path) {
            hidden.push(Hidden { path: path.to_vec(), node, is_replaced });
        }
    }

    /// The size of all files in a directory.
    pub(super) fn size_in(&self, directory: &[u8]) -> u64 {
        let size = |node: &Node| if node.entry.kind == Kind::File { node.entry.size } else { 0 };
        let paths = self.content(directory);
        paths.iter().filter_map(|path| self.nodes.get(path)).map(size).fold(0, u64::saturating_add)
    }

    /// The paths in a directory, at any depth.
    fn content(&self, directory: &[u8]) -> Vec<Vec<u8>> {
        if directory.is_empty() {
            return self.nodes.keys().filter(|path| !path.is_empty()).cloned().collect();
        }
        // '0' is the byte behind the slash.
        let paths = self.nodes.range(join(directory, b"")..[directory, b"0"].concat());
        paths.map(|(path, _)| path.clone()).collect()
    }
}

/// Follows a path's symbolic links, by what `look` has at each path on the way. Returns where it leads; what does not exist stays as
/// it is written.
///
/// # Errors
///
/// `LAYER_INVALID` if links lead in a circle.
pub(super) fn route<'a>(path: &[u8], look: impl Fn(&[u8]) -> Option<&'a Entry>) -> Result<Vec<u8>, Invalid> {
    let parts = |path: &[u8]| path.rsplit(|byte| *byte == b'/').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let mut done: Vec<u8> = Vec::new();
    let mut links = 0;
    // The parts that are left, the next one last.
    let mut rest = parts(path);
    while let Some(part) = rest.pop() {
        match &*part {
            b"" | b"." => continue,
            b".." => {
                // As with chroot, the root is its own parent.
                done = split(&done).0.to_vec();
                continue;
            }
            _ => {}
        }
        let here = join(&done, &part);
        match look(&here) {
            Some(entry) if entry.kind == Kind::Symlink => {
                links += 1;
                if links > LINKS {
                    return Err(broken(format!("{} leads over more than {LINKS} symbolic links", shown(path))));
                }
                if entry.link_target.starts_with(b"/") {
                    done.clear();
                }
                rest.append(&mut parts(&entry.link_target));
            }
            _ => done = here,
        }
    }
    Ok(done)
}

fn refused(layer: usize, entry: &Entry, what: &str) -> Invalid {
    let shown = quoted(&String::from_utf8_lossy(&entry.path));
    broken(format!("layer {} has {what}: {shown} (byte {})", layer + 1, entry.header_offset))
}
