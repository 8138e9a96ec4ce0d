//! Time and timers through `globalThis`, because a worker has no window.
//!
//! Every request has timeouts, which hardly ever fire, but a timer of Node costs some microseconds to set and to clear.
//! Therefore all sleeps share one timer of the host, which is set for the earliest and kept when that sleep is dropped.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use js_sys::{Function, Reflect};
use wasm_bindgen::prelude::*;

use crate::protocol::sorted::Sorted;

/// The longest delay of a host's timer in milliseconds; a longer one fires at once.
const LONGEST: u64 = i32::MAX as u64;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(js_namespace = performance, js_name = now)]
    fn performance_now() -> f64;
    #[wasm_bindgen(js_name = setTimeout)]
    fn set_timeout(callback: &Function, milliseconds: f64) -> Handle;
    #[wasm_bindgen(js_name = clearTimeout)]
    fn clear_timeout(timer: &Handle);

    /// Node's and Bun's `Timeout`; elsewhere a number.
    #[derive(Clone)]
    type Handle;
    #[wasm_bindgen(method, js_name = ref)]
    fn hold(this: &Handle);
    #[wasm_bindgen(method)]
    fn unref(this: &Handle);
}

thread_local! {
    static HAS_PERFORMANCE: Cell<bool> = Cell::new(has_performance());
    static SLEEPERS: RefCell<Sleepers> = RefCell::default();
}

fn has_performance() -> bool {
    let performance = Reflect::get(&js_sys::global(), &"performance".into()).unwrap_or_default();
    performance.is_object() && Reflect::get(&performance, &"now".into()).is_ok_and(|now| now.is_function())
}

/// Returns the milliseconds of a monotonic clock, if the host has one.
pub fn now() -> u64 {
    let now = if HAS_PERFORMANCE.get() { performance_now() } else { js_sys::Date::now() };
    now as u64
}

/// Waits for the given milliseconds.
pub fn sleep(milliseconds: u64) -> Sleep {
    // The clock truncates to milliseconds; one more ensures that no sleep is too short.
    Sleep { due: now().saturating_add(milliseconds).saturating_add(1), id: None }
}

/// A sleep, which is cancelled when dropped.
pub struct Sleep {
    due: u64,
    /// Its id among the sleepers, once it was polled.
    id: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let waker = context.waker().clone();
        let Some(id) = self.id else {
            self.id = Some(SLEEPERS.with_borrow_mut(|sleepers| sleepers.add(self.due, waker)));
            return Poll::Pending;
        };
        // The old waker is dropped outside of the borrow: that may drop a task, and with it another sleep.
        let before = SLEEPERS.with_borrow_mut(|sleepers| {
            let place = sleepers.wakers.get_mut(&(self.due, id))?;
            Some(std::mem::replace(place, waker))
        });
        if before.is_some() { Poll::Pending } else { Poll::Ready(()) }
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            let waker = SLEEPERS.with_borrow_mut(|sleepers| sleepers.remove(self.due, id));
            drop(waker);
        }
    }
}

/// The pending sleeps, by due time.
#[derive(Default)]
struct Sleepers {
    wakers: Sorted<(u64, u64), Waker>,
    next: u64,
    timer: Option<Timer>,
    /// Calls [`fire`].
    callback: Option<Function>,
}

/// The host's timer.
struct Timer {
    handle: Handle,
    due: u64,
    is_held: bool,
}

impl Sleepers {
    fn add(&mut self, due: u64, waker: Waker) -> u64 {
        self.next += 1;
        self.wakers.insert((due, self.next), waker);
        match &mut self.timer {
            Some(timer) if timer.due <= due => timer.hold(),
            _ => self.set(due),
        }
        self.next
    }

    fn remove(&mut self, due: u64, id: u64) -> Option<Waker> {
        let waker = self.wakers.remove(&(due, id));
        if self.wakers.is_empty() {
            self.timer.take_if(|timer| !timer.release());
        }
        waker
    }

    fn set(&mut self, due: u64) {
        if let Some(timer) = self.timer.take() {
            clear_timeout(&timer.handle);
        }
        let callback =
            self.callback.get_or_insert_with(|| Closure::<dyn FnMut()>::new(fire).into_js_value().unchecked_into());
        let handle = set_timeout(callback, due.saturating_sub(now()).min(LONGEST) as f64);
        self.timer = Some(Timer { handle, due, is_held: true });
    }
}

impl Timer {
    /// Releases the timer when there are no sleeps, so that it does not keep Node's process alive. Returns whether the
    /// timer can stay set.
    fn release(&mut self) -> bool {
        let can_stand = Reflect::get(&self.handle, &"unref".into()).is_ok_and(|unref| unref.is_function());
        if can_stand {
            self.handle.unref();
            self.is_held = false;
        } else {
            clear_timeout(&self.handle);
        }
        can_stand
    }

    fn hold(&mut self) {
        if !self.is_held {
            self.handle.hold();
            self.is_held = true;
        }
    }
}

/// Wakes the sleeps that are due, and sets the timer for the next one.
fn fire() {
    let due = SLEEPERS.with_borrow_mut(|sleepers| {
        sleepers.timer = None;
        // A host's timer may fire a little early.
        let due = sleepers.wakers.take_before(&(now() + 2, 0));
        if let Some((next, _)) = sleepers.wakers.first_key() {
            sleepers.set(*next);
        }
        due
    });
    for waker in due.into_values() {
        waker.wake();
    }
}
