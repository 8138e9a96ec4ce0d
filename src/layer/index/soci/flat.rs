//! Reading a flatbuffer: tables, strings and vectors that refer to each other by offsets. Nothing here trusts an offset, and what an absent
//! field has is its default. A table refers to its fields by number, in the order of the schema.
//!
//! Reference: flatbuffers, "FlatBuffer Internals".

/// A table of a flatbuffer.
#[derive(Clone, Copy)]
pub(super) struct Table<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Two bytes a field: where it is in the table, or 0.
    slots: &'a [u8],
}

/// A vector of a flatbuffer: where its items are.
#[derive(Clone, Copy)]
pub(super) struct Vector<'a> {
    bytes: &'a [u8],
    at: usize,
    pub count: usize,
}

fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..)?.first_chunk().copied()
}

fn number(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(array(bytes, at)?)).ok()
}

/// Where the offset at a place leads.
fn target(bytes: &[u8], at: usize) -> Option<usize> {
    at.checked_add(number(bytes, at)?).filter(|target| *target < bytes.len())
}

fn string(bytes: &[u8], at: usize) -> Option<&[u8]> {
    let start = at.checked_add(4)?;
    bytes.get(start..start.checked_add(number(bytes, at)?)?)
}

impl<'a> Table<'a> {
    /// The table that the buffer begins with.
    pub fn root(bytes: &'a [u8]) -> Option<Self> {
        Self::new(bytes, target(bytes, 0)?)
    }

    fn new(bytes: &'a [u8], at: usize) -> Option<Self> {
        let back = i32::from_le_bytes(array(bytes, at)?);
        let fields = usize::try_from(i64::try_from(at).ok()?.checked_sub(back.into())?).ok()?;
        let length = usize::from(u16::from_le_bytes(array(bytes, fields)?));
        let slots = bytes.get(fields.checked_add(4)?..fields.checked_add(length)?)?;
        Some(Self { bytes, at, slots })
    }

    /// Where a field is; `None` if the table does not have it.
    fn place(&self, field: usize) -> Option<usize> {
        let offset = u16::from_le_bytes(array(self.slots, field * 2)?);
        (offset > 0).then(|| self.at.saturating_add(offset.into()))
    }

    fn scalar<const N: usize>(&self, field: usize) -> Option<[u8; N]> {
        self.place(field).map_or(Some([0; N]), |at| array(self.bytes, at))
    }

    /// A whole number, which may not be negative.
    pub fn long(&self, field: usize) -> Option<u64> {
        u64::try_from(i64::from_le_bytes(self.scalar(field)?)).ok()
    }

    /// A number of 32 bits.
    pub fn int(&self, field: usize) -> Option<u32> {
        self.scalar(field).map(u32::from_le_bytes)
    }

    /// A number of 8 bits, whose default the schema has.
    pub fn byte(&self, field: usize, default: u8) -> Option<u8> {
        self.place(field).map_or(Some(default), |at| self.bytes.get(at).copied())
    }

    /// A string, or a vector of bytes.
    pub fn string(&self, field: usize) -> Option<&'a [u8]> {
        self.place(field).map_or(Some(&[]), |at| string(self.bytes, target(self.bytes, at)?))
    }

    /// A table.
    pub fn table(&self, field: usize) -> Option<Self> {
        Self::new(self.bytes, target(self.bytes, self.place(field)?)?)
    }

    /// A vector of strings or tables.
    pub fn vector(&self, field: usize) -> Option<Vector<'a>> {
        let bytes = self.bytes;
        let Some(place) = self.place(field) else { return Some(Vector { bytes, at: 0, count: 0 }) };
        let at = target(bytes, place)?;
        let (count, at) = (number(bytes, at)?, at.checked_add(4)?);
        bytes.get(at..at.checked_add(count.checked_mul(4)?)?)?;
        Some(Vector { bytes, at, count })
    }
}

impl<'a> Vector<'a> {
    fn targets(self) -> impl Iterator<Item = Option<usize>> + use<'a> {
        (0..self.count).map(move |index| target(self.bytes, self.at + index * 4))
    }

    /// The tables, of which `None` is malformed.
    pub fn tables(self) -> impl Iterator<Item = Option<Table<'a>>> {
        self.targets().map(move |at| Table::new(self.bytes, at?))
    }

    /// The strings, of which `None` is malformed.
    pub fn strings(self) -> impl Iterator<Item = Option<&'a [u8]>> {
        self.targets().map(move |at| string(self.bytes, at?))
    }
}
