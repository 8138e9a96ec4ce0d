//! Parses `Content-Range` (RFC 9110 §14.4) and the `Range` of an upload (distribution-spec v1.1.1, "Pushing a blob in
//! chunks").

use crate::protocol::invalid::{Invalid, quoted};

/// The range of bytes in a 206 response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentRange {
    /// The position of the first byte.
    pub first: u64,
    /// The position of the last byte.
    pub last: u64,
    /// The complete length, if the registry gave it.
    pub complete: Option<u64>,
}

/// Parses `bytes 0-9/10` or `bytes 0-9/*`. V1 registries omit the unit.
pub fn parse_content_range(value: &str) -> Result<ContentRange, Invalid> {
    read(value).ok_or_else(|| {
        Invalid::response(format!("Content-Range {}: \"bytes FIRST-LAST/LENGTH\" is needed", quoted(value)))
    })
}

/// The part of an upload that a registry says it has received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UploadRange {
    /// The position of the first byte: 0 by the specification; zot returns the start of the last chunk.
    pub first: u64,
    /// The position of the last byte. Registries send `0-0` both for no bytes and for one byte.
    pub last: u64,
}

/// Parses `0-99` or `bytes=0-99`.
pub fn parse_upload_range(value: &str) -> Option<UploadRange> {
    let range = value.trim();
    let range = range.strip_prefix("bytes=").unwrap_or(range);
    let (first, last) = range.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    (first <= last).then_some(UploadRange { first, last })
}

fn read(value: &str) -> Option<ContentRange> {
    let range = match value.trim().split_once(' ') {
        Some((unit, range)) if unit.eq_ignore_ascii_case("bytes") => range.trim_start(),
        Some(_) => return None,
        None => value.trim(),
    };
    let (positions, complete) = range.split_once('/')?;
    let (first, last) = positions.split_once('-')?;
    let (first, last) = (number(first)?, number(last)?);
    let complete = if complete == "*" { None } else { Some(number(complete)?) };
    (first <= last && complete.is_none_or(|complete| last < complete)).then_some(ContentRange { first, last, complete })
}

/// Parses digits only: Rust's parser accepts a sign as well.
fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        for (value, first, last, complete) in [
            ("bytes 0-0/1", 0, 0, Some(1)),
            ("bytes 0-9/10", 0, 9, Some(10)),
            ("Bytes  0-9/*", 0, 9, None),
            (" bytes 010-020/030 ", 10, 20, Some(30)),
            ("10-19/278", 10, 19, Some(278)),
            ("bytes 0-18446744073709551614/18446744073709551615", 0, u64::MAX - 1, Some(u64::MAX)),
        ] {
            assert_eq!(parse_content_range(value), Ok(ContentRange { first, last, complete }), "{value}");
        }
    }

    /// F78.
    #[test]
    fn uploads() {
        for (value, first, last) in [
            ("0-0", 0, 0),
            ("0-99", 0, 99),
            (" bytes=0-99 ", 0, 99),
            ("7-13", 7, 13),
            ("0-18446744073709551615", 0, u64::MAX),
        ] {
            assert_eq!(parse_upload_range(value), Some(UploadRange { first, last }), "{value}");
        }
        for value in
            ["", "0", "0-", "-0", "2-1", "bytes 0-9", "0--1", "0-9/10", "0-+9", "0-18446744073709551616", "a-b"]
        {
            assert_eq!(parse_upload_range(value), None, "{value}");
        }
    }

    /// F05.
    #[test]
    fn refuses() {
        for value in [
            "",
            "bytes",
            "bytes ",
            "bytes */10",
            "bytes 0-9",
            "bytes 0-9/",
            "bytes -9/10",
            "bytes 0-/10",
            "bytes 5-4/10",
            "bytes 0-10/10",
            "bytes 0-9/9",
            "bytes +0-9/10",
            "bytes 0-+9/10",
            "bytes 0 - 9/10",
            "bytes 0x0-9/10",
            "bytes=0-9/10",
            "items 0-9/10",
            "bytes 0-9/10, bytes 0-9/10",
            "bytes 0-18446744073709551616/*",
            "bytes ٠-٩/١٠",
        ] {
            let refused = parse_content_range(value).expect_err(value);
            assert!(refused.message.contains("bytes FIRST-LAST/LENGTH"), "{}", refused.message);
        }
    }
}
