//! Bounded concurrency: several futures at a time, in whichever order they end.

use crate::registry::api::connection::Connection;
use crate::transport::detach::run_in_background;
use crate::transport::{Host, Result};
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use futures_util::stream::FuturesUnordered;
use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::rc::Rc;

/// Receives the number of items that are done, and of all items as far as that is known.
pub type CountWatcher = Rc<dyn Fn(usize, Option<usize>)>;

/// A future that stores its result elsewhere.
pub type Work<'a> = Pin<Box<dyn Future<Output = ()> + 'a>>;

/// Futures that run concurrently.
pub type Works<'a> = FuturesUnordered<Work<'a>>;

/// Makes work go on in the background once it has begun, so that it gives its permits back while nobody polls it. Dropping it
/// cancels the work.
pub fn in_background<H: Host>(api: &Rc<Connection<H>>, work: Work<'static>) -> Work<'static> {
    let api = api.clone();
    Box::pin(async move { run_in_background(api.host(), work).await })
}

/// Waits for a page of a listing while work on earlier ones continues: it holds the concurrency permits that the page's request
/// waits for.
pub async fn alongside<T>(page: impl Future<Output = T>, running: &mut Works<'static>) -> T {
    let mut page = pin!(page);
    while !running.is_empty() {
        if let Either::Left((page, _)) = select(page.as_mut(), running.next()).await {
            return page;
        }
    }
    page.await
}

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

/// Awaits futures, at most `limit` at a time, and collects their results in no particular order. The first failure ends
/// the others.
pub async fn answers<T>(limit: usize, questions: Vec<Question<'_, T>>) -> Result<Vec<T>> {
    let given = RefCell::new(Vec::new());
    let mut waiting = questions.into_iter().map(|question| -> Question<'_, ()> {
        Box::pin(async {
            let answer = question.await?;
            given.borrow_mut().push(answer);
            Ok(())
        })
    });
    all(limit, &mut waiting).await?;
    Ok(given.take())
}
