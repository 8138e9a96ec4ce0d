//! The channel through which a streamed request body passes, piece by piece, from its producer to the transport.

use std::cell::RefCell;
use std::fmt;

use event_listener::Event;

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// After its last byte.
    Whole,
    /// Before its last byte: the server must not take it for whole.
    Broken,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// The producer's, to put in a piece.
    Maker,
    /// The transport's, to take one.
    Sender,
    /// The server's, which has all of them.
    Receiver,
}

/// Holds one piece at a time, so that no more is produced than is sent.
pub struct Pipe<C> {
    state: RefCell<State<C>>,
    /// Notified after each change of the state: the producer or the transport may go on.
    changed: Event,
}

struct State<C> {
    piece: Option<Vec<C>>,
    /// Pieces so far.
    taken: u64,
    end: Option<End>,
}

impl<C> Default for Pipe<C> {
    fn default() -> Self {
        Self { state: RefCell::new(State { piece: None, taken: 0, end: None }), changed: Event::new() }
    }
}

impl<C> Pipe<C> {
    /// Puts in a piece, once the one before was taken.
    pub async fn put(&self, piece: Vec<C>) {
        let mut piece = Some(piece);
        self.wait_until(|state| {
            if state.piece.is_some() {
                return None;
            }
            state.piece = piece.take();
            Some(())
        })
        .await;
    }

    /// Ends the body. Later calls have no effect.
    pub fn end(&self, end: End) {
        self.state.borrow_mut().end.get_or_insert(end);
        self.changed.notify(usize::MAX);
    }

    /// The next piece, or how the body ended.
    pub async fn next(&self) -> Result<Vec<C>, End> {
        self.wait_until(|state| match (state.piece.take(), state.end) {
            (_, Some(End::Broken)) => Some(Err(End::Broken)),
            (Some(piece), _) => {
                state.taken += 1;
                Some(Ok(piece))
            }
            (None, Some(end)) => Some(Err(end)),
            (None, None) => None,
        })
        .await
    }

    /// Whose turn it is, and how many pieces were taken.
    pub fn progress(&self) -> (Turn, u64) {
        let state = self.state.borrow();
        let turn = match (&state.piece, state.end) {
            (Some(_), _) => Turn::Sender,
            (None, None) => Turn::Maker,
            (None, Some(_)) => Turn::Receiver,
        };
        (turn, state.taken)
    }

    /// Waits for a state that `change` can change, and tells the other side.
    async fn wait_until<T>(&self, mut change: impl FnMut(&mut State<C>) -> Option<T>) -> T {
        loop {
            let changed = change(&mut self.state.borrow_mut());
            if let Some(changed) = changed {
                self.changed.notify(usize::MAX);
                return changed;
            }
            self.changed.listen().await;
        }
    }
}

impl<C> fmt::Debug for Pipe<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<pipe>")
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::{Context, Poll, Wake, Waker};

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicU32);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn a_dropped_waiter_costs_the_others_no_wake() {
        let pipe = Pipe::<u8>::default();
        let wakes = Arc::new(Wakes::default());
        let waker = Waker::from(wakes.clone());
        let mut context = Context::from_waker(&waker);
        let mut waiting = pin!(pipe.next());
        assert!(waiting.as_mut().poll(&mut context).is_pending());
        {
            let mut dropped = pin!(pipe.next());
            assert!(dropped.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        }
        assert!(pin!(pipe.put(vec![7])).poll(&mut Context::from_waker(Waker::noop())).is_ready());
        assert_eq!(wakes.0.load(Ordering::Relaxed), 1);
        assert_eq!(waiting.poll(&mut context), Poll::Ready(Ok(vec![7])));
    }
}
