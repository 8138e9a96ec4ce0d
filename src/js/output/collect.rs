//! Collects a blob into one `Uint8Array`.

use js_sys::Uint8Array;

use crate::fetch::{FetchHost, Room};
use crate::js::output::error::Result;
use crate::js::output::progress::Progress;
use crate::protocol::code;
use crate::registry::BlobPull;
use crate::transport::{Chunk, Error};

/// The number of bytes that are allocated up front. A manifest can claim any size, so beyond this the memory grows with
/// the received data.
const TRUSTED: u64 = 64 * 1024 * 1024;

/// Returns all bytes, verified.
pub async fn collect(mut pull: BlobPull<FetchHost>, mut progress: Progress) -> Result<Uint8Array> {
    let total = pull.total();
    let mut capacity = total.unwrap_or(0).min(TRUSTED);
    let mut memory = allocate(capacity)?;
    let mut length = 0;
    loop {
        let chunk = match pull.next().await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            Err(error) => {
                pull.begin_again(error)?;
                length = 0;
                progress.restart();
                continue;
            }
        };
        let needed = length + chunk.len();
        if needed > capacity {
            capacity = (capacity * 2).min(total.unwrap_or(u64::MAX)).max(needed);
            let larger = allocate(capacity)?;
            larger.set(&memory, 0.0).map_err(|_| too_large(needed))?;
            memory = larger;
        }
        memory.set(chunk.array(), length as f64).map_err(|_| too_large(needed))?;
        length = needed;
        progress.add(chunk.len());
    }
    if length < capacity {
        memory = memory.slice(0.0, length as f64).map_err(|_| too_large(length))?;
    }
    progress.end();
    Ok(memory.into())
}

fn allocate(length: u64) -> Result<Room> {
    Ok(Room::new(length as f64).map_err(|_| too_large(length))?)
}

fn too_large(length: u64) -> Error {
    Error::new(code::TOO_LARGE, format!("this host cannot allocate {length} bytes in one piece"))
        .and("read the blob as a stream")
}
