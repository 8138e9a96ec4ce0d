//! A body's reader: one call out and one call in per chunk.

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Function, Uint8Array};
use wasm_bindgen::prelude::*;

use crate::fetch::bindings::Any;
use crate::fetch::body::passage::HostPassage;

#[wasm_bindgen(module = "/src/fetch/body/reader.js")]
extern "C" {
    type Reading;
    #[wasm_bindgen(constructor)]
    fn new(reader: &Any, settled: &Function) -> Reading;
    #[wasm_bindgen(method)]
    fn read(this: &Reading, is_new: bool);
    #[wasm_bindgen(method, js_name = passOn)]
    fn pass_on(this: &Reading, passage: &HostPassage);
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

/// A ReadableStream's reader, or what passes for one. Dropped before its end it cancels the stream.
pub struct Reader {
    reading: Reading,
    /// Takes the outcome of the read under way.
    sender: Rc<Cell<Option<oneshot::Sender<Read>>>>,
    /// Gives it. Kept if a read is dropped, so that the next one takes it up again.
    receiver: Option<oneshot::Receiver<Read>>,
    ended: bool,
    _settled: Closure<dyn FnMut(u32, JsValue, f64)>,
}

impl Reader {
    /// `reader`: what `getReader()` gave.
    pub fn new(reader: &Any) -> Self {
        let sender = Rc::new(Cell::new(None::<oneshot::Sender<Read>>));
        let settled = {
            let sender = sender.clone();
            Closure::<dyn FnMut(u32, JsValue, f64)>::new(move |kind, value, length| {
                // There is none if a promise settles twice.
                if let Some(sender) = sender.take() {
                    let _ = sender.send(Read::of(kind, value, length));
                }
            })
        };
        let reading = Reading::new(reader, settled.as_ref().unchecked_ref());
        Self { reading, sender, receiver: None, ended: false, _settled: settled }
    }

    /// Lets a passage take chunks during the reads to come.
    pub fn pass_on(&self, passage: &HostPassage) {
        self.reading.pass_on(passage);
    }

    /// The outcome of the next read, or of the one under way whose future was dropped.
    pub async fn read(&mut self) -> Read {
        let receiver = match &mut self.receiver {
            Some(receiver) => {
                self.reading.read(false);
                receiver
            }
            none => {
                let (sender, receiver) = oneshot::channel();
                self.sender.set(Some(sender));
                self.reading.read(true);
                none.insert(receiver)
            }
        };
        let read = receiver.await.unwrap_or(Read::NoResult);
        self.receiver = None;
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
