//! A hash of Berkeley DB: pages with pairs of a key and a value, and pages with what does not fit there (Berkeley DB, `db_page.h`). The order of the
//! bytes of a number is that of the machine that wrote it.

use super::{big, little};

const MAGIC: usize = 0x0006_1561;
/// Bytes of a page's header.
const HEAD: usize = 26;
/// Types of a page.
const HASH_UNSORTED: u8 = 2;
const OVERFLOW: u8 = 7;
const HASH: u8 = 13;
/// Types of an item.
const INLINE: u8 = 1;
const ON_PAGES: u8 = 3;

struct File<'a> {
    bytes: &'a [u8],
    is_big: bool,
    page: usize,
    /// Pages that may still be read: each belongs to one item.
    left: usize,
}

pub(super) fn is_one(file: &[u8]) -> bool {
    big(file, 12) == Some(MAGIC) || little(file, 12) == Some(MAGIC)
}

/// The header of each package.
pub(super) fn blobs(file: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    let is_big = big(file, 12) == Some(MAGIC);
    let page = if is_big { big(file, 20) } else { little(file, 20) };
    let page = page.filter(|page| (512..=65_536).contains(page)).ok_or("its pages have no size")?;
    let mut file = File { bytes: file, is_big, page, left: file.len() / page };
    if file.long(file.bytes, 32).is_none_or(|last| last >= file.left) {
        return Err("it ends early");
    }
    let mut blobs = Vec::new();
    for page in file.bytes.chunks_exact(file.page).skip(1) {
        if matches!(page.get(25), Some(&(HASH_UNSORTED | HASH))) {
            file.take_pairs(page, &mut blobs).ok_or("a page of it is damaged")?;
        }
    }
    Ok(blobs)
}

impl File<'_> {
    fn short(&self, bytes: &[u8], at: usize) -> Option<usize> {
        let number = *bytes.get(at..)?.first_chunk()?;
        Some(usize::from(if self.is_big { u16::from_be_bytes(number) } else { u16::from_le_bytes(number) }))
    }

    fn long(&self, bytes: &[u8], at: usize) -> Option<usize> {
        if self.is_big { big(bytes, at) } else { little(bytes, at) }
    }

    fn take_pairs(&mut self, page: &[u8], blobs: &mut Vec<Vec<u8>>) -> Option<()> {
        let mut end = self.page;
        let mut key: Option<&[u8]> = None;
        // Items fill a page from its end.
        for number in 0..self.short(page, 20)? {
            let at = self.short(page, HEAD + 2 * number)?;
            let item = page.get(at..end)?;
            end = at;
            match key.take() {
                None => key = Some(item),
                // Key 0 has the largest key.
                Some([INLINE, 0, 0, 0, 0]) => {}
                Some(_) => blobs.push(self.value(item)?),
            }
        }
        Some(())
    }

    fn value(&mut self, item: &[u8]) -> Option<Vec<u8>> {
        match *item.first()? {
            INLINE => item.get(1..).map(<[u8]>::to_vec),
            ON_PAGES => {
                let (mut number, length) = (self.long(item, 4)?, self.long(item, 8)?);
                let mut value = Vec::new();
                while value.len() < length {
                    self.left = self.left.checked_sub(1)?;
                    let page = self.bytes.get(number.checked_mul(self.page)?..)?.get(..self.page)?;
                    if page.get(25) != Some(&OVERFLOW) {
                        return None;
                    }
                    let used = self.short(page, 22)?;
                    value.extend_from_slice(page.get(HEAD..)?.get(..used)?);
                    number = self.long(page, 16)?;
                }
                (value.len() == length).then_some(value)
            }
            _ => None,
        }
    }
}
