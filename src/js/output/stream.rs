//! A blob as a `ReadableStream`: nothing is read ahead, and chunks are passed on without copying.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use crate::fetch::{FetchHost, HostBytes, HostPassage};
use crate::js::cancel::CancelToken;
use crate::js::output::error::{Result, to_js};
use crate::js::output::progress::Progress;
use crate::js::signal::{Signals, Subscription};
use crate::registry::BlobPull;
use crate::transport::{Chunk, Error, Work};

#[wasm_bindgen(module = "/src/js/output/stream.js")]
extern "C" {
    type Sink;
    #[wasm_bindgen(constructor)]
    fn new(rest: &JsValue) -> Sink;
    #[wasm_bindgen(method, catch)]
    fn stream(this: &Sink, pull: &JsValue, cancel: &JsValue) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method)]
    fn enqueue(this: &Sink, chunk: &Uint8Array);
    #[wasm_bindgen(method)]
    fn close(this: &Sink);
    #[wasm_bindgen(method)]
    fn error(this: &Sink, reason: &JsValue);
    #[wasm_bindgen(method)]
    fn stop(this: &Sink);
}

/// Bytes that a stream is made of.
pub trait Readable {
    /// Returns the next bytes; `None` at the end.
    fn next(&mut self) -> Work<'_, Option<HostBytes>>;

    /// Lets chunks pass that need nothing but to be hashed and counted.
    fn pass_on(&mut self, _: HostPassage) {}

    /// Returns the bytes that passed since the last call.
    fn take_passed(&mut self) -> u64 {
        0
    }

    /// Releases concurrency permits and timers, before the caller reads at its own pace.
    fn release_permit(&mut self);

    /// Releases resources while the reader pauses.
    fn rest(&mut self);
}

impl Readable for BlobPull<FetchHost> {
    fn next(&mut self) -> Work<'_, Option<HostBytes>> {
        Box::pin(BlobPull::next(self))
    }

    fn pass_on(&mut self, passage: HostPassage) {
        BlobPull::pass_on(self, passage);
    }

    fn take_passed(&mut self) -> u64 {
        BlobPull::take_passed(self)
    }

    fn release_permit(&mut self) {
        BlobPull::release_permit(self);
    }

    fn rest(&mut self) {
        BlobPull::rest(self);
    }
}

/// The unread rest of the stream.
struct Rest {
    pull: Box<dyn Readable>,
    progress: Progress,
}

/// The underlying source of the stream (Streams Standard).
struct UnderlyingSource {
    /// The rest; `None` while a chunk is being read, and after the end.
    rest: RefCell<Option<Rest>>,
    token: CancelToken,
    sink: Sink,
    subscriptions: RefCell<Vec<Subscription>>,
}

/// Creates the stream of a blob or an archive. An abort errors it with the signal's reason at any time.
pub fn of(mut pull: Box<dyn Readable>, progress: Progress, signals: &Signals) -> Result<JsValue> {
    pull.release_permit();
    let source = Rc::new_cyclic(|source: &Weak<UnderlyingSource>| {
        let resting = source.clone();
        let rest = Closure::<dyn FnMut()>::new(move || {
            if let Some(source) = resting.upgrade() {
                source.rest();
            }
        });
        let sink = Sink::new(&rest.into_js_value());
        pull.pass_on(HostPassage::new(&sink));
        UnderlyingSource {
            rest: RefCell::new(Some(Rest { pull, progress })),
            token: CancelToken::default(),
            sink,
            subscriptions: RefCell::default(),
        }
    });
    let me = source.clone();
    let pull = Closure::<dyn FnMut()>::new(move || UnderlyingSource::pull(&me));
    let me = source.clone();
    let cancel = Closure::<dyn FnMut()>::new(move || me.end());
    // JavaScript owns the callbacks; collecting the stream frees them and aborts the request.
    let stream = source
        .sink
        .stream(&pull.into_js_value(), &cancel.into_js_value())
        .map_err(|_| Error::internal("this host cannot make a ReadableStream"))?;
    for signal in signals.iter() {
        let watched: Weak<UnderlyingSource> = Rc::downgrade(&source);
        let subscription = signal.subscribe(move |reason| {
            if let Some(source) = watched.upgrade() {
                source.fail(&reason);
            }
        });
        source.subscriptions.borrow_mut().push(subscription);
    }
    Ok(stream)
}

impl UnderlyingSource {
    /// Reads one chunk, unless a read is pending: the stream pulls again after that one is enqueued.
    fn pull(self: &Rc<Self>) {
        let Some(mut rest) = self.rest.take() else { return };
        let me = self.clone();
        spawn_local(async move {
            match me.token.run_until_cancelled(rest.pull.next()).await {
                Some(Ok(Some(chunk))) => {
                    rest.progress.add(rest.pull.take_passed() + chunk.len());
                    // The caller's onProgress may have cancelled the stream.
                    if !me.token.is_cancelled() {
                        me.rest.replace(Some(rest));
                        me.sink.enqueue(chunk.array());
                    }
                }
                Some(Ok(None)) => {
                    rest.progress.add(rest.pull.take_passed());
                    rest.progress.end();
                    me.sink.close();
                    me.end();
                }
                Some(Err(error)) => me.fail(&to_js(&error)),
                None if me.token.is_cancelled() => {} // or aborted: the stream knows
                None => me.put_to_rest(rest),
            }
        });
    }

    fn fail(&self, reason: &JsValue) {
        self.sink.error(reason);
        self.end();
    }

    /// Releases resources while nobody reads.
    fn rest(&self) {
        match self.rest.take() {
            Some(rest) => self.put_to_rest(rest),
            // A read goes on while chunks pass.
            None => self.token.interrupt(),
        }
    }

    fn put_to_rest(&self, mut rest: Rest) {
        // Outside of a borrow, because the caller's own fetch may be called.
        rest.pull.rest();
        if !self.token.is_cancelled() {
            self.rest.replace(Some(rest));
        }
    }

    /// Releases everything and aborts a pending request.
    fn end(&self) {
        self.token.cancel();
        self.sink.stop();
        drop(self.rest.take());
        drop(self.subscriptions.take());
    }
}

impl Drop for UnderlyingSource {
    fn drop(&mut self) {
        self.sink.stop();
    }
}
