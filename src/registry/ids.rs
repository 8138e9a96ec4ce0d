//! Small collections on plain vectors, and bounded concurrency.
//!
//! Ids, marks and index orders replace maps, sets and sorts of each type, which would be compiled once per type and
//! make the module larger.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::pin::Pin;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::transport::Result;

/// Assigns consecutive numbers to strings, from 0.
#[derive(Debug, Clone, Default)]
pub struct Ids(HashMap<String, usize>);

impl Ids {
    /// Returns the number of a string; assigns the next one if it has none.
    pub fn of(&mut self, text: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(text.to_owned()).or_insert(next)
    }

    /// Returns the number of a string, if it has one.
    pub fn get(&self, text: &str) -> Option<usize> {
        self.0.get(text).copied()
    }
}

/// A set of numbers.
#[derive(Debug, Clone, Default)]
pub struct Marks(Vec<bool>);

impl Marks {
    /// Adds a number and returns true if it is new.
    pub fn add(&mut self, id: usize) -> bool {
        if self.0.len() <= id {
            self.0.resize(id + 1, false);
        }
        self.0.get_mut(id).is_some_and(|mark| !std::mem::replace(mark, true))
    }

    /// Returns true if the set contains a number.
    pub fn has(&self, id: usize) -> bool {
        self.0.get(id).copied().unwrap_or_default()
    }
}

/// Returns the numbers below `count`, sorted by `compare`. The sort is stable.
pub fn ordered(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut ids: Vec<usize> = (0..count).collect();
    ids.sort_by(|one, other| compare(*one, *other));
    ids
}

/// Puts items into an order that [`ordered`] returned.
pub fn arrange<T>(items: Vec<T>, order: &[usize]) -> Vec<T> {
    let mut slots: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order.iter().filter_map(|id| slots.get_mut(*id)?.take()).collect()
}

/// A future that stores its result elsewhere.
pub type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Futures that run concurrently.
pub type Works<'a> = FuturesUnordered<Work<'a>>;

/// Runs futures, at most `limit` at a time. Each is created when it starts.
pub async fn together<'a>(limit: usize, waiting: &mut dyn Iterator<Item = Work<'a>>) {
    let mut running = Works::new();
    loop {
        while running.len() < limit
            && let Some(work) = waiting.next()
        {
            running.push(work);
        }
        if running.next().await.is_none() {
            return;
        }
    }
}

/// A future with a result.
pub type Question<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// Awaits futures, `limit` at a time, and collects their results in no particular order. After a failure no further
/// one starts.
pub async fn answers<T>(limit: usize, questions: Vec<Question<'_, T>>) -> Result<Vec<T>> {
    let (given, failure, failed) = (RefCell::new(Vec::new()), RefCell::new(None), Cell::new(false));
    let mut works = questions.into_iter().map(|question| -> Work<'_> {
        Box::pin(async {
            if failed.get() {
                return;
            }
            match question.await {
                Ok(response) => given.borrow_mut().push(response),
                Err(error) => {
                    failed.set(true);
                    failure.replace(Some(error));
                }
            }
        })
    });
    together(limit, &mut works).await;
    match failure.into_inner() {
        Some(error) => Err(error),
        None => Ok(given.into_inner()),
    }
}
