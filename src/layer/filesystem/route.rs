//! Following a path part by part. A step takes as long as its part, not as the path so far: paths of an archive may be long, and their
//! parts many.

use super::path::shown;
use crate::layer::broken;
use crate::layer::tar::{Entry, Kind};
use crate::protocol::invalid::Invalid;

/// No path leads over more symbolic links than so many, as in Linux.
const LINKS: usize = 40;

/// The hash of the root's path.
pub const ROOT: u64 = 0xcbf2_9ce4_8422_2325;

/// A path on the way.
pub struct Step<'a> {
    /// The path, free of symbolic links but for its last part.
    pub path: &'a [u8],
    /// Its [`hash_of`].
    pub hash: u64,
    /// How many parts are above its last one.
    pub depth: usize,
}

/// A hash of a normalised path, which begins with that of each directory above it (FNV-1a). Paths may share it.
pub fn hash_of(path: &[u8]) -> u64 {
    if path.is_empty() { ROOT } else { below(ROOT, path) }
}

fn below(hash: u64, part: &[u8]) -> u64 {
    let add = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    part.iter().fold(add(hash, &b'/'), add)
}

/// The path so far.
struct Way {
    path: Vec<u8>,
    hash: u64,
    /// The length and the hash of each directory above.
    above: Vec<(usize, u64)>,
}

impl Way {
    fn enter(&mut self, part: &[u8]) {
        self.above.push((self.path.len(), self.hash));
        if !self.path.is_empty() {
            self.path.push(b'/');
        }
        self.path.extend_from_slice(part);
        self.hash = below(self.hash, part);
    }

    /// Goes up. As with chroot, the root is its own parent.
    fn leave(&mut self) {
        if let Some((length, hash)) = self.above.pop() {
            self.path.truncate(length);
            self.hash = hash;
        }
    }
}

/// Follows a path's symbolic links, by what `look` has at each path on the way: only links matter. Returns where it leads; what does not
/// exist stays as it is written.
///
/// # Errors
///
/// `LAYER_INVALID` if links lead in a circle.
pub fn route<'a>(path: &[u8], mut look: impl FnMut(Step<'_>) -> Option<&'a Entry>) -> Result<Vec<u8>, Invalid> {
    let parts = |path: &[u8]| path.rsplit(|byte| *byte == b'/').map(<[u8]>::to_vec).collect::<Vec<_>>();
    let mut way = Way { path: Vec::new(), hash: ROOT, above: Vec::new() };
    let mut links = 0;
    // The parts that are left, the next one last.
    let mut rest = parts(path);
    while let Some(part) = rest.pop() {
        match &*part {
            b"" | b"." => continue,
            b".." => {
                way.leave();
                continue;
            }
            _ => way.enter(&part),
        }
        let step = Step { path: &way.path, hash: way.hash, depth: way.above.len() - 1 };
        let Some(link) = look(step).filter(|entry| entry.kind == Kind::Symlink) else { continue };
        links += 1;
        if links > LINKS {
            return Err(broken(format!("{} leads over more than {LINKS} symbolic links", shown(path))));
        }
        way.leave();
        if link.link_target.starts_with(b"/") {
            way = Way { path: Vec::new(), hash: ROOT, above: Vec::new() };
        }
        rest.append(&mut parts(&link.link_target));
    }
    Ok(way.path)
}
