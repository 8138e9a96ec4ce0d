//! A test helper that asserts that a parser takes linear time, also on a busy machine.

use std::thread;
use std::time::{Duration, Instant};

/// The ratio of the two texts' lengths.
const FACTOR: usize = 16;
/// The number of measurements: a busy machine spoils some of them, not all.
const ROUNDS: usize = 40;

/// Reads each piece repeated to 512 bytes and to 8 KiB. Sixteen times the length takes 16 times as long with a linear
/// parser and 256 times as long with a quadratic one; the limit lies between. The runs are short enough to fit between
/// two interruptions, and the fastest of many runs was not interrupted.
pub fn assert_linear(pieces: &[&str], read: impl Fn(&str)) {
    let time = |text: &str| {
        let started = Instant::now();
        read(text);
        started.elapsed()
    };
    for piece in pieces {
        let short = piece.repeat(512 / piece.len());
        let long = short.repeat(FACTOR);
        let (mut of_short, mut of_long) = (Duration::MAX, Duration::MAX);
        let is_linear = (0..ROUNDS).any(|_| {
            of_short = (0..8).map(|_| time(&short)).min().map_or(of_short, |fastest| fastest.min(of_short));
            // A thread that has just slept is less likely to be preempted.
            thread::sleep(Duration::from_millis(1));
            of_long = time(&long).min(of_long);
            of_long < of_short * FACTOR as u32 * 5
        });
        assert!(is_linear, "{piece:?}: {of_short:?} for 512 bytes, {of_long:?} for 8 KiB");
    }
}
