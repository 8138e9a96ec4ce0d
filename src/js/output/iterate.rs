//! Async iterators over listings and other paged results.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::cancel::CancelToken;
use crate::js::output::error::Result;
use crate::js::output::{convert, promise};
use crate::js::signal::Signals;
use crate::registry::Listing;

#[wasm_bindgen(module = "/src/js/output/iterator.js")]
extern "C" {
    fn iterate(next_page: &Function, stop: &Function, signals: &Array) -> JsValue;
}

/// A source of pages.
pub trait Pages: 'static {
    /// Returns the next items, at least one; `None` at the end.
    async fn next(&mut self) -> Result<Option<Array>>;
}

impl Pages for Listing<FetchHost> {
    async fn next(&mut self) -> Result<Option<Array>> {
        self.next_page().await?.map(|page| convert::strings(&page)).transpose()
    }
}

/// Returns an async iterator over the items; pages are requested as the caller reads.
pub fn items(pages: impl Pages, signals: Signals) -> JsValue {
    let watched: Array = signals.iter().map(|signal| signal.as_js().clone()).collect();
    // `None` while a page is being read, and after the end.
    let pages = Rc::new(RefCell::new(Some(pages)));
    let token = CancelToken::default();
    let next_page = {
        let (pages, token) = (pages.clone(), token.clone());
        Closure::<dyn FnMut() -> Promise>::new(move || {
            let taken = pages.borrow_mut().take();
            let (pages, token) = (pages.clone(), token.clone());
            promise::start(
                signals.clone(),
                Box::pin(async move {
                    let Some(mut taken) = taken else { return Ok(JsValue::UNDEFINED) };
                    let page = match token.run_until_cancelled(taken.next()).await {
                        Some(page) => page?,
                        None => return Ok(JsValue::UNDEFINED),
                    };
                    let Some(page) = page else { return Ok(JsValue::UNDEFINED) };
                    pages.replace(Some(taken));
                    Ok(page.into())
                }),
            )
        })
    };
    let stop_pages = Closure::<dyn FnMut()>::new(move || {
        token.cancel();
        drop(pages.take());
    });
    // JavaScript owns the closures and frees them with the iterator.
    let (next_page, stop_pages) = (next_page.into_js_value(), stop_pages.into_js_value());
    iterate(next_page.unchecked_ref(), stop_pages.unchecked_ref(), &watched)
}
