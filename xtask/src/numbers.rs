//! The names by which the glue and the core know each other's functions: wasm-bindgen's stand in both and are long. Nobody else
//! calls them.

use anyhow::{Context, Result, ensure};
use std::collections::HashMap;
use walrus::Module;

/// The module whose functions the glue gives to the core.
const GLUE: &str = "./core_bg.js";

/// The core and its glue, with short names. `is_own` says which exports the parts of the module know, and the glue does not.
pub fn shorten(core: &[u8], glue: &str, is_own: impl Fn(&str) -> bool) -> Result<(Vec<u8>, String)> {
    let mut module = Module::from_buffer(core).context("reading the core")?;
    let (mut imported, mut exported) = (HashMap::new(), HashMap::new());
    for import in module.imports.iter_mut().filter(|import| import.module == GLUE) {
        let number = imported.len();
        let short = imported.entry(import.name.clone()).or_insert_with(|| number.to_string());
        import.name.clone_from(short);
    }
    for export in module.exports.iter_mut().filter(|export| !is_own(&export.name)) {
        let short = name(exported.len());
        exported.insert(export.name.clone(), short.clone());
        export.name = short;
    }
    let mut text = String::with_capacity(glue.len());
    let (mut keys, mut calls) = (0, 0);
    for line in glue.lines() {
        let key = line.trim_start().split_once(": function(").and_then(|(key, rest)| Some((imported.get(key)?, rest)));
        if let Some((short, rest)) = key {
            keys += 1;
            text.push_str(&format!("        {short}: function({}\n", called(rest, &exported, &mut calls)));
        } else {
            text.push_str(&called(line, &exported, &mut calls));
            text.push('\n');
        }
    }
    ensure!(keys == imported.len(), "the glue has {keys} of the {} functions that the core imports", imported.len());
    ensure!(calls >= exported.len(), "the glue names {calls} exports of the core, which has {}", exported.len());
    Ok((module.emit_wasm(), text))
}

/// A line whose calls of exports have their short names.
fn called(line: &str, exported: &HashMap<String, String>, calls: &mut usize) -> String {
    let mut pieces = line.split("wasm.");
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let end = piece.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').unwrap_or(piece.len());
        let (long, rest) = piece.split_at(end);
        let short = exported.get(long);
        *calls += usize::from(short.is_some());
        text.push_str("wasm.");
        text.push_str(short.map_or(long, String::as_str));
        text.push_str(rest);
    }
    text
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
        let mut calls = 0;
        let line = "const ret = wasm.client_tags(wasm.tags, wasm.tagsOfAll, './core.wasm');";
        let short = called(line, &exported, &mut calls);
        assert_eq!(short, "const ret = wasm.A(wasm.B, wasm.tagsOfAll, './core.wasm');");
        assert_eq!(calls, 2);
    }

    #[test]
    fn names_are_all_different() {
        let names: std::collections::HashSet<String> = (0..2000).map(name).collect();
        assert_eq!(names.len(), 2000);
    }
}
