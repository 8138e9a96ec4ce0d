//! Finding checkpoints in gzip while it is read: at the end of a block, whenever the last one is far enough behind.

use super::phase::Candidate;
use super::points::Points;
use super::window::WINDOW;

/// Uncompressed bytes between an attempt that failed and the next one.
const RETRY: u64 = 512 << 10;

#[derive(Default)]
pub(super) struct Record {
    points: Points,
    /// Uncompressed bytes so far.
    made: u64,
    /// The last of them in this member, once a checkpoint is near.
    tail: Vec<u8>,
    last: u8,
    /// An attempt costs a dozen windows: if blocks begin where nobody can tell, few of them are tried.
    next_attempt: u64,
    candidate: Option<Candidate>,
}

impl Record {
    pub fn into_points(self) -> Points {
        self.points
    }

    /// A member begins behind so many compressed bytes.
    pub fn begin_member(&mut self, used: u64) {
        self.points.begins(used, self.made);
        // What is left of a member is too short to tell where its blocks begin.
        self.candidate = None;
        self.tail.clear();
    }

    /// True if the decoder has to stop at the end of a block.
    pub fn wants_block(&self) -> bool {
        self.candidate.is_none() && self.made >= self.next_attempt && self.points.is_wanted(self.made)
    }

    /// Takes compressed bytes up to `used` with what they gave. A block ends with them, or not.
    pub fn take(&mut self, used: u64, compressed: &[u8], made: &[u8], is_block: bool) {
        self.made += made.len() as u64;
        self.points.mark(used, self.made);
        self.last = compressed.last().copied().unwrap_or(self.last);
        if let Some(mut candidate) = self.candidate.take() {
            candidate.compressed.extend_from_slice(compressed);
            candidate.made.extend_from_slice(made);
            match candidate.is_ripe() {
                false => self.candidate = Some(candidate),
                true => match candidate.resolve() {
                    Some(checkpoint) => self.points.push(checkpoint),
                    None => self.next_attempt = self.made + RETRY,
                },
            }
        }
        if self.points.until_wanted(self.made) >= WINDOW as u64 {
            self.tail.clear();
            return;
        }
        self.tail.extend_from_slice(made);
        if is_block {
            let window = self.tail.split_off(self.tail.len().saturating_sub(WINDOW));
            let (compressed, made) = (vec![self.last], Vec::new());
            self.candidate = Some(Candidate { used, offset: self.made, window, compressed, made });
        }
        if is_block || self.tail.len() > 8 * WINDOW {
            self.tail.drain(..self.tail.len().saturating_sub(WINDOW));
        }
    }
}
