//! A request's body that is sent while it is still being made: piece by piece from who has the bytes to who sends them.

use std::cell::RefCell;
use std::fmt;
use std::future::poll_fn;
use std::task::{Context, Poll, Waker};

/// How a body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// With its last byte.
    Whole,
    /// Before that: nobody must take it for whole.
    Broken,
}

/// Who can make it go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// Whoever makes the bytes.
    Maker,
    /// Whoever sends them.
    Sender,
    /// Whoever has got all of them.
    Receiver,
}

/// Holds one piece at a time: no more is made than is sent.
pub struct Pipe<C>(RefCell<State<C>>);

struct State<C> {
    piece: Option<Vec<C>>,
    /// Pieces so far.
    taken: u64,
    end: Option<End>,
    /// Who waits: there is a maker and a sender, and one of them can go on.
    waker: Option<Waker>,
}

impl<C> Default for Pipe<C> {
    fn default() -> Self {
        Self(RefCell::new(State { piece: None, taken: 0, end: None, waker: None }))
    }
}

impl<C> Pipe<C> {
    /// Puts in a piece, once the one before was taken.
    pub async fn put(&self, piece: Vec<C>) {
        let mut piece = Some(piece);
        self.wait(|state| {
            if state.piece.is_some() {
                return Poll::Pending;
            }
            state.piece = piece.take();
            Poll::Ready(())
        })
        .await;
    }

    /// Nothing more will come. The first word counts.
    pub fn end(&self, end: End) {
        self.0.borrow_mut().end.get_or_insert(end);
        self.wake();
    }

    /// The next piece, or how it ended.
    pub async fn next(&self) -> Result<Vec<C>, End> {
        self.wait(|state| match (state.piece.take(), state.end) {
            (_, Some(End::Broken)) => Poll::Ready(Err(End::Broken)),
            (Some(piece), _) => {
                state.taken += 1;
                Poll::Ready(Ok(piece))
            }
            (None, Some(end)) => Poll::Ready(Err(end)),
            (None, None) => Poll::Pending,
        })
        .await
    }

    /// Whose turn it is, and how many pieces were taken.
    pub fn progress(&self) -> (Turn, u64) {
        let state = self.0.borrow();
        let turn = match (&state.piece, state.end) {
            (Some(_), _) => Turn::Sender,
            (None, None) => Turn::Maker,
            (None, Some(_)) => Turn::Receiver,
        };
        (turn, state.taken)
    }

    async fn wait<T>(&self, mut attempt: impl FnMut(&mut State<C>) -> Poll<T>) -> T {
        poll_fn(|context: &mut Context<'_>| {
            let done = attempt(&mut self.0.borrow_mut());
            if done.is_ready() {
                self.wake();
            } else {
                self.0.borrow_mut().waker = Some(context.waker().clone());
            }
            done
        })
        .await
    }

    fn wake(&self) {
        let waker = self.0.borrow_mut().waker.take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl<C> fmt::Debug for Pipe<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<pipe>")
    }
}
