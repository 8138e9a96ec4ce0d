//! The map of a sparse file whose form is 1.0: decimal numbers, one a line, in the first blocks of its content.

use super::entry::Segment;
use super::header::BLOCK;
use super::number::decimal;

/// No more than so many segments, as in Go's reader: a map is bytes of the archive, and each of them would take 16 here.
pub(super) const SEGMENTS: usize = 1 << 20;
/// No more than so many bytes of a map.
const MAP: usize = 1 << 20;

/// A map that is being read.
#[derive(Default)]
pub(super) struct MapReader {
    text: Vec<u8>,
    lines: usize,
    /// The number of segments, once the first line is there.
    count: Option<usize>,
}

impl MapReader {
    /// Takes a block; returns the segments when it was the last one.
    pub fn push(&mut self, block: &[u8; BLOCK]) -> Result<Option<Vec<Segment>>, &'static str> {
        if self.text.len() + BLOCK > MAP {
            return Err("the map of a sparse file is too long");
        }
        self.lines += block.iter().filter(|byte| **byte == b'\n').count();
        self.text.extend_from_slice(block);
        if self.lines == 0 {
            return Ok(None);
        }
        let wrong = "the map of a sparse file is malformed";
        let count = match self.count {
            Some(count) => count,
            None => {
                let first = self.text.split(|byte| *byte == b'\n').next();
                first.and_then(decimal).and_then(|count| usize::try_from(count).ok()).ok_or(wrong)?
            }
        };
        self.count = Some(count);
        if count > SEGMENTS {
            return Err("the map of a sparse file is too long");
        }
        if self.lines < 1 + 2 * count {
            return Ok(None);
        }
        let mut numbers = self.text.split(|byte| *byte == b'\n').skip(1).map(decimal);
        let segments = (0..count).map(|_| Some(Segment { offset: numbers.next()??, length: numbers.next()?? }));
        segments.collect::<Option<Vec<_>>>().ok_or(wrong).map(Some)
    }
}

/// True if segments follow each other inside a file of this size.
pub(in crate::layer) fn are_in_order(segments: &[Segment], size: u64) -> bool {
    let mut end = 0;
    segments.iter().all(|segment| {
        let begins_behind = segment.offset >= end;
        end = segment.offset.saturating_add(segment.length);
        begins_behind && end <= size
    })
}

/// Bytes that segments have in all.
pub(in crate::layer) fn stored(segments: &[Segment]) -> u64 {
    segments.iter().fold(0, |sum, segment| sum.saturating_add(segment.length))
}
