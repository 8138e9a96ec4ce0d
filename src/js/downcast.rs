//! From a value of JavaScript to the Rust object behind it.
//!
//! wasm-bindgen takes an object away from the caller where a function takes it by value, and throws where the argument is
//! not such an object. A closure that takes it by reference does neither to the caller, so every object goes through one.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::image::Image;
use crate::js::repository::Repository;
use crate::registry;

/// The image behind an `Image`; the object stays the caller's.
pub fn image(value: &JsValue) -> Option<registry::Image<FetchHost>> {
    let found = Rc::new(RefCell::new(None));
    let slot = found.clone();
    let visit = Closure::<dyn FnMut(&Image)>::new(move |image: &Image| {
        slot.replace(Some(image.image.clone()));
    });
    pass(value, visit.as_ref());
    found.take()
}

/// The repository behind a `Repository`; the object stays the caller's.
pub fn repository(value: &JsValue) -> Option<registry::Repository<FetchHost>> {
    let found = Rc::new(RefCell::new(None));
    let slot = found.clone();
    let visit = Closure::<dyn FnMut(&Repository)>::new(move |repository: &Repository| {
        slot.replace(Some(repository.repository.clone()));
    });
    pass(value, visit.as_ref());
    found.take()
}

/// Calls `visit` with a value, through JavaScript, where the type is checked.
fn pass(value: &JsValue, visit: &JsValue) {
    // Any other value, and an object that was freed, throws.
    let _ = visit.unchecked_ref::<Function>().call1(&JsValue::UNDEFINED, value);
}
