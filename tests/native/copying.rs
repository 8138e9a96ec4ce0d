//! Thousands of copies in virtual time, between registries and within one, whatever goes wrong: after a success all is
//! there, byte for byte, and the tag points at it; after an error the tag is as it was, or new and whole; nothing is there
//! that lacks a part; a copy made again ends the job, and a third one has nothing to do.
//!
//! A seed that fails is named; `SEED=n cargo test --test native copying::` runs it alone, and shows each request.

use crate::support::copying;
use crate::support::seeds::run;

const SEEDS: u64 = 2_000;

#[test]
fn first_part() {
    run(0, SEEDS, copying::simulate);
}

#[test]
fn second_part() {
    run(1, SEEDS, copying::simulate);
}

#[test]
fn third_part() {
    run(2, SEEDS, copying::simulate);
}

#[test]
fn fourth_part() {
    run(3, SEEDS, copying::simulate);
}
