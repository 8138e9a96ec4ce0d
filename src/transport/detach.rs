//! Work that must not stop in the middle: once begun it goes on to its end, whether or not anyone still waits for it.

use std::cell::RefCell;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::{Poll, Waker};

use super::Host;

struct Outcome<T> {
    value: Option<T>,
    waker: Option<Waker>,
}

/// Hands work over to the host and waits for what it gives. Dropped, only the waiting ends.
pub async fn see_through<T: 'static>(host: &impl Host, work: impl Future<Output = T> + 'static) -> T {
    let outcome = Rc::new(RefCell::new(Outcome { value: None, waker: None }));
    let told = outcome.clone();
    host.spawn(Box::pin(async move {
        let value = work.await;
        let waker = {
            let mut outcome = told.borrow_mut();
            outcome.value = Some(value);
            outcome.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }));
    poll_fn(|context| {
        let mut outcome = outcome.borrow_mut();
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
