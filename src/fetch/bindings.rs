//! Bindings to the objects of `fetch`, accessed by property name instead of by class: an injected `fetch` may come from
//! another realm or library, and a class check would reject its valid responses. Every access catches exceptions,
//! because a getter may throw.

use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::*;

#[wasm_bindgen]
extern "C" {
    /// A value of any type, such as the result of a promise.
    #[derive(Clone)]
    pub type Any;
    // Errors
    #[wasm_bindgen(method, getter, catch)]
    pub fn name(this: &Any) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, catch)]
    pub fn code(this: &Any) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, catch)]
    pub fn cause(this: &Any) -> Result<Any, JsValue>;

    /// A byte view with offsets as numbers: a chunk may exceed 32 bits.
    pub type Bytes;
    #[wasm_bindgen(method, getter, js_name = byteLength)]
    pub fn byte_length(this: &Bytes) -> f64;
    /// Throws if the buffer was transferred.
    #[wasm_bindgen(method, catch)]
    pub fn subarray(this: &Bytes, start: f64, end: f64) -> Result<Uint8Array, JsValue>;

    /// A `Uint8Array` whose length may exceed 32 bits.
    #[wasm_bindgen(extends = Uint8Array, js_name = Uint8Array)]
    pub type Room;
    /// Throws a RangeError if the host cannot allocate that much.
    #[wasm_bindgen(constructor, js_class = "Uint8Array", catch)]
    pub fn new(length: f64) -> Result<Room, JsValue>;
    #[wasm_bindgen(method, catch, js_name = set)]
    pub fn set(this: &Room, bytes: &Uint8Array, offset: f64) -> Result<(), JsValue>;

    #[wasm_bindgen(js_namespace = ["Object", "prototype", "toString"], js_name = call, catch)]
    fn object_tag(value: &JsValue) -> Result<String, JsValue>;
}

/// Returns a value as a `Uint8Array`, also one of another realm: where tests bring a DOM along, Node's own have another class.
pub fn byte_array(value: &JsValue) -> Option<&Uint8Array> {
    (ArrayBuffer::is_view(value) && tag(value) == "[object Uint8Array]").then(|| value.unchecked_ref())
}

/// Returns a value's tag, such as "[object RegExp]"; unlike `instanceof` it works across realms.
pub fn tag(value: &JsValue) -> String {
    object_tag(value).unwrap_or_default()
}
