//! Work that must not stop in the middle: once begun it runs to its end, even if its caller is gone.

use std::cell::{Cell, RefCell};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::{Poll, Waker};

use crate::transport::Host;

struct Outcome<T> {
    value: Option<T>,
    /// Who waits for it.
    waker: Option<Waker>,
    is_awaited: bool,
    /// The work.
    worker: Option<Waker>,
}

/// Runs work as a task of its own and returns its result. Dropping this future does not cancel the work.
pub async fn run_to_completion<T: 'static>(host: &impl Host, work: impl Future<Output = T> + 'static) -> T {
    run_to_completion_once_sent(host, work, Rc::new(Cell::new(true)), pending()).await
}

/// The same, but dropping the future cancels the work until its request is in flight. From then on it runs until it ends
/// or `patience` does.
pub async fn run_to_completion_once_sent<T: 'static>(
    host: &impl Host,
    work: impl Future<Output = T> + 'static,
    in_flight: Rc<Cell<bool>>,
    patience: impl Future<Output = ()> + 'static,
) -> T {
    let outcome = Outcome { value: None, waker: None, is_awaited: true, worker: None };
    let outcome = Waiting(Rc::new(RefCell::new(outcome)));
    let told = outcome.0.clone();
    host.spawn(Box::pin(async move {
        let (mut work, mut patience) = (pin!(work), pin!(patience));
        let value = poll_fn(|context| {
            if let Poll::Ready(value) = work.as_mut().poll(context) {
                return Poll::Ready(Some(value));
            }
            let is_awaited = told.borrow().is_awaited;
            if !is_awaited && (!in_flight.get() || patience.as_mut().poll(context).is_ready()) {
                return Poll::Ready(None);
            }
            let mut outcome = told.borrow_mut();
            outcome.worker = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
        let (waker, unwanted) = {
            let mut outcome = told.borrow_mut();
            let unwanted = if outcome.is_awaited { std::mem::replace(&mut outcome.value, value) } else { value };
            (outcome.waker.take(), unwanted)
        };
        // Outside of the borrow: what it drops may call back in.
        drop(unwanted);
        if let Some(waker) = waker {
            waker.wake();
        }
    }));
    poll_fn(|context| {
        let mut outcome = outcome.0.borrow_mut();
        match outcome.value.take() {
            Some(value) => Poll::Ready(value),
            None => {
                outcome.waker = Some(context.waker().clone());
                Poll::Pending
            }
        }
    })
    .await
}

struct Waiting<T>(Rc<RefCell<Outcome<T>>>);

impl<T> Drop for Waiting<T> {
    fn drop(&mut self) {
        let (worker, unwanted) = {
            let mut outcome = self.0.borrow_mut();
            outcome.is_awaited = false;
            (outcome.worker.take(), outcome.value.take())
        };
        drop(unwanted);
        if let Some(worker) = worker {
            worker.wake();
        }
    }
}
