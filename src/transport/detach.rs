//! Work that must not stop in the middle: once begun it runs to its end, even if its caller is gone.

use std::cell::Cell;
use std::future::{pending, poll_fn};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::Poll;

use futures_channel::oneshot;

use crate::transport::Host;

/// Runs work as a task of its own and returns its result. Dropping this future does not cancel the work.
pub async fn run_to_completion<T: 'static>(host: &impl Host, work: impl Future<Output = T> + 'static) -> T {
    run_to_completion_once_sent(host, work, Rc::new(Cell::new(true)), pending()).await
}

/// Runs work as a task of its own, so that it goes on, and gives its permits back, while nobody polls this future. Dropping this
/// future cancels the work.
pub async fn run_in_background(host: &impl Host, work: Pin<Box<dyn Future<Output = ()>>>) {
    run_to_completion_once_sent(host, work, Rc::new(Cell::new(false)), pending()).await;
}

/// The same as [`run_to_completion`], but dropping the future cancels the work until its request is in flight. From then on it runs until it ends
/// or `patience` does.
pub async fn run_to_completion_once_sent<T: 'static>(
    host: &impl Host,
    work: impl Future<Output = T> + 'static,
    in_flight: Rc<Cell<bool>>,
    patience: impl Future<Output = ()> + 'static,
) -> T {
    let (mut sender, receiver) = oneshot::channel();
    host.spawn(Box::pin(async move {
        let (mut work, mut patience) = (pin!(work), pin!(patience));
        let value = poll_fn(|context| {
            if let Poll::Ready(value) = work.as_mut().poll(context) {
                return Poll::Ready(Some(value));
            }
            let is_awaited = sender.poll_canceled(context).is_pending();
            if !is_awaited && (!in_flight.get() || patience.as_mut().poll(context).is_ready()) {
                return Poll::Ready(None);
            }
            Poll::Pending
        })
        .await;
        if let Some(value) = value {
            let _ = sender.send(value); // refused, and dropped here, if nobody waits for it any more
        }
    }));
    match receiver.await {
        Ok(value) => value,
        // The work is given up only after this future is gone, or by a host that drops its tasks.
        Err(oneshot::Canceled) => pending().await,
    }
}
