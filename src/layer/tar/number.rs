//! Numbers in headers, and how wrong ones are refused.

use super::entry::Time;

/// The text of a fixed-size field: it ends at the first NUL.
pub(super) fn text(field: &[u8]) -> &[u8] {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    field.get(..end).unwrap_or_default()
}

/// A number in octal digits, with spaces and NULs around it (POSIX pax, ustar interchange format). An empty field is 0.
pub(super) fn octal(field: &[u8]) -> Option<u64> {
    let is_padding = |byte: &u8| matches!(byte, b' ' | 0);
    let Some(first) = field.iter().position(|byte| !is_padding(byte)) else { return Some(0) };
    let last = field.iter().rposition(|byte| !is_padding(byte))?;
    text(field.get(first..=last)?).iter().try_fold(0_u64, |value, digit| match digit {
        b'0'..=b'7' if value >> 61 == 0 => Some(value << 3 | u64::from(digit - b'0')),
        _ => None,
    })
}

/// A number in octal, or in GNU's base-256 form: two's complement, marked by the highest bit.
pub(super) fn numeric(field: &[u8]) -> Option<i64> {
    let first = *field.first()?;
    if first & 0x80 == 0 {
        return octal(field).and_then(|value| i64::try_from(value).ok());
    }
    let is_negative = first & 0x40 != 0;
    let mask = if is_negative { 0xff } else { 0 };
    let mut magnitude = 0_u64;
    for (index, byte) in field.iter().enumerate() {
        let byte = byte ^ mask;
        let byte = if index == 0 { byte & 0x7f } else { byte };
        if magnitude >> 56 != 0 {
            return None;
        }
        magnitude = magnitude << 8 | u64::from(byte);
    }
    let magnitude = i64::try_from(magnitude).ok()?;
    Some(if is_negative { !magnitude } else { magnitude })
}

/// A number in decimal digits.
pub(super) fn decimal(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u64, |sum, digit| {
        let digit = digit.checked_sub(b'0').filter(|digit| *digit < 10)?;
        sum.checked_mul(10)?.checked_add(u64::from(digit))
    })
}

/// A decimal number that may be negative.
pub(super) fn signed(value: &[u8]) -> Option<i64> {
    match value.strip_prefix(b"-") {
        Some(digits) => i64::try_from(decimal(digits)?).ok().map(|value| -value),
        None => i64::try_from(decimal(value)?).ok(),
    }
}

/// A time of an extended header: seconds with a fraction, of which nine digits count.
pub(super) fn time(value: &[u8]) -> Option<Time> {
    let mut parts = value.splitn(2, |byte| *byte == b'.');
    let whole = parts.next()?;
    let seconds = signed(whole)?;
    let digits = parts.next().unwrap_or_default();
    if !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let nanoseconds =
        (0..9).fold(0_u32, |sum, index| sum * 10 + digits.get(index).map_or(0, |digit| u32::from(digit - b'0')));
    if !whole.starts_with(b"-") || nanoseconds == 0 {
        return Some(Time { seconds, nanoseconds });
    }
    Some(Time { seconds: seconds.checked_sub(1)?, nanoseconds: 1_000_000_000 - nanoseconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octal_fields() {
        for (field, value) in [
            (&b"0000644\0"[..], Some(0o644)),
            (b"   644 \0", Some(0o644)),
            (b"", Some(0)),
            (b"\0\0\0\0", Some(0)),
            (b"644\0junk", Some(0o644)),
            (b"777777777777", Some(0o777_777_777_777)),
            (b"0000648\0", None),
            (b"-644", None),
            (b"0x1f", None),
            (b"6 4", None),
            (b"2000000000000000000000", None),
        ] {
            assert_eq!(octal(field), value, "{field:?}");
        }
    }

    #[test]
    fn base_256_fields() {
        for (field, value) in [
            (&b"\x80\0\0\0\0\0\0\0\0\0\x01\0"[..], Some(256)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", Some(-1)),
            (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00", Some(-256)),
            (b"\x80\0\0\0\x7f\xff\xff\xff\xff\xff\xff\xff", Some(i64::MAX)),
            (b"\x80\0\0\0\x80\0\0\0\0\0\0\0", None),
            (b"\x80\0\0\x01\0\0\0\0\0\0\0\0", None),
            (b"0000644\0", Some(0o644)),
        ] {
            assert_eq!(numeric(field), value, "{field:?}");
        }
    }

    #[test]
    fn decimal_numbers() {
        for (text, value) in [
            (&b"0"[..], Some(0)),
            (b"000012", Some(12)),
            (b"18446744073709551615", Some(u64::MAX)),
            (b"18446744073709551616", None),
            (b"", None),
            (b"+5", None),
            (b" 5", None),
            (b"1.5", None),
            (b"-1", None),
        ] {
            assert_eq!(decimal(text), value, "{text:?}");
        }
        assert_eq!(signed(b"-5"), Some(-5));
        assert_eq!(signed(b"--5"), None);
        assert_eq!(signed(b"9223372036854775808"), None);
    }

    #[test]
    fn times() {
        let of = |seconds, nanoseconds| Some(Time { seconds, nanoseconds });
        for (text, value) in [
            (&b"1350244992.023960108"[..], of(1_350_244_992, 23_960_108)),
            (b"1350244992.3", of(1_350_244_992, 300_000_000)),
            (b"1.12345678999", of(1, 123_456_789)),
            (b"1.", of(1, 0)),
            (b"-1.5", of(-2, 500_000_000)),
            (b"-0.25", of(-1, 750_000_000)),
            (b"-1", of(-1, 0)),
            (b"1.-5", None),
            (b"1e5", None),
            (b".5", None),
            (b"", None),
        ] {
            assert_eq!(time(text), value, "{text:?}");
        }
    }
}
