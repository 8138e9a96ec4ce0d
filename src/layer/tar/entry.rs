//! An entry of an archive, as its headers describe it.

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file with content; sparse files too.
    File,
    /// Another name of the file at `link_target`, which stands before it in the archive.
    HardLink,
    /// A symbolic link.
    Symlink,
    /// A character device.
    CharDevice,
    /// A block device.
    BlockDevice,
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
    /// Something else, by its type flag: a directory of a GNU incremental backup (`D`), for example.
    Other(u8),
}

/// Seconds and nanoseconds since 1970-01-01T00:00:00Z; the nanoseconds count forward, also before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Time {
    /// Whole seconds, rounded down.
    pub seconds: i64,
    /// 0 to 999,999,999.
    pub nanoseconds: u32,
}

/// Bytes of a sparse file that are stored: everything else in it is zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Segment {
    /// Where they are in the file.
    pub offset: u64,
    /// How many they are.
    pub length: u64,
}

/// An entry of an archive. Names are bytes, as they are written; nothing is normalised.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path.
    pub path: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Bytes of the file, holes included. 0 for what has no content.
    pub size: u64,
    /// The permission bits, with set-uid, set-gid and sticky; a few writers add the bits of the file type.
    pub mode: u32,
    /// The owner's number.
    pub uid: i64,
    /// The group's number.
    pub gid: i64,
    /// The owner's name, if given.
    pub user: Vec<u8>,
    /// The group's name, if given.
    pub group: Vec<u8>,
    /// When the content was modified.
    pub mtime: Time,
    /// Where a link leads: empty for what is no link.
    pub link_target: Vec<u8>,
    /// Major and minor number of a device.
    pub device: Option<(u64, u64)>,
    /// Extended attributes: name and value, by name.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where its first header begins in the archive, extended headers included.
    pub header_offset: u64,
    /// Where its stored bytes begin in the archive.
    pub data_offset: u64,
    /// How many bytes are stored: fewer than `size` for a sparse file.
    pub stored: u64,
    /// What is stored of a sparse file.
    pub segments: Option<Vec<Segment>>,
    /// SHA-256 of the content, if a listing computed it.
    pub hash: Option<[u8; 32]>,
}

impl Entry {
    /// A file of the superuser with content of so many bytes, readable by all, from 1970.
    pub fn file(path: Vec<u8>, size: u64) -> Self {
        Self {
            path,
            kind: Kind::File,
            size,
            mode: 0o644,
            uid: 0,
            gid: 0,
            user: Vec::new(),
            group: Vec::new(),
            mtime: Time::default(),
            link_target: Vec::new(),
            device: None,
            xattrs: Vec::new(),
            header_offset: 0,
            data_offset: 0,
            stored: size,
            segments: None,
            hash: None,
        }
    }
}
