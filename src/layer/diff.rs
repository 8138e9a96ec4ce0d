//! What differs between two file systems.

use std::collections::BTreeSet;

use super::filesystem::{Node, Role, Tree, role};
use super::tar::{Entry, Kind};
use crate::protocol::invalid::Invalid;

/// How a path differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Only the second file system has it.
    Added,
    /// Only the first has it.
    Removed,
    /// Its content, its kind, the target of a link or the number of a device differs.
    Content,
    /// Only this about it differs: `mode`, `uid`, `gid`, `mtime`, `xattrs`.
    Metadata(Vec<&'static str>),
    /// One of the two writes it. Whether the other has it below is not known.
    Written,
    /// One of the two deletes it from what is below.
    Deleted,
    /// One of the two deletes everything from the directory that is below.
    Emptied,
}

/// A path that differs.
#[derive(Debug)]
pub struct Difference {
    /// Where it is.
    pub path: Vec<u8>,
    /// What the first file system has there.
    pub before: Option<Node>,
    /// What the second has there.
    pub after: Option<Node>,
    /// How they differ.
    pub change: Change,
    /// True if it is the second that has written or deleted it.
    pub is_second: bool,
}

/// Compares two file systems, by path. Entries need hashes ([`super::listing::Listing::with_hashes`]): without them, files of one size count
/// as equal. Times differ in almost every build, so that they can be left out.
pub fn diff(before: &Tree, after: &Tree, ignore_times: bool) -> Vec<Difference> {
    let (mut ones, mut others) = (before.nodes().peekable(), after.nodes().peekable());
    let mut found = Vec::new();
    loop {
        let order = match (ones.peek(), others.peek()) {
            (None, None) => return found,
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some((one, _)), Some((other, _))) => one.cmp(other),
        };
        let one = if order.is_le() { ones.next() } else { None };
        let other = if order.is_ge() { others.next() } else { None };
        let change = match (one, other) {
            (Some((_, one)), Some((_, other))) => changed(one, other, ignore_times),
            (Some(_), None) => Some(Change::Removed),
            _ => Some(Change::Added),
        };
        if let (Some((path, _)), Some(change)) = (one.or(other), change) {
            found.push(Difference {
                path: path.to_vec(),
                before: one.map(|(_, node)| node.clone()),
                after: other.map(|(_, node)| node.clone()),
                change,
                is_second: one.is_none(),
            });
        }
    }
}

/// Layers of an image above those that it shares with another.
#[derive(Debug, Default)]
pub struct Upper {
    /// Their file system.
    pub tree: Tree,
    deleted: BTreeSet<Vec<u8>>,
    emptied: BTreeSet<Vec<u8>>,
}

impl Upper {
    /// Puts layers one over the other, base first; `first` is the position of the first of them.
    ///
    /// # Errors
    ///
    /// Those of [`Tree::apply`].
    pub fn new(first: usize, layers: impl IntoIterator<Item = Vec<Entry>>) -> Result<Self, Invalid> {
        let mut upper = Self { tree: Tree::above(first), ..Self::default() };
        for entries in layers {
            for entry in &entries {
                match role(entry) {
                    Role::Hides(path) => drop(upper.deleted.insert(path)),
                    Role::HidesContent(path) | Role::OpaqueAt(path) => drop(upper.emptied.insert(path)),
                    _ => {}
                }
            }
            upper.tree.apply(entries)?;
        }
        Ok(upper)
    }
}

/// Compares what two images have above layers that they share, which are not known: what only one of them has in its own layers may be
/// new, or replace what both share.
pub fn diff_upper(before: &Upper, after: &Upper, ignore_times: bool) -> Vec<Difference> {
    let mut found = diff(&before.tree, &after.tree, ignore_times);
    for one in &mut found {
        if matches!(one.change, Change::Added | Change::Removed) {
            one.change = Change::Written;
        }
    }
    let mut add = |paths: &BTreeSet<Vec<u8>>, others: &BTreeSet<Vec<u8>>, change: &Change, is_second: bool| {
        for path in paths.difference(others) {
            // A path that was written again is in the list already.
            let is_there = [before, after].iter().any(|upper| upper.tree.get(path).is_some());
            if *change == Change::Emptied || !is_there {
                let change = change.clone();
                found.push(Difference { path: path.clone(), before: None, after: None, change, is_second });
            }
        }
    };
    add(&before.deleted, &after.deleted, &Change::Deleted, false);
    add(&after.deleted, &before.deleted, &Change::Deleted, true);
    add(&before.emptied, &after.emptied, &Change::Emptied, false);
    add(&after.emptied, &before.emptied, &Change::Emptied, true);
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// How an entry differs from another at its path.
fn changed(before: &Node, after: &Node, ignore_times: bool) -> Option<Change> {
    // A file is the same by whichever of its names.
    let ((_, before), (_, after)) = (before.content(), after.content());
    if !has_same_content(before, after) {
        return Some(Change::Content);
    }
    let sorted = |entry: &Entry| {
        let mut xattrs = entry.xattrs.clone();
        xattrs.sort();
        xattrs
    };
    let differs = [
        // A few writers add the bits of the file's type.
        ("mode", before.mode & 0o7777 != after.mode & 0o7777),
        ("uid", before.uid != after.uid),
        ("gid", before.gid != after.gid),
        ("mtime", !ignore_times && before.mtime != after.mtime),
        ("xattrs", sorted(before) != sorted(after)),
    ];
    let names: Vec<_> = differs.into_iter().filter(|(_, differs)| *differs).map(|(name, _)| name).collect();
    if names.is_empty() { None } else { Some(Change::Metadata(names)) }
}

fn has_same_content(before: &Entry, after: &Entry) -> bool {
    before.kind == after.kind
        && match before.kind {
            Kind::File | Kind::Other(_) => before.size == after.size && before.hash == after.hash,
            Kind::Symlink | Kind::HardLink => before.link_target == after.link_target,
            Kind::CharDevice | Kind::BlockDevice => before.device == after.device,
            Kind::Directory | Kind::Fifo => true,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::filesystem::sample::{entry, layer};
    use crate::layer::tar::Time;

    fn tree(entries: Vec<Entry>) -> Tree {
        let mut tree = Tree::default();
        tree.apply(entries).unwrap();
        tree
    }

    fn shown(before: Vec<Entry>, after: Vec<Entry>, ignore_times: bool) -> Vec<(String, Change)> {
        let (before, after) = (tree(before), tree(after));
        let differences = diff(&before, &after, ignore_times);
        differences.into_iter().map(|one| (String::from_utf8_lossy(&one.path).into_owned(), one.change)).collect()
    }

    #[test]
    fn paths_of_both() {
        let found = shown(layer(&["a", "b", "d/", "d/x"]), layer(&["b", "c", "d/", "e"]), false);
        let found: Vec<_> = found.iter().map(|(path, change)| (path.as_str(), change)).collect();
        use Change::{Added, Removed};
        assert_eq!(found, [("a", &Removed), ("c", &Added), ("d/x", &Removed), ("e", &Added)]);
        assert!(shown(layer(&["a", "b"]), layer(&["b", "a"]), false).is_empty());
    }

    #[test]
    fn content_comes_before_metadata() {
        let file = || entry("a", Kind::File);
        let hashed = |byte| Entry { hash: Some([byte; 32]), ..file() };
        for (before, after, change) in [
            (hashed(1), hashed(2), Change::Content),
            (hashed(1), Entry { size: 2, ..hashed(1) }, Change::Content),
            (file(), entry("a", Kind::Directory), Change::Content),
            (file(), Entry { mode: 0o755, uid: 5, gid: 6, ..file() }, Change::Metadata(vec!["mode", "uid", "gid"])),
            (
                file(),
                Entry { xattrs: vec![(b"user.a".to_vec(), b"1".to_vec())], ..file() },
                Change::Metadata(vec!["xattrs"]),
            ),
        ] {
            assert_eq!(shown(vec![before], vec![after], false), [("a".to_owned(), change)]);
        }
        let later = || Entry { mtime: Time { seconds: 5, nanoseconds: 0 }, mode: 0o100_644, ..file() };
        assert_eq!(shown(vec![file()], vec![later()], false), [("a".to_owned(), Change::Metadata(vec!["mtime"]))]);
        assert!(shown(vec![file()], vec![later()], true).is_empty());
    }

    #[test]
    fn a_file_is_the_same_by_each_of_its_names() {
        assert!(shown(layer(&["a", "b = a"]), layer(&["a", "b"]), false).is_empty());
        let found = shown(layer(&["a -> x", "b = c"]), layer(&["a -> y", "b = d"]), false);
        assert_eq!(found, [("a".to_owned(), Change::Content), ("b".to_owned(), Change::Content)]);
    }
}
