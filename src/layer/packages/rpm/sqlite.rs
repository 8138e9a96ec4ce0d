//! The table `Packages` of a sqlite database (sqlite.org, "Database File Format"): as much of the format as that takes.

/// What a database begins with.
const MAGIC: &[u8] = b"SQLite format 3\0";
/// Bytes before the first page's own.
const HEADER: usize = 100;
const INTERIOR: u8 = 5;
const LEAF: u8 = 13;
const DAMAGED: &str = "a page of it is damaged";

pub(super) fn is_one(file: &[u8]) -> bool {
    file.starts_with(MAGIC)
}

/// The header of each package.
pub(super) fn blobs(file: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let mut database = Database::new(file).ok_or("its pages have no size")?;
    if file.get(28..32).and_then(number).is_none_or(|pages| pages > database.is_read.len()) {
        return Err("it ends early");
    }
    // The schema: type, name, name of the table, its first page, SQL.
    let is_packages = |record: &Record| record.column(0) == Some(b"table") && record.column(1) == Some(b"Packages");
    let schema = database.table(1).ok_or(DAMAGED)?;
    let table = schema.iter().find(|record| is_packages(record)).ok_or("it has no table Packages")?;
    let root = table.column(3).and_then(number).ok_or(DAMAGED)?;
    let rows = database.table(root).ok_or(DAMAGED)?;
    // The number of a row is its key, so that the first column is empty.
    rows.iter().map(|row| row.column(1).map(<[u8]>::to_vec).ok_or("a package has no header")).collect()
}

/// A number of up to eight bytes that is not negative.
fn number(bytes: &[u8]) -> Option<usize> {
    let value = bytes.iter().try_fold(0_usize, |value, byte| value.checked_mul(256)?.checked_add((*byte).into()))?;
    Some(value)
}

struct Database<'a> {
    file: &'a [u8],
    page: usize,
    /// Bytes of a page that are used: the end may be reserved.
    usable: usize,
    /// The pages that were read: each belongs to one place.
    is_read: Vec<bool>,
    /// Bytes that records may still have: they have none in common.
    left: usize,
}

impl<'a> Database<'a> {
    fn new(file: &'a [u8]) -> Option<Self> {
        let page = match number(file.get(16..18)?)? {
            1 => 65_536,
            size => size,
        };
        let reserved = usize::from(*file.get(20)?);
        let is_size = page.is_power_of_two() && page >= 512;
        let usable = page.checked_sub(reserved).filter(|usable| is_size && *usable >= 480)?;
        Some(Self { file, page, usable, is_read: vec![false; file.len() / page], left: file.len() })
    }

    /// The bytes of a page, which is read once only. Pages count from 1.
    fn take_page(&mut self, number: usize) -> Option<&'a [u8]> {
        let index = number.checked_sub(1)?;
        let is_read = self.is_read.get_mut(index)?;
        if std::mem::replace(is_read, true) {
            return None;
        }
        self.file.get(index.checked_mul(self.page)?..)?.get(..self.usable)
    }

    /// The records of a table, in the order of their keys.
    fn table(&mut self, root: usize) -> Option<Vec<Record>> {
        let mut records = Vec::new();
        // The pages that are left, the next one last.
        let mut rest = vec![root];
        while let Some(page) = rest.pop() {
            let bytes = self.take_page(page)?;
            let head = if page == 1 { HEADER } else { 0 };
            let kind = *bytes.get(head)?;
            let count = number(bytes.get(head + 3..head + 5)?)?;
            let cells = head + if kind == INTERIOR { 12 } else { 8 };
            let cell = |index: usize| bytes.get(number(bytes.get(cells + 2 * index..cells + 2 * index + 2)?)?..);
            match kind {
                INTERIOR => {
                    rest.push(number(bytes.get(head + 8..head + 12)?)?);
                    for index in (0..count).rev() {
                        rest.push(number(cell(index)?.get(..4)?)?);
                    }
                }
                LEAF => {
                    for index in 0..count {
                        records.push(self.record(cell(index)?)?);
                    }
                }
                _ => return None,
            }
        }
        Some(records)
    }

    /// The record in a cell, with what stands on other pages.
    fn record(&mut self, mut cell: &[u8]) -> Option<Record> {
        let length = usize::try_from(varint(&mut cell)?).ok()?;
        self.left = self.left.checked_sub(length)?;
        varint(&mut cell)?;
        let most = self.usable - 35;
        let local = if length <= most {
            length
        } else {
            let least = (self.usable - 12) * 32 / 255 - 23;
            let fitting = least + (length - least) % (self.usable - 4);
            if fitting <= most { fitting } else { least }
        };
        let mut bytes = cell.get(..local)?.to_vec();
        let mut next = cell.get(local..local + 4);
        while bytes.len() < length {
            let page = self.take_page(number(next?)?)?;
            let used = page.get(4..)?;
            bytes.extend_from_slice(used.get(..used.len().min(length - bytes.len()))?);
            next = page.get(..4);
        }
        Some(Record(bytes))
    }
}

/// A row: the types of its values, then these.
struct Record(Vec<u8>);

impl Record {
    fn column(&self, wanted: usize) -> Option<&[u8]> {
        let mut types = self.0.as_slice();
        let head = usize::try_from(varint(&mut types)?).ok()?;
        let mut types = self.0.get(self.0.len() - types.len()..head)?;
        let mut values = self.0.get(head..)?;
        for column in 0.. {
            let length = match varint(&mut types)? {
                0 | 8 | 9 => 0,
                kind @ 1..=4 => kind,
                5 => 6,
                6 | 7 => 8,
                10 | 11 => return None,
                kind => (kind - 12) / 2,
            };
            let value = values.split_off(..usize::try_from(length).ok()?)?;
            if column == wanted {
                return Some(value);
            }
        }
        None
    }
}

/// A number of up to nine bytes: seven bits each, the highest first, and all eight of the ninth.
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for count in 1..=9 {
        let byte = *bytes.split_off_first()?;
        if count == 9 {
            return Some(value << 8 | u64::from(byte));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte < 0x80 {
            break;
        }
    }
    Some(value)
}
