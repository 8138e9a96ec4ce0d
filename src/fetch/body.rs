//! A response's body, chunk by chunk as the host gives it. The bytes stay the host's: they don't enter wasm memory.

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;

use crate::fetch::abort::Abort;
use crate::fetch::bindings::{Any, Bytes, Room};
use crate::fetch::failure;
use crate::fetch::reader::{Read, Reader, bytes_of};
use crate::fetch::settle::Settling;
use crate::protocol::code;
use crate::transport::{Body, Chunk, Error, Result};

/// Some bytes in a `Uint8Array`.
#[derive(Clone)]
pub struct HostBytes {
    array: Uint8Array,
    length: u64,
}

impl HostBytes {
    /// Bytes of the host's, in a view of ours.
    pub fn new(array: Uint8Array) -> Self {
        let length = array.unchecked_ref::<Bytes>().byte_length() as u64;
        Self { array, length }
    }

    /// The bytes for JavaScript.
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
        // A detached buffer has no bytes left, and what was read of it before is no longer the whole.
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
            // Whoever made the bytes took them away again: what hashes or parses them will tell.
            _ => buffer.truncate(start),
        }
    }

    fn of(bytes: &[u8]) -> Self {
        Self::new(Uint8Array::from(bytes))
    }
}

/// All bytes of some chunks in one array, without copying where it is one chunk.
pub fn joined(chunks: &[HostBytes]) -> Result<Uint8Array> {
    if !chunks.iter().all(Chunk::is_intact) {
        return Err(gone());
    }
    if let [chunk] = chunks {
        return Ok(chunk.array.clone());
    }
    let length: u64 = chunks.iter().map(HostBytes::len).sum();
    let no_room = |_| Error::new(code::TOO_LARGE, format!("this host has no room for {length} bytes in one piece"));
    let all = Room::new(length as f64).map_err(no_room)?;
    let mut offset = 0;
    for chunk in chunks {
        all.set(&chunk.array, offset as f64).map_err(no_room)?;
        offset += chunk.length;
    }
    Ok(all.into())
}

/// The error of bytes whose buffer was transferred elsewhere while they were needed.
pub fn gone() -> Error {
    Error::new(
        code::SOURCE,
        "the buffer of some bytes was detached while they were in use: it was transferred elsewhere",
    )
}

enum Source {
    /// Nothing more will come.
    Ended,
    /// A ReadableStream.
    Stream(Reader),
    /// A response that cannot stream; its `arrayBuffer()` gives everything at once.
    Whole(Any, Settling),
}

/// The body of a response of `fetch`. Dropped before its end it stops its request.
pub struct FetchBody {
    source: Source,
    abort: Abort,
}

impl FetchBody {
    /// The body of a response, which nobody may have begun to read.
    pub fn new(response: &Any, mut abort: Abort) -> Result<Self> {
        let source = Self::source(response)?;
        if matches!(source, Source::Ended) {
            abort.disarm();
        }
        Ok(Self { source, abort })
    }

    fn source(response: &Any) -> Result<Source> {
        let body = response.body().map_err(|_| unusable("its body cannot be accessed"))?;
        if body.is_null() {
            return Ok(Source::Ended);
        }
        let has = |target: &Any, name: &str| {
            js_sys::Reflect::get(target, &name.into()).is_ok_and(|function| function.is_function())
        };
        if body.is_object() && has(&body, "getReader") {
            let reader = body.get_reader().map_err(|_| unusable("its body was read before, or is being read"))?;
            return Ok(Source::Stream(Reader::new(&reader)));
        }
        if has(response, "arrayBuffer") {
            return Ok(Source::Whole(response.clone(), Settling::new()));
        }
        Err(unusable("its body is neither null nor a ReadableStream, and there is no arrayBuffer()"))
    }

    async fn read(&mut self) -> Result<Option<HostBytes>> {
        match &mut self.source {
            Source::Ended => Ok(None),
            Source::Stream(reader) => match reader.read().await {
                Read::Chunk(array, length) => Ok(Some(HostBytes { array, length })),
                Read::End => {
                    self.finish();
                    Ok(None)
                }
                Read::Broken(reason) => Err(failure::broken_body(&reason)),
                Read::NoResult => Err(unusable("its body's reader gave something else than { done, value }")),
                Read::NoBytes => Err(unusable("its body gave a chunk that is no bytes")),
                Read::Gone => Err(unusable("its body gave a chunk whose buffer is detached")),
            },
            Source::Whole(response, reading) => {
                if !reading.is_busy() {
                    reading.follow(response.array_buffer().map_err(|thrown| failure::broken_body(&thrown))?);
                }
                let value = reading.settled().await.map_err(|reason| failure::broken_body(&reason))?;
                let array = bytes_of(&value).map_err(|_| unusable("its arrayBuffer() gave something else"))?;
                self.finish();
                Ok(Some(HostBytes::new(array)))
            }
        }
    }

    fn finish(&mut self) {
        self.source = Source::Ended;
        self.abort.disarm();
    }

    /// The reader first: an injected `fetch` may know nothing of signals.
    fn stop(&mut self) {
        self.source = Source::Ended;
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
    Error::new(code::INVALID_RESPONSE, format!("fetch gave a response that cannot be used: {why}"))
}
