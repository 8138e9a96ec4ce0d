//! Promises of outsiders as futures. Unlike `JsFuture` it takes any thenable, also one that throws, calls back at once,
//! twice, too late or never.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::Function;
use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/fetch/reader.js")]
extern "C" {
    /// Follows a thenable by a promise of our own, which calls back once.
    fn follow(value: &JsValue, fulfilled: &Function, rejected: &Function);
}

type Callback = Closure<dyn FnMut(JsValue)>;

#[derive(Default)]
struct State {
    outcome: Option<Result<JsValue, JsValue>>,
    waker: Option<Waker>,
    /// A promise holds the callbacks.
    pending: bool,
    /// The [`Settling`] was dropped: the callbacks live only for the promise that holds them.
    orphaned: bool,
    /// They hold this state in turn: whoever is done last breaks the circle.
    callbacks: Option<(Callback, Callback)>,
}

/// A promise, awaited.
pub struct Settling(Rc<RefCell<State>>);

impl Settling {
    pub fn new() -> Self {
        let state = Rc::new(RefCell::new(State::default()));
        let callbacks = (callback(&state, Ok), callback(&state, Err));
        state.borrow_mut().callbacks = Some(callbacks);
        Self(state)
    }

    /// Whether a promise has been followed and not been waited for to its end.
    pub fn is_busy(&self) -> bool {
        let state = self.0.borrow();
        state.pending || state.outcome.is_some()
    }

    /// Begins to wait for a promise; a value that is none counts as fulfilled with itself.
    pub fn follow(&self, value: JsValue) {
        let functions = self.0.borrow().callbacks.as_ref().map(|(fulfilled, rejected)| {
            let function = |callback: &Callback| callback.as_ref().unchecked_ref::<Function>().clone();
            (function(fulfilled), function(rejected))
        });
        let Some((fulfilled, rejected)) = functions else { return };
        if is_thenable(&value) {
            self.0.borrow_mut().pending = true;
            follow(&value, &fulfilled, &rejected);
        } else {
            self.0.borrow_mut().outcome.get_or_insert(Ok(value));
        }
    }

    /// Waits for the promise followed.
    pub async fn settled(&self) -> Result<JsValue, JsValue> {
        poll_fn(|context| {
            let mut state = self.0.borrow_mut();
            if let Some(outcome) = state.outcome.take() {
                return Poll::Ready(outcome);
            }
            state.waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl Drop for Settling {
    fn drop(&mut self) {
        let callbacks = {
            let mut state = self.0.borrow_mut();
            state.orphaned = true;
            state.waker = None;
            if state.pending { None } else { state.callbacks.take() }
        };
        drop(callbacks);
    }
}

/// Waits for what a call of the host gave: a promise, a value, or what it threw.
pub async fn settled(called: Result<JsValue, JsValue>) -> Result<JsValue, JsValue> {
    let settling = Settling::new();
    settling.follow(called?);
    settling.settled().await
}

fn callback(state: &Rc<RefCell<State>>, wrap: fn(JsValue) -> Result<JsValue, JsValue>) -> Callback {
    let state = state.clone();
    Closure::new(move |value| {
        let (waker, callbacks) = {
            let mut state = state.borrow_mut();
            if !state.pending {
                return;
            }
            state.pending = false;
            if state.orphaned {
                (None, state.callbacks.take())
            } else {
                state.outcome = Some(wrap(value));
                (state.waker.take(), None)
            }
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        drop(callbacks);
    })
}

fn is_thenable(value: &JsValue) -> bool {
    value.is_object() && js_sys::Reflect::get(value, &"then".into()).is_ok_and(|then| then.is_function())
}
