//! A package's header: how many entries and bytes of data there are, the entries, and the data (rpm, "Header format").

use super::{Package, big};

const ENTRY: usize = 16;

const NAME: usize = 1000;
const VERSION: usize = 1001;
const RELEASE: usize = 1002;
const EPOCH: usize = 1003;
const ARCHITECTURE: usize = 1022;
const SOURCE: usize = 1044;

/// Types of a value: a number of 32 bits, and text that ends with NUL. Text in several languages begins with the default one.
const NUMBER: usize = 4;
const TEXT: usize = 6;
const TRANSLATED: usize = 9;

/// The package that a header describes; none for a key.
pub(super) fn package(header: &[u8]) -> Result<Option<Package>, &'static str> {
    let damaged = "a package's header is not whole";
    let (count, size) = big(header, 0).zip(big(header, 4)).ok_or(damaged)?;
    let end = count.checked_mul(ENTRY).and_then(|length| length.checked_add(8)).ok_or(damaged)?;
    let entries = header.get(8..end).ok_or(damaged)?;
    let data = header.get(end..).and_then(|rest| rest.get(..size)).ok_or(damaged)?;
    let value = |tag| {
        let entry = entries.chunks_exact(ENTRY).find(|entry| big(entry, 0) == Some(tag))?;
        Some((big(entry, 4)?, data.get(big(entry, 8)?..)?))
    };
    let text = |tag| {
        let (TEXT | TRANSLATED, bytes) = value(tag)? else { return None };
        let text = bytes.split(|byte| *byte == 0).next().unwrap_or_default();
        Some(String::from_utf8_lossy(text).into_owned()).filter(|text| !text.is_empty())
    };
    let name = text(NAME).ok_or("a package has no name")?;
    if name == "gpg-pubkey" {
        return Ok(None);
    }
    let (version, release) = text(VERSION).zip(text(RELEASE)).ok_or("a package has no version")?;
    let epoch = match value(EPOCH) {
        Some((NUMBER, bytes)) => big(bytes, 0).map(|epoch| format!("{epoch}:")),
        _ => None,
    };
    let version = format!("{}{version}-{release}", epoch.unwrap_or_default());
    let source = text(SOURCE).as_deref().and_then(source_name).filter(|source| *source != name);
    Ok(Some(Package { name, version, architecture: text(ARCHITECTURE), source }))
}

/// The name in `name-version-release.src.rpm`.
fn source_name(file: &str) -> Option<String> {
    let file = file.strip_suffix(".src.rpm").or_else(|| file.strip_suffix(".nosrc.rpm"))?;
    file.rsplitn(3, '-').nth(2).map(str::to_owned)
}
