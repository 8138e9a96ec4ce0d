//! Listings as async iterators.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;

use super::convert;
use super::promise;
use super::signal::Signals;
use super::stop::Stop;
use crate::fetch::FetchHost;
use crate::registry::Listing;

#[wasm_bindgen(module = "/src/js/iterator.js")]
extern "C" {
    fn iterate(next_page: &Function, stop: &Function, signals: &Array) -> JsValue;
}

/// The items of a listing, page by page as the caller asks for them.
pub fn items(listing: Listing<FetchHost>, signals: Signals) -> JsValue {
    let watched: Array = signals.iter().map(|signal| signal.as_js().clone()).collect();
    // `None` while a page is on its way, and after the end.
    let listing = Rc::new(RefCell::new(Some(listing)));
    let stop = Stop::default();
    let next_page = {
        let (listing, stop) = (listing.clone(), stop.clone());
        Closure::<dyn FnMut() -> Promise>::new(move || {
            let taken = listing.borrow_mut().take();
            let (listing, stop) = (listing.clone(), stop.clone());
            promise::start(
                signals.clone(),
                Box::pin(async move {
                    let Some(mut pages) = taken else { return Ok(JsValue::UNDEFINED) };
                    let page = match stop.guard(pages.next_page()).await {
                        Some(page) => page?,
                        None => return Ok(JsValue::UNDEFINED),
                    };
                    let Some(page) = page else { return Ok(JsValue::UNDEFINED) };
                    let items = convert::strings(&page)?;
                    listing.replace(Some(pages));
                    Ok(items.into())
                }),
            )
        })
    };
    let stop_pages = Closure::<dyn FnMut()>::new(move || {
        stop.stop();
        drop(listing.take());
    });
    // JavaScript owns them: they go when it collects the iterator.
    let (next_page, stop_pages) = (next_page.into_js_value(), stop_pages.into_js_value());
    iterate(next_page.unchecked_ref(), stop_pages.unchecked_ref(), &watched)
}
