//! Parses `WWW-Authenticate` (RFC 9110 §11.6.1) as registries and their proxies write it.

use crate::protocol::http::field;
use crate::protocol::http::field::{is_token, take};

/// An authentication scheme that a server offers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme in lower case: `bearer`, `basic`…
    pub scheme: String,
    /// The parameters in order; names are in lower case.
    pub params: Vec<(String, String)>,
}

impl Challenge {
    /// Returns the first parameter of this name (lower case).
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// Parses the challenges of one or more fields, in order. A field may hold several challenges, which are separated by
/// the same commas as their parameters. Malformed parts are skipped.
pub fn parse<'a>(values: impl Iterator<Item = &'a str>) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    for value in values {
        let first = challenges.len();
        let mut rest = value;
        loop {
            rest = rest.trim_start_matches(field::BLANKS_AND_COMMAS);
            if rest.is_empty() {
                break;
            }
            let name = take(&mut rest, is_token);
            if name.is_empty() {
                // Not the start of an item: skip to the next one.
                field::skip_item(&mut rest);
                continue;
            }
            let name = name.to_ascii_lowercase();
            let after = rest.trim_start_matches(field::BLANKS);
            if let Some(after) = after.strip_prefix('=') {
                rest = after.trim_start_matches(field::BLANKS);
                let value = parameter_value(&mut rest);
                // A parameter before any scheme is ignored.
                if let (Some(value), Some(challenge)) = (value, challenges.get_mut(first..).and_then(<[_]>::last_mut)) {
                    challenge.params.push((name, value));
                }
            } else {
                rest = after;
                skip_token68(&mut rest);
                challenges.push(Challenge { scheme: name, params: Vec::new() });
            }
        }
    }
    challenges
}

/// Reads a quoted string or a token; `None` for a missing value and for an unterminated string.
fn parameter_value(rest: &mut &str) -> Option<String> {
    if rest.starts_with('"') {
        return field::quoted_string(rest);
    }
    // Lenient: some registries write a URL without quotes.
    let value = take(rest, |character| !matches!(character, ' ' | '\t' | ',' | '"'));
    Some(value.to_owned()).filter(|value| !value.is_empty())
}

/// Skips a scheme's token68 (`Negotiate YWJj==`), which this client does not use.
fn skip_token68(rest: &mut &str) {
    let mut after = *rest;
    take(&mut after, |character| is_token(character) || character == '/');
    after = after.trim_start_matches('=').trim_start_matches(field::BLANKS);
    if after.is_empty() || after.starts_with(',') {
        *rest = after;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::text::linear::assert_linear;

    /// One line: `scheme name=value|name=value; scheme`.
    fn read(values: &[&str]) -> String {
        let show = |challenge: &Challenge| {
            let params: Vec<_> = challenge.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
            format!("{} {}", challenge.scheme, params.join("|")).trim().to_owned()
        };
        parse(values.iter().copied()).iter().map(show).collect::<Vec<_>>().join("; ")
    }

    /// F53 (the error's text), F54, F55.
    #[test]
    fn challenges() {
        for (value, expected) in [
            ("", ""),
            (" , ,", ""),
            ("Basic", "basic"),
            ("Basic  ", "basic"),
            ("Negotiate", "negotiate"),
            ("BASIC Realm=\"Test Registry\"", "basic realm=Test Registry"),
            (
                "Bearer realm=\"https://a/t\",service=\"s\",scope=\"repository:a/b:pull,push repository:c:pull\"",
                "bearer realm=https://a/t|service=s|scope=repository:a/b:pull,push repository:c:pull",
            ),
            (
                "Bearer realm=\"x\",error=\"invalid_token\",error_description=\"it, \\\"t\\\", expired\"",
                "bearer realm=x|error=invalid_token|error_description=it, \"t\", expired",
            ),
            // Codeberg: both in one field; GHCR and others the other way round.
            (
                "Bearer realm=\"x\",service=\"y\",scope=\"*\",Basic realm=\"z\"",
                "bearer realm=x|service=y|scope=*; basic realm=z",
            ),
            ("Basic realm=\"z\" , Bearer realm=\"x\"", "basic realm=z; bearer realm=x"),
            ("Negotiate YWJj==, Bearer realm=x", "negotiate; bearer realm=x"),
            ("Negotiate a/b+c, Negotiate, NTLM ,Basic realm=\"\"", "negotiate; negotiate; ntlm; basic realm="),
            (
                "Digest realm=\"a\", nonce=\"b\", stale=FALSE, Basic realm=c",
                "digest realm=a|nonce=b|stale=FALSE; basic realm=c",
            ),
            ("Bearer realm = \"x\"   ,service=y, scope  =\"z\"  ", "bearer realm=x|service=y|scope=z"),
            ("Bearer realm=https://a/t?b=c,service=s", "bearer realm=https://a/t?b=c|service=s"),
            ("Bearer realm=\"x\" service=\"y\" Basic realm=\"z\"", "bearer realm=x|service=y; basic realm=z"),
            ("Bearer a=\"b\\\"c\\\\\",d=\"\\\"\"", "bearer a=b\"c\\|d=\""),
            ("Bearer realm=\"x\",service=", "bearer realm=x"),
            ("Bearer realm=\"x\",service= , scope=z", "bearer realm=x|scope=z"),
            ("Bearer realm=\"x\",service=\"y", "bearer realm=x"),
            ("Bearer realm=\"x\",service=\"y\\", "bearer realm=x"),
            ("realm=\"x\", Basic realm=y", "basic realm=y"),
            ("=, \"quoted, Basic\", @, (, Basic realm=y", "basic realm=y"),
            ("é, Basic realm=y", "basic realm=y"),
            ("Bearer realm=a,realm=b", "bearer realm=a|realm=b"),
        ] {
            assert_eq!(read(&[value]), expected, "{value}");
        }
        assert_eq!(read(&[]), "");
        assert_eq!(read(&["Basic realm=a", "b=c, Bearer realm=d", ""]), "basic realm=a; bearer realm=d");
        let doubled = parse(["Bearer realm=a,REALM=b"].into_iter());
        assert_eq!(
            doubled.first().map(|challenge| (challenge.param("realm"), challenge.param("scope"))),
            Some((Some("a"), None))
        );
    }

    /// F55: time grows with the length.
    #[test]
    fn long_values() {
        let pieces = ["a ", "a=", "a=\"", "\"", ",", "a b=c,", "=", "\\", "Bearer x=", "a\t\t\t"];
        assert_linear(&pieces, |text| {
            parse([text].into_iter());
        });
    }
}
