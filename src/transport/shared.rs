//! Work that calls at the same time share.

use std::cell::{Cell, RefCell};
use std::future::Future;

use async_lock::Mutex;

use crate::protocol::code;
use crate::transport::{Error, Result};

/// One call does the work, the others wait for how it ends. Where the one goes away before that, the next takes over.
#[derive(Default)]
pub struct Shared {
    working: Mutex<()>,
    /// How often the work came to an end, and why it failed the last time, with the time it had.
    ended: Cell<u64>,
    failure: RefCell<Option<(Error, Option<u64>)>>,
}

impl Shared {
    /// What is there already, else what the work brings. Whoever waited for work that failed has its error: to try again
    /// is for the next call; and for this one where only the other's time was up. `timeout`: the work's, as its caller
    /// gave it.
    pub async fn get<T>(
        &self,
        timeout: Option<u64>,
        ready: impl Fn() -> Option<T>,
        work: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        if let Some(value) = ready() {
            return Ok(value);
        }
        let ended = self.ended.get();
        let _working = self.working.lock().await;
        if let Some(value) = ready() {
            return Ok(value);
        }
        if self.ended.get() != ended
            && let Some((error, had)) = self.failure.borrow().clone()
            && (error.code != code::TIMEOUT || had == timeout)
        {
            return Err(error);
        }
        let result = work.await;
        self.ended.set(self.ended.get() + 1);
        self.failure.replace(result.as_ref().err().map(|error| (error.clone(), timeout)));
        result
    }
}
