use super::*;
use crate::protocol::code::LAYER_INVALID;

/// An archive that is put together header by header.
#[derive(Default, Clone)]
struct Archive(Vec<u8>);

impl Archive {
    fn header(mut self, flag: u8, name: &str, size: u64, change: impl FnOnce(&mut [u8])) -> Self {
        let mut block = [0; BLOCK];
        block[..name.len().min(100)].copy_from_slice(&name.as_bytes()[..name.len().min(100)]);
        block[100..107].copy_from_slice(b"0000644");
        block[124..135].copy_from_slice(format!("{size:011o}").as_bytes());
        block[136..147].copy_from_slice(b"00000000007");
        block[156] = flag;
        block[257..265].copy_from_slice(b"ustar\x0000");
        change(&mut block);
        block[148..156].fill(b' ');
        let sum: u64 = block.iter().map(|byte| u64::from(*byte)).sum();
        block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
        self.0.extend_from_slice(&block);
        self
    }

    fn content(mut self, content: &[u8]) -> Self {
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(BLOCK), 0);
        self
    }

    fn with(self, flag: u8, name: &str, content: &[u8]) -> Self {
        self.header(flag, name, content.len() as u64, |_| {}).content(content)
    }

    fn file(self, name: &str, content: &str) -> Self {
        self.with(b'0', name, content.as_bytes())
    }

    fn pax(self, records: &[(&str, &str)]) -> Self {
        let mut text = String::new();
        for (key, value) in records {
            let body = format!(" {key}={value}\n");
            let length = (body.len() + 1..).find(|length| length.to_string().len() + body.len() == *length).unwrap();
            text.push_str(&format!("{length}{body}"));
        }
        self.with(b'x', "pax", text.as_bytes())
    }

    fn gnu(self, flag: u8, name: &str, size: u64, change: impl FnOnce(&mut [u8])) -> Self {
        self.header(flag, name, size, |block| {
            block[257..265].copy_from_slice(b"ustar  \0");
            change(block);
        })
    }

    fn end(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 2 * BLOCK, 0);
        self.0
    }
}

#[derive(Default)]
struct Collected(Vec<(Entry, Vec<u8>)>);

impl Sink for Collected {
    fn entry(&mut self, entry: Entry) -> Result<(), Invalid> {
        let size = if entry.size < 1 << 20 { entry.size as usize } else { 0 };
        self.0.push((entry, vec![b'.'; size]));
        Ok(())
    }

    fn data(&mut self, offset: u64, bytes: &[u8]) -> Result<(), Invalid> {
        if let Some((_, content)) = self.0.last_mut()
            && let Some(part) = content.get_mut(offset as usize..offset as usize + bytes.len())
        {
            part.copy_from_slice(bytes);
        }
        Ok(())
    }

    fn end(&mut self) -> Result<(), Invalid> {
        Ok(())
    }
}

fn read_with(bytes: &[u8], limits: Limits) -> (Collected, Result<Summary, Invalid>) {
    let mut read = [1, 511, 512, bytes.len().max(1)].map(|chunk| {
        let mut collected = Collected::default();
        let mut reader = Reader::new(limits);
        let result = bytes.chunks(chunk).try_for_each(|part| reader.push(part, &mut collected));
        (collected, result.and_then(|()| reader.summary()))
    });
    let [first, others @ ..] = &mut read;
    for other in others {
        assert_eq!((&first.0.0, &first.1), (&other.0.0, &other.1));
    }
    let [first, ..] = read;
    first
}

fn read(bytes: &[u8]) -> (Collected, Result<Summary, Invalid>) {
    read_with(bytes, Limits::default())
}

/// `name=content` of each entry.
fn shown(collected: &Collected) -> String {
    let line = |(entry, content): &(Entry, Vec<u8>)| {
        format!("{}={}", String::from_utf8_lossy(&entry.path), String::from_utf8_lossy(content))
    };
    collected.0.iter().map(line).collect::<Vec<_>>().join(" ")
}

#[test]
fn entries_in_their_order() {
    let long = "n".repeat(300);
    let archive = Archive::default()
        .file("a", "one")
        .with(b'5', "d/", b"")
        .header(b'2', "link", 0, |block| block[157..163].copy_from_slice(b"target"))
        .header(b'1', "hard", 512, |block| block[157..158].copy_from_slice(b"a"))
        .header(b'3', "null", 0, |block| block[336] = b'0')
        .header(b'0', "x", 0, |block| block[345..348].copy_from_slice(b"p/q"))
        .with(b'L', "././@LongLink", long.as_bytes())
        .file("short", "two")
        .header(0, "old/", 0, |_| {})
        .end();
    let (collected, result) = read(&archive);
    assert_eq!(shown(&collected), format!("a=one d/= link= hard= null= p/q/x= {long}=two old/="));
    assert_eq!(result, Ok(Summary { entries: 8, has_end: true, trailing: 0 }));
    let kinds: Vec<_> = collected.0.iter().map(|(entry, _)| entry.kind).collect();
    use Kind::*;
    assert_eq!(kinds, [File, Directory, Symlink, HardLink, CharDevice, File, File, Directory]);
    let offsets: Vec<_> = collected.0.iter().map(|(entry, _)| (entry.header_offset, entry.data_offset)).collect();
    assert_eq!(offsets[0], (0, 512));
    // The header of the long name belongs to its entry.
    assert_eq!(offsets[6], (3584, 5120));
    assert_eq!(collected.0[2].0.link_target, b"target");
}

#[test]
fn extended_headers() {
    let archive = Archive::default()
        .pax(&[
            ("path", "ü"),
            ("size", "3"),
            ("mtime", "1.5"),
            ("uid", "3000000"),
            ("uname", "ö"),
            ("SCHILY.xattr.user.a", "1\0"),
        ])
        .header(b'0', "other", 0, |_| {})
        .content(b"abc")
        .file("plain", "x")
        .with(b'g', "global", b"15 path=global\n")
        .file("last", "y")
        .end();
    let (collected, result) = read(&archive);
    assert_eq!(shown(&collected), "ü=abc plain=x last=y");
    assert_eq!(result.unwrap().entries, 3);
    let entry = &collected.0[0].0;
    assert_eq!(entry.mtime, Time { seconds: 1, nanoseconds: 500_000_000 });
    assert_eq!((entry.uid, &*entry.user), (3_000_000, "ö".as_bytes()));
    assert_eq!(entry.xattrs, [(b"user.a".to_vec(), b"1\0".to_vec())]);
    assert_eq!(collected.0[1].0.mtime, Time { seconds: 7, nanoseconds: 0 });
}

#[test]
fn sparse_files_in_four_forms() {
    let map = "2\n1\n2\n6\n1\n";
    let stored = [format!("{map:\0<512}").as_bytes(), b"abc"].concat();
    let version =
        [("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.name", "s3"), ("GNU.sparse.realsize", "8")];
    let places = [(386, 1), (398, 2), (410, 6), (422, 1), (483, 8)];
    let archive = Archive::default()
        .gnu(b'S', "s0", 3, |block| {
            for (at, value) in places {
                block[at..at + 11].copy_from_slice(format!("{value:011o}").as_bytes());
            }
        })
        .content(b"abc")
        .pax(&[
            ("GNU.sparse.size", "8"),
            ("GNU.sparse.numblocks", "2"),
            ("GNU.sparse.offset", "1"),
            ("GNU.sparse.numbytes", "2"),
            ("GNU.sparse.offset", "6"),
            ("GNU.sparse.numbytes", "1"),
        ])
        .file("s1", "abc")
        .pax(&[
            ("GNU.sparse.size", "8"),
            ("GNU.sparse.numblocks", "2"),
            ("GNU.sparse.map", "1,2,6,1"),
            ("GNU.sparse.name", "s2"),
        ])
        .file("GNUSparseFile.0/s2", "abc")
        .pax(&version)
        .with(b'0', "GNUSparseFile.0/s3", &stored)
        .end();
    let (collected, result) = read(&archive);
    assert_eq!(shown(&collected), "s0=.ab...c. s1=.ab...c. s2=.ab...c. s3=.ab...c.", "{result:?}");
    let stored: Vec<_> = collected.0.iter().map(|(entry, _)| (entry.size, entry.stored)).collect();
    assert_eq!(stored, [(8, 3); 4]);
}

#[test]
fn sparse_maps_that_lie() {
    let one = |map: &str, count: &str, content: &str| {
        Archive::default()
            .pax(&[("GNU.sparse.size", "8"), ("GNU.sparse.numblocks", count), ("GNU.sparse.map", map)])
            .file("s", content)
            .end()
    };
    assert!(read(&one("1,2,6,1", "2", "abc")).1.is_ok());
    for (map, count, content) in [
        ("6,1,1,2", "2", "abc"),
        ("1,2,2,1", "2", "abc"),
        ("1,2,8,1", "2", "abc"),
        ("1,2", "1", "abc"),
        ("1,2,6,2", "2", "abc"),
        ("1,2,6", "2", "abc"),
        ("1,2,6,1", "3", "abc"),
        ("1,18446744073709551615", "1", "abc"),
        ("x,2", "1", "ab"),
        ("1,2,6,1", "", "abc"),
    ] {
        let error = read(&one(map, count, content)).1.unwrap_err();
        assert_eq!(error.code, LAYER_INVALID, "{map}: {error}");
    }
}

#[test]
fn ends() {
    let archive = Archive::default().file("a", "one").file("b", "two");
    let whole = archive.0.len();
    for (length, ending) in [(0, Ok(0)), (whole, Ok(2)), (whole - 509, Ok(2)), (whole / 2, Ok(1))] {
        let result = read(&archive.0[..length]).1;
        assert_eq!(
            result.map(|summary| (summary.entries, summary.has_end)).map_err(|error| error.code),
            ending.map(|n: u64| (n, false))
        );
    }
    for length in [1, 511, 512, 513, whole - 511] {
        let error = read(&archive.0[..length]).1.unwrap_err();
        assert_eq!(error.code, code::TRUNCATED, "{length}");
    }
    let mut more = archive.clone().end();
    more.extend_from_slice(b"garbage");
    assert_eq!(read(&more).1.unwrap().trailing, 7);
    let one = [archive.0.clone(), vec![0; BLOCK]].concat();
    assert_eq!(read(&one).1.unwrap(), Summary { entries: 2, has_end: true, trailing: 0 });
    let between = [archive.0.clone(), vec![0; BLOCK], Archive::default().file("c", "three").0].concat();
    let (collected, result) = read(&between);
    assert_eq!((shown(&collected).as_str(), result.unwrap_err().code), ("a=one b=two", LAYER_INVALID));
}

#[test]
fn headers_that_break_a_rule() {
    let bad = |change: fn(&mut [u8])| {
        let mut archive = Archive::default().file("a", "one").file("b", "two");
        change(&mut archive.0[1024..1536]);
        archive.end()
    };
    for change in [(|block| block[0] = b'c') as fn(&mut [u8]), |block| block[148] = b'x', |block| block[512 - 1] = 1] {
        let (collected, result) = read(&bad(change));
        assert_eq!(shown(&collected), "a=one");
        let error = result.unwrap_err();
        assert_eq!(error.code, LAYER_INVALID);
        assert!(error.message.contains("entry 2 at byte 1024"), "{error}");
    }
    for at in [100, 108, 116, 124, 136, 329] {
        let archive = Archive::default().header(b'0', "a", 0, |block| block[at..at + 3].copy_from_slice(b"8x8")).end();
        assert_eq!(read(&archive).1.unwrap_err().code, LAYER_INVALID, "{at}");
    }
    let negative = Archive::default().header(b'0', "a", 0, |block| block[124..136].fill(0xff)).end();
    assert_eq!(read(&negative).1.unwrap_err().code, LAYER_INVALID);
    let foreign = Archive::default().header(b'S', "a", 0, |_| {}).end();
    assert_eq!(read(&foreign).1.unwrap_err().code, LAYER_INVALID);
}

#[test]
fn limits_of_an_archive() {
    let archive = Archive::default().file("a", "").file("bbbb", "").end();
    let error = read_with(&archive, Limits { entries: 1, ..Limits::default() }).1.unwrap_err();
    assert_eq!(error.code, code::TOO_LARGE);
    assert!(error.message.contains("limits.entries"), "{error}");
    let error = read_with(&archive, Limits { name: 3, ..Limits::default() }).1.unwrap_err();
    assert!(error.message.contains("limits.name"), "{error}");
    let long = Archive::default().with(b'L', "", &vec![b'n'; 40_000]).file("a", "").end();
    assert_eq!(read(&long).1.unwrap_err().code, code::TOO_LARGE);
    for flag in [b'x', b'g', b'L', b'K'] {
        let claim = Archive::default().header(flag, "", (1 << 20) + 1, |_| {}).end();
        assert_eq!(read(&claim).1.unwrap_err().code, code::TOO_LARGE);
    }
}

#[test]
fn sizes_that_no_archive_has() {
    let claim = |size: &str| Archive::default().pax(&[("size", size)]).header(b'0', "a", 0, |_| {}).0;
    for (size, expected) in [("9007199254740993", 9_007_199_254_740_993), ("9223372036854775807", i64::MAX as u64)] {
        let (collected, result) = read(&claim(size));
        assert_eq!((collected.0[0].0.size, result.unwrap_err().code), (expected, code::TRUNCATED));
    }
    assert_eq!(read(&claim("9223372036854775808")).1.unwrap_err().code, LAYER_INVALID);
}

/// F90: where the next header is, is told by the extended header's size, whatever the header before it says.
#[test]
fn the_extended_size_counts() {
    for (pax, ustar) in [(0, 512), (512, 0), (3, 1024), (1024, 3), (600, 512)] {
        // The content looks like another entry.
        let inner = Archive::default().file("hidden", "x").file("hidden", "y").0;
        for order in ["x", "xL", "Lx"] {
            let mut archive = Archive::default();
            for flag in order.chars() {
                archive = match flag {
                    'x' => archive.pax(&[("size", &pax.to_string()), ("path", "short")]),
                    _ => archive.with(b'L', "././@LongLink", b"long"),
                };
            }
            let content = &inner[..pax];
            let archive = archive.header(b'0', "a", ustar, |_| {}).content(content).file("next", "z").end();
            let (collected, result) = read(&archive);
            let names: Vec<_> = collected.0.iter().map(|(entry, _)| String::from_utf8_lossy(&entry.path)).collect();
            let first = if order == "x" { "short" } else { "long" };
            assert_eq!((names, result.is_ok()), (vec![first.into(), "next".into()], true), "{pax} {ustar} {order}");
            assert_eq!(collected.0[0].0.size, pax as u64);
        }
    }
    // A link has no content, whatever size is told.
    let link = Archive::default().pax(&[("size", "512")]).header(b'1', "hard", 512, |_| {}).file("next", "z").end();
    assert_eq!(shown(&read(&link).0), "hard= next=z");
}
