//! Work that concurrent calls share.

use std::cell::{Cell, RefCell};
use std::future::Future;

use async_lock::Mutex;

use crate::protocol::code;
use crate::transport::{Error, Result};

/// Lets one call do the work while the others wait for its result. If that call is dropped, the next one takes over.
#[derive(Default)]
pub struct Shared {
    working: Mutex<()>,
    /// The number of times that the work ended; used to detect a result that arrived while waiting.
    ended: Cell<u64>,
    failure: RefCell<Option<(Error, Option<u64>)>>,
}

impl Shared {
    /// Returns the available value, or else the result of the work. A call that waited for work that failed gets its
    /// error and does not try again, unless that work timed out and had another timeout. `timeout` is the timeout of
    /// the work, as its caller gave it.
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
