//! Bytes that an image stores although nobody can see them: files that a later layer replaces or deletes.

use std::collections::HashSet;

use super::filesystem::{Node, Tree};
use super::tar::{Entry, Kind};
use crate::protocol::invalid::Invalid;

/// A file that is stored and hidden.
#[derive(Debug, PartialEq, Eq)]
pub struct Wasted {
    /// Where it was.
    pub path: Vec<u8>,
    /// Bytes stored, without compression.
    pub size: u64,
    /// The layer that stores it; 0 is the base.
    pub layer: usize,
    /// The layer that hides it.
    pub by: usize,
    /// True if that layer has something else at the path, false if it deletes the path.
    pub is_replaced: bool,
}

/// What is stored, and what of it is hidden. All sizes are those of files, without compression, each counted once.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Waste {
    /// Bytes of all files in all layers.
    pub stored: u64,
    /// Bytes that are hidden.
    pub wasted: u64,
    /// What is hidden, in the order of the layers that hide it.
    pub files: Vec<Wasted>,
}

/// Finds what layers hide of each other, base first. `from` is the first layer that counts: those before it are a base image, whose
/// waste is not this image's. What this image hides of its base counts.
///
/// # Errors
///
/// `LAYER_INVALID` for layers that make no file system.
pub fn waste(layers: Vec<Vec<Entry>>, from: usize) -> Result<Waste, Invalid> {
    let mut tree = Tree::default();
    let mut waste = Waste::default();
    let mut hidden = Vec::new();
    for (by, entries) in layers.into_iter().enumerate() {
        if by >= from {
            let stored = |entry: &Entry| if entry.kind == Kind::File { entry.stored } else { 0 };
            waste.stored = entries.iter().map(stored).fold(waste.stored, u64::saturating_add);
        }
        hidden.extend(tree.apply(entries)?.into_iter().filter(|_| by >= from).map(|one| (by, one)));
    }
    // A file that is still there by another of its names is not hidden, and by all of its names it is stored once.
    let mut seen: HashSet<_> = tree.nodes().filter_map(|(_, node)| place(node)).collect();
    for (by, one) in hidden {
        let Some(place) = place(&one.node).filter(|place| !seen.contains(place)) else { continue };
        seen.insert(place);
        let (layer, entry) = one.node.content();
        waste.wasted = waste.wasted.saturating_add(entry.stored);
        waste.files.push(Wasted { path: one.path, size: entry.stored, layer, by, is_replaced: one.is_replaced });
    }
    Ok(waste)
}

/// Where the content of a file is stored, if it has any.
fn place(node: &Node) -> Option<(usize, u64)> {
    let (layer, entry) = node.content();
    (entry.kind == Kind::File && entry.stored > 0).then_some((layer, entry.data_offset))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::filesystem::sample::layer;

    /// Layers whose files have sizes 1, 2, 4… in their order, each at a place of its own.
    fn sized(layers: &[&[&str]]) -> Vec<Vec<Entry>> {
        let mut size = 1;
        let mut one = |lines: &&[&str]| {
            let mut entries = layer(lines);
            for entry in entries.iter_mut().filter(|entry| entry.kind == Kind::File) {
                if entry.path.windows(4).any(|part| part == b".wh.") {
                    (entry.size, entry.stored) = (0, 0);
                    continue;
                }
                (entry.size, entry.stored, entry.data_offset) = (size, size, size * 512);
                size *= 2;
            }
            entries
        };
        layers.iter().map(&mut one).collect()
    }

    fn shown(layers: &[&[&str]], from: usize) -> (u64, u64, String) {
        let waste = waste(sized(layers), from).unwrap();
        let line = |file: &Wasted| {
            let arrow = if file.is_replaced { "=" } else { "-" };
            format!("{}{arrow}{}:{}<{}", String::from_utf8_lossy(&file.path), file.size, file.layer, file.by)
        };
        (waste.stored, waste.wasted, waste.files.iter().map(line).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn replaced_and_deleted_files() {
        let layers: &[&[&str]] = &[&["a", "b", "d/", "d/x"], &["a", ".wh.b"], &["d/.wh..wh..opq", "a"]];
        assert_eq!(shown(layers, 0), (31, 15, "a=1:0<1 b-2:0<1 d/x-4:0<2 a=8:1<2".to_owned()));
        // The second layer is the first one that is not the base's.
        assert_eq!(shown(layers, 1), (24, 15, "a=1:0<1 b-2:0<1 d/x-4:0<2 a=8:1<2".to_owned()));
        assert_eq!(shown(layers, 2), (16, 12, "d/x-4:0<2 a=8:1<2".to_owned()));
    }

    #[test]
    fn content_with_two_names_counts_once_and_while_it_has_one_not_at_all() {
        assert_eq!(shown(&[&["a", "b = a"], &[".wh.a"]], 0), (1, 0, String::new()));
        assert_eq!(shown(&[&["a", "b = a"], &[".wh.a", ".wh.b"]], 0), (1, 1, "a-1:0<1".to_owned()));
    }
}
