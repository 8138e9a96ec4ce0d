//! A reader of tar archives into which bytes are pushed: v7, ustar, pax and GNU, with what Go's `archive/tar` takes for
//! valid, because Go's is the reader behind Docker and containerd.

mod content;
mod entry;
mod header;
mod number;
mod pax;
mod sparse;
#[cfg(test)]
mod tests;
pub mod writer;

pub use self::header::BLOCK;
use self::header::{Block, Header, has_no_content, kind};
use self::pax::{Extended, Map, SparseFile};
use self::sparse::{MapReader, SEGMENTS};
use super::limits::{Limits, exceeded};
use super::{broken, truncated};
use crate::protocol::code;
use crate::protocol::invalid::Invalid;

pub(super) use self::content::Content;
pub use self::entry::{Entry, Kind, Segment, Time};
pub(super) use self::sparse::{are_in_order, stored as sparse_length};

/// Bytes of an extended header, or of a long name: Go's limit.
const EXTENSION: u64 = 1 << 20;

/// Receives what an archive holds, in its order.
pub trait Sink {
    /// An entry begins.
    fn entry(&mut self, entry: Entry) -> Result<(), Invalid>;

    /// Bytes of the entry's file, and where they are in it. The holes of a sparse file are left out.
    fn data(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Invalid>;

    /// The entry ends.
    fn end(&mut self) -> Result<(), Invalid>;

    /// True if nothing more is wanted.
    fn is_done(&self) -> bool {
        false
    }
}

impl<S: Sink> Sink for &mut S {
    fn entry(&mut self, entry: Entry) -> Result<(), Invalid> {
        (**self).entry(entry)
    }

    fn data(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Invalid> {
        (**self).data(offset, bytes)
    }

    fn end(&mut self) -> Result<(), Invalid> {
        (**self).end()
    }

    fn is_done(&self) -> bool {
        (**self).is_done()
    }
}

/// What is known at the end of an archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Summary {
    /// How many entries there were.
    pub entries: u64,
    /// True if the two zero blocks, or one at the very end, end the archive. It may be cut off between two entries otherwise.
    pub has_end: bool,
    /// Bytes behind the end that are not zero.
    pub trailing: u64,
}

/// A reader of one archive.
pub struct Reader {
    limits: Limits,
    state: State,
    block: Box<[u8; BLOCK]>,
    filled: usize,
    /// Bytes taken.
    offset: u64,
    entries: u64,
    extension: Extension,
    trailing: u64,
}

/// What stands before an entry and belongs to it.
#[derive(Default)]
struct Extension {
    begins_at: Option<u64>,
    pax: Option<Extended>,
    path: Option<Vec<u8>>,
    link_target: Option<Vec<u8>>,
}

/// What the next bytes are.
enum State {
    /// A header, or the first of two zero blocks.
    Header,
    /// The second of two zero blocks.
    SecondZero,
    /// The data of an extended header or of a long name.
    Special { flag: u8, data: Vec<u8>, remaining: u64, padding: u64 },
    /// More of a sparse file's map (GNU's old form).
    OldMap(Pending),
    /// A sparse file's map in its content (form 1.0).
    NewMap(Pending, MapReader),
    /// Content.
    Data(Content),
    /// What fills the last block of an entry.
    Padding(u64),
    /// Whatever stands behind the end.
    Ended,
}

/// An entry whose map is not complete yet.
struct Pending {
    entry: Entry,
    /// Bytes in the archive, the rest of the map included.
    stored: u64,
    padding: u64,
}

/// What fills the last block behind so many bytes.
fn padding(size: u64) -> u64 {
    (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64
}

impl Reader {
    /// Creates a reader.
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            state: State::Header,
            block: Box::new([0; BLOCK]),
            filled: 0,
            offset: 0,
            entries: 0,
            extension: Extension::default(),
            trailing: 0,
        }
    }

    /// Takes bytes. After an error, nothing more can be taken.
    ///
    /// # Errors
    ///
    /// `LAYER_INVALID` if they are no tar archive, `TOO_LARGE` if a limit is exceeded, and what the sink returns.
    pub fn push(&mut self, mut bytes: &[u8], sink: &mut dyn Sink) -> Result<(), Invalid> {
        while !bytes.is_empty() {
            let used = self.step(bytes, sink)?;
            self.offset += used as u64;
            bytes = bytes.get(used..).unwrap_or_default();
            if self.filled == BLOCK {
                self.filled = 0;
                let block = self.block.clone();
                self.take_block(&block, sink)?;
            }
        }
        Ok(())
    }

    /// Returns what is known of the archive, which ends here.
    ///
    /// # Errors
    ///
    /// `TRUNCATED` if it ends within an entry. Missing zero blocks are no error: see [`Summary::has_end`].
    pub fn summary(&self) -> Result<Summary, Invalid> {
        let is_whole = match self.state {
            State::Header | State::SecondZero => self.filled == 0,
            State::Padding(_) | State::Ended => true,
            _ => false,
        };
        if !is_whole {
            let place = self.place(self.offset);
            return Err(truncated(format!("the archive ends within {place}")));
        }
        let has_end = matches!(self.state, State::SecondZero | State::Ended);
        Ok(Summary { entries: self.entries, has_end, trailing: self.trailing })
    }

    fn place(&self, offset: u64) -> String {
        format!("entry {} at byte {offset} of the uncompressed layer", self.entries + 1)
    }

    fn invalid(&self, rule: &str) -> Invalid {
        let begins_at = self.extension.begins_at.unwrap_or(self.offset.saturating_sub(BLOCK as u64));
        broken(format!("{rule} (tar, {})", self.place(begins_at)))
    }

    /// Takes some of the bytes, and returns how many.
    fn step(&mut self, bytes: &[u8], sink: &mut dyn Sink) -> Result<usize, Invalid> {
        let at_most = |remaining: u64| usize::try_from(remaining).map_or(bytes.len(), |most| most.min(bytes.len()));
        match &mut self.state {
            State::Ended => {
                self.trailing += bytes.iter().filter(|byte| **byte != 0).count() as u64;
                Ok(bytes.len())
            }
            State::Padding(remaining) => {
                let used = at_most(*remaining);
                *remaining -= used as u64;
                if *remaining == 0 {
                    self.state = State::Header;
                }
                Ok(used)
            }
            State::Data(content) => {
                let used = at_most(content.in_segment);
                sink.data(content.at, bytes.get(..used).unwrap_or_default())?;
                content.advance(used as u64);
                if content.remaining == 0 {
                    let padding = content.padding;
                    self.end_entry(padding, sink)?;
                }
                Ok(used)
            }
            State::Special { flag, data, remaining, padding } => {
                let used = at_most(*remaining);
                data.extend_from_slice(bytes.get(..used).unwrap_or_default());
                *remaining -= used as u64;
                if *remaining == 0 {
                    let (flag, data, padding) = (*flag, std::mem::take(data), *padding);
                    self.state = if padding == 0 { State::Header } else { State::Padding(padding) };
                    self.take_special(flag, &data)?;
                }
                Ok(used)
            }
            _ => {
                let used = bytes.len().min(BLOCK - self.filled);
                let target = self.block.get_mut(self.filled..self.filled + used);
                if let (Some(target), Some(source)) = (target, bytes.get(..used)) {
                    target.copy_from_slice(source);
                }
                self.filled += used;
                Ok(used)
            }
        }
    }

    fn take_block(&mut self, block: &[u8; BLOCK], sink: &mut dyn Sink) -> Result<(), Invalid> {
        let parsed = Block(block);
        match std::mem::replace(&mut self.state, State::Ended) {
            State::SecondZero if parsed.is_zero() => Ok(()),
            State::SecondZero => Err(self.invalid("a zero block is followed by something else")),
            State::Header if parsed.is_zero() => {
                self.state = State::SecondZero;
                Ok(())
            }
            State::OldMap(mut pending) => {
                let (segments, goes_on) = parsed.more_segments().map_err(|rule| self.invalid(rule))?;
                let known = pending.entry.segments.get_or_insert_default();
                known.extend(segments);
                if known.len() > SEGMENTS {
                    return Err(self.invalid("the map of a sparse file is too long"));
                }
                self.go_on_with_map(pending, goes_on, sink)
            }
            State::NewMap(mut pending, mut map) => {
                // The map is content: what it takes is not there for the file.
                pending.stored = pending
                    .stored
                    .checked_sub(BLOCK as u64)
                    .ok_or_else(|| self.invalid("the map of a sparse file is longer than its content"))?;
                match map.push(block).map_err(|rule| self.invalid(rule))? {
                    None => self.state = State::NewMap(pending, map),
                    Some(segments) => {
                        pending.entry.segments = Some(segments);
                        self.begin_entry(pending, sink)?;
                    }
                }
                Ok(())
            }
            _ => self.take_header(&parsed, sink),
        }
    }

    fn take_header(&mut self, block: &Block<'_>, sink: &mut dyn Sink) -> Result<(), Invalid> {
        let begins_at = *self.extension.begins_at.get_or_insert(self.offset - BLOCK as u64);
        let header = block.parse().map_err(|rule| self.invalid(rule))?;
        if matches!(header.flag, b'x' | b'g' | b'L' | b'K') {
            return self.begin_special(&header);
        }
        let is_old_sparse = header.flag == b'S';
        if is_old_sparse && !header.is_gnu {
            return Err(self.invalid("a sparse file needs a GNU header"));
        }
        let (mut pending, map) = self.pending(header, begins_at)?;
        if is_old_sparse {
            let (size, segments, goes_on) = block.sparse().map_err(|rule| self.invalid(rule))?;
            pending.entry.size = size;
            pending.entry.segments = Some(segments);
            return self.go_on_with_map(pending, goes_on, sink);
        }
        match map {
            Some(Map::InContent) => {
                self.state = State::NewMap(pending, MapReader::default());
                Ok(())
            }
            Some(Map::Here(segments)) => {
                pending.entry.segments = Some(segments);
                self.begin_entry(pending, sink)
            }
            None => self.begin_entry(pending, sink),
        }
    }

    fn begin_special(&mut self, header: &Header) -> Result<(), Invalid> {
        let (flag, size) = (header.flag, header.entry.size);
        if size > EXTENSION {
            let place = self.place(self.offset - BLOCK as u64);
            let message = format!("an extended header of {size} bytes exceeds the limit of {EXTENSION} (tar, {place})");
            return Err(Invalid::new(code::TOO_LARGE, message));
        }
        let padding = padding(size);
        self.state = State::Special { flag, data: Vec::new(), remaining: size, padding };
        if size == 0 {
            self.state = State::Header;
            self.take_special(flag, &[])?;
        }
        Ok(())
    }

    fn take_special(&mut self, flag: u8, data: &[u8]) -> Result<(), Invalid> {
        let name = |limits: &Limits| {
            let name = number::text(data);
            if name.len() > limits.name {
                Err(exceeded("a name in the archive", limits.name as u64, "name"))
            } else {
                Ok(name.to_vec())
            }
        };
        match flag {
            b'L' => self.extension.path = Some(name(&self.limits)?),
            b'K' => self.extension.link_target = Some(name(&self.limits)?),
            _ => {
                let extended = Extended::parse(data).map_err(|rule| self.invalid(rule))?;
                // Docker and containerd do not apply global records, so an image does not have what they say.
                if flag == b'x' {
                    self.extension.pax = Some(extended);
                } else {
                    self.extension = Extension::default();
                }
            }
        }
        Ok(())
    }

    /// The entry of a header and what stands before it.
    fn pending(&mut self, header: Header, begins_at: u64) -> Result<(Pending, Option<Map>), Invalid> {
        let Header { flag, mut entry, .. } = header;
        let extension = std::mem::take(&mut self.extension);
        self.extension.begins_at = Some(begins_at);
        let pax = extension.pax.unwrap_or_default();
        let stored = if has_no_content(flag) { 0 } else { pax.size.unwrap_or(entry.size) };
        entry.size = stored;
        entry.path = pax.path.clone().unwrap_or(entry.path);
        let sparse = pax.sparse().map_err(|rule| self.invalid(rule))?;
        let map = match sparse {
            Some(_) if has_no_content(flag) => return Err(self.invalid("what has no content is no sparse file")),
            Some(SparseFile { map, name, size }) => {
                entry.path = name.map_or(entry.path, <[u8]>::to_vec);
                entry.size = size.unwrap_or(stored);
                Some(map)
            }
            None => None,
        };
        entry.path = extension.path.unwrap_or(entry.path);
        entry.link_target = extension.link_target.or(pax.link_target).unwrap_or(entry.link_target);
        if entry.path.len() > self.limits.name || entry.link_target.len() > self.limits.name {
            return Err(exceeded("a name in the archive", self.limits.name as u64, "name"));
        }
        entry.kind = kind(flag, &entry.path);
        if !matches!(entry.kind, Kind::File | Kind::Other(_)) {
            entry.size = 0;
        }
        if matches!(entry.kind, Kind::CharDevice | Kind::BlockDevice) {
            entry.device.get_or_insert_default();
        } else {
            entry.device = None;
        }
        entry.uid = pax.uid.unwrap_or(entry.uid);
        entry.gid = pax.gid.unwrap_or(entry.gid);
        entry.user = pax.user.unwrap_or(entry.user);
        entry.group = pax.group.unwrap_or(entry.group);
        entry.mtime = pax.mtime.unwrap_or(entry.mtime);
        entry.xattrs = pax.xattrs;
        entry.header_offset = begins_at;
        Ok((Pending { entry, stored, padding: padding(stored) }, map))
    }

    fn go_on_with_map(&mut self, pending: Pending, goes_on: bool, sink: &mut dyn Sink) -> Result<(), Invalid> {
        if goes_on {
            self.state = State::OldMap(pending);
            return Ok(());
        }
        self.begin_entry(pending, sink)
    }

    fn begin_entry(&mut self, pending: Pending, sink: &mut dyn Sink) -> Result<(), Invalid> {
        let Pending { mut entry, stored, padding } = pending;
        entry.data_offset = self.offset;
        entry.stored = stored;
        if let Some(segments) = &entry.segments {
            if !are_in_order(segments, entry.size) {
                return Err(self.invalid("the map of a sparse file is out of order"));
            }
            if sparse::stored(segments) != stored {
                return Err(self.invalid("the map of a sparse file does not fit its content"));
            }
        }
        if self.entries == self.limits.entries {
            return Err(exceeded("the number of entries", self.limits.entries, "entries"));
        }
        let segments = entry.segments.clone().unwrap_or_else(|| vec![Segment { offset: 0, length: stored }]);
        sink.entry(entry)?;
        if stored == 0 {
            return self.end_entry(padding, sink);
        }
        self.state = State::Data(Content::new(segments, stored, padding));
        Ok(())
    }

    fn end_entry(&mut self, padding: u64, sink: &mut dyn Sink) -> Result<(), Invalid> {
        self.entries += 1;
        self.extension = Extension::default();
        self.state = if padding == 0 { State::Header } else { State::Padding(padding) };
        sink.end()
    }
}
