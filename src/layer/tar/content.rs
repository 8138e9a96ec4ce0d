//! Where the next bytes of an entry are in its file.

use super::entry::Segment;

/// The content of an entry.
pub(in crate::layer) struct Content {
    segments: std::vec::IntoIter<Segment>,
    /// Where the next bytes are in the file, and how many of them are in this segment.
    pub at: u64,
    pub in_segment: u64,
    pub remaining: u64,
    pub padding: u64,
}

impl Content {
    /// Content in these segments, of which so many bytes are stored.
    pub fn new(segments: Vec<Segment>, stored: u64, padding: u64) -> Self {
        let mut content = Self { segments: segments.into_iter(), at: 0, in_segment: 0, remaining: stored, padding };
        content.advance(0);
        content
    }

    /// Goes on by so many bytes, and into the next segment that has any.
    pub fn advance(&mut self, used: u64) {
        self.at += used;
        self.in_segment -= used;
        self.remaining -= used;
        while self.in_segment == 0 {
            let Some(segment) = self.segments.next() else { break };
            (self.at, self.in_segment) = (segment.offset, segment.length);
        }
    }
}
