//! The packages that an image has, by the databases of its package manager.

mod apk;
mod dpkg;
mod os_release;
mod rpm;

pub use self::apk::apk;
pub use self::dpkg::dpkg;
pub use self::os_release::os_release;
pub use self::rpm::rpm;

/// A package that is installed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version, as its package manager writes it.
    pub version: String,
    /// Its architecture, if the database tells it.
    pub architecture: Option<String>,
    /// The source package it was built from, if that has another name: advisories of Debian and Alpine name it.
    pub source: Option<String>,
}

/// The fields of each stanza of a text that have one of these keys: `key: value` lines, with empty lines between stanzas. What is not UTF-8 is
/// replaced, and a line that goes on with the field before it is left out, as is a field that is there already.
fn stanzas<'a>(text: &'a [u8], keys: &'a [&[u8]]) -> impl Iterator<Item = Vec<(&'a [u8], String)>> {
    let lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    // The last stanza may have no empty line behind it.
    let mut lines = lines.chain([&b""[..]]);
    std::iter::from_fn(move || {
        let mut fields: Vec<(&[u8], String)> = Vec::new();
        for line in lines.by_ref() {
            if line.is_empty() && !fields.is_empty() {
                return Some(fields);
            }
            let Some(colon) = line.iter().position(|byte| *byte == b':') else { continue };
            if line.starts_with(b" ") || line.starts_with(b"\t") {
                continue;
            }
            let (key, value) = (line.get(..colon), line.get(colon + 1..));
            let (Some(key), Some(value)) = (key, value) else { continue };
            let value = value.trim_ascii();
            let is_new = !fields.iter().any(|(known, _)| *known == key);
            if keys.contains(&key) && is_new && !value.is_empty() {
                fields.push((key, String::from_utf8_lossy(value).into_owned()));
            }
        }
        None
    })
}

/// Takes a field out of a stanza.
fn field(fields: &mut Vec<(&[u8], String)>, key: &[u8]) -> Option<String> {
    let at = fields.iter().position(|(name, _)| *name == key)?;
    Some(fields.swap_remove(at).1)
}
