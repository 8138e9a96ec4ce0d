//! Headers of an archive that is written: ustar, behind a pax header for what ustar cannot say. The same entry always has
//! the same bytes.

use super::entry::{Entry, Kind, Time};
use super::header::BLOCK;

/// What ends an archive: two zero blocks.
pub const END: [u8; 2 * BLOCK] = [0; 2 * BLOCK];

/// The largest number of a field with so many octal digits.
const fn largest(digits: u32) -> u64 {
    (1 << (3 * digits)) - 1
}

/// How many zeros fill the last block behind so many bytes of content.
pub fn padding(size: u64) -> usize {
    super::padding(size) as usize
}

/// Returns what stands before an entry's content: its header, and a pax header if it needs one.
///
/// The content is `entry.size` bytes, then [`padding`]; holes of a sparse file are written as zeros. Names hold no NUL.
pub fn header(entry: &Entry) -> Vec<u8> {
    let mut fields = Fields::new(flag(entry.kind));
    let mut records = Records::default();
    fields.path(&entry.path, &mut records);
    fields.text(157, 100, &entry.link_target, "linkpath", &mut records);
    fields.text(265, 32, &entry.user, "uname", &mut records);
    fields.text(297, 32, &entry.group, "gname", &mut records);
    fields.octal(100, 8, u64::from(entry.mode) & largest(7));
    fields.number(108, 8, entry.uid, "uid", &mut records);
    fields.number(116, 8, entry.gid, "gid", &mut records);
    fields.number(124, 12, entry.size.cast_signed(), "size", &mut records);
    fields.time(entry.mtime, &mut records);
    if let Some((major, minor)) = entry.device {
        fields.number(329, 8, major.cast_signed(), "SCHILY.devmajor", &mut records);
        fields.number(337, 8, minor.cast_signed(), "SCHILY.devminor", &mut records);
    }
    for (name, value) in &entry.xattrs {
        records.add(&[b"SCHILY.xattr.", &**name].concat(), value);
    }
    let Records(records) = records;
    let mut bytes = Vec::new();
    if !records.is_empty() {
        let mut extended = Fields::new(b'x');
        let name = entry.path.split(|byte| *byte == b'/').rfind(|name| !name.is_empty()).unwrap_or_default();
        extended.put(0, 100, &[b"PaxHeaders.0/", &*ascii(name)].concat());
        extended.octal(100, 8, 0o644);
        extended.octal(124, 12, records.len() as u64);
        bytes.extend_from_slice(&extended.summed());
        bytes.extend_from_slice(&records);
        bytes.resize(bytes.len().next_multiple_of(BLOCK), 0);
    }
    bytes.extend_from_slice(&fields.summed());
    bytes
}

fn flag(kind: Kind) -> u8 {
    match kind {
        Kind::File => b'0',
        Kind::HardLink => b'1',
        Kind::Symlink => b'2',
        Kind::CharDevice => b'3',
        Kind::BlockDevice => b'4',
        Kind::Directory => b'5',
        Kind::Fifo => b'6',
        Kind::Other(flag) => flag,
    }
}

/// What a reader that knows no pax headers shows.
fn ascii(name: &[u8]) -> Vec<u8> {
    name.iter().map(|byte| if byte.is_ascii() { *byte } else { b'_' }).collect()
}

/// A header block that is being filled.
struct Fields([u8; BLOCK]);

impl Fields {
    fn new(flag: u8) -> Self {
        let mut fields = Self([0; BLOCK]);
        for at in [100, 108, 116, 329, 337] {
            fields.octal(at, 8, 0);
        }
        for at in [124, 136] {
            fields.octal(at, 12, 0);
        }
        fields.put(148, 8, b"        ");
        fields.put(156, 1, &[flag]);
        fields.put(257, 8, b"ustar\x0000");
        fields
    }

    /// As many of the bytes as the field takes.
    fn put(&mut self, at: usize, length: usize, bytes: &[u8]) {
        for (target, byte) in self.0.iter_mut().skip(at).take(length).zip(bytes) {
            *target = *byte;
        }
    }

    /// Octal digits and a NUL.
    fn octal(&mut self, at: usize, length: usize, value: u64) {
        let digits = length - 1;
        self.put(at, length, format!("{value:0digits$o}\0").as_bytes());
    }

    fn number(&mut self, at: usize, length: usize, value: i64, key: &str, records: &mut Records) {
        match u64::try_from(value) {
            Ok(value) if value <= largest(length as u32 - 1) => self.octal(at, length, value),
            _ => records.add(key.as_bytes(), value.to_string().as_bytes()),
        }
    }

    fn text(&mut self, at: usize, length: usize, text: &[u8], key: &str, records: &mut Records) {
        if text.len() > length || !text.is_ascii() {
            records.add(key.as_bytes(), text);
        }
        self.put(at, length, &ascii(text));
    }

    fn path(&mut self, path: &[u8], records: &mut Records) {
        match split(path) {
            Some((prefix, name)) if path.is_ascii() => {
                self.put(345, 155, prefix);
                self.put(0, 100, name);
            }
            _ => self.text(0, 100, path, "path", records),
        }
    }

    fn time(&mut self, time: Time, records: &mut Records) {
        let Time { seconds, nanoseconds } = time;
        match u64::try_from(seconds) {
            Ok(seconds) if nanoseconds == 0 && seconds <= largest(11) => self.octal(136, 12, seconds),
            _ => records.add(b"mtime", decimal(time).as_bytes()),
        }
    }

    /// The block with its checksum.
    fn summed(mut self) -> [u8; BLOCK] {
        let sum: u32 = self.0.iter().map(|byte| u32::from(*byte)).sum();
        self.put(148, 8, format!("{sum:06o}\0 ").as_bytes());
        self.0
    }
}

/// Splits a path that is too long for the name's field into ustar's prefix and name.
fn split(path: &[u8]) -> Option<(&[u8], &[u8])> {
    if path.len() <= 100 {
        return None;
    }
    let within = path.get(..path.len().min(156))?;
    let (before_last, _) = path.split_at_checked(path.len() - 1)?;
    let slash = within.iter().take(before_last.len()).rposition(|byte| *byte == b'/').filter(|slash| *slash > 0)?;
    let (prefix, name) = (path.get(..slash)?, path.get(slash + 1..)?);
    (name.len() <= 100).then_some((prefix, name))
}

/// Seconds with a fraction.
fn decimal(time: Time) -> String {
    let Time { seconds, nanoseconds } = time;
    let (sign, whole, fraction) = match nanoseconds {
        _ if seconds >= 0 => ("", seconds.unsigned_abs(), nanoseconds),
        0 => ("-", seconds.unsigned_abs(), 0),
        _ => ("-", seconds.unsigned_abs() - 1, 1_000_000_000 - nanoseconds),
    };
    let text = format!("{sign}{whole}.{fraction:09}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The records of a pax header (POSIX pax, extended header).
#[derive(Default)]
struct Records(Vec<u8>);

impl Records {
    fn add(&mut self, key: &[u8], value: &[u8]) {
        // The length counts its own digits.
        let rest = key.len() + value.len() + 3;
        let digits = |number: usize| number.to_string().len();
        let length = rest + digits(rest + digits(rest));
        self.0.extend_from_slice(format!("{length} ").as_bytes());
        self.0.extend_from_slice(key);
        self.0.push(b'=');
        self.0.extend_from_slice(value);
        self.0.push(b'\n');
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Reader, Sink};
    use super::*;
    use crate::layer::limits::Limits;
    use crate::protocol::invalid::Invalid;

    #[derive(Default)]
    struct Entries(Vec<Entry>, Vec<u8>);

    impl Sink for Entries {
        fn entry(&mut self, entry: Entry) -> Result<(), Invalid> {
            self.0.push(entry);
            Ok(())
        }

        fn data(&mut self, _: u64, bytes: &[u8]) -> Result<(), Invalid> {
            self.1.extend_from_slice(bytes);
            Ok(())
        }

        fn end(&mut self) -> Result<(), Invalid> {
            Ok(())
        }
    }

    fn file(path: &[u8]) -> Entry {
        Entry::file(path.to_vec(), 0)
    }

    /// Reads what was written for an entry, without where it stands in the archive.
    fn read_back(entry: &Entry) -> Entry {
        let (mut reader, mut entries) = (Reader::new(Limits::default()), Entries::default());
        reader.push(&header(entry), &mut entries).expect("a header");
        let mut read = entries.0.pop().expect("an entry");
        (read.header_offset, read.data_offset) = (0, 0);
        read
    }

    #[track_caller]
    fn comes_back(entry: &Entry, blocks: usize) {
        assert_eq!(&read_back(entry), entry);
        assert_eq!(header(entry).len(), blocks * BLOCK, "{entry:?}");
        assert_eq!(header(entry), header(&entry.clone()));
    }

    #[test]
    fn what_ustar_says_takes_one_block() {
        comes_back(&file(b"etc/passwd"), 1);
        comes_back(&file(&[b'a'; 100]), 1);
        comes_back(&file(&[&[b'p'; 155][..], b"/", &[b'n'; 100]].concat()), 1);
        comes_back(&file(&[&[b'p'; 60][..], b"/", &[b'q'; 60], b"/"].concat()), 1);
        let entry = Entry {
            mode: 0o104_755,
            uid: 1000,
            gid: 0o7_777_777,
            user: b"somebody".to_vec(),
            group: vec![b'g'; 32],
            mtime: Time { seconds: 1_700_000_000, nanoseconds: 0 },
            ..Entry::file(b"a".to_vec(), 0o77_777_777_777)
        };
        comes_back(&Entry { stored: entry.size, ..entry }, 1);
        let link = |kind, target: &[u8]| Entry { kind, link_target: target.to_vec(), ..file(b"link") };
        comes_back(&link(Kind::Symlink, &[b't'; 100]), 1);
        comes_back(&link(Kind::HardLink, b"a"), 1);
        comes_back(&Entry { kind: Kind::Directory, ..file(b"dir/") }, 1);
        comes_back(&Entry { kind: Kind::Fifo, ..file(b"fifo") }, 1);
        comes_back(&Entry { kind: Kind::CharDevice, device: Some((4095, 1_048_575)), ..file(b"tty") }, 1);
        comes_back(&Entry { kind: Kind::Other(b'D'), ..file(b"dump") }, 1);
    }

    #[test]
    fn everything_else_takes_a_pax_header() {
        comes_back(&file(&[b'a'; 101]), 3);
        comes_back(&file(&[b"/".to_vec(), vec![b'n'; 100]].concat()), 3);
        comes_back(&file(&[&[b'p'; 156][..], b"/n"].concat()), 3);
        comes_back(&file(&[&[b'p'; 10][..], b"/", &[b'n'; 101]].concat()), 3);
        comes_back(&file(&[b'a'; 2000]), 6);
        comes_back(&file("größe".as_bytes()), 3);
        comes_back(&file(b"\xff\xfe not utf-8"), 3);
        comes_back(&file(b"line\nbreak"), 1);
        let link = |target: &[u8]| Entry { kind: Kind::Symlink, link_target: target.to_vec(), ..file(b"l") };
        comes_back(&link(&[b't'; 101]), 3);
        comes_back(&link("ü".as_bytes()), 3);
        for size in [0o77_777_777_777 + 1, i64::MAX as u64] {
            comes_back(&Entry { stored: size, size, ..file(b"large") }, 3);
        }
        let owner = |uid, gid| Entry { uid, gid, ..file(b"a") };
        comes_back(&owner(0o7_777_777 + 1, -1), 3);
        comes_back(&owner(i64::MAX, i64::MIN + 1), 3);
        comes_back(&Entry { user: vec![b'u'; 33], group: "é".into(), ..file(b"a") }, 3);
        for (seconds, nanoseconds) in [
            (0, 1),
            (1, 500_000_000),
            (-1, 0),
            (-1, 250_000_000),
            (-2, 500_000_000),
            (i64::MAX, 999_999_999),
            (1 << 33, 0),
        ] {
            comes_back(&Entry { mtime: Time { seconds, nanoseconds }, ..file(b"a") }, 3);
        }
        let xattrs = vec![(b"security.capability".to_vec(), vec![1; 700]), (b"user.a".to_vec(), b"\0\n=\xff".to_vec())];
        comes_back(&Entry { xattrs, ..file(b"a") }, 4);
    }

    #[test]
    fn the_length_of_a_record_counts_itself() {
        for length in 0..1200 {
            let entry = Entry { xattrs: vec![(b"a".to_vec(), vec![b'v'; length + 1])], ..file(b"a") };
            assert_eq!(read_back(&entry).xattrs, entry.xattrs, "{length}");
        }
    }

    #[test]
    fn an_archive_of_headers_contents_and_an_end_is_whole() {
        let mut archive = Vec::new();
        for (path, content) in [("a", &b"some content"[..]), ("b", &[7; 512]), ("c", b""), ("d", &[8; 513])] {
            archive.extend_from_slice(&header(&Entry::file(path.into(), content.len() as u64)));
            archive.extend_from_slice(content);
            archive.resize(archive.len() + padding(content.len() as u64), 0);
        }
        archive.extend_from_slice(&END);
        let (mut reader, mut entries) = (Reader::new(Limits::default()), Entries::default());
        reader.push(&archive, &mut entries).expect("an archive");
        let summary = reader.summary().expect("a whole archive");
        assert_eq!((summary.entries, summary.has_end, summary.trailing), (4, true, 0));
        assert_eq!(entries.1, [&b"some content"[..], &[7; 512], &[8; 513]].concat());
    }
}
