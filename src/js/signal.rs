//! Abort signals, told by what they can do: one may come from another realm or a polyfill.
//!
//! A signal gets one listener from here however many calls share it (Node warns of a leak from the eleventh on), and it
//! is removed with the last of those calls.

use std::cell::{Cell, OnceCell, RefCell};
use std::pin::Pin;
use std::rc::{Rc, Weak};

use futures_channel::oneshot;
use futures_util::future::{Either, select};
use js_sys::{Function, Map, Reflect};
use wasm_bindgen::prelude::*;

use crate::js::output::error::{Failure, Result};
use crate::protocol::sorted::Sorted;

#[wasm_bindgen]
extern "C" {
    #[derive(Clone)]
    type AbortSignal;
    #[wasm_bindgen(method, getter, catch)]
    fn aborted(this: &AbortSignal) -> std::result::Result<JsValue, JsValue>;
    #[wasm_bindgen(method, getter, catch)]
    fn reason(this: &AbortSignal) -> std::result::Result<JsValue, JsValue>;
}

#[wasm_bindgen(module = "/src/js/signal.js")]
extern "C" {
    type Listening;
    #[wasm_bindgen(constructor)]
    fn new(signal: &AbortSignal, fired: &Function) -> Listening;
    #[wasm_bindgen(method)]
    fn stop(this: &Listening);
}

/// An abort signal that was looked at.
#[derive(Clone)]
pub struct Signal(AbortSignal);

impl Signal {
    /// `name`: the option it came as.
    pub fn check(value: JsValue, name: &str) -> Result<Self> {
        let get = |name: &str| Reflect::get(&value, &name.into()).unwrap_or_default();
        let fits = value.is_object()
            && get("aborted").as_bool().is_some()
            && get("addEventListener").is_function()
            && get("removeEventListener").is_function();
        if !fits {
            return Err(Failure::argument(format!("{name}: an AbortSignal is needed")));
        }
        Ok(Self(value.unchecked_into()))
    }

    /// The reason, once it is aborted.
    pub fn aborted(&self) -> Option<JsValue> {
        let aborted = self.0.aborted().is_ok_and(|aborted| aborted.is_truthy());
        aborted.then(|| self.0.reason().unwrap_or_default())
    }

    /// The signal itself.
    pub fn as_js(&self) -> &JsValue {
        &self.0
    }

    /// Calls back once, with the reason, when it is aborted; until the subscription is dropped.
    pub fn subscribe(&self, callback: impl FnOnce(JsValue) + 'static) -> Subscription {
        let listener = Listener::of(&self.0);
        let key = listener.next.get();
        listener.next.set(key + 1);
        listener.callbacks.borrow_mut().insert(key, Box::new(callback));
        Subscription { listener, key }
    }
}

/// Ends with its drop.
pub struct Subscription {
    listener: Rc<Listener>,
    key: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let callback = self.listener.callbacks.borrow_mut().remove(&self.key);
        drop(callback);
    }
}

type Callback = Box<dyn FnOnce(JsValue)>;

/// The one listener on a signal.
struct Listener {
    signal: AbortSignal,
    id: u32,
    next: Cell<u64>,
    callbacks: RefCell<Sorted<u64, Callback>>,
    function: Closure<dyn FnMut()>,
    listening: OnceCell<Listening>,
}

/// The signals that have a listener: a JavaScript `Map` of each to its id here.
#[derive(Default)]
struct Listeners {
    ids: Map,
    next: u32,
    by_id: Sorted<u32, Weak<Listener>>,
}

thread_local! {
    static LISTENERS: RefCell<Listeners> = RefCell::default();
}

impl Listener {
    fn of(signal: &AbortSignal) -> Rc<Self> {
        let (listener, is_new) = LISTENERS.with_borrow_mut(|listeners| {
            let known = listeners.ids.get(signal).as_f64().and_then(|id| listeners.by_id.get(&(id as u32)));
            if let Some(listener) = known.and_then(Weak::upgrade) {
                return (listener, false);
            }
            let id = listeners.next;
            listeners.next = id.wrapping_add(1);
            let listener = Rc::new_cyclic(|listener: &Weak<Self>| {
                let listener = listener.clone();
                let function = Closure::new(move || {
                    if let Some(listener) = listener.upgrade() {
                        listener.fire();
                    }
                });
                let (next, callbacks, listening) = (Cell::default(), RefCell::default(), OnceCell::new());
                Self { signal: signal.clone(), id, next, callbacks, function, listening }
            });
            listeners.ids.set(signal, &id.into());
            listeners.by_id.insert(id, Rc::downgrade(&listener));
            (listener, true)
        });
        // Outside the borrow: this is the caller's code, which may call back in.
        if is_new {
            listener.listening.get_or_init(|| Listening::new(signal, listener.function.as_ref().unchecked_ref()));
        }
        listener
    }

    fn fire(&self) {
        let reason = self.signal.reason().unwrap_or_default();
        let callbacks = std::mem::take(&mut *self.callbacks.borrow_mut());
        for callback in callbacks.into_values() {
            callback(reason.clone());
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.listening.get().inspect(|listening| listening.stop());
        LISTENERS.with_borrow_mut(|listeners| {
            listeners.by_id.remove(&self.id);
            listeners.ids.delete(&self.signal);
        });
    }
}

/// The signals of one call: its own and its client's.
#[derive(Clone, Default)]
pub struct Signals(Vec<Signal>);

impl Signals {
    /// Those that are there.
    pub fn new(signals: [Option<&Signal>; 2]) -> Self {
        Self(signals.into_iter().flatten().cloned().collect())
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = &Signal> {
        self.0.iter()
    }

    /// The reason, once one of them is aborted.
    pub fn aborted(&self) -> Option<JsValue> {
        self.0.iter().find_map(Signal::aborted)
    }

    /// Drives a future until it ends or one of them is aborted, whichever comes first; an abort drops the future.
    pub async fn race<T>(&self, future: Pin<Box<dyn Future<Output = Result<T>>>>) -> Result<T> {
        let (sender, aborted) = oneshot::channel();
        // Kept until the end: a call without signals is never aborted.
        let sender = Rc::new(Cell::new(Some(sender)));
        let _subscriptions: Vec<_> = self
            .0
            .iter()
            .map(|signal| {
                let sender = sender.clone();
                signal.subscribe(move |reason| {
                    if let Some(sender) = sender.take() {
                        let _ = sender.send(reason);
                    }
                })
            })
            .collect();
        // Since the call was made, and before the listeners were there.
        if let Some(reason) = self.aborted() {
            return Err(Failure::Reason(reason));
        }
        // The signals first: an abort counts even if the future ends in the same turn.
        match select(aborted, future).await {
            Either::Left((reason, _)) => Err(Failure::Reason(reason.unwrap_or_default())),
            Either::Right((result, _)) => result,
        }
    }
}
