//! A minimal DER (X.690) reader and writer for public keys.

pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const SEQUENCE: u8 = 0x30;
/// The tag `[0]`, constructed, of a certificate's version.
const VERSION: u8 = 0xa0;

/// Takes the first element and returns its tag, its content and its whole encoding.
fn take<'a>(rest: &mut &'a [u8]) -> Option<(u8, &'a [u8], &'a [u8])> {
    let whole = *rest;
    let (tag, after) = whole.split_first()?;
    let (first, after) = after.split_first()?;
    let (length, after) = match *first {
        short @ 0..=0x7f => (usize::from(short), after),
        long @ 0x81..=0x83 => {
            let (length, after) = after.split_at_checked(usize::from(long & 0x7f))?;
            (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), after)
        }
        _ => return None,
    };
    let (content, after) = after.split_at_checked(length)?;
    *rest = after;
    Some((*tag, content, whole.get(..whole.len() - after.len())?))
}

/// Takes the first element, which must have this tag, and returns its content.
pub fn open<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    take(rest).filter(|(told, _, _)| *told == tag).map(|(_, content, _)| content)
}

/// Encodes an element.
pub fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let length = magnitude(&length);
    let mut element = vec![tag];
    if content.len() > 0x7f {
        element.push(0x80 | length.len() as u8);
    }
    element.extend(if content.is_empty() { &[0] } else { length });
    element.extend(content);
    element
}

/// Encodes a non-negative integer.
pub fn integer(magnitude: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if magnitude.first().is_none_or(|first| *first > 0x7f) { &[0] } else { &[] };
    wrap(INTEGER, &[sign, magnitude].concat())
}

/// Returns a number's bytes without leading zeros.
pub fn magnitude(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// Returns the SubjectPublicKeyInfo of a certificate (RFC 5280 §4.1).
pub fn certified_key(certificate: &[u8]) -> Option<&[u8]> {
    let mut rest = certificate;
    let mut certificate = open(&mut rest, SEQUENCE)?;
    let mut fields = open(&mut certificate, SEQUENCE)?;
    if fields.first() == Some(&VERSION) {
        take(&mut fields)?;
    }
    open(&mut fields, INTEGER)?; // the serial number
    for _ in ["signature", "issuer", "validity", "subject"] {
        open(&mut fields, SEQUENCE)?;
    }
    take(&mut fields).filter(|(tag, _, _)| *tag == SEQUENCE).map(|(_, _, whole)| whole)
}
