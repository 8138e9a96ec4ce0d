//! Converts a JavaScript value to the Rust object behind it.
//!
//! A wasm-bindgen function that takes an object by value moves it away from the caller, and throws for other arguments.
//! A closure that takes it by reference leaves it in place, so every object is passed through one.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::Function;
use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::image::Image;
use crate::js::output::error::{Failure, Result, is_registry_error};
use crate::js::repository::Repository;
use crate::registry;

/// Returns the image behind an `Image`, which the caller keeps. A freed one is an error.
pub fn image(value: &JsValue) -> Result<Option<registry::Image<FetchHost>>> {
    let found = Rc::new(RefCell::new(None));
    let slot = found.clone();
    let visit = Closure::<dyn FnMut(&Image)>::new(move |image: &Image| {
        slot.replace(Some(image.image.clone()));
    });
    pass(value, visit.as_ref())?;
    Ok(found.take())
}

/// Returns the repository behind a `Repository`, which the caller keeps. A freed one is an error.
pub fn repository(value: &JsValue) -> Result<Option<registry::Repository<FetchHost>>> {
    let found = Rc::new(RefCell::new(None));
    let slot = found.clone();
    let visit = Closure::<dyn FnMut(&Repository)>::new(move |repository: &Repository| {
        slot.replace(Some(repository.repository.clone()));
    });
    pass(value, visit.as_ref())?;
    Ok(found.take())
}

/// Calls `visit` with a value through JavaScript, which checks the type.
fn pass(value: &JsValue, visit: &JsValue) -> Result<()> {
    match visit.unchecked_ref::<Function>().call1(&JsValue::UNDEFINED, value) {
        // Of a freed object.
        Err(thrown) if is_registry_error(&thrown) => Err(Failure::Reason(thrown)),
        // Other values throw too.
        _ => Ok(()),
    }
}
