//! An image as an argument: a tag, a digest, or an `Image` of this package.

use wasm_bindgen::prelude::*;

use crate::fetch::FetchHost;
use crate::js::args::options;
use crate::js::downcast;
use crate::js::output::error::{Failure, Result};
use crate::registry::ImageReference;

/// Reads an image argument.
pub fn read(value: &JsValue, path: &str) -> Result<ImageReference<FetchHost>> {
    if let Some(text) = value.as_string() {
        return Ok(ImageReference::Reference(text));
    }
    let refused = || {
        Failure::argument(format!("{path}: a tag, a digest or an Image is needed, not {}", options::described(value)))
    };
    downcast::image(value)?.map(ImageReference::Image).ok_or_else(refused)
}

/// Reads a list of image arguments.
pub fn read_list(value: &JsValue, path: &str) -> Result<Vec<ImageReference<FetchHost>>> {
    let refused = || {
        Failure::argument(format!(
            "{path}: a list of tags, digests or Images is needed, not {}",
            options::described(value)
        ))
    };
    let list = options::list(value).ok_or_else(refused)?;
    list.iter().enumerate().map(|(index, item)| read(&item, &format!("{path}[{index}]"))).collect()
}
