//! Cuts the compiled module in two: `core`, which every user loads, and `lazy`, what only some calls need, loaded with the
//! first of them. Both are one program: `lazy` lives in the memory and the table of `core` and calls its functions.
//!
//! What goes where is not written down but computed: `lazy` is what nothing but [`exports`] leads to. The way leads over
//! calls and over the data that points to functions (a `dyn`'s table); the linker's relocations tell both. Constants that only
//! `lazy` reads move with it.

mod exports;
mod graph;
mod halves;

pub use exports::list;

use anyhow::Result;

/// The two modules.
pub struct Halves {
    /// What every user loads.
    pub core: Vec<u8>,
    /// What is loaded when it is needed; imports all it shares from `core`.
    pub lazy: Vec<u8>,
}

/// Cuts `bound`, which wasm-bindgen made of `linked`. Both must have the linker's names of functions.
pub fn split(linked: &[u8], bound: &[u8]) -> Result<Halves> {
    let functions = graph::sort(linked, exports::is_lazy)?;
    halves::cut(bound, &functions, exports::is_lazy)
}
