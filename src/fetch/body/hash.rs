//! Hashing with the host's streaming hasher if it has one (Node, Deno, Bun, workerd: `node:crypto`), which is four
//! times as fast as wasm; otherwise with `sha2`.

use js_sys::{Function, Reflect, Uint8Array};
use sha2::{Digest, Sha256, Sha512};
use wasm_bindgen::prelude::*;

use crate::fetch::bindings::byte_array;
use crate::fetch::body::passage::HostPassage;
use crate::fetch::body::{HostBytes, gone};
use crate::protocol::oci::digest::Algorithm;
use crate::transport::{Chunk, Error, Hasher, Result};

/// The number of bytes copied into wasm memory at a time.
const STEP: usize = 64 * 1024;

#[wasm_bindgen]
extern "C" {
    /// Node's `Hash`.
    pub type HostHash;
    #[wasm_bindgen(method, catch)]
    fn digest(this: &HostHash) -> std::result::Result<JsValue, JsValue>;
}

#[wasm_bindgen(module = "/src/fetch/body/reader.js")]
extern "C" {
    /// Returns true if the bytes were added.
    fn update(hash: &HostHash, bytes: &Uint8Array) -> bool;
    /// The same with a view of wasm memory.
    #[wasm_bindgen(js_name = update)]
    fn update_view(hash: &HostHash, bytes: &[u8]) -> bool;
}

/// Returns `createHash` of `node:crypto`, looked up at run time so that no bundler sees an import.
pub fn create_hash() -> Option<Function> {
    let get = |target: &JsValue, name: &str| Reflect::get(target, &name.into()).ok();
    let process = get(&js_sys::global(), "process").filter(JsValue::is_object)?;
    let get_builtin: Function = get(&process, "getBuiltinModule")?.dyn_into().ok()?;
    let crypto = get_builtin.call1(&process, &"node:crypto".into()).ok().filter(JsValue::is_object)?;
    get(&crypto, "createHash")?.dyn_into().ok()
}

/// A running hash.
pub enum FetchHasher {
    Host(HostHash),
    Sha256(Sha256, Vec<u8>),
    Sha512(Sha512, Vec<u8>),
}

impl FetchHasher {
    pub fn new(create_hash: Option<&Function>, algorithm: Algorithm) -> Self {
        let name = algorithm.as_str();
        if let Some(hash) = create_hash.and_then(|create| create.call1(&JsValue::UNDEFINED, &name.into()).ok()) {
            return Self::Host(hash.unchecked_into());
        }
        match algorithm {
            Algorithm::Sha256 => Self::Sha256(Sha256::new(), Vec::new()),
            Algorithm::Sha512 => Self::Sha512(Sha512::new(), Vec::new()),
        }
    }
}

impl Hasher<HostBytes> for FetchHasher {
    fn update(&mut self, chunk: &HostBytes) -> Result<()> {
        match self {
            _ if !chunk.is_intact() => Err(gone()),
            Self::Host(hash) => update(hash, chunk.array()).then_some(()).ok_or_else(failed),
            Self::Sha256(hash, buffer) => feed(hash, buffer, chunk),
            Self::Sha512(hash, buffer) => feed(hash, buffer, chunk),
        }
    }

    fn update_bytes(&mut self, bytes: &[u8]) -> Result<()> {
        match self {
            Self::Host(hash) => return update_view(hash, bytes).then_some(()).ok_or_else(failed),
            Self::Sha256(hash, _) => hash.update(bytes),
            Self::Sha512(hash, _) => hash.update(bytes),
        }
        Ok(())
    }

    fn lend(&self, passage: &HostPassage, bytes: u64) {
        if let Self::Host(hash) = self {
            passage.open(hash, bytes as f64);
        }
    }

    fn finish(self) -> Result<Vec<u8>> {
        Ok(match self {
            Self::Host(hash) => {
                let digest = hash.digest().map_err(|_| failed())?;
                byte_array(&digest).ok_or_else(failed)?.to_vec()
            }
            Self::Sha256(hash, _) => hash.finalize().to_vec(),
            Self::Sha512(hash, _) => hash.finalize().to_vec(),
        })
    }
}

/// Hashes a chunk through a reused buffer, because wasm memory never shrinks.
fn feed(hash: &mut impl Digest, buffer: &mut Vec<u8>, chunk: &HostBytes) -> Result<()> {
    buffer.resize(STEP, 0);
    let mut offset = 0;
    while offset < chunk.len() {
        let end = chunk.len().min(offset + STEP as u64);
        let part = chunk.slice(offset, end);
        let part = Some(part.array()).filter(|part| u64::from(part.length()) == end - offset).ok_or_else(gone)?;
        let target = buffer.get_mut(..part.length() as usize).ok_or_else(failed)?;
        part.copy_to(target);
        hash.update(&*target);
        offset = end;
    }
    Ok(())
}

fn failed() -> Error {
    Error::internal("the bytes could not be hashed")
}
