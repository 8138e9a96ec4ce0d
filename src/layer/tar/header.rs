//! One header block of 512 bytes: v7, ustar, star's and GNU's form of it.

use super::entry::{Entry, Kind, Segment, Time};
use super::number::{numeric, octal, text};

/// Bytes of a block.
pub const BLOCK: usize = 512;

/// The form of a header, by its magic.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    V7,
    Ustar,
    Star,
    Gnu,
}

/// What a header says.
pub(super) struct Header {
    pub flag: u8,
    pub is_gnu: bool,
    /// What it says of the entry: an extended header may say otherwise.
    pub entry: Entry,
}

/// A block as a header.
pub(super) struct Block<'a>(pub &'a [u8; BLOCK]);

impl<'a> Block<'a> {
    fn field(&self, at: usize, length: usize) -> &'a [u8] {
        self.0.get(at..at + length).unwrap_or_default()
    }

    /// True for the block that, twice, ends an archive.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    /// Old programs summed signed bytes.
    fn has_its_checksum(&self) -> bool {
        let Some(expected) = octal(self.field(148, 8)).and_then(|value| i64::try_from(value).ok()) else {
            return false;
        };
        let (mut unsigned, mut signed) = (0, 0);
        for (index, byte) in self.0.iter().enumerate() {
            let byte = if (148..156).contains(&index) { b' ' } else { *byte };
            unsigned += i64::from(byte);
            signed += i64::from(byte.cast_signed());
        }
        expected == unsigned || expected == signed
    }

    fn form(&self) -> Form {
        match (self.field(257, 6), self.field(263, 2), self.field(508, 4)) {
            (b"ustar\0", _, b"tar\0") => Form::Star,
            (b"ustar\0", ..) => Form::Ustar,
            (b"ustar ", b" \0", _) => Form::Gnu,
            _ => Form::V7,
        }
    }

    /// What the block says, or which rule it breaks.
    pub fn parse(&self) -> Result<Header, &'static str> {
        if !self.has_its_checksum() {
            return Err("the header's checksum is wrong");
        }
        let form = self.form();
        let number = |at, length| numeric(self.field(at, length));
        let size = number(124, 12).and_then(|size| u64::try_from(size).ok()).ok_or("the size is no number of bytes")?;
        let flag = self.field(156, 1).first().copied().unwrap_or_default();
        let mut entry = Entry {
            kind: Kind::Other(flag),
            mode: number(100, 8).ok_or("the mode is no number")? as u32,
            uid: number(108, 8).ok_or("the owner's number is none")?,
            gid: number(116, 8).ok_or("the group's number is none")?,
            mtime: Time { seconds: number(136, 12).ok_or("the time is no number")?, nanoseconds: 0 },
            link_target: text(self.field(157, 100)).to_vec(),
            ..Entry::file(text(self.field(0, 100)).to_vec(), size)
        };
        let mut is_gnu = form == Form::Gnu;
        if form == Form::V7 {
            return Ok(Header { flag, is_gnu, entry });
        }
        entry.user = text(self.field(265, 32)).to_vec();
        entry.group = text(self.field(297, 32)).to_vec();
        let part = |at| number(at, 8).and_then(|value| u64::try_from(value).ok()).ok_or("a device's number is none");
        entry.device = Some((part(329)?, part(337)?));
        let prefix = match form {
            Form::Ustar => text(self.field(345, 155)),
            Form::Star => {
                for at in [476, 488] {
                    number(at, 12).ok_or("the time is no number")?;
                }
                text(self.field(345, 131))
            }
            // Go before 1.8 wrote ustar's prefix into GNU's headers, where the times of access and change are.
            _ if [345, 357]
                .into_iter()
                .any(|at| !self.field(at, 12).starts_with(b"\0") && number(at, 12).is_none()) =>
            {
                is_gnu = false;
                Some(text(self.field(345, 155))).filter(|prefix| prefix.is_ascii()).unwrap_or_default()
            }
            _ => b"",
        };
        if !prefix.is_empty() {
            entry.path = [prefix, b"/", &entry.path].concat();
        }
        Ok(Header { flag, is_gnu, entry })
    }

    /// The size of a sparse file, and how its map begins (GNU's old form).
    pub fn sparse(&self) -> Result<(u64, Vec<Segment>, bool), &'static str> {
        let size = numeric(self.field(483, 12)).and_then(|size| u64::try_from(size).ok());
        let (segments, goes_on) = self.segments(386, 4)?;
        Ok((size.ok_or("the sparse file's size is no number of bytes")?, segments, goes_on))
    }

    /// A block that goes on with the map of a sparse file (GNU's old form).
    pub fn more_segments(&self) -> Result<(Vec<Segment>, bool), &'static str> {
        self.segments(0, 21)
    }

    fn segments(&self, at: usize, count: usize) -> Result<(Vec<Segment>, bool), &'static str> {
        let mut segments = Vec::new();
        for index in 0..count {
            let at = at + index * 24;
            if self.field(at, 1) == b"\0" {
                break;
            }
            let number = |at| numeric(self.field(at, 12)).and_then(|value| u64::try_from(value).ok());
            match (number(at), number(at + 12)) {
                (Some(offset), Some(length)) => segments.push(Segment { offset, length }),
                _ => return Err("the sparse map has an entry that is no number"),
            }
        }
        Ok((segments, self.field(at + count * 24, 1) != b"\0"))
    }
}

/// The kind that a type flag stands for (POSIX pax, typeflag field). `S` is GNU's sparse file, `7` a contiguous one.
pub(super) fn kind(flag: u8, path: &[u8]) -> Kind {
    match flag {
        // Before ustar, a directory was known by its slash.
        0 if path.ends_with(b"/") => Kind::Directory,
        0 | b'0' | b'7' | b'S' => Kind::File,
        b'1' => Kind::HardLink,
        b'2' => Kind::Symlink,
        b'3' => Kind::CharDevice,
        b'4' => Kind::BlockDevice,
        b'5' => Kind::Directory,
        b'6' => Kind::Fifo,
        other => Kind::Other(other),
    }
}

/// True for type flags whose header stands alone, whatever size it gives.
pub(super) fn has_no_content(flag: u8) -> bool {
    matches!(flag, b'1'..=b'6')
}
