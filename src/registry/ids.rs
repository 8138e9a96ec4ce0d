//! Numbers for texts, marks on numbers, and orders of them: plain lists instead of a map, a set and a sort for every kind of
//! thing, each of which would be compiled anew.

use std::cell::{Cell, RefCell};
use std::cmp::Ordering;
use std::collections::HashMap;
use std::pin::Pin;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;

use crate::transport::Result;

/// A number for each text, counted from 0.
#[derive(Debug, Clone, Default)]
pub struct Ids(HashMap<String, usize>);

impl Ids {
    /// The number of a text, the next one if it has none yet.
    pub fn of(&mut self, text: &str) -> usize {
        let next = self.0.len();
        *self.0.entry(text.to_owned()).or_insert(next)
    }

    /// The number of a text that has one.
    pub fn get(&self, text: &str) -> Option<usize> {
        self.0.get(text).copied()
    }
}

/// A set of numbers.
#[derive(Debug, Clone, Default)]
pub struct Marks(Vec<bool>);

impl Marks {
    /// Adds a number; whether it is new.
    pub fn add(&mut self, id: usize) -> bool {
        if self.0.len() <= id {
            self.0.resize(id + 1, false);
        }
        self.0.get_mut(id).is_some_and(|mark| !std::mem::replace(mark, true))
    }

    /// Whether it holds a number.
    pub fn has(&self, id: usize) -> bool {
        self.0.get(id).copied().unwrap_or_default()
    }
}

/// The numbers below `count` in an order; equals stay as they are.
pub fn ordered(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut ids: Vec<usize> = (0..count).collect();
    ids.sort_by(|one, other| compare(*one, *other));
    ids
}

/// Items in an order that [`ordered`] gave.
pub fn arrange<T>(items: Vec<T>, order: &[usize]) -> Vec<T> {
    let mut slots: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order.iter().filter_map(|id| slots.get_mut(*id)?.take()).collect()
}

/// Work that leaves its result elsewhere.
pub type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Works of which some go on at the same time.
pub type Works<'a> = FuturesUnordered<Work<'a>>;

/// Does works, at most `limit` at a time, each made when its turn has come.
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

/// Work that gives something or fails.
pub type Question<'a, T> = Pin<Box<dyn Future<Output = Result<T>> + 'a>>;

/// What questions give, `limit` at a time, in no order; after a failure no further one is asked.
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
