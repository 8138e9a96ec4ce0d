//! What tables of contents of every format write as text.

use crate::layer::tar::{Kind, Time};
use crate::protocol::text::timestamp;

/// The kind of an entry by its name, which is the same in all formats; `None` for any other text.
pub(super) fn kind(text: &[u8]) -> Option<Kind> {
    Some(match text {
        b"reg" => Kind::File,
        b"hardlink" => Kind::HardLink,
        b"symlink" => Kind::Symlink,
        b"char" => Kind::CharDevice,
        b"block" => Kind::BlockDevice,
        b"dir" => Kind::Directory,
        b"fifo" => Kind::Fifo,
        _ => return None,
    })
}

/// The hash of a SHA-256 digest.
pub(super) fn hash(digest: &str) -> Option<[u8; 32]> {
    let digits = digest.strip_prefix("sha256:").filter(|digits| digits.len() == 64)?;
    let mut hash = [0; 32];
    for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(digits.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}

/// The time of a timestamp (RFC 3339); 0 if it is none, or before 1970.
pub(super) fn time(text: &str) -> Time {
    let Some(milliseconds) = timestamp::unix_ms(text) else { return Time::default() };
    let fraction = text.split_once('.').map_or("", |(_, rest)| rest);
    let digits = fraction.bytes().take_while(u8::is_ascii_digit).chain(std::iter::repeat(b'0'));
    let nanoseconds = digits.take(9).fold(0, |sum, digit| sum * 10 + u32::from(digit - b'0'));
    Time { seconds: (milliseconds / 1000).cast_signed(), nanoseconds }
}
