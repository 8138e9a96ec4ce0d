//! What the rest of the crate needs of its host: requests, bodies, hashes, time.

use std::pin::Pin;

use crate::protocol::oci::digest::Algorithm;
use crate::transport::Result;
use crate::transport::request::{Request, Response};
use crate::transport::schema1::Schema1Host;

/// Some bytes of a body, where the host keeps them.
pub trait Chunk: Clone + 'static {
    /// Number of bytes.
    fn len(&self) -> u64;

    /// Whether there are none.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes from `start` (clamped) up to but not including `end` (clamped), without copying where the host can.
    fn slice(&self, start: u64, end: u64) -> Self;

    /// Whether the bytes are still there: a host may let its owner take a buffer away.
    fn is_intact(&self) -> bool {
        true
    }

    /// Copies the bytes to the end of `buffer`.
    fn append_to(&self, buffer: &mut Vec<u8>);

    /// A few bytes made here.
    fn of(bytes: &[u8]) -> Self;
}

/// A response's body, read once from start to end.
#[allow(async_fn_in_trait)] // one thread: no future here needs to be Send
pub trait Body: 'static {
    /// How the host keeps bytes.
    type Chunk: Chunk;

    /// The next bytes; `None` at the end. After an error or the end, `None` again.
    async fn next(&mut self) -> Result<Option<Self::Chunk>>;

    /// Gives back the concurrency permit and the timer, before somebody reads on at their own pace.
    fn release_permit(&mut self) {}

    /// From here on the bytes must arrive at a minimum rate: for documents, which are read whole.
    fn enforce_min_rate(&mut self) {}
}

/// A running hash.
pub trait Hasher<C>: 'static {
    /// Takes in some bytes.
    fn update(&mut self, chunk: &C) -> Result<()>;

    /// The hash of all bytes taken in, as raw bytes.
    fn finish(self) -> Result<Vec<u8>>;
}

/// Whatever carries a request to the registry.
#[allow(async_fn_in_trait)]
pub trait Transport: 'static {
    /// How the host keeps bytes.
    type Chunk: Chunk;
    /// A body as the host gives it.
    type Body: Body<Chunk = Self::Chunk>;

    /// Sends a request and waits for the response's headers. Any status is a success here.
    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>>;
}

/// Time, as the host has it.
#[allow(async_fn_in_trait)]
pub trait Clock: 'static {
    /// Milliseconds of a clock that never goes back.
    fn now(&self) -> u64;

    /// Milliseconds since 1970, by a clock that may be wrong.
    fn unix_ms(&self) -> u64;

    /// A number from 0 up to but not including 1, by chance.
    fn random(&self) -> f64;

    /// Waits so many milliseconds.
    async fn sleep(&self, milliseconds: u64);
}

/// All that the rest of the crate needs of its host.
pub trait Host: Transport + Clock + Schema1Host {
    /// The host's hasher, or one in wasm.
    type Hasher: Hasher<Self::Chunk>;

    /// A hasher for a digest's algorithm.
    fn hasher(&self, algorithm: Algorithm) -> Self::Hasher;

    /// Origin of the page this runs in ("https://dashboard.example.com", or "null"), whose requests to other origins are
    /// under the browser's rules; `None` outside of pages.
    fn page_origin(&self) -> Option<String> {
        None
    }

    /// Whether it can send a body while that is still being made.
    fn sends_streams(&self) -> bool {
        false
    }

    /// Drives work to its end, whether or not anyone waits for it.
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>);
}
