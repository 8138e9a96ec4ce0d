//! Limits the number of concurrent requests to a registry, and adapts it to what the registry bears.

mod fair_queue;
mod window;

use std::cell::RefCell;
use std::rc::Rc;

use futures_channel::oneshot;

use crate::protocol::http::rate_limit::RateLimit;
use crate::transport::request::LogicalTime;
use fair_queue::FairQueue;
use window::Window;

/// Longest time in milliseconds that all requests wait because the registry asks for it. A call fails where more is
/// asked for.
const LONGEST_HOLD: u64 = 60_000;

/// Requests that are in flight at least, however many get no response.
const UNANSWERED: usize = 6;

/// The requests in flight and those that wait.
#[derive(Default)]
struct Requests {
    in_flight: usize,
    waiting: FairQueue<oneshot::Sender<Permit>>,
}

struct State {
    window: Window,
    /// Requests whose body is in memory, if they have one.
    ordinary: Requests,
    /// Requests whose body is sent while it is made. What makes it may need an ordinary request.
    streamed: Requests,
    /// Time until which the registry wants no requests; milliseconds of the host's clock.
    held_until: u64,
}

/// Admits requests to one registry, for all calls of one client.
#[derive(Clone)]
pub struct Limiter(Rc<RefCell<State>>);

/// Allows one request to be in flight until it is dropped.
pub struct Permit {
    limiter: Limiter,
    is_streamed: bool,
    epoch: u64,
}

impl State {
    fn requests(&mut self, is_streamed: bool) -> &mut Requests {
        if is_streamed { &mut self.streamed } else { &mut self.ordinary }
    }

    /// Returns true if one more request may be sent. One of each kind always may, so that neither waits for the other for
    /// ever.
    fn has_room(&mut self, is_streamed: bool) -> bool {
        let all = self.ordinary.in_flight + self.streamed.in_flight;
        all < self.window.size() || self.requests(is_streamed).in_flight == 0
    }

    fn is_full(&self) -> bool {
        self.ordinary.in_flight + self.streamed.in_flight >= self.window.size()
    }
}

impl Limiter {
    /// Allows at most `cap` requests at a time.
    pub fn new(cap: usize) -> Self {
        let (ordinary, streamed) = Default::default();
        Self(Rc::new(RefCell::new(State { window: Window::new(cap), ordinary, streamed, held_until: 0 })))
    }

    /// Waits for the turn of a request that a call makes.
    pub async fn permit(&self, call: LogicalTime, is_streamed: bool) -> Permit {
        let receiver = {
            let mut state = self.0.borrow_mut();
            let is_first = state.requests(is_streamed).waiting.is_empty();
            if is_first && state.has_room(is_streamed) {
                return self.admit(&mut state, is_streamed);
            }
            let (sender, receiver) = oneshot::channel();
            state.requests(is_streamed).waiting.add(call, sender);
            receiver
        };
        match receiver.await {
            Ok(permit) => permit,
            // The sender is dropped only after it was used.
            Err(oneshot::Canceled) => std::future::pending().await,
        }
    }

    fn admit(&self, state: &mut State, is_streamed: bool) -> Permit {
        state.requests(is_streamed).in_flight += 1;
        Permit { limiter: self.clone(), is_streamed, epoch: state.window.epoch() }
    }

    /// Admits those that wait, as long as there is room.
    fn dispatch(&self) {
        for is_streamed in [false, true] {
            while let Some((sender, permit)) = self.next(is_streamed) {
                // Its receiver exists, as it was checked.
                let _ = sender.send(permit);
            }
        }
    }

    fn next(&self, is_streamed: bool) -> Option<(oneshot::Sender<Permit>, Permit)> {
        let mut state = self.0.borrow_mut();
        while state.has_room(is_streamed) {
            let sender = state.requests(is_streamed).waiting.next()?;
            // The call may have been aborted.
            if !sender.is_canceled() {
                return Some((sender, self.admit(&mut state, is_streamed)));
            }
        }
        None
    }

    /// Returns the number of requests that may be in flight at the moment.
    pub fn size(&self) -> usize {
        self.0.borrow().window.size()
    }

    /// Returns the milliseconds for which the registry wants no request.
    pub fn hold(&self, now: u64) -> u64 {
        self.0.borrow().held_until.saturating_sub(now)
    }

    /// Records that the registry wants no request for so many milliseconds.
    pub fn hold_for(&self, milliseconds: u64, now: u64) {
        if milliseconds <= LONGEST_HOLD {
            let mut state = self.0.borrow_mut();
            state.held_until = state.held_until.max(now.saturating_add(milliseconds));
        }
    }

    /// Records the rate limit that a response reports.
    pub fn limit_rate(&self, limit: &RateLimit, now: u64) {
        let Some(remaining) = limit.remaining else { return };
        self.0.borrow_mut().window.allow(remaining);
        if remaining == 0
            && let Some(reset) = limit.reset
        {
            self.hold_for(reset, now);
        }
        self.dispatch();
    }
}

impl Permit {
    /// Records that the registry responded as usual.
    pub fn went_well(&self) {
        let mut state = self.limiter.0.borrow_mut();
        let is_needed = state.is_full() || !state.ordinary.waiting.is_empty();
        if is_needed {
            state.window.grow();
            drop(state);
            self.limiter.dispatch();
        }
    }

    /// Records that the registry refused because it was overloaded.
    pub fn was_too_much(&self) {
        self.limiter.0.borrow_mut().window.shrink(self.epoch, 1);
    }

    /// Records that the registry did not respond, or lost the connection. It may be gone; then some requests at a time are
    /// left, so that those that wait learn of it.
    pub fn went_unanswered(&self) {
        self.limiter.0.borrow_mut().window.shrink(self.epoch, UNANSWERED);
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        {
            let mut state = self.limiter.0.borrow_mut();
            let requests = state.requests(self.is_streamed);
            requests.in_flight = requests.in_flight.saturating_sub(1);
        }
        self.limiter.dispatch();
    }
}
