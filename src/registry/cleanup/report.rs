//! The report on an applied plan.

use std::cell::{Cell, RefCell};

use serde::Serialize;

use crate::protocol::code;
use crate::transport::{Error, Result};

/// Consecutive failures after which the rest is not attempted.
const FAILED_IN_A_ROW: usize = 3;

/// The result of an applied plan. The lists contain tags and digests, which have a colon.
#[derive(Debug, Default)]
pub struct Report {
    /// Verified to be gone, now or before.
    pub removed: Vec<String>,
    /// Kept as planned.
    pub kept: Vec<String>,
    /// Not removed because of a change, with the reason.
    pub skipped: Vec<Skipped>,
    /// Failed to be removed, with the error.
    pub failed: Vec<(String, Error)>,
    /// Not attempted.
    pub remaining: Vec<String>,
}

/// A tag or digest that was skipped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Skipped {
    /// The tag or digest.
    pub what: String,
    /// The reason.
    pub why: String,
}

/// The progress of an applied plan.
#[derive(Debug, Clone, Serialize)]
pub struct StepDone {
    /// Number of tags and digests processed.
    pub done: usize,
    /// Total number of tags and digests to process.
    pub total: usize,
    /// The tag or digest processed last.
    pub what: String,
    /// Its outcome: the name of its list in the report.
    pub outcome: &'static str,
}

/// A report in progress.
pub(super) struct Progress<'a> {
    report: RefCell<Report>,
    told: &'a dyn Fn(&StepDone),
    total: usize,
    done: Cell<usize>,
    /// True if anything was changed.
    is_changed: Cell<bool>,
    failed_in_a_row: Cell<usize>,
    is_stopped: Cell<bool>,
    /// Refusals. The first one is the error of the whole call if nothing was changed.
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

    /// Returns true if something was removed or found to be gone. Until then, deletions run one at a time, since a
    /// refusal is likely to affect all.
    pub(super) fn gets_on(&self) -> bool {
        self.is_changed.get() || !self.report.borrow().removed.is_empty()
    }

    /// Returns true if nothing more is to be attempted.
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

    /// Records a failure. A refusal stops the rest.
    pub(super) fn fail(&self, what: String, error: Error) {
        let is_refused = matches!(error.status, Some(401 | 403 | 405 | 429))
            || matches!(error.code.as_ref(), code::UNSUPPORTED | code::DENIED | code::AUTH_REQUIRED);
        let count = self.failed_in_a_row.get() + 1;
        self.failed_in_a_row.set(count);
        // A success of a deletion in progress does not resume the rest.
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

    /// Returns the first refusal as an error if nothing was changed. Called when all running deletions have ended.
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
