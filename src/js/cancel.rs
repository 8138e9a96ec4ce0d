//! Cancelling one's own work: `return()` of an iterator, `cancel()` of a stream.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;

use event_listener::Event;
use futures_util::future::{Either, select};

/// Cancels the work that runs under it, once and for all. Clones share their state.
#[derive(Clone, Default)]
pub struct CancelToken(Rc<State>);

#[derive(Default)]
struct State {
    is_cancelled: Cell<bool>,
    interruptions: Cell<u32>,
    event: Event,
}

impl CancelToken {
    /// True once [`CancelToken::cancel`] was called.
    pub fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.get()
    }

    /// Cancels the work.
    pub fn cancel(&self) {
        self.0.is_cancelled.set(true);
        self.0.event.notify(usize::MAX);
    }

    /// Ends the work that runs now, but none that is run later.
    pub fn interrupt(&self) {
        self.0.interruptions.set(self.0.interruptions.get().wrapping_add(1));
        self.0.event.notify(usize::MAX);
    }

    /// The result of the work; `None`, and the work dropped, if it is cancelled or interrupted first.
    pub async fn run_until_cancelled<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        match select(pin!(self.cancelled()), pin!(work)).await {
            Either::Left(_) => None,
            Either::Right((result, _)) => Some(result),
        }
    }

    async fn cancelled(&self) {
        let before = self.0.interruptions.get();
        while !self.is_cancelled() && self.0.interruptions.get() == before {
            self.0.event.listen().await;
        }
    }
}
