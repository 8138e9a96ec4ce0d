//! The names by which the glue and the core know each other's functions: wasm-bindgen's stand in both and are long. Nobody else
//! calls them.

use anyhow::{Context, Result, ensure};
use std::collections::HashMap;
use std::fmt::Write as _;
use walrus::Module;

/// The module whose functions the glue gives to the core.
const GLUE: &str = "./core_bg.js";

/// The lines around the functions that the glue gives.
const OPEN: &str = "    const import0 = {\n        __proto__: null,\n";
const CLOSE: &str = "\n    };\n";

/// The core and its glue, with short names. `is_own` says which exports the parts of the module know, and the glue does not.
pub fn shorten(core: &[u8], glue: &str, is_own: impl Fn(&str) -> bool) -> Result<(Vec<u8>, String)> {
    let mut module = Module::from_buffer(core).context("reading the core")?;
    let (before, rest) = glue.split_once(OPEN).context("the glue gives its functions in a way that is not expected")?;
    let (given, after) = rest.split_once(CLOSE).context("the functions that the glue gives have no end")?;

    let mut functions: HashMap<&str, String> = HashMap::new();
    let mut current = "";
    for line in given.lines() {
        let begun = line.strip_prefix("        ").and_then(|line| line.split_once(": function("));
        let line = begun.map_or_else(|| line.to_owned(), |(_, rest)| format!("        function({rest}"));
        current = begun.map_or(current, |(name, _)| name);
        let _ = writeln!(functions.entry(current).or_default(), "{line}");
    }
    // The host finds a function in a list by its number.
    let (mut list, mut number) = (String::new(), 0);
    for import in module.imports.iter_mut().filter(|import| import.module == GLUE) {
        list += &functions.remove(import.name.as_str()).with_context(|| format!("the glue lacks {}", import.name))?;
        import.name = number.to_string();
        number += 1;
    }
    ensure!(functions.is_empty(), "the core does not import {:?}", functions.keys());
    let mut exported = HashMap::new();
    for export in module.exports.iter_mut().filter(|export| !is_own(&export.name)) {
        let short = name(exported.len());
        exported.insert(export.name.clone(), short.clone());
        export.name = short;
    }
    let text = format!("{before}    const import0 = [\n{list}    ];\n{after}");
    let (text, calls) = called(&text, &exported);
    ensure!(calls >= exported.len(), "the glue calls {calls} exports of the core, which has {}", exported.len());
    Ok((module.emit_wasm(), text))
}

/// The glue with short names of the exports that it calls, and how many calls there are.
fn called(glue: &str, exported: &HashMap<String, String>) -> (String, usize) {
    let mut pieces = glue.split("wasm.");
    let (mut text, mut calls) = (pieces.next().unwrap_or_default().to_owned(), 0);
    for piece in pieces {
        let end = piece.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(piece.len());
        let (long, rest) = piece.split_at(end);
        let short = exported.get(long);
        calls += usize::from(short.is_some());
        let _ = write!(text, "wasm.{}{rest}", short.map_or(long, String::as_str));
    }
    (text, calls)
}

/// A capital, which no other export begins with, and a number.
fn name(position: usize) -> String {
    let capital = char::from(b'A' + u8::try_from(position % 26).unwrap_or_default());
    if position < 26 { capital.to_string() } else { format!("{capital}{}", position / 26) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_have_short_names_and_others_keep_theirs() {
        let exported = HashMap::from([("client_tags".to_owned(), "A".to_owned()), ("tags".to_owned(), "B".to_owned())]);
        let glue = "const ret = wasm.client_tags(wasm.tags, wasm.tagsOfAll, './core.wasm');";
        let (short, calls) = called(glue, &exported);
        assert_eq!(short, "const ret = wasm.A(wasm.B, wasm.tagsOfAll, './core.wasm');");
        assert_eq!(calls, 2);
    }

    #[test]
    fn names_are_all_different() {
        let names: std::collections::HashSet<String> = (0..2000).map(name).collect();
        assert_eq!(names.len(), 2000);
    }
}
