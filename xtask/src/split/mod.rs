//! Cuts the compiled module in two: `core`, which every user loads, and `lazy`, what only some calls need, loaded with the
//! first of them. Both are one program: `lazy` lives in the memory and the table of `core` and calls its functions.
//!
//! What goes where is not written down but computed: `lazy` is what nothing but [`exports`] leads to. The way leads over
//! calls and over the data that points to functions (a `dyn`'s table); the linker's relocations tell both. Constants that only
//! `lazy` reads move with it.
//!
//! Two published crates cut modules by the same relocations. Neither serves here:
//! - Both cut only where a macro of theirs stands in the Rust code (unsafe calls of its own around an async function), and keep
//!   whatever an export leads to in the first module. Here whole exports move, and `src/` knows nothing of it.
//! - wasm_split_cli_support 0.2.4 cuts before wasm-bindgen runs, whose pass for `externref` then does not see the parts that were
//!   cut off, though they call JavaScript. It writes the loader itself: `fetch` of a file, or `import source`. This package must
//!   hand over modules from text (`index.js`), from the caller (`slim.js`) and from ahead of time (`workerd.js`).
//! - wasm-split-cli 0.7.10 (0.8.0-alpha.3 too; Dioxus) cuts after wasm-bindgen, as this does, and returns bytes, but its command
//!   line and loader are made for Dioxus, and it depends on walrus 0.23 (0.26), while wasm-bindgen-cli-support 0.2.130 has 0.27.
//!
//! What they have and this has not: several lazy modules, and chunks that some of them share.

mod exports;
mod graph;
mod halves;
mod panics;

pub use exports::list;

use anyhow::{Context, Result};
use std::collections::HashSet;

/// The two modules.
pub struct Halves {
    /// What every user loads.
    pub core: Vec<u8>,
    /// What is loaded when it is needed; imports all it shares from `core`.
    pub lazy: Vec<u8>,
}

/// Cuts `bound`, which wasm-bindgen made of `linked`. Both must have the linker's names of functions. Panics lose their
/// messages unless `panic_messages` keeps them.
pub fn split(linked: &[u8], bound: &[u8], panic_messages: bool) -> Result<Halves> {
    let (bound, silenced) =
        if panic_messages { (bound.to_vec(), HashSet::new()) } else { panics::silence(bound).context("panics")? };
    let functions = graph::sort(linked, exports::is_lazy, silenced)?;
    halves::cut(&bound, &functions, exports::is_lazy)
}
