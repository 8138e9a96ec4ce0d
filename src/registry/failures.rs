//! Telling failures that affect all items of a listing from those of a single item, so that thousands of items do not fail one by
//! one, each after some retries.

use std::cell::Cell;

use crate::protocol::code;
use crate::transport::{Error, Result};

/// Consecutive items without a response after which the network is the cause, and not the items.
const LOST_IN_A_ROW: usize = 8;

/// The failures of the items of one call.
#[derive(Default)]
pub struct Failures {
    lost: Cell<usize>,
}

impl Failures {
    /// Records how an item ended. Fails if that affects the other items of the repository too: a refusal, or a lost connection.
    pub fn check(&self, failure: Option<&Error>) -> Result<()> {
        match failure {
            Some(error) if is_refused(error) => Err(error.clone()),
            _ => self.check_connection(failure),
        }
    }

    /// Records how an item ended. Fails if that affects all other items of the registry: the rate limit, or a lost connection.
    pub fn check_connection(&self, failure: Option<&Error>) -> Result<()> {
        let Some(error) = failure else {
            self.lost.set(0);
            return Ok(());
        };
        let is_lost = matches!(error.code.as_ref(), code::NETWORK | code::CORS_OR_NETWORK | code::TIMEOUT if error.status.is_none());
        self.lost.set(if is_lost { self.lost.get() + 1 } else { 0 });
        let is_for_all = error.status == Some(429)
            || matches!(error.code.as_ref(), code::UNTRUSTED_REALM | code::MODULE_NOT_LOADED)
            || self.lost.get() >= LOST_IN_A_ROW;
        if is_for_all { Err(error.clone()) } else { Ok(()) }
    }
}

fn is_refused(error: &Error) -> bool {
    matches!(error.status, Some(401 | 403)) || matches!(error.code.as_ref(), code::AUTH_REQUIRED | code::DENIED)
}
