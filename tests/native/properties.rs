//! Every parser of `protocol` against many thousand damaged inputs: none may panic, and what is accepted must be what it
//! claims to be. The inputs are the same in every run; `npm run fuzz` looks further.

use std::panic::catch_unwind;
use std::thread;
use std::time::Instant;

use crate::support::properties;

const ROUNDS: usize = 20_000;

/// What means something to one parser or another.
const PIECES: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ":",
    ",",
    "null",
    "-1",
    "1e9",
    "9007199254740992",
    "/",
    "//",
    "..",
    "%2e",
    "%",
    "@",
    "#",
    "?",
    "=",
    ";",
    " ",
    "\t",
    "\r\n",
    "\0",
    "\u{7f}",
    "é",
    "\u{feff}",
    "\u{2028}",
    "<",
    ">",
    "(",
    ")",
    "+",
    "*",
    "\\ud800",
    "sha256:",
    "bytes ",
    "GMT",
    "18446744073709551616",
    "__proto__",
];

/// xorshift64*
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize % limit.max(1)
    }
}

/// Calls `check` with the seeds, and with variations of them: bytes changed, removed, doubled, exchanged for what means
/// something.
fn mutate(seeds: &[&str], check: impl Fn(&[u8])) {
    seeds.iter().for_each(|seed| check(seed.as_bytes()));
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for round in 0..ROUNDS {
        let mut bytes = seeds[round % seeds.len()].as_bytes().to_vec();
        for _ in 0..=random.below(4) {
            let place = random.below(bytes.len() + 1);
            let end = (place + random.below(8)).min(bytes.len());
            match random.below(6) {
                0 => drop(bytes.drain(place..end)),
                1 => {
                    let copy = bytes[place..end].to_vec();
                    bytes.splice(place..place, copy);
                }
                2 => bytes.truncate(place),
                3 if place < bytes.len() => bytes[place] = random.below(256) as u8,
                _ => {
                    let piece = PIECES[random.below(PIECES.len())];
                    bytes.splice(place..end, piece.bytes());
                }
            }
        }
        check(&bytes);
    }
}

#[test]
fn properties_hold() {
    thread::scope(|scope| {
        for property in properties::ALL {
            scope.spawn(|| {
                let seeds: Vec<&str> = property.seeds.lines().collect();
                mutate(&seeds, |input| {
                    if catch_unwind(|| (property.check)(input)).is_err() {
                        panic!("{} of {:?}", property.name, String::from_utf8_lossy(input));
                    }
                });
            });
        }
    });
}

/// F55: time grows with the length, whether one thing is repeated or no two are the same. (0.2 s at most; what grows with
/// the square takes many seconds.)
#[test]
fn time_grows_with_the_length() {
    const LENGTH: usize = 65_536;
    let different =
        |separator: &str| (0..LENGTH / 5).map(|number| format!("{number:x}{separator}")).collect::<String>();
    let different: Vec<String> = [" ", ",", ";", "/", "&", "."].map(different).into();
    for property in properties::ALL {
        let pieces = PIECES.iter().copied().chain(property.seeds.lines());
        let repeated = pieces.map(|piece| piece.repeat(LENGTH / piece.len()));
        for input in repeated.chain(different.iter().cloned()) {
            let started = Instant::now();
            (property.check)(input.as_bytes());
            assert!(started.elapsed().as_secs() < 3, "{} of {:.40}…", property.name, input);
        }
    }
}
