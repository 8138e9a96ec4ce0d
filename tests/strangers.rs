//! Thousands of operations against registries that nobody here wrote: each of another nature, by chance, with whatever a
//! real one or a proxy before it has been seen to do. Nothing outside what a call or a policy named is ever lost; what a
//! call says it has done is done; and what ended in an error can be done again until it is.
//!
//! A seed that fails is named; `SEED=n cargo test --test strangers` runs it alone, and shows each request.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod support;

#[path = "support/strangers/mod.rs"]
mod strangers;

use std::fs;
use std::path::Path;

use support::seeds::run;

const SEEDS: u64 = 10_000;

#[test]
fn first_part() {
    run(0, SEEDS, strangers::simulate);
}

#[test]
fn second_part() {
    run(1, SEEDS, strangers::simulate);
}

#[test]
fn third_part() {
    run(2, SEEDS, strangers::simulate);
}

#[test]
fn fourth_part() {
    run(3, SEEDS, strangers::simulate);
}

/// `tests/REGISTRIES.md` names tests as `file::function` and `file.test.mjs: title`: each of them is there, and each
/// behaviour has one.
#[test]
fn the_table_of_behaviours_names_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    let is_there = |reference: &str| {
        if let Some((file, title)) = reference.split_once(": ").filter(|(file, _)| file.ends_with(".mjs")) {
            return Some(read(&format!("tests/js/{file}")).contains(title));
        }
        let (file, function) = reference.split_once("::")?;
        let folder = if file.contains('/') { "src" } else { "tests" };
        Some(read(&format!("{folder}/{file}.rs")).contains(&format!("fn {function}(")))
    };
    let mut wrong = Vec::new();
    for line in include_str!("REGISTRIES.md").lines().filter(|line| line.starts_with("| ")) {
        let spans = line.split('`').skip(1).step_by(2);
        let found: Vec<(&str, bool)> = spans.filter_map(|span| Some((span, is_there(span)?))).collect();
        let is_head = line.starts_with("| Behaviour");
        wrong.extend((found.is_empty() && !is_head).then(|| format!("no test: {line}")));
        wrong.extend(found.iter().filter(|(_, is_there)| !is_there).map(|(span, _)| format!("no such test: {span}")));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
