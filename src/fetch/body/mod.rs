//! A response's body, chunk by chunk. The bytes stay in the host's memory and do not enter wasm memory.

pub mod hash;
pub mod outgoing;
pub mod passage;
pub mod reader;

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::fetch::abort::Abort;
use crate::fetch::bindings::{Bytes, Room};
use crate::fetch::body::passage::HostPassage;
use crate::fetch::body::reader::{Read, Reader};
use crate::fetch::failure;
use crate::protocol::code;
use crate::transport::{Body, Chunk, Error, Result};

/// Bytes in a `Uint8Array` of the host.
#[derive(Clone)]
pub struct HostBytes {
    array: Uint8Array,
    length: u64,
}

impl HostBytes {
    /// Wraps the host's bytes, in a view that this client created.
    pub fn new(array: Uint8Array) -> Self {
        let length = array.unchecked_ref::<Bytes>().byte_length() as u64;
        Self { array, length }
    }

    /// Returns the bytes for JavaScript.
    pub fn array(&self) -> &Uint8Array {
        &self.array
    }
}

impl Chunk for HostBytes {
    type Passage = HostPassage;

    fn len(&self) -> u64 {
        self.length
    }

    fn slice(&self, start: u64, end: u64) -> Self {
        let end = end.min(self.length);
        let start = start.min(end);
        if start == 0 && end == self.length {
            return self.clone();
        }
        // A detached buffer is empty; the different length shows that bytes are missing.
        let array = self.array.unchecked_ref::<Bytes>().subarray(start as f64, end as f64);
        Self { array: array.unwrap_or_default(), length: end - start }
    }

    fn is_intact(&self) -> bool {
        self.array.unchecked_ref::<Bytes>().byte_length() as u64 == self.length
    }

    fn append_to(&self, buffer: &mut Vec<u8>) {
        // Filling the buffer with zeros first would take longer than a second copy. A detached array gives no bytes, so that hashing or
        // parsing fails.
        let bytes = self.array.to_vec();
        if buffer.is_empty() && buffer.capacity() <= bytes.len() {
            *buffer = bytes;
        } else {
            buffer.extend_from_slice(&bytes);
        }
    }

    fn of(bytes: &[u8]) -> Self {
        Self::new(Uint8Array::from(bytes))
    }
}

/// Joins chunks into one array, without copying if there is only one.
pub fn joined(chunks: &[HostBytes]) -> Result<Uint8Array> {
    if !chunks.iter().all(Chunk::is_intact) {
        return Err(gone());
    }
    if let [chunk] = chunks {
        return Ok(chunk.array.clone());
    }
    let length: u64 = chunks.iter().map(HostBytes::len).sum();
    let no_room = |_| Error::new(code::TOO_LARGE, format!("this host cannot allocate {length} bytes in one piece"));
    let all = Room::new(length as f64).map_err(no_room)?;
    let mut offset = 0;
    for chunk in chunks {
        all.set(&chunk.array, offset as f64).map_err(no_room)?;
        offset += chunk.length;
    }
    Ok(all.into())
}

/// Returns the error for bytes whose buffer was detached while they were in use.
pub fn gone() -> Error {
    Error::new(
        code::SOURCE,
        "the buffer of some bytes was detached while they were in use: it was transferred elsewhere",
    )
}

enum Remainder {
    /// The body has ended.
    Ended,
    /// All bytes.
    Bytes(HostBytes),
    /// A ReadableStream.
    Stream(Reader),
}

/// The body of a `fetch` response. Dropping it before its end aborts the request.
pub struct FetchBody {
    remainder: Remainder,
    abort: Abort,
}

impl FetchBody {
    /// Wraps a body: a reader, or `length` bytes.
    pub fn new(body: JsValue, length: f64, mut abort: Abort) -> Self {
        if length < 0.0 {
            return Self { remainder: Remainder::Stream(Reader::new(body.unchecked_ref())), abort };
        }
        abort.disarm();
        let remainder = match length as u64 {
            0 => Remainder::Ended,
            length => Remainder::Bytes(HostBytes { array: body.unchecked_into(), length }),
        };
        Self { remainder, abort }
    }

    async fn read(&mut self) -> Result<Option<HostBytes>> {
        match &mut self.remainder {
            Remainder::Ended => Ok(None),
            Remainder::Bytes(bytes) => {
                let bytes = bytes.clone();
                self.remainder = Remainder::Ended;
                Ok(Some(bytes))
            }
            Remainder::Stream(reader) => match reader.read().await {
                Read::Chunk(array, length) => Ok(Some(HostBytes { array, length })),
                Read::End => {
                    self.finish();
                    Ok(None)
                }
                Read::Broken(reason) => Err(failure::broken_body(&reason)),
                Read::NoResult => Err(unusable("its body's reader did not return { done, value }")),
                Read::NoBytes => Err(unusable("its body returned a chunk that is not bytes")),
                Read::Gone => Err(unusable("its body returned a chunk whose buffer is detached")),
            },
        }
    }

    fn finish(&mut self) {
        self.remainder = Remainder::Ended;
        self.abort.disarm();
    }

    /// Stops the body. The reader is cancelled first: an injected `fetch` may ignore signals.
    fn stop(&mut self) {
        self.remainder = Remainder::Ended;
        self.abort.fire();
    }
}

impl Body for FetchBody {
    type Chunk = HostBytes;

    async fn next(&mut self) -> Result<Option<HostBytes>> {
        let result = self.read().await;
        if result.is_err() {
            self.stop();
        }
        result
    }

    fn pass_on(&mut self, passage: &HostPassage) {
        if let Remainder::Stream(reader) = &self.remainder {
            reader.pass_on(passage);
        }
    }
}

impl Drop for FetchBody {
    fn drop(&mut self) {
        self.stop();
    }
}

fn unusable(why: &str) -> Error {
    Error::new(code::INVALID_RESPONSE, format!("fetch returned an unusable response: {why}"))
}
