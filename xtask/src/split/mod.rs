//! Cuts the compiled module into [`parts`]: `core`, which every user loads, and others, each loaded with the first call that
//! needs it. All are one program: the others live in the memory and the table of `core` and call its functions.
//!
//! A part may need others. Which export belongs to which part is written down; the rest is computed. A function is in the last
//! part that is loaded for every export that leads to it. The way leads over calls and over the data
//! that points to functions (a `dyn`'s table); the linker's relocations tell both. Constants go by the same rule.
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
//! What they have and this has not: a chunk for each set of parts that share code. Here it goes to the part they both need.

mod arguments;
mod cut;
mod graph;
mod panics;
mod parts;

pub use cut::{is_own, is_shared};
pub use parts::{CORE, PARTS, list};

use anyhow::{Context, Result};
use std::collections::HashMap;

/// Cuts `bound`, which wasm-bindgen made of `linked`, into the modules of [`PARTS`]. Both must have the linker's names of
/// functions. Panics lose their messages unless `panic_messages` keeps them.
pub fn split(linked: &[u8], bound: &[u8], panic_messages: bool) -> Result<Vec<Vec<u8>>> {
    let (bound, silenced) =
        if panic_messages { (bound.to_vec(), HashMap::new()) } else { panics::silence(bound).context("panics")? };
    let functions = graph::sort(linked, silenced)?;
    cut::cut(&bound, &functions)
}
