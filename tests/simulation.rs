//! Thousands of operations against a model registry behind a network that fails by chance, in virtual time. Whatever
//! happens: an operation ends with what the registry has or with one typed error, in bounded time, after no more requests
//! than there are reasons for, with nothing left open, and no secret went where it does not belong.
//!
//! A seed that fails is named; `SEED=n cargo test --test simulation` runs it alone, and shows each request.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, clippy::string_slice)]

mod support;

#[path = "support/simulation/mod.rs"]
mod simulation;

use std::env;
use std::panic::catch_unwind;

/// Tests that share the seeds among them, so that they run side by side.
const PARTS: u64 = 4;
/// `SEEDS=n` looks further.
const SEEDS: u64 = 4_000;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().expect("a number"))
}

fn run(part: u64) {
    if let Some(seed) = number("SEED") {
        if seed % PARTS == part {
            let violations = simulation::simulate(seed, true);
            assert!(violations.is_empty(), "{}", violations.join("\n"));
        }
        return;
    }
    let mut failures = Vec::new();
    for seed in (part..number("SEEDS").unwrap_or(SEEDS)).step_by(PARTS as usize) {
        match catch_unwind(|| simulation::simulate(seed, false)) {
            Ok(violations) if violations.is_empty() => {}
            Ok(violations) => failures.push(format!("SEED={seed}: {}", violations.join("; "))),
            Err(_) => failures.push(format!("SEED={seed}: a panic")),
        }
    }
    let shown: Vec<&String> = failures.iter().take(10).collect();
    assert!(failures.is_empty(), "{} seeds fail: {shown:#?}", failures.len());
}

#[test]
fn first_part() {
    run(0);
}

#[test]
fn second_part() {
    run(1);
}

#[test]
fn third_part() {
    run(2);
}

#[test]
fn fourth_part() {
    run(3);
}
