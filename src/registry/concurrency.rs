//! Bounded concurrency: several futures at a time, in whichever order they end.

use crate::transport::Result;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::cell::{Cell, RefCell};
use std::pin::Pin;

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

/// Runs futures, at most `limit` at a time. The first failure ends the others.
pub async fn all<'a>(limit: usize, waiting: &mut dyn Iterator<Item = Question<'a, ()>>) -> Result<()> {
    let mut running = FuturesUnordered::new();
    loop {
        while running.len() < limit
            && let Some(next) = waiting.next()
        {
            running.push(next);
        }
        match running.next().await {
            Some(ended) => ended?,
            None => return Ok(()),
        }
    }
}

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
