//! For tests: whether reading a text takes time that grows with its length alone, told on a machine that others keep busy.

use std::thread;
use std::time::{Duration, Instant};

/// How many times as long the longer of two texts is.
const FACTOR: usize = 16;
/// Measurements before the verdict: a busy machine spoils some, not all.
const ROUNDS: usize = 40;

/// Reads each piece repeated to 512 bytes and to 8 KiB. Sixteen times the length takes sixteen times as long where all is
/// well and 256 times where it is not: the limit lies between. Runs are short enough to fit between two interruptions, and
/// the fastest of many was not interrupted.
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
            // Who has rested is not interrupted soon.
            thread::sleep(Duration::from_millis(1));
            of_long = time(&long).min(of_long);
            of_long < of_short * FACTOR as u32 * 5
        });
        assert!(is_linear, "{piece:?}: {of_short:?} for 512 bytes, {of_long:?} for 8 KiB");
    }
}
