//! Work that calls at the same time share.

use std::cell::{Cell, RefCell};
use std::future::Future;

use async_lock::Mutex;

use super::{Error, Result};

/// One call does the work, the others wait for how it ends. Where the one goes away before that, the next takes over.
#[derive(Default)]
pub struct Shared {
    working: Mutex<()>,
    /// How often the work came to an end, and why it failed the last time.
    ended: Cell<u64>,
    failure: RefCell<Option<Error>>,
}

impl Shared {
    /// What is there already, else what the work brings. Whoever waited for work that failed has its error: to try again
    /// is for the next call.
    pub async fn get<T>(&self, ready: impl Fn() -> Option<T>, work: impl Future<Output = Result<T>>) -> Result<T> {
        if let Some(value) = ready() {
            return Ok(value);
        }
        let ended = self.ended.get();
        let _working = self.working.lock().await;
        if let Some(value) = ready() {
            return Ok(value);
        }
        if self.ended.get() != ended
            && let Some(error) = self.failure.borrow().clone()
        {
            return Err(error);
        }
        let result = work.await;
        self.ended.set(self.ended.get() + 1);
        self.failure.replace(result.as_ref().err().cloned());
        result
    }
}
