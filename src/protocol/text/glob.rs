//! Glob patterns for selecting tags.

/// A pattern in which `*` matches any number of characters and `?` matches one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob(Vec<char>);

impl Glob {
    /// Creates a pattern; every text is a valid one.
    pub fn new(text: &str) -> Self {
        Self(text.chars().collect())
    }

    /// Returns true if the pattern matches the whole text. Backtracking goes to the last `*` only, which suffices; the
    /// time is at most the product of both lengths.
    pub fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().collect();
        let (mut at, mut position) = (0, 0);
        let mut last_star = None;
        while let Some(character) = text.get(position) {
            match self.0.get(at) {
                Some('*') => {
                    last_star = Some((at, position));
                    at += 1;
                }
                Some(wanted) if *wanted == '?' || wanted == character => {
                    at += 1;
                    position += 1;
                }
                _ => {
                    let Some((star, from)) = last_star else { return false };
                    last_star = Some((star, from + 1));
                    at = star + 1;
                    position = from + 1;
                }
            }
        }
        self.0.iter().skip(at).all(|rest| *rest == '*')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (glob, fits, others) in [
            ("*", vec!["", "a", "a.b"], vec![]),
            ("1.*", vec!["1.", "1.2", "1.2.3"], vec!["1", "21.2"]),
            ("?.?", vec!["1.2"], vec!["1.22", "12"]),
            ("*-alpine", vec!["3-alpine", "-alpine", "a-alpine-alpine"], vec!["3-alpine3"]),
            ("a*b*c", vec!["abc", "aXbYbZc"], vec!["acb", "ab"]),
            ("", vec![""], vec!["a"]),
            ("é?", vec!["éè"], vec!["é"]),
        ] {
            let glob = Glob::new(glob);
            assert!(fits.iter().all(|text| glob.fits(text)), "{glob:?}");
            assert!(!others.iter().any(|text| glob.fits(text)), "{glob:?}");
        }
    }
}
