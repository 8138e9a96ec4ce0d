//! What names tests names tests that exist, and every file of tests is run.

use std::fs;
use std::path::Path;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Whether `file::function` (Rust) or `file.test.mjs: title` (JavaScript) exists; `None` for what names no test.
fn is_there(reference: &str) -> Option<bool> {
    if let Some((file, title)) = reference.split_once(": ").filter(|(file, _)| file.ends_with(".mjs")) {
        return Some(read(&format!("tests/js/{file}")).contains(title));
    }
    let (file, function) = reference.split_once("::")?;
    let folder = if file.contains('/') { "src" } else { "tests/native" };
    Some(read(&format!("{folder}/{file}.rs")).contains(&format!("fn {function}(")))
}

#[test]
fn the_table_of_behaviours_names_tests_that_exist() {
    let mut wrong = Vec::new();
    for line in include_str!("../REGISTRIES.md").lines().filter(|line| line.starts_with("| ")) {
        let spans = line.split('`').skip(1).step_by(2);
        let found: Vec<(&str, bool)> = spans.filter_map(|span| Some((span, is_there(span)?))).collect();
        let is_head = line.starts_with("| Behaviour");
        wrong.extend((found.is_empty() && !is_head).then(|| format!("no test: {line}")));
        wrong.extend(found.iter().filter(|(_, is_there)| !is_there).map(|(span, _)| format!("no such test: {span}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// A file that `main.rs` does not name would not be compiled, and nobody would notice.
#[test]
fn every_file_of_this_folder_is_a_module() {
    let main = include_str!("main.rs");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/native");
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let modules: Vec<String> = names.filter(|name| name != "main.rs").map(|name| name.replace(".rs", "")).collect();
    let missing: Vec<&String> = modules.iter().filter(|name| !main.contains(&format!("\nmod {name};\n"))).collect();
    assert!(modules.len() > 20 && missing.is_empty(), "not in main.rs: {missing:?}");
}
