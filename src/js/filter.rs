//! The `filter` of `tags()`: a glob or a regular expression.

use js_sys::{Array, RegExp};
use wasm_bindgen::prelude::*;

use super::error::{Failure, Result};
use crate::fetch::tag;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(extends = RegExp, js_name = RegExp)]
    type Pattern;
    /// A copy: `lastIndex` of the caller's own stays as it is.
    #[wasm_bindgen(constructor, js_class = "RegExp", catch)]
    fn copy_of(pattern: &JsValue) -> std::result::Result<Pattern, JsValue>;
}

/// What an item must look like.
pub enum Filter {
    /// `*`: any characters, `?`: one.
    Glob(Vec<char>),
    /// Searched for anywhere in the item.
    Pattern(RegExp),
}

impl Filter {
    /// A string or a regular expression of any realm.
    pub fn check(value: JsValue, path: &str) -> Result<Self> {
        let refused = || Failure::argument(format!("{path}: a string or a regular expression is needed"));
        if let Some(glob) = value.as_string() {
            return Ok(Self::Glob(glob.chars().collect()));
        }
        if tag(&value) != "[object RegExp]" {
            return Err(refused());
        }
        Ok(Self::Pattern(Pattern::copy_of(&value).map_err(|_| refused())?.into()))
    }

    /// The items that fit, in their order.
    pub fn apply(&self, items: &Array) -> Array {
        items.iter().filter(|item| self.fits(&item.as_string().unwrap_or_default())).collect()
    }

    fn fits(&self, item: &str) -> bool {
        match self {
            Self::Glob(glob) => fits_glob(glob, &item.chars().collect::<Vec<_>>()),
            Self::Pattern(pattern) => {
                // With the flag g or y a test would go on where the last one ended.
                pattern.set_last_index(0);
                pattern.test(item)
            }
        }
    }
}

/// Goes back to the last `*` only, which suffices: linear in practice, never exponential.
fn fits_glob(glob: &[char], text: &[char]) -> bool {
    let (mut at, mut position) = (0, 0);
    let mut last_star = None;
    while let Some(character) = text.get(position) {
        match glob.get(at) {
            Some('*') => {
                last_star = Some((at, position));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || wanted == character => {
                at += 1;
                position += 1;
            }
            _ => {
                let Some((star, from)) = last_star else { return false };
                last_star = Some((star, from + 1));
                at = star + 1;
                position = from + 1;
            }
        }
    }
    glob.iter().skip(at).all(|rest| *rest == '*')
}
