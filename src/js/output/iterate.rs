//! Async iterators over listings and other paged results.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::cancel::CancelToken;
use crate::js::output::error::Result;
use crate::js::output::{convert, promise};
use crate::js::signal::Signals;
use crate::registry::Listing;

#[wasm_bindgen(module = "/src/js/output/iterator.js")]
extern "C" {
    fn iterate(pages: &JsValue, signals: &Array) -> JsValue;
}

/// A source of pages.
pub trait Pages: 'static {
    /// Returns the next items, at least one; `None` at the end.
    async fn next(&mut self) -> Result<Option<Array>>;
}

/// Pages that JavaScript requests one after the other.
pub struct Paged<P> {
    /// `None` while a page is being read, and after the end.
    pages: Rc<RefCell<Option<P>>>,
    token: CancelToken,
    signals: Signals,
}

impl<P: Pages> Paged<P> {
    /// Wraps pages that none of the signals has aborted.
    pub fn new(pages: P, signals: Signals) -> Self {
        Self { pages: Rc::new(RefCell::new(Some(pages))), token: CancelToken::default(), signals }
    }

    /// Resolves to the next items, at least one; to `undefined` at the end.
    pub fn next(&self) -> Promise {
        let (pages, token) = (self.pages.clone(), self.token.clone());
        promise::start(
            self.signals.clone(),
            Box::pin(async move {
                let taken = pages.borrow_mut().take();
                let Some(mut taken) = taken else { return Ok(JsValue::UNDEFINED) };
                let page = match token.run_until_cancelled(taken.next()).await {
                    Some(page) => page?,
                    None => return Ok(JsValue::UNDEFINED),
                };
                let Some(page) = page else { return Ok(JsValue::UNDEFINED) };
                // A watcher may have stopped it meanwhile.
                if !token.is_cancelled() {
                    pages.replace(Some(taken));
                }
                Ok(page.into())
            }),
        )
    }
}

impl<P> Paged<P> {
    /// Aborts the requests: the page being read and all later ones are `undefined`.
    pub fn stop(&self) {
        self.token.cancel();
        drop(self.pages.take());
    }
}

/// Returns an async iterator over the items of an object with `next()` and `stop()`, which call those of `paged`. Pages are
/// requested as the caller reads. If the object has `totals()`, the iterator has a property of that name.
pub fn items<P>(paged: Paged<P>, object: impl FnOnce(Paged<P>) -> JsValue) -> JsValue {
    let watched: Array = paged.signals.iter().map(|signal| signal.as_js().clone()).collect();
    iterate(&object(paged), &watched)
}

impl Pages for Listing<FetchHost> {
    async fn next(&mut self) -> Result<Option<Array>> {
        self.next_page().await?.map(|page| convert::strings(&page)).transpose()
    }
}

/// The pages of a listing.
#[wasm_bindgen(skip_typescript)]
pub struct ListingPages(Paged<Listing<FetchHost>>);

#[wasm_bindgen]
impl ListingPages {
    /// See [`Paged::next`].
    pub fn next(&self) -> Promise {
        self.0.next()
    }

    /// See [`Paged::stop`].
    pub fn stop(&self) {
        self.0.stop();
    }
}

/// Returns an async iterator over the names of a listing.
pub fn names(listing: Listing<FetchHost>, signals: Signals) -> JsValue {
    items(Paged::new(listing, signals), |paged| ListingPages(paged).into())
}
