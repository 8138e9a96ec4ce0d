//! Many seeds, of which each failure is named: `SEED=n` runs one alone and shows each request, `SEEDS=n` looks further.

use std::env;
use std::panic::{UnwindSafe, catch_unwind};

/// Tests that share the seeds among them, so that they run side by side.
const PARTS: u64 = 4;

fn number(name: &str) -> Option<u64> {
    env::var(name).ok().map(|text| text.parse().expect("a number"))
}

/// Runs one part of the seeds below `seeds`; `simulate` gives what did not hold.
pub fn run(part: u64, seeds: u64, simulate: impl Fn(u64, bool) -> Vec<String> + Copy + UnwindSafe) {
    if let Some(seed) = number("SEED") {
        if seed % PARTS == part {
            let violations = simulate(seed, true);
            assert!(violations.is_empty(), "{}", violations.join("\n"));
        }
        return;
    }
    let mut failures = Vec::new();
    for seed in (part..number("SEEDS").unwrap_or(seeds)).step_by(PARTS as usize) {
        match catch_unwind(move || simulate(seed, false)) {
            Ok(violations) if violations.is_empty() => {}
            Ok(violations) => failures.push(format!("SEED={seed}: {}", violations.join("; "))),
            Err(_) => failures.push(format!("SEED={seed}: a panic")),
        }
    }
    let shown: Vec<&String> = failures.iter().take(10).collect();
    assert!(failures.is_empty(), "{} seeds fail: {shown:#?}", failures.len());
}
