//! Layers for tests.

use crate::layer::tar::{Entry, Kind};

/// An entry of one byte.
pub fn entry(path: &str, kind: Kind) -> Entry {
    Entry { kind, data_offset: 512, stored: 1, ..Entry::file(path.into(), 1) }
}

/// `a/` is a directory, `a -> b` a symbolic link, `a = b` a hard link, everything else a file.
pub fn layer(lines: &[&str]) -> Vec<Entry> {
    let link = |line: &str, arrow: &str, kind| {
        line.split_once(arrow).map(|(path, target)| Entry { link_target: target.into(), ..entry(path, kind) })
    };
    let of = |line: &&str| {
        link(line, " -> ", Kind::Symlink)
            .or_else(|| link(line, " = ", Kind::HardLink))
            .unwrap_or_else(|| entry(line, if line.ends_with('/') { Kind::Directory } else { Kind::File }))
    };
    lines.iter().map(of).collect()
}
