//! Reads the archives of a table, and compares them with what Go's readers give.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use docker_registry_client_wasm::layer::decompress::Decompressor;
use docker_registry_client_wasm::layer::limits::Limits;
use docker_registry_client_wasm::layer::tar::{Entry, Kind, Reader, Sink, Summary, Time};
use docker_registry_client_wasm::layer::zstd;
use docker_registry_client_wasm::protocol::invalid::Invalid;
use docker_registry_client_wasm::protocol::oci::digest::{Algorithm, Digest};
use serde_json::Value;

/// Content that is larger is not compared.
const COMPARED: u64 = 128 << 20;

#[derive(Default)]
struct Collected {
    entries: Vec<(Entry, Option<Vec<u8>>)>,
    is_open: bool,
}

impl Sink for Collected {
    fn entry(&mut self, entry: Entry) -> Result<(), Invalid> {
        assert!(!self.is_open, "an entry begins within another");
        self.is_open = true;
        let content = (entry.size <= COMPARED).then(|| vec![0; usize::try_from(entry.size).expect("size")]);
        self.entries.push((entry, content));
        Ok(())
    }

    fn data(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Invalid> {
        if let Some((_, Some(content))) = self.entries.last_mut() {
            let at = usize::try_from(offset).expect("offset");
            content[at..at + bytes.len()].copy_from_slice(bytes);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Invalid> {
        self.is_open = false;
        Ok(())
    }
}

/// What an archive holds, in pieces of so many bytes, and how it ends.
fn read(bytes: &[u8], chunk: usize) -> (Collected, Result<Summary, Invalid>) {
    let mut reader = Reader::new(Limits::default());
    let mut decompressor = Decompressor::new(Limits::default());
    decompressor.set_zstd(zstd::create);
    let mut collected = Collected::default();
    let result = bytes
        .chunks(chunk)
        .try_for_each(|part| decompressor.push(part, &mut |bytes: &[u8]| reader.push(bytes, &mut collected)))
        .and_then(|()| decompressor.finish(&mut |bytes: &[u8]| reader.push(bytes, &mut collected)))
        .and_then(|()| reader.summary());
    (collected, result)
}

/// Seconds of a date such as `2012-10-14T20:03:12.023960108Z`.
fn time(text: &str) -> Time {
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().expect(text);
    let (year, month, day) = (number(0, 4), number(5, 7), number(8, 10));
    // Days since 1970, by the civil calendar.
    let (y, m) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 1 - 719_468;
    let seconds = days * 86_400 + number(11, 13) * 3600 + number(14, 16) * 60 + number(17, 19);
    let fraction = text[19..].trim_start_matches('.').trim_end_matches('Z');
    let nanoseconds = if fraction.is_empty() { 0 } else { format!("{fraction:0<9}").parse().expect(text) };
    Time { seconds, nanoseconds }
}

fn bytes_of(entry: &Value, name: &str) -> Vec<u8> {
    match entry[format!("{name}_hex")].as_str() {
        Some(hex) => (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect(hex)).collect(),
        None => entry[name].as_str().unwrap_or_default().as_bytes().to_vec(),
    }
}

fn kind(entry: &Value) -> Kind {
    match entry["typeflag"].as_str().expect("typeflag").as_bytes() {
        b"0" | b"7" | b"S" => Kind::File,
        b"1" => Kind::HardLink,
        b"2" => Kind::Symlink,
        b"3" => Kind::CharDevice,
        b"4" => Kind::BlockDevice,
        b"5" => Kind::Directory,
        b"6" => Kind::Fifo,
        other => Kind::Other(other[0]),
    }
}

/// Panics if an archive of the table in `folder` differs from what Go's readers give, unless it is one of `otherwise`: cases that
/// this client decides otherwise, and why. A case that is named but agrees is an error too.
pub fn check(folder: &Path, is_wanted: fn(&Value) -> bool, otherwise: &[(&str, &str)]) {
    let text = fs::read(folder.join("cases.json")).expect("cases.json");
    let table: Value = serde_json::from_slice(&text).expect("cases.json");
    let otherwise: BTreeMap<_, _> = otherwise.iter().copied().collect();
    let mut count = 0;
    let mut differences = Vec::new();
    for case in table["cases"].as_array().expect("cases").iter().filter(|case| is_wanted(case)) {
        count += 1;
        let file = case["file"].as_str().expect("file");
        let Ok(bytes) = fs::read(folder.join(file)) else { panic!("{file} is missing") };
        let (whole, result) = read(&bytes, bytes.len().max(1));
        let mut found = Vec::new();
        let mut differs = |what: String| found.push(what);
        for chunk in [1, 511, 4096] {
            if bytes.len() > 500_000 && chunk == 1 {
                continue;
            }
            let (pieces, other) = read(&bytes, chunk);
            let code = |result: &Result<Summary, Invalid>| result.clone().map_err(|error| error.code);
            assert_eq!(code(&result), code(&other), "{file}, {chunk}");
            assert!(whole.entries == pieces.entries, "{file}, {chunk}");
        }
        let no_entries = Vec::new();
        let expected = case["go_entries"].as_array().unwrap_or(&no_entries);
        let expected: Vec<_> = expected.iter().filter(|entry| entry["typeflag"] != "g").collect();
        let stopped = case["go_error"] == "oracle stopped early";
        if (case["go_error"].is_string() && !stopped) != result.is_err() {
            differs(format!("Go: {}, here: {result:?}", case["go_error"]));
        }
        let globals =
            case["go_entries"].as_array().map_or(0, |all| all.iter().filter(|entry| entry["typeflag"] == "g").count());
        let count = usize::try_from(case["go_entry_count"].as_u64().expect("count")).expect("count") - globals;
        if whole.entries.len() != count {
            differs(format!("Go: {count} entries, here: {}", whole.entries.len()));
        }
        for (expected, (entry, content)) in expected.iter().zip(&whole.entries) {
            let name = || String::from_utf8_lossy(&entry.path).into_owned();
            let mut same = |what: &str, is: bool| {
                if !is {
                    found.push(format!("{}: {what}: {expected} and {entry:?}", name()));
                }
            };
            same("path", bytes_of(expected, "name") == entry.path);
            same("link", bytes_of(expected, "linkname") == entry.link_target);
            same("kind", kind(expected) == entry.kind);
            // Go reports the header's size also for what has no content.
            let size =
                if matches!(entry.kind, Kind::File | Kind::Other(_)) { expected["size"].as_u64() } else { Some(0) };
            same("size", size == Some(entry.size));
            same("mode", expected["mode"].as_u64() == Some(entry.mode.into()));
            same("uid", expected["uid"].as_i64() == Some(entry.uid));
            same("gid", expected["gid"].as_i64() == Some(entry.gid));
            same("user", bytes_of(expected, "uname") == entry.user);
            same("group", bytes_of(expected, "gname") == entry.group);
            same("mtime", time(expected["mtime"].as_str().expect("mtime")) == entry.mtime);
            if let (Some((major, minor)), Some(device)) = (entry.device, expected["dev"].as_str()) {
                same("device", device == format!("{major},{minor}"));
            }
            let attributes = expected["pax"].as_object().into_iter().flatten().filter_map(|(key, value)| {
                Some((key.strip_prefix("SCHILY.xattr.")?.as_bytes().to_vec(), value.as_str()?.as_bytes().to_vec()))
            });
            let mut own = entry.xattrs.clone();
            own.sort();
            same("xattrs", attributes.collect::<Vec<_>>() == own);
            if let (Some(sum), Some(content), None) =
                (expected["content_sha256"].as_str(), content, expected["read_error"].as_str())
            {
                same("content", Digest::of(Algorithm::Sha256, content).to_string() == format!("sha256:{sum}"));
            }
        }
        if otherwise.contains_key(file) == found.is_empty() {
            differences.push(format!("{file} ({}): {found:#?}", case["about"]));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
    assert!(count > 30, "only {count} archives");
}
