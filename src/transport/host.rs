//! The interface to the host: requests, bodies, hashes, time.

use std::pin::Pin;

use crate::protocol::oci::digest::Algorithm;
use crate::transport::Result;
use crate::transport::request::{Request, Response};
use crate::transport::schema1::Schema1Host;

/// Passes chunks of a body on to whoever reads them, within the host: it counts and hashes them there.
pub trait Passage: Clone + 'static {
    /// Returns the number of bytes that it has passed on since the last call.
    fn take_passed(&self) -> u64;

    /// Returns for how many milliseconds it has waited for a chunk; 0 while nobody asks for one.
    fn waited(&self) -> u64;
}

/// The passage of a host that has none.
#[derive(Clone)]
pub enum NoPassage {}

impl Passage for NoPassage {
    fn take_passed(&self) -> u64 {
        match *self {}
    }

    fn waited(&self) -> u64 {
        match *self {}
    }
}

/// A chunk of a body, in the host's memory.
pub trait Chunk: Clone + 'static {
    /// The type that passes chunks on within the host.
    type Passage: Passage;

    /// Returns the number of bytes.
    fn len(&self) -> u64;

    /// Returns true if the chunk is empty.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the bytes from `start` (clamped) up to but not including `end` (clamped), without copying if the host
    /// can.
    fn slice(&self, start: u64, end: u64) -> Self;

    /// Returns false if the bytes are gone: a buffer in the host may have been detached.
    fn is_intact(&self) -> bool {
        true
    }

    /// Appends the bytes to `buffer`.
    fn append_to(&self, buffer: &mut Vec<u8>);

    /// Creates a chunk from bytes in wasm memory.
    fn of(bytes: &[u8]) -> Self;
}

/// A response's body, read once from start to end.
#[allow(async_fn_in_trait)] // one thread: no future here needs to be Send
pub trait Body: 'static {
    /// The host's chunk type.
    type Chunk: Chunk;

    /// Returns the next bytes; `None` at the end. After an error or the end it returns `None` again.
    async fn next(&mut self) -> Result<Option<Self::Chunk>>;

    /// Lets a passage take chunks ahead of [`next`](Self::next), which then returns the first one that it does not take.
    fn pass_on(&mut self, passage: &<Self::Chunk as Chunk>::Passage);

    /// Releases the concurrency permit and the timer, before a caller reads on at its own pace.
    fn release_permit(&mut self) {}

    /// Enforces a minimum rate from now on: for documents, which are read as a whole.
    fn enforce_min_rate(&mut self) {}
}

/// A running hash.
pub trait Hasher<C: Chunk>: 'static {
    /// Adds bytes to the hash.
    fn update(&mut self, chunk: &C) -> Result<()>;

    /// Adds bytes in wasm memory to the hash, without copying.
    fn update_bytes(&mut self, bytes: &[u8]) -> Result<()>;

    /// Lets a passage pass on so many bytes, which it adds to this hash, if the host hashes.
    fn lend(&self, passage: &C::Passage, bytes: u64);

    /// Returns the raw hash of all bytes.
    fn finish(self) -> Result<Vec<u8>>;
}

/// Sends requests to the registry.
#[allow(async_fn_in_trait)]
pub trait Transport: 'static {
    /// The host's chunk type.
    type Chunk: Chunk;
    /// The body of a response.
    type Body: Body<Chunk = Self::Chunk>;

    /// Sends a request and waits for the response's headers. A response with any status is `Ok`.
    async fn send(&self, request: &Request<Self::Chunk>) -> Result<Response<Self::Body>>;
}

/// The host's clock, timers and random numbers.
#[allow(async_fn_in_trait)]
pub trait Clock: 'static {
    /// Returns the milliseconds of a monotonic clock.
    fn now(&self) -> u64;

    /// Returns the milliseconds since 1970, by a clock that may be wrong.
    fn unix_ms(&self) -> u64;

    /// Returns a random number from 0 up to but not including 1.
    fn random(&self) -> f64;

    /// Waits for the given milliseconds.
    async fn sleep(&self, milliseconds: u64);
}

/// The complete interface to the host.
pub trait Host: Transport + Clock + Schema1Host {
    /// The hasher: the host's own, or one in wasm.
    type Hasher: Hasher<Self::Chunk>;

    /// Creates a hasher for a digest algorithm.
    fn hasher(&self, algorithm: Algorithm) -> Self::Hasher;

    /// Returns the origin of the page (`https://dashboard.example.com`, or `null`), whose cross-origin requests are
    /// subject to CORS; `None` outside of pages.
    fn page_origin(&self) -> Option<String> {
        None
    }

    /// Returns true if the host can stream a request's body.
    fn sends_streams(&self) -> bool {
        false
    }

    /// Runs a task to its end in the background.
    fn spawn(&self, work: Pin<Box<dyn Future<Output = ()>>>);
}
