//! Time and timers through `globalThis`: a worker has no window.

use std::cell::{Cell, RefCell};
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use js_sys::Function;
use wasm_bindgen::prelude::*;

/// What a host's timer can hold: more fires at once.
const LONGEST: u64 = i32::MAX as u64;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, milliseconds: f64) -> JsValue;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &JsValue);
}

thread_local! {
    static HAS_PERFORMANCE: Cell<bool> = Cell::new(has_performance());
}

fn has_performance() -> bool {
    let performance = js_sys::Reflect::get(&js_sys::global(), &"performance".into()).unwrap_or_default();
    performance.is_object() && js_sys::Reflect::get(&performance, &"now".into()).is_ok_and(|now| now.is_function())
}

/// Milliseconds of a clock that never goes back, where the host has one.
pub fn now() -> u64 {
    let now = if HAS_PERFORMANCE.get() { performance_now() } else { js_sys::Date::now() };
    now as u64
}

/// Waits so many milliseconds.
pub async fn sleep(milliseconds: u64) {
    let end = now().saturating_add(milliseconds);
    let mut left = milliseconds;
    loop {
        Timer::start(left.min(LONGEST)).fired().await;
        // A host's timer may fire a little early: what counts is that long sleeps come in pieces.
        if left <= LONGEST {
            return;
        }
        left = end.saturating_sub(now());
    }
}

/// One timer of the host; cleared when dropped, else it would keep Node's process alive.
struct Timer {
    id: JsValue,
    fired: Rc<Cell<bool>>,
    waker: Rc<RefCell<Option<Waker>>>,
    _callback: Closure<dyn FnMut()>,
}

impl Timer {
    fn start(milliseconds: u64) -> Self {
        let (fired, waker) = (Rc::new(Cell::new(false)), Rc::new(RefCell::new(None::<Waker>)));
        let callback = {
            let (fired, waker) = (fired.clone(), waker.clone());
            Closure::<dyn FnMut()>::new(move || {
                fired.set(true);
                let waker = waker.borrow_mut().take();
                if let Some(waker) = waker {
                    waker.wake();
                }
            })
        };
        let id = set_timeout(callback.as_ref().unchecked_ref(), milliseconds as f64);
        Self { id, fired, waker, _callback: callback }
    }

    async fn fired(&self) {
        poll_fn(|context| {
            if self.fired.get() {
                return Poll::Ready(());
            }
            *self.waker.borrow_mut() = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        clear_timeout(&self.id);
    }
}
