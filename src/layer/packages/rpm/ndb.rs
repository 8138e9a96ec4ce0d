//! ndb: a file of slots of 16 bytes, and the blobs they lead to (rpm, `lib/backend/ndb`). The slots before the blobs fill whole pages, and the first
//! two of them are the file's header.

use super::little;

const PAGE: usize = 4096;
const SLOT: usize = 16;
const BLOCK: usize = 16;
const BLOB_HEAD: usize = 16;

pub(super) fn is_one(file: &[u8]) -> bool {
    file.starts_with(b"RpmP")
}

/// The header of each package.
pub(super) fn blobs(file: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    if little(file, 4) != Some(0) {
        return Err("its version is not 0");
    }
    let damaged = "a slot is none";
    let pages = little(file, 12).and_then(|pages| pages.checked_mul(PAGE)).ok_or(damaged)?;
    let slots = file.get(2 * SLOT..pages).ok_or("it ends within its slots")?;
    let mut blobs = Vec::new();
    // Blobs have no byte in common: otherwise a small file could hold more than fits anywhere.
    let mut left = file.len();
    for slot in slots.chunks_exact(SLOT) {
        if !slot.starts_with(b"Slot") {
            return Err(damaged);
        }
        let (number, block) = little(slot, 4).zip(little(slot, 8)).ok_or(damaged)?;
        if block == 0 {
            continue;
        }
        let damaged = "a slot leads to no package";
        let blob = block.checked_mul(BLOCK).and_then(|at| file.get(at..)).ok_or(damaged)?;
        let length = little(blob, 12).filter(|_| blob.starts_with(b"BlbS") && little(blob, 4) == Some(number));
        let length = length.ok_or(damaged)?;
        left = left.checked_sub(length).ok_or("packages overlap")?;
        blobs.push(blob.get(BLOB_HEAD..).and_then(|blob| blob.get(..length)).ok_or(damaged)?.to_vec());
    }
    Ok(blobs)
}
