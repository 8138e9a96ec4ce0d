//! A body's reader: one call out and one call in per chunk.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::{Function, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::fetch::bindings::Any;

#[wasm_bindgen(module = "/src/fetch/reader.js")]
extern "C" {
    type Reading;
    #[wasm_bindgen(constructor)]
    fn new(reader: &Any, settled: &Function) -> Reading;
    #[wasm_bindgen(method)]
    fn read(this: &Reading);
    #[wasm_bindgen(method)]
    fn release(this: &Reading);
    #[wasm_bindgen(method)]
    fn cancel(this: &Reading);

    /// The bytes of a `Uint8Array`, any other view, or a buffer, of whichever realm, as a plain view of them.
    #[wasm_bindgen(js_name = bytesOf, catch)]
    pub fn bytes_of(value: &JsValue) -> Result<Uint8Array, JsValue>;
}

/// What a read gave; the numbers are `reader.js`'s.
pub enum Read {
    /// Bytes, and how many.
    Chunk(Uint8Array, u64),
    /// There are no more.
    End,
    /// It rejected or threw.
    Broken(JsValue),
    /// It gave no `{ done, value }`.
    NoResult,
    /// The value is no bytes.
    NoBytes,
    /// Its bytes were transferred elsewhere.
    Gone,
}

impl Read {
    fn of(kind: u32, value: JsValue, length: f64) -> Self {
        match kind {
            0 => Self::Chunk(value.unchecked_into(), length as u64),
            1 => Self::End,
            2 => Self::Broken(value),
            3 => Self::NoResult,
            5 => Self::Gone,
            _ => Self::NoBytes,
        }
    }
}

#[derive(Default)]
struct State {
    pending: bool,
    outcome: Option<Read>,
    waker: Option<Waker>,
}

/// A ReadableStream's reader, or what passes for one. Dropped before its end it cancels the stream.
pub struct Reader {
    reading: Reading,
    state: Rc<RefCell<State>>,
    ended: bool,
    _settled: Closure<dyn FnMut(u32, JsValue, f64)>,
}

impl Reader {
    /// `reader`: what `getReader()` gave.
    pub fn new(reader: &Any) -> Self {
        let state = Rc::new(RefCell::new(State::default()));
        let settled = {
            let state = state.clone();
            Closure::<dyn FnMut(u32, JsValue, f64)>::new(move |kind, value, length| {
                let waker = {
                    let mut state = state.borrow_mut();
                    if !state.pending {
                        return; // a promise that settles twice
                    }
                    state.pending = false;
                    state.outcome = Some(Read::of(kind, value, length));
                    state.waker.take()
                };
                if let Some(waker) = waker {
                    waker.wake();
                }
            })
        };
        let reading = Reading::new(reader, settled.as_ref().unchecked_ref());
        Self { reading, state, ended: false, _settled: settled }
    }

    /// The next read. A read whose waiting was given up is taken up again.
    pub async fn read(&mut self) -> Read {
        let is_new = {
            let mut state = self.state.borrow_mut();
            let is_new = !state.pending && state.outcome.is_none();
            state.pending |= is_new;
            is_new
        };
        if is_new {
            self.reading.read();
        }
        let read = poll_fn(|context| {
            let mut state = self.state.borrow_mut();
            if let Some(outcome) = state.outcome.take() {
                return Poll::Ready(outcome);
            }
            state.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
        self.ended = matches!(read, Read::End);
        read
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.reading.release();
        if !self.ended {
            self.reading.cancel();
        }
    }
}
