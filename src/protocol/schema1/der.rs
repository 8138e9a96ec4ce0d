//! As much of DER (X.690) as keys need: short elements, opened and wrapped.

pub const INTEGER: u8 = 0x02;
pub const BIT_STRING: u8 = 0x03;
pub const SEQUENCE: u8 = 0x30;
/// `[0]`, constructed.
const VERSION: u8 = 0xa0;

/// Takes the element in front: its tag and content, and all of its bytes.
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

/// Takes the element in front, which must have this tag, and gives its content.
pub fn open<'a>(rest: &mut &'a [u8], tag: u8) -> Option<&'a [u8]> {
    take(rest).filter(|(told, _, _)| *told == tag).map(|(_, content, _)| content)
}

/// An element.
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

/// A number that is not negative.
pub fn integer(magnitude: &[u8]) -> Vec<u8> {
    let sign: &[u8] = if magnitude.first().is_none_or(|first| *first > 0x7f) { &[0] } else { &[] };
    wrap(INTEGER, &[sign, magnitude].concat())
}

/// A number's bytes without the zeros in front.
pub fn magnitude(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

/// The SubjectPublicKeyInfo of a certificate (RFC 5280 §4.1).
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
