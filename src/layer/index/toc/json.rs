//! The table as JSON: an array of entries, in which a file may be followed by more of its chunks.

use super::{Chunk, invalid};
use crate::layer::hash::EMPTY;
use crate::layer::index::text::{self, hash, time};
use crate::layer::limits::{Limits, exceeded};
use crate::layer::tar::{Entry, Kind};
use crate::protocol::base64;
use crate::protocol::invalid::Invalid;
use crate::protocol::json::{self, Members};

/// An entry, and the chunks of its content.
pub(super) struct File {
    pub entry: Entry,
    pub chunks: Vec<Chunk>,
    /// Where zstd:chunked says that the last chunk ends.
    end: Option<u64>,
}

const FIELDS: &[&str] = &[
    "name",
    "type",
    "size",
    "modtime",
    "linkName",
    "mode",
    "uid",
    "gid",
    "userName",
    "groupName",
    "devMajor",
    "devMinor",
    "xattrs",
    "digest",
    "offset",
    "endOffset",
    "chunkOffset",
    "chunkSize",
    "chunkDigest",
    "innerOffset",
];

/// Reads the table of a layer whose content ends at a byte.
pub(super) fn files(text: &[u8], end: u64, limits: &Limits) -> Result<Vec<File>, Invalid> {
    let refused = |error: String| invalid(&json::complete("the layer's table of contents", &error));
    let text = json::text(text).map_err(refused)?;
    let members = Members::read_unique(text, &["version", "entries"]).map_err(refused)?;
    if members.required("version", json::size).map_err(refused)? != 1 {
        return Err(refused(".version: it is not 1".into()));
    }
    let mut files = Vec::new();
    let mut count = 0;
    members
        .required("entries", |entries| {
            json::each_item(entries, &mut |_, entry| {
                count += 1;
                if count <= limits.entries { take(entry, limits, &mut files) } else { Ok(()) }
            })
        })
        .map_err(refused)?;
    if count > limits.entries {
        return Err(exceeded("the number of entries", limits.entries, "entries"));
    }
    let mut offsets: Vec<u64> = files.iter().flat_map(|file| &file.chunks).map(|chunk| chunk.from).collect();
    offsets.push(end);
    offsets.sort_unstable();
    for file in &mut files {
        file.settle(&offsets).map_err(|problem| {
            let name = crate::protocol::invalid::quoted(&String::from_utf8_lossy(&file.entry.path)).to_string();
            invalid(&format!("the layer's table of contents: {name} {problem}"))
        })?;
    }
    Ok(files)
}

/// Takes an entry of the table.
fn take(value: &str, limits: &Limits, files: &mut Vec<File>) -> Result<(), String> {
    let members = Members::read_unique(value, FIELDS)?;
    let string = |name| members.string(name).map(Option::unwrap_or_default);
    let number = |name| members.optional(name, json::size).map(Option::unwrap_or_default);
    let path = members.required("name", json::string)?;
    let link = string("linkName")?;
    if path.len() > limits.name || link.len() > limits.name {
        return Err(json::at("name", format!(": longer than {} bytes (option limits.name)", limits.name)));
    }
    let kind = members.required("type", json::string)?;
    if kind == "chunk" {
        let file = files.last_mut().filter(|file| file.entry.path == path.as_bytes());
        let file = file.ok_or_else(|| json::at("type", ": a chunk that follows no other of its file".into()))?;
        file.chunks.push(chunk(&members)?);
        return Ok(());
    }
    let kind = text::kind(kind.as_bytes()).ok_or_else(|| json::at("type", ": not a type of entry".into()))?;
    let size = if kind == Kind::File { number("size")? } else { 0 };
    let is_device = matches!(kind, Kind::CharDevice | Kind::BlockDevice);
    let mut entry = Entry {
        path: path.into_bytes(),
        kind,
        size,
        // eStargz has the bits of the kind, too.
        mode: number("mode")? as u32 & 0o7777,
        uid: number("uid")?.cast_signed(),
        gid: number("gid")?.cast_signed(),
        user: string("userName")?.into_bytes(),
        group: string("groupName")?.into_bytes(),
        mtime: time(&string("modtime")?),
        link_target: link.into_bytes(),
        device: if is_device { Some((number("devMajor")?, number("devMinor")?)) } else { None },
        xattrs: Vec::new(),
        header_offset: 0,
        data_offset: 0,
        stored: size,
        segments: None,
        hash: hash(&string("digest")?).or((kind == Kind::File && size == 0).then_some(EMPTY)),
    };
    members.optional("xattrs", |text| take_xattrs(text, &mut entry))?;
    let chunks = if size > 0 { vec![chunk(&members)?] } else { Vec::new() };
    let end = members.optional("endOffset", json::size)?;
    files.push(File { entry, chunks, end });
    Ok(())
}

fn chunk(members: &Members<'_>) -> Result<Chunk, String> {
    let number = |name| members.optional(name, json::size).map(Option::unwrap_or_default);
    Ok(Chunk {
        from: members.required("offset", json::size)?,
        to: 0,
        skip: number("innerOffset")?,
        offset: number("chunkOffset")?,
        size: number("chunkSize")?,
        hash: hash(&members.string("chunkDigest")?.unwrap_or_default()),
    })
}

impl File {
    /// Finds out what the table leaves out: where chunks end, how large the last one is, and the digest of the only one. The offsets are
    /// those of all chunks, and where content ends.
    fn settle(&mut self, offsets: &[u64]) -> Result<(), &'static str> {
        let Self { entry, chunks, end } = self;
        if let [only] = chunks.as_mut_slice() {
            only.hash = only.hash.or(entry.hash);
        }
        let count = chunks.len();
        let (mut made, mut before): (u64, Option<(u64, u64)>) = (0, None);
        for (index, chunk) in chunks.iter_mut().enumerate() {
            if chunk.size == 0 && index + 1 == count {
                chunk.size = entry.size.saturating_sub(chunk.offset);
            }
            if chunk.offset != made || chunk.size == 0 {
                return Err("has chunks that do not follow each other");
            }
            made = made.checked_add(chunk.size).ok_or("is larger than any file")?;
            let next = offsets.get(offsets.partition_point(|offset| *offset <= chunk.from));
            let next = *next.ok_or("has content behind the layer's end")?;
            chunk.to = end.filter(|end| index + 1 == count && (chunk.from + 1..=next).contains(end)).unwrap_or(next);
            let is_behind =
                before.is_none_or(|(from, skip)| chunk.from > from || (chunk.from == from && chunk.skip >= skip));
            if !is_behind {
                return Err("has chunks out of order");
            }
            before = Some((chunk.from, chunk.skip.saturating_add(chunk.size)));
        }
        if made == entry.size { Ok(()) } else { Err("has chunks that are not all of it") }
    }
}

fn take_xattrs(text: &str, entry: &mut Entry) -> Result<(), String> {
    json::each_member(text, &mut |name, value| {
        let value = base64::decode(&json::string(value)?).ok_or_else(|| json::at(name, ": not base64".into()))?;
        entry.xattrs.push((name.as_bytes().to_vec(), value));
        Ok(())
    })
}
