//! Chunks that pass from a body to the reader of a stream without entering wasm: each crossing of its border costs more than
//! the work on a chunk.

use wasm_bindgen::prelude::*;

use crate::fetch::body::hash::HostHash;
use crate::transport::Passage;

#[wasm_bindgen(module = "/src/fetch/body/passage.js")]
extern "C" {
    /// Leads to a sink: an object with `enqueue(bytes)`, whose `source` is asked for more.
    #[wasm_bindgen(js_name = Passage)]
    #[derive(Clone)]
    pub type HostPassage;
    #[wasm_bindgen(constructor, js_class = "Passage")]
    pub fn new(sink: &JsValue) -> HostPassage;
    /// Lets so many bytes pass.
    #[wasm_bindgen(method)]
    pub fn open(this: &HostPassage, hash: &HostHash, bytes: f64);
    #[wasm_bindgen(method, js_name = takePassed)]
    fn take_count(this: &HostPassage) -> f64;
    #[wasm_bindgen(method, js_name = waited)]
    fn waiting(this: &HostPassage) -> f64;
}

impl Passage for HostPassage {
    fn take_passed(&self) -> u64 {
        self.take_count() as u64
    }

    fn waited(&self) -> u64 {
        self.waiting() as u64
    }
}
