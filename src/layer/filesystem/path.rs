//! Paths of a layer as paths of a file system: without `.`, doubled slashes and the slash at either end. Whiteouts are told
//! from files here (image-spec, layer.md, "Whiteouts").

use crate::layer::tar::{Entry, Kind};
use crate::protocol::invalid::quoted;

const WHITEOUT: &[u8] = b".wh.";
/// A name that begins so is AUFS's own; one of them makes a directory opaque.
const METADATA: &[u8] = b".wh..wh.";
const OPAQUE: &[u8] = b".wh..wh..opq";
/// Where AUFS keeps files that have several names, which are hard links to them.
pub(super) const PSEUDO_LINKS: &[u8] = b".wh..wh.plnk/";

/// The effect of an entry on the layers below it.
#[derive(Debug, PartialEq, Eq)]
pub enum Role {
    /// It is at this path.
    At(Vec<u8>),
    /// It is a directory at this path, and hides what lower layers have in it.
    OpaqueAt(Vec<u8>),
    /// It hides what lower layers have at this path.
    Hides(Vec<u8>),
    /// It hides what lower layers have in this directory.
    HidesContent(Vec<u8>),
    /// It is a storage driver's own.
    Ignored,
    /// `..` leads out of the file system.
    Outside,
    /// `.wh.` without a name hides nothing (image-spec), and containerd refuses one of `.` or `..`.
    Nameless,
}

/// A path without what means nothing in it. Nothing is returned if `..` leads out of the root.
pub fn normalised(path: &[u8]) -> Option<Vec<u8>> {
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => drop(parts.pop()?),
            part => parts.push(part),
        }
    }
    Some(parts.join(&b'/'))
}

/// The directory of a normalised path, and the name in it.
pub(in crate::layer) fn split(path: &[u8]) -> (&[u8], &[u8]) {
    match path.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => (path.get(..slash).unwrap_or_default(), path.get(slash + 1..).unwrap_or_default()),
        None => (b"", path),
    }
}

/// A name in a directory.
pub(super) fn join(directory: &[u8], name: &[u8]) -> Vec<u8> {
    if directory.is_empty() { name.to_vec() } else { [directory, b"/", name].concat() }
}

/// A path for a message, as listings give it.
pub fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    quoted(&format!("/{}", text.trim_start_matches('/')))
}

/// Tells what an entry does to the layers below it.
pub fn role(entry: &Entry) -> Role {
    let Some(path) = normalised(&entry.path) else { return Role::Outside };
    let (directory, name) = split(&path);
    if name == OPAQUE {
        return Role::HidesContent(directory.to_vec());
    }
    // Whole folders can be AUFS's: .wh..wh.plnk/12.34
    if path.split(|byte| *byte == b'/').any(|part| part.starts_with(METADATA)) {
        return Role::Ignored;
    }
    match name.strip_prefix(WHITEOUT) {
        Some(b"" | b"." | b"..") => return Role::Nameless,
        Some(hidden) => return Role::Hides(join(directory, hidden)),
        None => {}
    }
    // overlayfs's own form, in archives of its upper directory.
    if entry.kind == Kind::CharDevice && entry.device == Some((0, 0)) {
        return Role::Hides(path);
    }
    let is_opaque = |(name, value): &(Vec<u8>, Vec<u8>)| {
        matches!(&**name, b"trusted.overlay.opaque" | b"user.overlay.opaque") && value.starts_with(b"y")
    };
    if entry.kind == Kind::Directory && entry.xattrs.iter().any(is_opaque) {
        Role::OpaqueAt(path)
    } else {
        Role::At(path)
    }
}
