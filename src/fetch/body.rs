//! A response's body, chunk by chunk. The bytes stay in the host's memory and do not enter wasm memory.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::fetch::abort::Abort;
use crate::fetch::bindings::{Any, Bytes, Room};
use crate::fetch::failure;
use crate::fetch::reader::{Read, Reader, bytes_of};
use crate::fetch::thenable::Outcome;
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
        if self.is_empty() {
            return;
        }
        let start = buffer.len();
        buffer.resize(start + self.length as usize, 0);
        match buffer.get_mut(start..) {
            Some(target) if target.len() == self.array.length() as usize => self.array.copy_to(target),
            // The buffer was detached: hashing or parsing will fail.
            _ => buffer.truncate(start),
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
    /// A ReadableStream.
    Stream(Reader),
    /// A response without a stream; its `arrayBuffer()` returns everything at once.
    Whole(Any, Option<Outcome>),
}

/// The body of a `fetch` response. Dropping it before its end aborts the request.
pub struct FetchBody {
    remainder: Remainder,
    abort: Abort,
}

impl FetchBody {
    /// Opens the body of a response, which must be unread.
    pub fn new(response: &Any, mut abort: Abort) -> Result<Self> {
        let remainder = Self::remainder(response)?;
        if matches!(remainder, Remainder::Ended) {
            abort.disarm();
        }
        Ok(Self { remainder, abort })
    }

    fn remainder(response: &Any) -> Result<Remainder> {
        let body = response.body().map_err(|_| unusable("its body cannot be accessed"))?;
        if body.is_null() {
            return Ok(Remainder::Ended);
        }
        let has = |target: &Any, name: &str| {
            js_sys::Reflect::get(target, &name.into()).is_ok_and(|function| function.is_function())
        };
        if body.is_object() && has(&body, "getReader") {
            let reader = body.get_reader().map_err(|_| unusable("its body was read before, or is being read"))?;
            return Ok(Remainder::Stream(Reader::new(&reader)));
        }
        if has(response, "arrayBuffer") {
            return Ok(Remainder::Whole(response.clone(), None));
        }
        Err(unusable("its body is neither null nor a ReadableStream, and there is no arrayBuffer()"))
    }

    async fn read(&mut self) -> Result<Option<HostBytes>> {
        match &mut self.remainder {
            Remainder::Ended => Ok(None),
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
            Remainder::Whole(response, outcome) => {
                let outcome = match outcome {
                    Some(outcome) => outcome,
                    none => {
                        let promise = response.array_buffer().map_err(|thrown| failure::broken_body(&thrown))?;
                        none.insert(Outcome::of(promise))
                    }
                };
                let value = outcome.wait().await.map_err(|reason| failure::broken_body(&reason))?;
                let array = bytes_of(&value).map_err(|_| unusable("its arrayBuffer() did not return bytes"))?;
                self.finish();
                Ok(Some(HostBytes::new(array)))
            }
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
}

impl Drop for FetchBody {
    fn drop(&mut self) {
        self.stop();
    }
}

fn unusable(why: &str) -> Error {
    Error::new(code::INVALID_RESPONSE, format!("fetch returned an unusable response: {why}"))
}
