//! Timestamps (RFC 3339) of configs and annotations.

/// Parses a timestamp such as `2026-01-02T03:04:05.123456789+01:00` into milliseconds since 1970. Returns `None` for
/// any other text and for a time before 1970: Go's zero time, which stands for an unset date, is in the year 1.
pub fn unix_ms(text: &str) -> Option<u64> {
    let (date, time) = text.split_once(['T', 't', ' '])?;
    let mut date = date.split('-');
    let year = number(date.next()?, 4)?;
    let (month, day) = (number(date.next()?, 2)?, number(date.next()?, 2)?);
    let (time, offset) = offset(time)?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let mut time = time.split(':');
    let (hour, minute, second) = (number(time.next()?, 2)?, number(time.next()?, 2)?, number(time.next()?, 2)?);
    // 60 is a leap second.
    let fits = (1..=12).contains(&month) && (1..=31).contains(&day) && hour < 24 && minute < 60 && second <= 60;
    let is_whole = date.next().is_none() && time.next().is_none();
    if !fits || !is_whole || year < 1970 || fraction.is_empty() || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let seconds = ((days(year, month - 1, day) * 24 + hour) * 60 + minute) * 60 + second;
    let thousandths = fraction.bytes().chain(*b"00").take(3).fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    (seconds * 1000 + thousandths).checked_add_signed(-offset * 60_000)
}

/// The date of Docker's first release, 2013-03-20: no image is older.
const FIRST_RELEASE: u64 = 1_363_737_600_000;
/// The tolerated clock difference of another machine.
const SKEW: u64 = 24 * 3_600_000;

/// Returns the date if it is plausible: not a placeholder (reproducible builds, jib, Bazel, ko and Nix write
/// 1970-01-01, 1980-01-01T00:00:01Z or 0001-01-01) and not in the future. `None` means that the age is unknown.
pub fn credible(unix_ms: u64, now: u64) -> Option<u64> {
    (FIRST_RELEASE..=now.saturating_add(SKEW)).contains(&unix_ms).then_some(unix_ms)
}

/// Parses a timestamp and returns it if it is [`credible`].
pub fn credible_text(text: &str, now: u64) -> Option<u64> {
    credible(unix_ms(text)?, now)
}

/// Formats a time as RFC 3339 text in UTC, to the second.
pub fn text(unix_ms: u64) -> String {
    let seconds = unix_ms / 1000;
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    // The Gregorian calendar repeats itself every 400 years; years start in March.
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let (day, late) = (day - (153 * month + 2) / 5 + 1, month / 10);
    let (year, month) = (era * 400 + year + late, month + 3 - 12 * late);
    format!("{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// Splits off the offset and returns it in minutes ahead of UTC.
fn offset(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return Some((time, 0));
    }
    let at = time.rfind(['+', '-'])?;
    let (time, offset) = time.split_at_checked(at)?;
    let (hours, minutes) = offset.get(1..)?.split_once(':')?;
    let (hours, minutes) = (number(hours, 2)?, number(minutes, 2)?);
    let minutes = i64::try_from(hours * 60 + minutes).ok().filter(|minutes| *minutes < 24 * 60)?;
    Some((time, if offset.starts_with('-') { -minutes } else { minutes }))
}

/// Returns the days since 1970-01-01 in the Gregorian calendar, counted in years that start in March; `month` is 0 for
/// January.
pub(crate) fn days(year: u64, month: u64, day: u64) -> u64 {
    let (year, month) = if month < 2 { (year - 1, month + 10) } else { (year, month - 2) };
    let before = year * 365 + year / 4 - year / 100 + year / 400;
    before + (month * 306 + 5) / 10 + day - 1 - 719_468
}

/// Parses a number of exactly `digits` digits.
pub(crate) fn number(text: &str, digits: usize) -> Option<u64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, expected) in [
            ("1970-01-01T00:00:00Z", Some(0)),
            ("2026-01-02T03:04:05Z", Some(1_767_323_045_000)),
            ("2026-01-02T03:04:05.1Z", Some(1_767_323_045_100)),
            ("2026-01-02t03:04:05.123456789z", Some(1_767_323_045_123)),
            ("2026-01-02T03:04:05+01:30", Some(1_767_317_645_000)),
            ("2026-01-02T03:04:05.5-00:01", Some(1_767_323_105_500)),
            ("1970-01-01T00:00:00+00:01", None),
            ("0001-01-01T00:00:00Z", None),
            ("2026-13-02T03:04:05Z", None),
            ("2026-01-02T24:04:05Z", None),
            ("2026-01-02T03:04:05", None),
            ("2026-01-02T03:04:05.Z", None),
            ("2026-01-02T03:04:05+1:00", None),
            ("2026-01-02T03:04:05+99:00", None),
            ("2026-01-02T03:04:05+é", None),
            ("2026-01-02", None),
            ("2026-1-2T03:04:05Z", None),
            ("T", None),
            ("", None),
        ] {
            assert_eq!(unix_ms(text), expected, "{text}");
        }
    }

    #[test]
    fn placeholders_are_no_dates() {
        let now = unix_ms("2026-01-02T03:04:05Z").expect("a time");
        for text in ["2013-03-20T00:00:00Z", "2025-12-31T00:00:00Z", "2026-01-02T03:04:05Z", "2026-01-03T03:04:05Z"] {
            assert_eq!(credible_text(text, now), unix_ms(text), "{text}");
        }
        for text in [
            "0001-01-01T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "1979-12-31T23:00:00Z",
            "1980-01-01T00:00:01Z",
            "2013-03-19T23:59:59.999Z",
            "2026-01-03T03:04:06Z",
            "2106-02-07T06:28:15Z",
            "9999-12-31T23:59:59Z",
            "yesterday",
        ] {
            assert_eq!(credible_text(text, now), None, "{text}");
        }
        // A clock that was never set makes every date unknown.
        assert_eq!(credible_text("2025-12-31T00:00:00Z", 0), None);
    }

    #[test]
    fn texts() {
        for (unix_ms, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399_000, "2000-02-28T23:59:59Z"),
            (951_782_400_999, "2000-02-29T00:00:00Z"),
            (1_767_323_045_000, "2026-01-02T03:04:05Z"),
            (4_107_542_399_000, "2100-02-28T23:59:59Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(text(unix_ms), expected);
        }
        for day in 0..100_000 {
            assert_eq!(crate::protocol::text::timestamp::unix_ms(&text(day * 86_400_000)), Some(day * 86_400_000));
        }
    }
}
