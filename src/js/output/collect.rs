//! Collects a blob into one `Uint8Array`.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::fetch::{FetchHost, HostPassage};
use crate::js::output::error::Result;
use crate::js::output::progress::Progress;
use crate::protocol::code;
use crate::registry::BlobPull;
use crate::transport::{Chunk, Error};

/// The number of bytes that are allocated up front. A manifest can claim any size, so beyond this the memory grows with
/// the received data.
const TRUSTED: u64 = 64 * 1024 * 1024;

#[wasm_bindgen(module = "/src/js/output/collect.js")]
extern "C" {
    type Gathering;
    /// Throws a RangeError if the host cannot allocate that much.
    #[wasm_bindgen(constructor, catch)]
    fn new(capacity: f64, most: f64) -> std::result::Result<Gathering, JsValue>;
    #[wasm_bindgen(method)]
    fn add(this: &Gathering, bytes: &Uint8Array);
    #[wasm_bindgen(method, getter)]
    fn lacks(this: &Gathering) -> Option<f64>;
    #[wasm_bindgen(method)]
    fn restart(this: &Gathering);
    #[wasm_bindgen(method, catch)]
    fn take(this: &Gathering) -> std::result::Result<Uint8Array, JsValue>;
}

/// Returns all bytes, verified.
pub async fn collect(mut pull: BlobPull<FetchHost>, mut progress: Progress) -> Result<Uint8Array> {
    let most = pull.total().unwrap_or(u64::MAX);
    let capacity = pull.total().unwrap_or(0).min(TRUSTED);
    let gathering = Gathering::new(capacity as f64, most as f64).map_err(|_| too_large(capacity))?;
    pull.pass_on(HostPassage::new(&gathering));
    loop {
        let read = pull.next().await;
        let passed = pull.take_passed();
        let chunk = match read {
            Ok(chunk) => chunk,
            Err(error) => {
                pull.begin_again(error)?;
                gathering.restart();
                progress.restart();
                continue;
            }
        };
        if let Some(chunk) = &chunk {
            gathering.add(chunk.array());
        }
        if let Some(needed) = gathering.lacks() {
            return Err(too_large(needed as u64).into());
        }
        progress.add(passed + chunk.as_ref().map_or(0, Chunk::len));
        if chunk.is_none() {
            break;
        }
    }
    let bytes = gathering.take().map_err(|_| too_large(pull.total().unwrap_or(0)))?;
    progress.end();
    Ok(bytes)
}

fn too_large(length: u64) -> Error {
    Error::new(code::TOO_LARGE, format!("this host cannot allocate {length} bytes in one piece"))
        .and("read the blob as a stream")
}
