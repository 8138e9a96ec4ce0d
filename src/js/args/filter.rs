//! The `filter` of `tags()`: a glob or a regular expression.

use js_sys::{Array, RegExp};
use wasm_bindgen::prelude::*;

use crate::fetch::tag;
use crate::js::output::error::{Failure, Result};
use crate::protocol::text::glob::Glob;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RegExp, js_name = RegExp)]
    type Pattern;
    /// Copies a pattern, so that the caller's `lastIndex` is not changed.
    #[wasm_bindgen(constructor, js_class = "RegExp", catch)]
    fn copy_of(pattern: &JsValue) -> std::result::Result<Pattern, JsValue>;
}

/// A filter for the items of a listing.
pub enum Filter {
    /// A glob that matches the whole item.
    Glob(Glob),
    /// A regular expression that is searched for anywhere in the item.
    Pattern(RegExp),
}

impl Filter {
    /// Reads a string, or a regular expression of any realm.
    pub fn check(value: JsValue, path: &str) -> Result<Self> {
        let refused = || Failure::argument(format!("{path}: a string or a regular expression is needed"));
        if let Some(glob) = value.as_string() {
            return Ok(Self::Glob(Glob::new(&glob)));
        }
        if tag(&value) != "[object RegExp]" {
            return Err(refused());
        }
        Ok(Self::Pattern(Pattern::copy_of(&value).map_err(|_| refused())?.into()))
    }

    /// Returns the matching items in order.
    pub fn apply(&self, items: &Array) -> Array {
        items.iter().filter(|item| self.fits(&item.as_string().unwrap_or_default())).collect()
    }

    /// Returns true if an item matches.
    pub fn fits(&self, item: &str) -> bool {
        match self {
            Self::Glob(glob) => glob.fits(item),
            Self::Pattern(pattern) => {
                // With the flag g or y a test would continue where the last one ended.
                pattern.set_last_index(0);
                pattern.test(item)
            }
        }
    }
}
