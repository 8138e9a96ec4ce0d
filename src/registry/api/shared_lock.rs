//! A lock that several may share, or one may hold alone.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use async_lock::{Mutex, MutexGuardArc};
use event_listener::Event;

/// A readers-writer lock for one thread. `async_lock::RwLock` does not serve: while one writer follows another, its waiting
/// readers wake each other in turn, and on a host that runs microtasks before anything else nothing else ever runs.
#[derive(Clone, Default)]
pub(crate) struct SharedLock(Rc<State>);

#[derive(Default)]
struct State {
    /// Held by who has the lock alone or waits for the holders to leave, and for a moment by who begins to share it.
    turn: Arc<Mutex<()>>,
    holders: Cell<usize>,
    /// The last holder has left.
    left: Event,
}

/// The lock is shared until this is dropped.
pub(crate) struct Shared(Rc<State>);

/// The lock is held alone until this is dropped.
pub(crate) struct Alone {
    _turn: MutexGuardArc<()>,
}

impl SharedLock {
    pub(crate) async fn share(&self) -> Shared {
        let _turn = self.0.turn.lock().await;
        self.0.holders.set(self.0.holders.get() + 1);
        Shared(self.0.clone())
    }

    pub(crate) async fn hold_alone(&self) -> Alone {
        let turn = self.0.turn.lock_arc().await;
        while self.0.holders.get() > 0 {
            self.0.left.listen().await;
        }
        Alone { _turn: turn }
    }

    /// Takes the lock alone if nobody holds it.
    pub(crate) fn try_hold_alone(&self) -> Option<Alone> {
        let turn = self.0.turn.try_lock_arc()?;
        (self.0.holders.get() == 0).then_some(Alone { _turn: turn })
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        self.0.holders.set(self.0.holders.get().saturating_sub(1));
        if self.0.holders.get() == 0 {
            self.0.left.notify(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::Pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    use futures_util::FutureExt as _;
    use futures_util::future::LocalBoxFuture;

    use super::*;

    #[derive(Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A task, polled when it was woken.
    struct Task<'a> {
        future: LocalBoxFuture<'a, ()>,
        wakes: Arc<Wakes>,
        is_done: bool,
    }

    impl<'a> Task<'a> {
        fn new(future: impl Future<Output = ()> + 'a) -> Self {
            Self { future: future.boxed_local(), wakes: Arc::new(Wakes(AtomicUsize::new(1))), is_done: false }
        }

        /// Returns true if the task was polled.
        fn run(&mut self) -> bool {
            if self.is_done || self.wakes.0.swap(0, Ordering::Relaxed) == 0 {
                return false;
            }
            let waker = Waker::from(self.wakes.clone());
            self.is_done = Pin::new(&mut self.future).poll(&mut Context::from_waker(&waker)).is_ready();
            true
        }
    }

    /// Runs the tasks until none was woken, and returns how often one was polled.
    fn run(tasks: &mut [Task]) -> usize {
        let mut polls = 0;
        while polls < 1000 {
            let before = polls;
            polls += tasks.iter_mut().map(Task::run).filter(|was_polled| *was_polled).count();
            if polls == before {
                return polls;
            }
        }
        panic!("the tasks wake each other for ever");
    }

    #[test]
    fn those_who_share_wait_without_waking_each_other() {
        let (lock, gate) = (SharedLock::default(), Event::new());
        let held = lock.try_hold_alone();
        assert!(held.is_some());
        let alone = || async {
            let _held = lock.hold_alone().await;
            gate.listen().await;
        };
        let share = || async { drop(lock.share().await) };
        let mut tasks =
            [Task::new(share()), Task::new(alone()), Task::new(share()), Task::new(share()), Task::new(alone())];
        run(&mut tasks);
        drop(held);
        for _ in 0..2 {
            run(&mut tasks);
            assert!(lock.try_hold_alone().is_none());
            gate.notify(1);
        }
        run(&mut tasks);
        assert!(tasks.iter().all(|task| task.is_done));
        assert!(lock.try_hold_alone().is_some());
    }

    #[test]
    fn one_waits_for_all_who_share() {
        let (lock, is_in) = (SharedLock::default(), Cell::new(false));
        let [first, second] = [(); 2].map(|()| lock.share().now_or_never());
        assert!(first.is_some() && second.is_some() && lock.try_hold_alone().is_none());
        let mut tasks = [Task::new(async {
            let _held = lock.hold_alone().await;
            is_in.set(true);
        })];
        for (holder, expected) in [(first, false), (second, true)] {
            run(&mut tasks);
            assert!(!is_in.get() && lock.share().now_or_never().is_none());
            drop(holder);
            run(&mut tasks);
            assert_eq!(is_in.get(), expected);
        }
    }
}
