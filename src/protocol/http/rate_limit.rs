//! Parses rate limit fields: Docker Hub's, those of the IETF drafts (draft-ietf-httpapi-ratelimit-headers: one field
//! each up to 06, a dictionary in 07, structured items of RFC 9651 from 08 on) and their `X-` predecessors.

use crate::protocol::http::{Headers, field};
use crate::protocol::json;

/// The rate limit that a response reports. A value that the response does not give is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// The number of requests allowed per window.
    pub limit: Option<u64>,
    /// The number of requests left.
    pub remaining: Option<u64>,
    /// The window's length in milliseconds.
    pub window: Option<u64>,
    /// The time from the response until the limit resets, in milliseconds.
    pub reset: Option<u64>,
    /// The address or account that Docker Hub counts the requests for.
    pub source: Option<String>,
}

/// Parses the header fields; returns `None` if they give neither a number of requests nor a time.
pub fn parse(headers: &Headers) -> Option<RateLimit> {
    // Fast path: every response passes here, and most registries send no such field.
    if !headers.iter().any(|(name, _)| name.contains("ratelimit")) {
        return None;
    }
    let rate_limit = structured(headers)
        .or_else(|| dictionary(headers))
        .or_else(|| fields(headers, ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]))
        .or_else(|| fields(headers, ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"]))?;
    Some(RateLimit { source: source(headers), ..rate_limit })
}

/// Reads `RateLimit: "default";r=50;t=30` with `RateLimit-Policy: "default";q=100;w=60`. If there are several limits,
/// the one with the fewest remaining requests counts, because it is reached first.
fn structured(headers: &Headers) -> Option<RateLimit> {
    let limits = items(headers, "ratelimit");
    let tightest = limits.iter().filter_map(|item| Some((item.number("r")?, item)));
    let (remaining, item) = tightest.min_by_key(|(remaining, _)| *remaining)?;
    let policies = items(headers, "ratelimit-policy");
    let policy = policies.iter().find(|policy| policy.name() == item.name());
    Some(RateLimit {
        limit: policy.and_then(|policy| policy.number("q")),
        remaining: Some(remaining),
        window: policy.and_then(|policy| milliseconds(policy.get("w")?)),
        reset: item.get("t").and_then(milliseconds),
        source: None,
    })
}

/// Reads `RateLimit: limit=100, remaining=50, reset=5` with `RateLimit-Policy: 100;w=60`.
fn dictionary(headers: &Headers) -> Option<RateLimit> {
    let items = items(headers, "ratelimit");
    let member = |name| items.iter().find_map(|item| item.get(name));
    told(headers, [member("limit"), member("remaining"), member("reset")], &[])
}

/// Reads one field per value. Docker Hub's fields include the window: `100;w=21600`; a draft's limit may be followed by
/// its policies: `100, 100;w=60, 5000;w=3600`.
fn fields(headers: &Headers, names: [&str; 3]) -> Option<RateLimit> {
    let [limit, remaining, reset] = names.map(|name| items(headers, name));
    let value = |items: &'_ [Item]| items.first().map(|item| item.name().to_owned());
    let values = [value(&limit), value(&remaining), value(&reset)];
    told(headers, values.each_ref().map(Option::as_deref), &limit)
}

/// Combines limit, remaining and reset with the window of the policy that has this limit.
fn told(headers: &Headers, [limit, remaining, reset]: [Option<&str>; 3], policies: &[Item]) -> Option<RateLimit> {
    let others = items(headers, "ratelimit-policy");
    let window = policies.iter().chain(&others).filter(|policy| Some(policy.name()) == limit);
    let told = RateLimit {
        limit: limit.and_then(number),
        remaining: remaining.and_then(number),
        window: window.filter_map(|policy| policy.get("w")).find_map(milliseconds),
        reset: reset.and_then(milliseconds),
        source: None,
    };
    told.limit.or(told.remaining).or(told.reset)?;
    Some(told)
}

fn source(headers: &Headers) -> Option<String> {
    let source = headers.get("docker-ratelimit-source")?.trim();
    let fits = (1..=200).contains(&source.len()) && source.bytes().all(|byte| byte.is_ascii_graphic());
    fits.then(|| source.to_owned())
}

/// A list element and its parameters.
struct Item(Vec<(String, String)>);

impl Item {
    /// Returns the element itself, or its name in a dictionary.
    fn name(&self) -> &str {
        self.0.first().map_or("", |(name, _)| name)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    fn number(&self, name: &str) -> Option<u64> {
        number(self.get(name)?)
    }
}

/// Returns the elements of a field; malformed ones are skipped.
fn items(headers: &Headers, name: &str) -> Vec<Item> {
    headers.all(name).flat_map(|value| field::list(value, item)).collect()
}

fn item(rest: &mut &str) -> Option<Item> {
    let first =
        if rest.starts_with('"') { (field::quoted_string(rest)?, String::new()) } else { field::parameter(rest)? };
    *rest = rest.trim_start_matches(field::BLANKS);
    let mut parts = vec![first];
    while let Some(after) = rest.strip_prefix(';') {
        *rest = after.trim_start_matches(field::BLANKS);
        parts.push(field::parameter(rest)?);
    }
    Some(Item(parts))
}

fn number(text: &str) -> Option<u64> {
    json::size(text).ok()
}

/// Converts seconds to milliseconds. A value over a year is rejected: some servers send a Unix timestamp there.
fn milliseconds(seconds: &str) -> Option<u64> {
    const YEAR: u64 = 366 * 24 * 60 * 60;
    number(seconds).filter(|seconds| *seconds <= YEAR).map(|seconds| seconds * 1000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::text::linear::assert_linear;

    fn read(fields: &[(&str, &str)]) -> Option<RateLimit> {
        let mut headers = Headers::new();
        for (name, value) in fields {
            headers.append(name, *value);
        }
        parse(&headers)
    }

    /// Limit, remaining, window and reset.
    fn numbers(fields: &[(&str, &str)]) -> [Option<u64>; 4] {
        read(fields).map_or([None; 4], |read| [read.limit, read.remaining, read.window, read.reset])
    }

    #[test]
    fn docker_hub() {
        let source = "192.0.2.7";
        let told = read(&[
            ("ratelimit-limit", "100;w=21600"),
            ("ratelimit-remaining", "76;w=21600"),
            ("docker-ratelimit-source", source),
        ]);
        let expected = RateLimit {
            limit: Some(100),
            remaining: Some(76),
            window: Some(21_600_000),
            reset: None,
            source: Some(source.into()),
        };
        assert_eq!(told, Some(expected));
        assert_eq!(read(&[("docker-ratelimit-source", source)]), None);
        for source in ["", "a b", "a\u{7f}", "é", &"a".repeat(201)] {
            let told = read(&[("ratelimit-limit", "1"), ("docker-ratelimit-source", source)]).expect("a limit");
            assert_eq!((told.limit, told.source), (Some(1), None));
        }
    }

    #[test]
    fn drafts() {
        let all = [Some(100), Some(50), Some(60_000), Some(5000)];
        let told: [&[(&str, &str)]; 8] = [
            // 00 to 05, and 06.
            &[("RateLimit-Limit", "100, 100;w=60"), ("RateLimit-Remaining", "50"), ("RateLimit-Reset", "5")],
            &[
                ("RateLimit-Limit", "100, 10;w=1, 100;w=60;comment=\"a, b;w=7\""),
                ("RateLimit-Remaining", "50"),
                ("RateLimit-Reset", "5"),
            ],
            &[
                ("RateLimit-Limit", "100"),
                ("RateLimit-Policy", "10;w=1, 100;w=60"),
                ("RateLimit-Remaining", "50"),
                ("RateLimit-Reset", "5"),
            ],
            // 07.
            &[("RateLimit", "limit=100, remaining=50, reset=5"), ("RateLimit-Policy", "100;w=60")],
            &[("RateLimit", "reset=5"), ("RateLimit", "limit=100,remaining=50"), ("RateLimit-Policy", "100;w=60")],
            // 08 on.
            &[("RateLimit", "\"default\";r=50;t=5"), ("RateLimit-Policy", "\"default\";q=100;w=60")],
            &[
                ("RateLimit", "\"day\"; r=900; t=3600, \"a,b\\\"\" ; r=50 ; t=5"),
                ("RateLimit-Policy", "\"day\";q=1000;w=86400, \"a,b\\\"\";q=100;w=60;pk=:cHNl=:"),
            ],
            // The older form beside the newer one.
            &[
                ("X-RateLimit-Limit", "1"),
                ("RateLimit-Limit", "2"),
                ("RateLimit", "default;r=50;t=5"),
                ("RateLimit-Policy", "default;w=60;q=100"),
            ],
        ];
        for fields in told {
            assert_eq!(numbers(fields), all, "{fields:?}");
        }
        assert_eq!(numbers(&[("RateLimit", "\"a\";r=0")]), [None, Some(0), None, None]);
        let other = [("RateLimit", "\"a\";r=1"), ("RateLimit-Policy", "\"b\";q=100;w=60")];
        assert_eq!(numbers(&other), [None, Some(1), None, None]);
    }

    #[test]
    fn forerunners() {
        let told = |reset| {
            numbers(&[("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", reset)])
        };
        assert_eq!(told("30"), [Some(60), Some(0), None, Some(30_000)]);
        // A point in time, in seconds and in milliseconds.
        for reset in ["1767225600", "1767225600000"] {
            assert_eq!(told(reset), [Some(60), Some(0), None, None]);
        }
        let told = numbers(&[("RateLimit-Remaining", "7"), ("RateLimit-Reset", "1767225600")]);
        assert_eq!(told, [None, Some(7), None, None]);
        assert_eq!(numbers(&[("RateLimit-Reset", "0")]), [None, None, None, Some(0)]);
    }

    #[test]
    fn garbage() {
        for value in [
            "",
            ",",
            ";",
            "=",
            "-1",
            "+1",
            "1.5",
            "1e3",
            "0x10",
            "many",
            "100 requests",
            "\"100",
            "9007199254740992",
            "99999999999999999999999999",
            "\u{663}",
            "limit=, remaining=x",
            "\"default\";r;t=x",
            "\"default\";r=-1",
        ] {
            for name in ["RateLimit", "RateLimit-Limit", "RateLimit-Reset", "X-RateLimit-Remaining"] {
                assert_eq!(read(&[(name, value), ("RateLimit-Policy", value)]), None, "{name}: {value}");
            }
        }
        assert_eq!(read(&[]), None);
        let window = |window: &str| numbers(&[("RateLimit-Limit", &format!("1;w={window}"))]);
        for unusable in ["", "-1", "x", "9007199254740991", "\"60"] {
            assert!(matches!(window(unusable), [_, None, None, None]), "{unusable}");
        }
        assert_eq!(window("\"60\""), [Some(1), None, Some(60_000), None]);
    }

    /// Time grows with the length.
    #[test]
    fn long_values() {
        let pieces = ["1;w=1,", ";", "\"a\";r=1,", "\"", "=", ",", "a=\"", " ", "r=1;"];
        assert_linear(&pieces, |text| {
            for name in ["RateLimit", "RateLimit-Limit"] {
                read(&[(name, text), ("RateLimit-Policy", text)]);
            }
        });
    }
}
