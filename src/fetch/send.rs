//! Requests and their responses: one call out and one call in for each.

use std::cell::RefCell;

use futures_channel::oneshot;
use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::fetch::abort::Abort;
use crate::protocol::sorted::Sorted;

#[wasm_bindgen(module = "/src/fetch/send.js")]
extern "C" {
    /// Sends requests with one `fetch`.
    pub type Sender;
    #[wasm_bindgen(constructor)]
    fn new(fetch: &Function, settled: &Function) -> Sender;
    /// True if its `fetch` is that of `./node`, whose transport takes requests directly.
    #[wasm_bindgen(method, getter, js_name = isDirect)]
    pub fn is_direct(this: &Sender) -> bool;
    #[wasm_bindgen(method, catch)]
    #[allow(clippy::too_many_arguments)]
    fn send(
        this: &Sender,
        id: u32,
        head: &str,
        body: &JsValue,
        redirect: u32,
        is_page: bool,
        is_fresh: bool,
        is_windowless: bool,
    ) -> Result<Flight, JsValue>;

    /// A request under way.
    pub type Flight;
    #[wasm_bindgen(method)]
    pub fn abort(this: &Flight);
}

/// How redirects are followed; the numbers are `send.js`'s.
#[derive(Debug, Clone, Copy)]
pub enum Redirect {
    /// Not at all: they are responses.
    Manual = 0,
    /// By the host.
    Follow = 1,
    /// They are errors.
    Error = 2,
}

/// How a request is sent.
#[derive(Debug, Clone, Copy)]
pub struct Modes {
    pub redirect: Redirect,
    /// In a page: without the browser's credentials.
    pub is_page: bool,
    /// In a page: not from the browser's cache, nor into it.
    pub is_fresh: bool,
    /// A streamed body is not kept for a login dialog.
    pub is_windowless: bool,
}

/// The outcome of a request.
pub struct Settled {
    /// The status, or one of the numbers below 100 of `send.js`.
    pub status: u32,
    /// The header fields, one line each for name and value.
    pub fields: String,
    /// The response's URL, if it is another one.
    pub url: Option<String>,
    /// True for a response whose header fields may be filtered.
    pub is_cors: bool,
    /// The bytes, a reader, or the reason of a failure.
    pub body: JsValue,
    /// The number of bytes; negative for a reader.
    pub length: f64,
}

/// The requests whose outcome is not known yet. They share one callback: creating one for each costs more than calling it.
#[derive(Default)]
struct Pending {
    next: u32,
    waiting: Sorted<u32, oneshot::Sender<Settled>>,
    callback: Option<Function>,
}

thread_local! {
    static PENDING: RefCell<Pending> = RefCell::default();
}

type Callback = dyn FnMut(u32, u32, String, Option<String>, bool, JsValue, f64);

fn callback() -> Function {
    let create = || {
        Closure::<Callback>::new(|id, status, fields, url, is_cors, body, length| {
            let sender = PENDING.with_borrow_mut(|pending| pending.waiting.remove(&id));
            if let Some(sender) = sender {
                let _ = sender.send(Settled { status, fields, url, is_cors, body, length });
            }
        })
    };
    PENDING.with_borrow_mut(|pending| {
        pending.callback.get_or_insert_with(|| create().into_js_value().unchecked_into()).clone()
    })
}

impl Sender {
    /// Creates the sender for a `fetch`.
    pub fn of(fetch: &Function) -> Self {
        Self::new(fetch, &callback())
    }

    /// Sends a request and waits for its outcome; dropping the future, or the guard, aborts it. `head`: one line each for
    /// the method, the URL, and the names and values of the header fields.
    pub async fn outcome(&self, head: &str, body: &JsValue, modes: Modes) -> (Settled, Abort) {
        let (sender, receiver) = oneshot::channel();
        let id = PENDING.with_borrow_mut(|pending| {
            pending.next = pending.next.wrapping_add(1);
            pending.waiting.insert(pending.next, sender);
            pending.next
        });
        let _forget = Forget(id);
        let Modes { redirect, is_page, is_fresh, is_windowless } = modes;
        let failed = |body| Settled { status: 0, fields: String::new(), url: None, is_cors: false, body, length: -1.0 };
        match self.send(id, head, body, redirect as u32, is_page, is_fresh, is_windowless) {
            Ok(flight) => {
                let abort = Abort::of(flight);
                // The sender goes with its message only.
                (receiver.await.unwrap_or_else(|_| failed(JsValue::UNDEFINED)), abort)
            }
            Err(thrown) => (failed(thrown), Abort::none()),
        }
    }
}

/// Takes a request from the pending ones.
struct Forget(u32);

impl Drop for Forget {
    fn drop(&mut self) {
        let sender = PENDING.with_borrow_mut(|pending| pending.waiting.remove(&self.0));
        drop(sender);
    }
}
