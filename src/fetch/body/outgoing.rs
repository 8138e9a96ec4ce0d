//! Streamed request bodies. They are not sent from pages, where browsers require HTTP/2 for them or do not support
//! them.

use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::prelude::*;

use crate::fetch::body::{HostBytes, joined};
use crate::fetch::promise::promise_of;
use crate::transport::pipe::{End, Pipe};

#[wasm_bindgen(module = "/src/fetch/body/outgoing.js")]
extern "C" {
    type Taken;
    #[wasm_bindgen(method, getter, js_name = isStrict)]
    fn is_strict(this: &Taken) -> bool;
    #[wasm_bindgen(js_name = takesStreams, catch)]
    fn takes_streams() -> std::result::Result<Option<Taken>, JsValue>;
}

/// How a `fetch` handles streamed bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taking {
    /// It does not support them.
    Not,
    /// It sends them without a copy.
    Freely,
    /// It follows the standard, which keeps a copy of the whole body in memory for redirects, unless redirects are
    /// errors and there is no window.
    Strictly,
}

impl Taking {
    /// Tests the host's own `fetch`; an injected one has to declare its support (`fetch.duplex` is "half").
    pub fn of(fetch: &Function, is_injected: bool) -> Self {
        if is_injected {
            let says_so = Reflect::get(fetch, &"duplex".into()).is_ok_and(|duplex| duplex == "half");
            return if says_so { Self::Strictly } else { Self::Not };
        }
        match takes_streams() {
            Ok(Some(taken)) if taken.is_strict() => Self::Strictly,
            Ok(Some(_)) => Self::Freely,
            _ => Self::Not,
        }
    }
}

/// Returns a function that gives the pipe's contents piece by piece: each call returns a promise of bytes, or of
/// `undefined` at the end.
pub fn next_of(pipe: &Rc<Pipe<HostBytes>>) -> JsValue {
    let pipe = pipe.clone();
    let next = Closure::<dyn FnMut() -> Promise>::new(move || {
        let pipe = pipe.clone();
        promise_of(async move {
            match pipe.next().await {
                Ok(piece) => joined(&piece).map(JsValue::from).map_err(|_| JsValue::UNDEFINED),
                Err(End::Whole) => Ok(JsValue::UNDEFINED),
                Err(End::Broken) => Err(JsValue::UNDEFINED),
            }
        })
    });
    next.into_js_value()
}
