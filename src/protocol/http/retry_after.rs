//! Parses `Retry-After` (RFC 9110 §10.2.3).

use crate::protocol::text::timestamp::{days, number};

/// Returns the milliseconds to wait, from seconds or a date (IMF-fixdate, which servers must send); 0 for a date in the
/// past. Returns `None` for anything else; a number that overflows becomes the longest possible wait.
pub fn parse(value: &str, now_unix_ms: u64) -> Option<u64> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(value.parse::<u64>().map_or(u64::MAX, |seconds| seconds.saturating_mul(1000)));
    }
    Some(date(value)?.saturating_mul(1000).saturating_sub(now_unix_ms))
}

/// Parses an HTTP date (RFC 9110 §5.6.7, IMF-fixdate) into milliseconds since 1970.
pub fn unix_ms(value: &str) -> Option<u64> {
    Some(date(value.trim())?.saturating_mul(1000))
}

/// Parses `Sun, 06 Nov 1994 08:49:37 GMT` into seconds since 1970.
fn date(text: &str) -> Option<u64> {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let mut parts = text.split_once(", ")?.1.split(' ');
    let day = number(parts.next()?, 2)?;
    let name = parts.next()?;
    let month = MONTHS.iter().position(|month| *month == name)? as u64;
    let year = number(parts.next()?, 4)?;
    let mut time = parts.next()?.split(':');
    let (hour, minute, second) = (number(time.next()?, 2)?, number(time.next()?, 2)?, number(time.next()?, 2)?);
    // 60 is a leap second.
    let fits = (1..=31).contains(&day) && year >= 1970 && hour < 24 && minute < 60 && second <= 60;
    if !fits || parts.next() != Some("GMT") || parts.next().is_some() || time.next().is_some() {
        return None;
    }
    Some(((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// F63.
    #[test]
    fn seconds() {
        for (value, expected) in [
            ("3", Some(3000)),
            (" 0 ", Some(0)),
            ("99999999", Some(99_999_999_000)),
            ("18446744073709551615", Some(u64::MAX)),
            ("99999999999999999999999999", Some(u64::MAX)),
            ("-1", None),
            ("+1", None),
            ("1.5", None),
            ("1e3", None),
            ("", None),
            ("soon", None),
            ("٣", None),
        ] {
            assert_eq!(parse(value, 0), expected, "{value}");
        }
    }

    /// F63.
    #[test]
    fn dates() {
        for (value, seconds) in [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
            ("Wed, 01 Mar 2000 00:00:00 GMT", 951_868_800),
            ("Fri, 31 Dec 2100 23:59:60 GMT", 4_133_980_800),
        ] {
            assert_eq!(parse(value, 0), Some(seconds * 1000), "{value}");
            assert_eq!(parse(value, u64::MAX), Some(0), "{value}");
        }
        assert_eq!(parse("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_776_500), Some(500));
    }

    #[test]
    fn no_dates() {
        for value in [
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 08:49:37 GMT GMT",
            "Sun, 6 Nov 1994 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1969 08:49:37 GMT",
            "Sun, 06 Nov 11994 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, 06 Nov 1994 08:49 GMT",
            "Sun, 06 Nov 1994 08:49:37:00 GMT",
            "1994-11-06T08:49:37Z",
            ", ",
        ] {
            assert_eq!(parse(value, 0), None, "{value}");
        }
    }
}
