//! Reading a file from a part of its layer.

use super::invalid;
use super::plan::{Part, Plan, Slice};
use super::seal::Seals;
use crate::layer::decompress::{Decompressor, NewZstd};
use crate::layer::limits::Limits;
use crate::protocol::code;
use crate::protocol::invalid::{Invalid, quoted};

/// A reader of one file, into which the bytes of its [`Plan`] are pushed.
pub struct FileReader {
    limits: Limits,
    zstd: Option<NewZstd>,
    name: String,
    /// The byte of the layer that comes next.
    position: u64,
    parts: std::vec::IntoIter<Part>,
    current: Option<Current>,
}

struct Current {
    from: u64,
    to: u64,
    decompressor: Decompressor,
    slices: Slices,
    seals: Seals,
}

/// The uncompressed side of a part.
struct Slices {
    /// Uncompressed bytes so far.
    made: u64,
    slices: std::vec::IntoIter<Slice>,
    slice: Option<Slice>,
    differs: bool,
}

impl Slices {
    fn take(
        &mut self,
        mut bytes: &[u8],
        output: &mut impl FnMut(u64, &[u8]) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        while let Some(slice) = &mut self.slice
            && !bytes.is_empty()
        {
            let at_most = |count: u64| usize::try_from(count).map_or(bytes.len(), |count| count.min(bytes.len()));
            let used = if self.made < slice.skip {
                at_most(slice.skip - self.made)
            } else {
                let used = at_most(slice.content.in_segment);
                let part = bytes.get(..used).unwrap_or_default();
                output(slice.content.at, part)?;
                if let Some((hasher, _)) = &mut slice.check {
                    hasher.update(part);
                }
                slice.content.advance(used as u64);
                used
            };
            self.made += used as u64;
            bytes = bytes.get(used..).unwrap_or_default();
            if slice.content.remaining == 0 {
                let check = slice.check.take();
                self.differs |= check.is_some_and(|(mut hasher, expected)| hasher.finish() != expected);
                self.slice = self.slices.next();
            }
        }
        Ok(())
    }
}

impl FileReader {
    /// Creates a reader. One of zstd needs the decoder.
    pub fn new(plan: Plan, limits: Limits, zstd: Option<NewZstd>) -> Self {
        let name = quoted(&String::from_utf8_lossy(&plan.name)).to_string();
        let position = plan.from();
        let mut reader = Self { limits, zstd, name, position, parts: plan.parts.into_iter(), current: None };
        reader.next_part();
        reader
    }

    fn next_part(&mut self) {
        self.current = self.parts.next().map(|part| {
            let mut slices = part.slices.into_iter();
            let slice = slices.next();
            Current {
                from: part.from,
                to: part.to,
                decompressor: Decompressor::resumed(self.limits, part.compression, &part.begin, self.zstd),
                slices: Slices { made: 0, slices, slice, differs: false },
                seals: Seals::new(part.seals),
            }
        });
    }

    /// True once the file is complete: bytes that follow are not needed.
    pub fn is_done(&self) -> bool {
        self.current.is_none()
    }

    /// Takes bytes of the layer, and gives bytes of the file with where they are in it. The holes of a sparse file are left out. What it
    /// gives before an error may be wrong.
    ///
    /// # Errors
    ///
    /// `DIGEST_MISMATCH` if the content has another hash than it should have, those of [`Decompressor::push`], and what `output` returns.
    pub fn push(
        &mut self,
        mut bytes: &[u8],
        output: &mut impl FnMut(u64, &[u8]) -> Result<(), Invalid>,
    ) -> Result<(), Invalid> {
        while let Some(Current { from, to, decompressor, slices, seals }) = &mut self.current
            && !bytes.is_empty()
            && self.position < *to
        {
            let at_most = |count: u64| usize::try_from(count).map_or(bytes.len(), |count| count.min(bytes.len()));
            if self.position < *from {
                let between = at_most(*from - self.position);
                self.position += between as u64;
                bytes = bytes.get(between..).unwrap_or_default();
                continue;
            }
            let used = at_most(*to - self.position);
            let part = bytes.get(..used).unwrap_or_default();
            let is_sealed = seals.take(self.position, part);
            let mut result = Ok(());
            if is_sealed && slices.slice.is_some() {
                result = decompressor.push(part, &mut |bytes: &[u8]| slices.take(bytes, output));
            }
            self.position += used as u64;
            bytes = bytes.get(used..).unwrap_or_default();
            if slices.differs || !is_sealed {
                let message = format!("the content of {} has another hash than it should have", self.name);
                return Err(Invalid::new(code::DIGEST_MISMATCH, message));
            }
            // What is behind the content does not matter.
            if slices.slice.is_none() {
                if seals.is_empty() {
                    self.next_part();
                }
                continue;
            }
            result?;
        }
        Ok(())
    }

    /// Ends the reading, after all bytes of the plan.
    ///
    /// # Errors
    ///
    /// `LAYER_INDEX_INVALID` if the file is not complete: who made the plan was wrong.
    pub fn finish(&self) -> Result<(), Invalid> {
        if self.is_done() {
            return Ok(());
        }
        let (name, position) = (&self.name, self.position);
        Err(invalid(&format!(
            "the content of {name} is not complete at byte {position} of the compressed layer, where the layer's index or table of contents ends it"
        )))
    }
}
