//! Entries for JavaScript: JSON that a script completes.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use js_sys::Array;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use crate::js::output::convert;
use crate::js::output::error::Result;
use crate::layer::diff::{Change, Difference};
use crate::layer::filesystem::{Node, Role, normalised, role};
use crate::layer::tar::{Entry, Kind};

#[wasm_bindgen(module = "/src/js/contents/entries.js")]
extern "C" {
    /// Parses the JSON of entries or changes, and makes dates and bytes of what stands for them.
    #[wasm_bindgen(catch, js_name = entriesOf)]
    fn entries_of(json: &str) -> std::result::Result<Array, JsValue>;
}

/// `FileEntry` of index.d.ts, but that `mtime` is a number, and bytes are hexadecimal.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EntryFields {
    pub path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    kind: &'static str,
    size: u64,
    mode: u32,
    uid: i64,
    gid: i64,
    #[serde(skip_serializing_if = "String::is_empty")]
    user: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    group: String,
    mtime: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_target: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<Device>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    xattrs: BTreeMap<String, String>,
    layer: usize,
}

#[derive(Serialize)]
struct Device {
    major: u64,
    minor: u64,
}

/// `FileChange` of index.d.ts.
#[derive(Serialize)]
pub struct ChangeFields {
    pub path: String,
    change: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Vec<&'static str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<EntryFields>,
    #[serde(skip_serializing_if = "Option::is_none")]
    after: Option<EntryFields>,
}

/// A path in an image as it is shown.
pub fn shown(path: &[u8]) -> String {
    format!("/{}", String::from_utf8_lossy(path))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn fields(path: String, bytes: &[u8], kind: &'static str, layer: usize, entry: &Entry, size: u64) -> EntryFields {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let milliseconds = i64::from(entry.mtime.nanoseconds / 1_000_000);
    let is_device = matches!(entry.kind, Kind::CharDevice | Kind::BlockDevice);
    EntryFields {
        path,
        path_bytes: std::str::from_utf8(bytes).is_err().then(|| hexadecimal(bytes)),
        kind,
        size,
        mode: entry.mode & 0o7777,
        uid: entry.uid,
        gid: entry.gid,
        user: text(&entry.user),
        group: text(&entry.group),
        mtime: entry.mtime.seconds.saturating_mul(1000).saturating_add(milliseconds),
        link_target: (!entry.link_target.is_empty()).then(|| text(&entry.link_target)),
        device: entry.device.filter(|_| is_device).map(|(major, minor)| Device { major, minor }),
        xattrs: entry.xattrs.iter().map(|(name, value)| (text(name), hexadecimal(value))).collect(),
        layer,
    }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::File => "file",
        Kind::HardLink => "hardlink",
        Kind::Symlink => "symlink",
        Kind::CharDevice => "character-device",
        Kind::BlockDevice => "block-device",
        Kind::Directory => "directory",
        Kind::Fifo => "fifo",
        Kind::Other(_) => "other",
    }
}

/// Converts the node that the file system has at a path.
pub fn node_fields(path: &[u8], node: &Node) -> EntryFields {
    let (_, content) = node.content();
    fields(shown(path), path, word(node.entry.kind), node.layer, &node.entry, content.size)
}

/// Converts an entry of a layer, which may be a whiteout. A path that leads out of the file system is shown as it is written.
pub fn layer_fields(layer: usize, entry: &Entry) -> EntryFields {
    let kind = word(entry.kind);
    let (path, kind) = match role(entry) {
        Role::At(path) | Role::OpaqueAt(path) => (Some(path), kind),
        Role::Hides(path) => (Some(path), "whiteout"),
        Role::HidesContent(path) => (Some(path), "opaque"),
        Role::Ignored | Role::Nameless | Role::Outside => (normalised(&entry.path), kind),
    };
    match path {
        Some(path) => fields(shown(&path), &path, kind, layer, entry, entry.size),
        None => {
            let path = String::from_utf8_lossy(&entry.path).into_owned();
            fields(path, &entry.path, kind, layer, entry, entry.size)
        }
    }
}

/// Converts a path that differs.
pub fn change_fields(difference: &Difference) -> ChangeFields {
    let Difference { path, before, after, change, is_second } = difference;
    let side = Some(if *is_second { "after" } else { "before" });
    let (change, side, metadata) = match change {
        Change::Added => ("added", None, None),
        Change::Removed => ("removed", None, None),
        Change::Content => ("content", None, None),
        Change::Metadata(names) => ("metadata", None, Some(names.clone())),
        Change::Written => ("written", side, None),
        Change::Deleted => ("deleted", side, None),
        Change::Emptied => ("emptied", side, None),
    };
    let node = |node: &Option<Node>| node.as_ref().map(|node| node_fields(path, node));
    ChangeFields { path: shown(path), change, side, metadata, before: node(before), after: node(after) }
}

/// Converts entries or changes.
pub fn list(fields: &[impl Serialize]) -> Result<Array> {
    let refused = |_| crate::transport::Error::internal("entries cannot be converted");
    Ok(entries_of(&convert::text(&fields)?).map_err(refused)?)
}
