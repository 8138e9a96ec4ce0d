//! What becomes of a plan.

use std::cell::{Cell, RefCell};

use serde::Serialize;

use crate::protocol::code;
use crate::transport::{Error, Result};

/// Failures in a row after which the rest is left for another time.
const FAILED_IN_A_ROW: usize = 3;

/// What became of a plan. Tags and digests are told apart by the digest's colon.
#[derive(Debug, Default)]
pub struct Report {
    /// Seen to be gone, now or before.
    pub removed: Vec<String>,
    /// Kept by the plan.
    pub kept: Vec<String>,
    /// Left alone, and why.
    pub skipped: Vec<Skipped>,
    /// What could not be removed.
    pub failed: Vec<(String, Error)>,
    /// What was not tried.
    pub remaining: Vec<String>,
}

/// What was left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// A tag or a digest.
    pub what: String,
    /// Why.
    pub why: String,
}

/// How far it is.
#[derive(Debug, Clone, Serialize)]
pub struct StepDone {
    /// Tags and digests dealt with.
    pub done: usize,
    /// Of so many.
    pub total: usize,
    /// The last of them.
    pub what: String,
    /// What became of it: the name of its list in the report.
    pub outcome: &'static str,
}

/// A report in the making.
pub(super) struct Progress<'a> {
    report: RefCell<Report>,
    told: &'a dyn Fn(&StepDone),
    total: usize,
    done: Cell<usize>,
    /// Whether anything is otherwise than before.
    is_changed: Cell<bool>,
    failed_in_a_row: Cell<usize>,
    is_stopped: Cell<bool>,
    /// What was refused before anything was changed.
    refused: RefCell<Vec<(String, Error)>>,
}

impl<'a> Progress<'a> {
    pub(super) fn new(report: Report, total: usize, told: &'a dyn Fn(&StepDone)) -> Self {
        Self {
            report: RefCell::new(report),
            told,
            total,
            done: Cell::new(0),
            is_changed: Cell::new(false),
            failed_in_a_row: Cell::new(0),
            is_stopped: Cell::new(false),
            refused: RefCell::default(),
        }
    }

    pub(super) fn change(&self) {
        self.is_changed.set(true);
    }

    /// Whether something was removed, or found to be gone: until then one deletion at a time is refused soon enough.
    pub(super) fn gets_on(&self) -> bool {
        self.is_changed.get() || !self.report.borrow().removed.is_empty()
    }

    /// Whether nothing more is to be tried.
    pub(super) fn is_stopped(&self) -> bool {
        self.is_stopped.get()
    }

    pub(super) fn remove(&self, what: String) {
        self.failed_in_a_row.set(0);
        self.tell(&what, "removed");
        self.report.borrow_mut().removed.push(what);
    }

    pub(super) fn skip(&self, what: String, why: String) {
        self.tell(&what, "skipped");
        self.report.borrow_mut().skipped.push(Skipped { what, why });
    }

    pub(super) fn remain(&self, what: impl IntoIterator<Item = String>) {
        for what in what {
            self.tell(&what, "remaining");
            self.report.borrow_mut().remaining.push(what);
        }
    }

    /// What is refused is refused for all.
    pub(super) fn fail(&self, what: String, error: Error) {
        let is_refused = matches!(error.status, Some(401 | 403 | 405 | 429))
            || matches!(error.code.as_ref(), code::UNSUPPORTED | code::DENIED | code::AUTH_REQUIRED);
        let count = self.failed_in_a_row.get() + 1;
        self.failed_in_a_row.set(count);
        // What is on its way may succeed all the same: that changes nothing about the rest.
        self.is_stopped.set(self.is_stopped.get() || is_refused || count >= FAILED_IN_A_ROW);
        if is_refused {
            self.refused.borrow_mut().push((what, error));
        } else {
            self.report_failed(what, error);
        }
    }

    fn report_failed(&self, what: String, error: Error) {
        self.tell(&what, "failed");
        self.report.borrow_mut().failed.push((what, error));
    }

    fn tell(&self, what: &str, outcome: &'static str) {
        self.done.set(self.done.get() + 1);
        (self.told)(&StepDone { done: self.done.get(), total: self.total, what: what.to_owned(), outcome });
    }

    /// After everything that was begun has ended: a refusal before anything was changed is the answer.
    pub(super) fn settle(&self) -> Result<()> {
        for (what, error) in self.refused.take() {
            if !self.is_changed.get() {
                return Err(error);
            }
            self.report_failed(what, error);
        }
        Ok(())
    }

    pub(super) fn end(self) -> Report {
        self.report.into_inner()
    }
}
