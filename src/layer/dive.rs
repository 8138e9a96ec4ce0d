//! The score that dive gives an image, for comparison.
//!
//! For every path that layers have, dive divides the smallest size by the sum of all. A file that is replaced counts with all its sizes as
//! wasted, the one that is left included; a deleted file counts nothing for its whiteout. A deleted directory counts as a path of its own, with
//! the size of its content, and the files in it do not count as deleted. So its wasted bytes may be more or less than what could be saved.

use std::collections::{BTreeMap, HashMap};

use super::filesystem::{Role, Tree, role};
use super::tar::{Entry, Kind};
use crate::protocol::invalid::Invalid;

/// dive's numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Score {
    /// From 0 to 1.
    pub efficiency: f64,
    /// Bytes, as dive counts them.
    pub wasted: u64,
}

#[derive(Default)]
struct Sizes {
    count: u64,
    sum: u64,
    least: u64,
}

/// Computes the score of layers, base first.
///
/// # Errors
///
/// `LAYER_INVALID` for layers that make no file system.
pub fn score(layers: Vec<Vec<Entry>>) -> Result<Score, Invalid> {
    let mut tree = Tree::default();
    let mut sizes: HashMap<Vec<u8>, Sizes> = HashMap::new();
    for entries in layers {
        for (path, size) in leaves(&entries, &tree) {
            let sizes = sizes.entry(path).or_default();
            sizes.least = if sizes.count == 0 { size } else { sizes.least.min(size) };
            sizes.sum = sizes.sum.saturating_add(size);
            sizes.count += 1;
        }
        tree.apply(entries)?;
    }
    let sum = |of: fn(&Sizes) -> u64| sizes.values().map(of).fold(0, u64::saturating_add);
    let (least, all) = (sum(|sizes| sizes.least), sum(|sizes| sizes.sum));
    let efficiency = if all == 0 { 1.0 } else { least as f64 / all as f64 };
    Ok(Score { efficiency, wasted: sum(|sizes| if sizes.count > 1 { sizes.sum } else { 0 }) })
}

/// The paths of a layer that have nothing below them in it, with their sizes.
fn leaves(entries: &[Entry], below: &Tree) -> Vec<(Vec<u8>, u64)> {
    let mut found = BTreeMap::new();
    let mut deleted: BTreeMap<Vec<u8>, u64> = BTreeMap::new();
    for entry in entries {
        let (path, size) = match role(entry) {
            Role::At(path) | Role::OpaqueAt(path) => (path, if entry.kind == Kind::File { entry.size } else { 0 }),
            Role::Hides(path) => {
                let size = *deleted.entry(path.clone()).or_insert_with(|| below.size_in(&path));
                (path, size)
            }
            Role::HidesContent(_) | Role::Ignored | Role::Outside | Role::Nameless => continue,
        };
        if !path.is_empty() {
            found.insert(path, size);
        }
    }
    let has_nothing_below = |path: &[u8]| {
        let inside = [path, b"/"].concat();
        found.range(inside.clone()..).next().is_none_or(|(next, _)| !next.starts_with(&inside))
    };
    found.iter().filter(|(path, _)| has_nothing_below(path)).map(|(path, size)| (path.clone(), *size)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::filesystem::sample::layer;

    #[test]
    fn replaced_and_deleted_paths() {
        let sized = |lines: &[&str], size: u64| {
            let mut entries = layer(lines);
            for entry in entries.iter_mut().filter(|entry| entry.kind == Kind::File) {
                entry.size = size;
            }
            entries
        };
        // Three files of 100 bytes, one of them replaced by 50, a directory with one of them deleted.
        let layers = vec![sized(&["a", "b", "d/", "d/x"], 100), sized(&["a", ".wh.d"], 50)];
        // a: 50 of 150; b: 100 of 100; d/x: 100 of 100; d: 100 of 100, once, as the whiteout of a directory.
        assert_eq!(score(layers).unwrap(), Score { efficiency: 350.0 / 450.0, wasted: 150 });
        assert_eq!(score(Vec::new()).unwrap(), Score { efficiency: 1.0, wasted: 0 });
        assert_eq!(score(vec![sized(&["a"], 7)]).unwrap(), Score { efficiency: 1.0, wasted: 0 });
        // The whiteout of a file counts nothing, which is then the smallest size of its path.
        assert_eq!(score(vec![sized(&["a"], 7), sized(&[".wh.a"], 7)]).unwrap(), Score { efficiency: 0.0, wasted: 7 });
    }
}
