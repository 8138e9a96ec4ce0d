//! A blob as a `ReadableStream`: nothing is read ahead, a chunk goes through as the host gave it.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use js_sys::Uint8Array;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::spawn_local;

use super::error::{Result, to_js};
use super::progress::Progress;
use super::signal::{Signals, Subscription};
use super::stop::Stop;
use crate::fetch::FetchHost;
use crate::registry::BlobPull;
use crate::transport::{Chunk, Error};

#[wasm_bindgen(module = "/src/js/stream.js")]
extern "C" {
    #[derive(Clone)]
    type Controller;
    #[wasm_bindgen(js_name = blobStream, catch)]
    fn blob_stream(start: &JsValue, pull: &JsValue, cancel: &JsValue) -> std::result::Result<JsValue, JsValue>;
    fn enqueue(controller: &Controller, chunk: &Uint8Array);
    fn close(controller: &Controller);
    fn error(controller: &Controller, reason: &JsValue);
}

/// What the stream still has.
struct Rest {
    pull: BlobPull<FetchHost>,
    progress: Progress,
}

struct Source {
    /// `None` while a chunk is on its way, and after the end.
    rest: RefCell<Option<Rest>>,
    stop: Stop,
    controller: RefCell<Option<Controller>>,
    subscriptions: RefCell<Vec<Subscription>>,
}

/// The stream of a blob. An abort errors it with the signal's reason, wherever it is.
pub fn of(mut pull: BlobPull<FetchHost>, progress: Progress, signals: &Signals) -> Result<JsValue> {
    pull.hand_over();
    let source = Rc::new(Source {
        rest: RefCell::new(Some(Rest { pull, progress })),
        stop: Stop::default(),
        controller: RefCell::default(),
        subscriptions: RefCell::default(),
    });
    let me = source.clone();
    let start = Closure::<dyn FnMut(Controller)>::new(move |controller| {
        me.controller.replace(Some(controller));
    });
    let me = source.clone();
    let pull = Closure::<dyn FnMut()>::new(move || Source::pull(&me));
    let me = source.clone();
    let cancel = Closure::<dyn FnMut()>::new(move || me.end());
    // JavaScript owns the callbacks: they go, and the request with them, when it collects the stream.
    let stream = blob_stream(&start.into_js_value(), &pull.into_js_value(), &cancel.into_js_value())
        .map_err(|_| Error::internal("this host cannot make a ReadableStream"))?;
    for signal in signals.iter() {
        let watched: Weak<Source> = Rc::downgrade(&source);
        let subscription = signal.subscribe(move |reason| {
            if let Some(source) = watched.upgrade() {
                source.fail(&reason);
            }
        });
        source.subscriptions.borrow_mut().push(subscription);
    }
    Ok(stream)
}

impl Source {
    /// One chunk, unless one is on its way: what tells the stream of that one makes it ask again.
    fn pull(self: &Rc<Self>) {
        let Some(mut rest) = self.rest.take() else { return };
        let me = self.clone();
        spawn_local(async move {
            match me.stop.guard(rest.pull.next()).await {
                Some(Ok(Some(chunk))) => {
                    rest.progress.add(chunk.len());
                    // The caller's onProgress may have cancelled the stream.
                    if !me.stop.is_stopped() {
                        me.rest.replace(Some(rest));
                        me.with_controller(|controller| enqueue(controller, chunk.array()));
                    }
                }
                Some(Ok(None)) => {
                    rest.progress.end();
                    me.with_controller(close);
                    me.end();
                }
                Some(Err(error)) => me.fail(&to_js(&error)),
                None => {} // cancelled or aborted: the stream knows
            }
        });
    }

    fn fail(&self, reason: &JsValue) {
        self.with_controller(|controller| error(controller, reason));
        self.end();
    }

    /// Lets go of everything; a request under way stops.
    fn end(&self) {
        self.stop.stop();
        drop(self.rest.take());
        drop(self.controller.take());
        drop(self.subscriptions.take());
    }

    fn with_controller(&self, tell: impl FnOnce(&Controller)) {
        let controller = self.controller.borrow().clone();
        if let Some(controller) = controller {
            tell(&controller);
        }
    }
}
