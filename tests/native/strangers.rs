//! Thousands of operations against registries that nobody here wrote: each of another nature, by chance, with whatever a
//! real one or a proxy before it has been seen to do. Nothing outside what a call or a policy named is ever lost; what a
//! call says it has done is done; and what ended in an error can be done again until it is.
//!
//! A seed that fails is named; `SEED=n cargo test --test native strangers::` runs it alone, and shows each request.

use crate::support::seeds::run;
use crate::support::strangers;

const SEEDS: u64 = 6_000;

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
