//! Thousands of operations against a model registry behind a network that fails by chance, in virtual time. Whatever
//! happens: an operation ends with what the registry has or with one typed error, in bounded time, after no more requests
//! than there are reasons for, with nothing left open, and no secret went where it does not belong.
//!
//! A seed that fails is named; `SEED=n cargo test --test native simulation::` runs it alone, and shows each request.

use crate::support::seeds::run;
use crate::support::simulation;

#[test]
fn first_part() {
    run(0, 4_000, simulation::simulate);
}

#[test]
fn second_part() {
    run(1, 4_000, simulation::simulate);
}

#[test]
fn third_part() {
    run(2, 4_000, simulation::simulate);
}

#[test]
fn fourth_part() {
    run(3, 4_000, simulation::simulate);
}
