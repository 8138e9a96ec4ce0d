//! Parsing and ordering of tags as versions. Tags that follow Semantic Versioning 2.0.0 are ordered by it; others by
//! common conventions: `1.10` is above `1.9`, `2024-01-15` below `2024-02-01`, `1.2-alpine` is a variant of `1.2` and
//! not a pre-release, and a Helm chart's `1.0.0_build` stands for `1.0.0+build`, which is not a valid tag.

use std::cmp::Ordering;

/// Words that mark a pre-release.
const PRE_RELEASE: &[&str] = &[
    "a",
    "alpha",
    "b",
    "beta",
    "c",
    "canary",
    "dev",
    "develop",
    "ea",
    "edge",
    "m",
    "milestone",
    "next",
    "nightly",
    "pre",
    "prerelease",
    "preview",
    "rc",
    "snapshot",
    "unstable",
];
/// Words that mark a later revision of the same version.
const REVISION: &[&str] = &["p", "patch", "post", "r", "rev", "u", "update"];

/// A tag that is a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version<'a> {
    /// The numbers without leading zeros: `1`, `2` and `3` for `v1.2.03`.
    numbers: Vec<&'a str>,
    /// The pre-release words: `["rc", "1"]` for `1.2-rc1-alpine`.
    pre_release: Vec<&'a str>,
    /// The remaining words: `["alpine"]` for `1.2-rc1-alpine`, `["r", "3"]` for `1.2-r3`.
    suffix: Vec<&'a str>,
}

impl<'a> Version<'a> {
    /// Parses a tag: numbers joined by dots, with an optional `v` before them and words and numbers after them. Returns
    /// `None` for a tag that starts otherwise (`latest`), and for a single number with letters attached (`1a2b3c`, a
    /// commit hash).
    pub fn parse(tag: &'a str) -> Option<Self> {
        let text = tag.strip_prefix(['v', 'V']).unwrap_or(tag);
        let (mut numbers, mut rest) = (Vec::new(), text);
        loop {
            let (number, behind) = rest.split_at_checked(digits(rest)).filter(|(number, _)| !number.is_empty())?;
            numbers.push(number.trim_start_matches('0'));
            rest = behind;
            let is_date = text.split_at_checked(4).is_some_and(|(year, _)| is_year(year)) && numbers.len() < 3;
            let next = rest.strip_prefix('.').or_else(|| rest.strip_prefix('-').filter(|_| is_date));
            match next.filter(|next| digits(next) > 0) {
                // `2024-01` continues as a date, `2024-alpine` and `2024-1a` do not.
                Some(next) => rest = next,
                None => break,
            }
        }
        let words = words(rest);
        let is_attached = rest.starts_with(|first: char| first.is_ascii_alphabetic());
        let is_known = words.first().is_some_and(|word| is_one_of(word, PRE_RELEASE) || is_one_of(word, REVISION));
        let is_number_behind = words.get(1).is_none_or(|word| digits(word) > 0);
        if is_attached && numbers.len() < 2 && !(is_known && is_number_behind && words.len() <= 2) {
            return None;
        }
        let pre_length = match words.first() {
            Some(word) if is_one_of(word, PRE_RELEASE) => {
                1 + words.iter().skip(1).take_while(|word| digits(word) > 0).count()
            }
            _ => 0,
        };
        let mut pre_release = words;
        let suffix = pre_release.split_off(pre_length.min(pre_release.len()));
        Some(Self { numbers, pre_release, suffix })
    }

    /// Returns true for a pre-release: `1.2-rc1`, `1.2b3`.
    pub fn is_pre_release(&self) -> bool {
        !self.pre_release.is_empty()
    }

    /// Returns the first `length` numbers, padded with zeros: the release line of the version.
    pub fn line(&self, length: usize) -> Vec<&'a str> {
        (0..length).map(|index| self.number(index)).collect()
    }

    /// Returns true if both are the same version, possibly in different variants: `1.2-alpine` and `1.2.0`.
    pub fn is_same_release(&self, other: &Self) -> bool {
        self.compare_release(other).is_eq()
    }

    fn number(&self, index: usize) -> &'a str {
        self.numbers.get(index).copied().unwrap_or_default()
    }

    fn compare_release(&self, other: &Self) -> Ordering {
        let length = self.numbers.len().max(other.numbers.len());
        (0..length)
            .map(|index| compare_numbers(self.number(index), other.number(index)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal)
            .then_with(|| match (self.is_pre_release(), other.is_pre_release()) {
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                _ => compare_words(&self.pre_release, &other.pre_release),
            })
    }

    fn compare(&self, other: &Self) -> Ordering {
        self.compare_release(other)
            .then_with(|| self.edition().cmp(&other.edition()))
            .then_with(|| compare_words(&self.suffix, &other.suffix))
            .then_with(|| self.numbers.len().cmp(&other.numbers.len()))
    }

    /// Ranks a variant below the version itself and a revision above it.
    fn edition(&self) -> u8 {
        match self.suffix.first() {
            None => 1,
            Some(word) if digits(word) > 0 || is_one_of(word, REVISION) => 2,
            Some(_) => 0,
        }
    }
}

/// Orders tags for display: the highest version first, then tags that are not versions, by name. The order is total:
/// only identical texts are equal.
pub fn highest_first(one: &str, other: &str) -> Ordering {
    match (Version::parse(one), Version::parse(other)) {
        (Some(one), Some(other)) => other.compare(&one),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => compare_words(&words(one), &words(other)),
    }
    .then_with(|| one.cmp(other))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

fn is_year(text: &str) -> bool {
    digits(text) == 4 && ("1900".."3000").contains(&text)
}

fn is_one_of(word: &str, known: &[&str]) -> bool {
    known.iter().any(|other| other.eq_ignore_ascii_case(word))
}

/// Splits a text into runs of digits and of letters; other characters separate them. A character outside ASCII counts
/// as a letter.
fn words(text: &str) -> Vec<&str> {
    let kind = |character: char| match character {
        '0'..='9' => 0,
        character if character.is_ascii_alphabetic() || !character.is_ascii() => 1,
        _ => 2,
    };
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next().map(kind) {
        let length = rest.find(|character| kind(character) != first).unwrap_or(rest.len());
        let Some((word, behind)) = rest.split_at_checked(length) else { break };
        if first != 2 {
            words.push(word);
        }
        rest = behind;
    }
    words
}

/// Compares numbers of any length, with or without leading zeros.
fn compare_numbers(one: &str, other: &str) -> Ordering {
    let (one, other) = (one.trim_start_matches('0'), other.trim_start_matches('0'));
    one.len().cmp(&other.len()).then_with(|| one.cmp(other))
}

/// Compares by Semantic Versioning 2.0.0, §11: numbers by value and below words; if all pairs are equal, the longer
/// list is higher.
fn compare_words(one: &[&str], other: &[&str]) -> Ordering {
    let pairs = one.iter().zip(other).map(|(one, other)| match (digits(one) > 0, digits(other) > 0) {
        (true, true) => compare_numbers(one, other),
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        (false, false) => one.cmp(other),
    });
    pairs.into_iter().find(|order| order.is_ne()).unwrap_or_else(|| one.len().cmp(&other.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the highest to the lowest.
    const LISTS: &[&[&str]] = &[
        &["v1.10.0", "1.10", "1.9.9", "v1.9", "1.2.0", "1.2", "1.0", "0.9", "latest", "main"],
        &[
            "2.0.0",
            "2.0.0-rc.2",
            "2.0.0-rc.1",
            "2.0.0-beta.11",
            "2.0.0-beta.2",
            "2.0.0-beta",
            "2.0.0-alpha.1",
            "2.0.0-alpha",
        ],
        &["3.13.0", "3.13.0rc10", "3.13.0rc2", "3.13.0b1", "3.13.0a6", "3.12.7"],
        &[
            "3.20-r2",
            "3.20-r1",
            "3.20-1",
            "3.20",
            "3.20-slim",
            "3.20-alpine3.19",
            "3.20-alpine3.9",
            "3.20-alpine",
            "3.20-rc1",
            "3.20-rc1-alpine",
        ],
        &["24.04", "22.04", "20.04"],
        &["2024.10.1", "2024.9.30", "2023.12"],
        &["2024-02-01", "2024-01-15", "2023-12-31"],
        &["20240201", "20240115"],
        &["99999999999999999999999999999.1", "18446744073709551616", "2"],
        &["8u292", "8u66", "8"],
        &["1.0.0", "1.0.0_build.1"],
        &["1", "alpine", "bookworm-2", "bookworm-10", "sha-1a2b"],
    ];

    #[test]
    fn orders() {
        for list in LISTS {
            let mut sorted = list.to_vec();
            sorted.reverse();
            sorted.sort_by(|one, other| highest_first(one, other));
            assert_eq!(sorted, *list);
        }
    }

    #[test]
    fn versions_and_others() {
        for tag in ["1", "v1", "V1.2", "1.2.3-rc.1", "20.04", "3.12-slim", "3.12slim", "8u292", "2024-01-15", "01.02"] {
            assert!(Version::parse(tag).is_some(), "{tag}");
        }
        for tag in ["latest", "v", "", "vnext", "1a2b3c4d", "7e1f", "release-1.2", ".1", "-1", "4x", "é"] {
            assert_eq!(Version::parse(tag), None, "{tag}");
        }
        let version = |tag| Version::parse(tag).expect("a version");
        for (tag, is_pre_release) in
            [("1.0-rc1", true), ("1.0.0-SNAPSHOT", true), ("1.0b2", true), ("1.0-alpine", false), ("1.0-3", false)]
        {
            assert_eq!(version(tag).is_pre_release(), is_pre_release, "{tag}");
        }
        assert!(version("1.2-alpine").is_same_release(&version("v1.2.0")));
        assert!(!version("1.2-rc1").is_same_release(&version("1.2")));
        assert_eq!(version("1.02.3-x").line(2), ["1", "2"]);
        assert_eq!(version("1").line(2), ["1", ""]);
        assert_eq!(version("1.0").line(2), ["1", ""]);
    }

    /// xorshift64*
    fn random(state: &mut u64) -> usize {
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize
    }

    /// Whatever the texts: antisymmetric, transitive, and equal only to itself.
    #[test]
    fn the_order_is_total() {
        const PIECES: &[&str] = &[
            "1", "2", "10", "0", "00", "2024", ".", "-", "_", "+", "v", "V", "rc", "alpine", "r", "b", "é", "x", "RC",
        ];
        let mut state = 42;
        let tags: Vec<String> = (0..120)
            .map(|_| (0..1 + random(&mut state) % 6).map(|_| PIECES[random(&mut state) % PIECES.len()]).collect())
            .collect();
        for one in &tags {
            for other in &tags {
                let order = highest_first(one, other);
                assert_eq!(order, highest_first(other, one).reverse(), "{one} {other}");
                assert_eq!(order.is_eq(), one == other, "{one} {other}");
                for third in &tags {
                    if order.is_le() && highest_first(other, third).is_le() {
                        assert!(highest_first(one, third).is_le(), "{one} {other} {third}");
                    }
                }
            }
        }
    }
}
