//! Where decompression can begin in the middle of a layer, as it is found while the layer is read once.

use super::window::Window;

/// Uncompressed bytes between checkpoints that need a window, which is the most of an index: with this, it is about 1 % of a layer.
const SPACING: u64 = 1 << 20;
/// Uncompressed bytes between members or frames that are noted, and between marks: they cost a few bytes each.
const FREE_SPACING: u64 = 64 << 10;
/// Bytes of checkpoints, and marks: beyond them every second is left out.
const BYTES: usize = 8 << 20;
const MARKS: usize = 1 << 17;

/// Where decompression can begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// The bit of the compressed layer, counted from the lowest bit of the first byte: blocks of deflate begin anywhere.
    pub bit: u64,
    /// The byte of the uncompressed layer.
    pub offset: u64,
    /// What comes before and is referred to; `None` where a gzip member or a zstd frame begins.
    pub window: Option<Window>,
}

/// How much of the compressed layer gives how much of the uncompressed one, from whichever checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// Uncompressed bytes, at least.
    pub made: u64,
    /// Compressed bytes.
    pub used: u64,
}

/// The places in a layer, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Points {
    /// Where decompression can begin.
    pub checkpoints: Vec<Checkpoint>,
    /// How far it has to go.
    pub marks: Vec<Mark>,
    spacing: u64,
    free_spacing: u64,
    bytes: usize,
}

impl Default for Points {
    fn default() -> Self {
        let (checkpoints, marks) = Default::default();
        Self { checkpoints, marks, spacing: SPACING, free_spacing: FREE_SPACING, bytes: 0 }
    }
}

impl Points {
    fn since(&self, offset: u64) -> u64 {
        self.checkpoints.last().map_or(u64::MAX, |last| offset.saturating_sub(last.offset))
    }

    /// True if another checkpoint with a window is wanted behind so many bytes.
    pub(super) fn is_wanted(&self, offset: u64) -> bool {
        self.since(offset) >= self.spacing
    }

    /// Bytes until [`Self::is_wanted`].
    pub(super) fn until_wanted(&self, offset: u64) -> u64 {
        self.spacing.saturating_sub(self.since(offset))
    }

    /// Notes that a member or frame begins.
    pub(crate) fn begins(&mut self, used: u64, offset: u64) {
        if self.since(offset) >= self.free_spacing {
            self.push(Checkpoint { bit: used * 8, offset, window: None });
        }
    }

    pub(super) fn push(&mut self, checkpoint: Checkpoint) {
        self.bytes += size_of::<Checkpoint>() + checkpoint.window.as_ref().map_or(0, Window::stored);
        self.checkpoints.push(checkpoint);
        if self.bytes > BYTES {
            let mut count = 0;
            self.checkpoints.retain(|_| {
                count += 1;
                count % 2 == 1
            });
            let stored = |one: &Checkpoint| size_of::<Checkpoint>() + one.window.as_ref().map_or(0, Window::stored);
            self.bytes = self.checkpoints.iter().map(stored).sum();
            self.spacing *= 2;
            self.free_spacing *= 2;
        }
    }

    /// Notes that so many compressed bytes have given so many uncompressed ones.
    pub(crate) fn mark(&mut self, used: u64, made: u64) {
        if made.saturating_sub(self.marks.last().map_or(0, |last| last.made)) < self.free_spacing {
            return;
        }
        self.marks.push(Mark { made, used });
        if self.marks.len() > MARKS {
            let mut count = 0;
            self.marks.retain(|_| {
                count += 1;
                count % 2 == 0
            });
        }
    }

    /// The last checkpoint at or before a byte of the uncompressed layer.
    pub fn before(&self, offset: u64) -> Option<&Checkpoint> {
        let count = self.checkpoints.partition_point(|one| one.offset <= offset);
        self.checkpoints.get(count.checked_sub(1)?)
    }

    /// How many compressed bytes give at least so many uncompressed ones, if that is known.
    pub fn enough_for(&self, made: u64) -> Option<u64> {
        self.marks.get(self.marks.partition_point(|mark| mark.made < made)).map(|mark| mark.used)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beyond_a_limit_every_second_is_left_out() {
        let mut points = Points::default();
        points.begins(0, 0);
        let window = || Window::sparse(&[7; 1000], &[true; 1000]);
        for number in 1..20_000 {
            let offset = number * SPACING;
            if points.is_wanted(offset) {
                points.push(Checkpoint { bit: number, offset, window: Some(window()) });
            }
        }
        assert!(points.bytes <= BYTES && points.checkpoints.len() > 4000, "{}", points.checkpoints.len());
        let gaps = points.checkpoints.windows(2).map(|pair| pair[1].offset - pair[0].offset);
        assert!(gaps.max() == Some(4 * SPACING) && points.spacing == 4 * SPACING);
        assert_eq!(points.before(0).map(|one| one.offset), Some(0));
        for number in 1..=300_000 {
            points.mark(number, number * FREE_SPACING * 4);
        }
        assert!(points.marks.len() <= MARKS && points.marks.len() > MARKS / 4);
        assert!(points.enough_for(1) >= Some(1) && points.enough_for(u64::MAX).is_none());
    }
}
