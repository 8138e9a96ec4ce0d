//! The records of an extended header (POSIX pax, extended header): `length key=value\n`.

use super::entry::{Segment, Time};
use super::number;

/// Extended attributes of an entry. Linux cannot list more than ten times as many, and real files have a few.
const ATTRIBUTES: usize = 1000;

/// What an extended header says of the entry behind it. A record with an empty value says nothing.
#[derive(Default)]
pub(super) struct Extended {
    pub path: Option<Vec<u8>>,
    pub link_target: Option<Vec<u8>>,
    pub user: Option<Vec<u8>>,
    pub group: Option<Vec<u8>>,
    pub uid: Option<i64>,
    pub gid: Option<i64>,
    pub size: Option<u64>,
    pub mtime: Option<Time>,
    /// By name.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    sparse: Sparse,
}

/// The records of sparse files, in the three forms that GNU tar has written (0.0, 0.1 and 1.0).
#[derive(Default)]
struct Sparse {
    major: Vec<u8>,
    minor: Vec<u8>,
    name: Vec<u8>,
    size: Vec<u8>,
    real_size: Vec<u8>,
    count: Vec<u8>,
    map: Vec<u8>,
    /// Form 0.0 has a record each for offset and length.
    has_offset: bool,
}

/// What the records say of a sparse file.
pub(super) struct SparseFile<'a> {
    pub map: Map,
    pub name: Option<&'a [u8]>,
    pub size: Option<u64>,
}

/// Where the map of a sparse file is.
pub(super) enum Map {
    /// In the records.
    Here(Vec<Segment>),
    /// In the first blocks of the content (form 1.0).
    InContent,
}

impl Extended {
    /// Parses the records.
    pub fn parse(mut bytes: &[u8]) -> Result<Self, &'static str> {
        let mut extended = Self::default();
        while !bytes.is_empty() {
            let (key, value, rest) = record(bytes).ok_or("a record of an extended header is malformed")?;
            extended.take(key, value)?;
            bytes = rest;
        }
        Ok(extended)
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        let is_name = matches!(key, b"path" | b"linkpath" | b"uname" | b"gname");
        if if is_name { value.contains(&0) } else { key.contains(&0) } {
            return Err("a record of an extended header holds a NUL");
        }
        let text = || Some(value.to_vec()).filter(|value| !value.is_empty());
        let wrong = "a record of an extended header is no number";
        let given = || Some(value).filter(|value| !value.is_empty());
        match key {
            b"path" => self.path = text(),
            b"linkpath" => self.link_target = text(),
            b"uname" => self.user = text(),
            b"gname" => self.group = text(),
            b"uid" => self.uid = given().map(|value| number::signed(value).ok_or(wrong)).transpose()?,
            b"gid" => self.gid = given().map(|value| number::signed(value).ok_or(wrong)).transpose()?,
            b"mtime" => self.mtime = given().map(|value| number::time(value).ok_or(wrong)).transpose()?,
            b"size" => {
                let size = |value| number::decimal(value).filter(|size| *size <= i64::MAX as u64).ok_or(wrong);
                self.size = given().map(size).transpose()?;
            }
            _ => self.take_other(key, value)?,
        }
        Ok(())
    }

    fn take_other(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        if let Some(name) = key.strip_prefix(b"SCHILY.xattr.") {
            return self.take_attribute(name, value);
        }
        let sparse = &mut self.sparse;
        match key {
            b"GNU.sparse.major" => sparse.major = value.to_vec(),
            b"GNU.sparse.minor" => sparse.minor = value.to_vec(),
            b"GNU.sparse.name" => sparse.name = value.to_vec(),
            b"GNU.sparse.size" => sparse.size = value.to_vec(),
            b"GNU.sparse.realsize" => sparse.real_size = value.to_vec(),
            b"GNU.sparse.numblocks" => sparse.count = value.to_vec(),
            b"GNU.sparse.map" => sparse.map = value.to_vec(),
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                let is_offset = key == b"GNU.sparse.offset";
                if is_offset == sparse.has_offset || value.contains(&b',') {
                    return Err("the records of a sparse file are out of order");
                }
                sparse.has_offset = is_offset;
                if !sparse.map.is_empty() {
                    sparse.map.push(b',');
                }
                sparse.map.extend_from_slice(value);
            }
            _ => {}
        }
        Ok(())
    }

    fn take_attribute(&mut self, name: &[u8], value: &[u8]) -> Result<(), &'static str> {
        match self.xattrs.binary_search_by(|(other, _)| other.as_slice().cmp(name)) {
            Ok(at) if value.is_empty() => drop(self.xattrs.remove(at)),
            Ok(at) => self.xattrs.get_mut(at).into_iter().for_each(|(_, known)| *known = value.to_vec()),
            Err(_) if value.is_empty() => {}
            Err(_) if self.xattrs.len() == ATTRIBUTES => return Err("an entry has more than 1000 extended attributes"),
            Err(at) => self.xattrs.insert(at, (name.to_vec(), value.to_vec())),
        }
        Ok(())
    }

    /// The map of a sparse file with its name and size, if the records describe one. A form that is not known is a plain file.
    pub fn sparse(&self) -> Result<Option<SparseFile<'_>>, &'static str> {
        let sparse = &self.sparse;
        let is_in_content = match (&*sparse.major, &*sparse.minor) {
            (b"0", b"0" | b"1") => false,
            (b"1", b"0") => true,
            (b"", b"") if !sparse.map.is_empty() => false,
            _ => return Ok(None),
        };
        let wrong = "the sparse file's size is no number of bytes";
        let size = if sparse.size.is_empty() { &sparse.real_size } else { &sparse.size };
        let size = match &**size {
            b"" => None,
            size => Some(number::decimal(size).filter(|size| *size <= i64::MAX as u64).ok_or(wrong)?),
        };
        let name = Some(&*sparse.name).filter(|name| !name.is_empty());
        let map = if is_in_content { Map::InContent } else { Map::Here(self.segments()?) };
        Ok(Some(SparseFile { map, name, size }))
    }

    fn segments(&self) -> Result<Vec<Segment>, &'static str> {
        let wrong = "the map of a sparse file is malformed";
        let count = number::decimal(&self.sparse.count).ok_or(wrong)?;
        let map = &*self.sparse.map;
        let mut numbers = map.split(|byte| *byte == b',').filter(|_| !map.is_empty()).map(number::decimal);
        let mut segments = Vec::new();
        while let Some(offset) = numbers.next() {
            match (offset, numbers.next()) {
                (Some(offset), Some(Some(length))) => segments.push(Segment { offset, length }),
                _ => return Err(wrong),
            }
        }
        if u64::try_from(segments.len()).ok() == Some(count) { Ok(segments) } else { Err(wrong) }
    }
}

/// The first record: its key, its value, and what stands behind it.
fn record(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = bytes.iter().position(|byte| *byte == b' ')?;
    let length = usize::try_from(number::decimal(bytes.get(..space)?)?).ok()?;
    let body = bytes.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|byte| *byte == b'=').filter(|at| *at > 0)?;
    Some((body.get(..equals)?, body.get(equals + 1..)?, bytes.get(length..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records() {
        let cut = |text: &'static str| record(text.as_bytes());
        assert_eq!(cut("6 k=v\n rest"), Some((&b"k"[..], &b"v"[..], &b" rest"[..])));
        assert_eq!(cut("7 k=a=\n"), Some((&b"k"[..], &b"a="[..], &b""[..])));
        assert_eq!(cut("5 k=\n"), Some((&b"k"[..], &b""[..], &b""[..])));
        for text in [
            "",
            "6 k=v",
            "7 k=v\n",
            "6 k=v.",
            "5 =v\n",
            "5 kv\n",
            "x k=v\n",
            "+6 k=v\n",
            "1 \n",
            "99999999999999999999 k=v\n",
        ] {
            assert_eq!(cut(text), None, "{text:?}");
        }
    }

    #[test]
    fn the_last_record_of_a_key_counts_and_an_empty_one_says_nothing() {
        let extended = Extended::parse(b"10 path=a\n10 path=b\n9 uname=\n").unwrap_or_default();
        assert_eq!((extended.path.as_deref(), extended.user), (Some(&b"b"[..]), None));
    }

    #[test]
    fn attributes() {
        let record = |index: usize, value: &str| {
            let body = format!(" SCHILY.xattr.{index:05}={value}\n");
            format!("{}{body}", body.len() + 2)
        };
        let header = |count: usize| (0..count).rev().map(|index| record(index, "1")).collect::<String>();
        let changed = header(ATTRIBUTES) + &record(7, "2") + &record(8, "") + &record(9999, "");
        let extended = Extended::parse(changed.as_bytes()).unwrap_or_default();
        let names: Vec<_> = extended.xattrs.iter().skip(6).take(3).map(|(name, value)| (&**name, &**value)).collect();
        assert_eq!(names, [(&b"00006"[..], &b"1"[..]), (b"00007", b"2"), (b"00009", b"1")]);
        assert_eq!(extended.xattrs.len(), ATTRIBUTES - 1);
        assert!(Extended::parse(header(ATTRIBUTES + 1).as_bytes()).is_err());
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for (key, value) in [
            ("path", "a\0b"),
            ("k\0", "v"),
            ("size", "-1"),
            ("size", "1.5"),
            ("size", "9223372036854775808"),
            ("mtime", "1e5"),
        ] {
            let body = format!(" {key}={value}\n");
            let text = format!("{}{body}", body.len() + if body.len() < 9 { 1 } else { 2 });
            assert!(record(text.as_bytes()).is_some(), "{text:?}");
            assert!(Extended::parse(text.as_bytes()).is_err(), "{text:?}");
        }
    }
}
