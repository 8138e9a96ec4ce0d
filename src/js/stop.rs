//! Stopping one's own work: `return()` of an iterator, `cancel()` of a stream.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

/// A switch that can be thrown once.
#[derive(Clone, Default)]
pub struct Stop(Rc<RefCell<State>>);

#[derive(Default)]
struct State {
    stopped: bool,
    waker: Option<Waker>,
}

impl Stop {
    /// Whether it was thrown.
    pub fn is_stopped(&self) -> bool {
        self.0.borrow().stopped
    }

    /// Throws it.
    pub fn stop(&self) {
        let waker = {
            let mut state = self.0.borrow_mut();
            state.stopped = true;
            state.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// What the work gives; `None`, and the work dropped, when it is stopped first.
    pub async fn guard<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        poll_fn(|context| {
            if self.is_stopped() {
                return Poll::Ready(None);
            }
            if let Poll::Ready(result) = work.as_mut().poll(context) {
                return Poll::Ready(Some(result));
            }
            self.0.borrow_mut().waker = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }
}
