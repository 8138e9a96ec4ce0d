//! What a block of deflate refers to of the 32 KiB before it (RFC 1951): a sixth of them at most in usual layers, so that the rest is left out.

use crate::layer::varint;

/// How far back deflate refers.
pub(in crate::layer) const WINDOW: usize = 32 << 10;
/// A gap of so few bytes takes more room than the bytes.
const GAP: usize = 2;

/// The bytes before a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Window {
    length: usize,
    /// Runs: how many bytes are left out, how many follow, and these.
    runs: Vec<u8>,
}

impl Window {
    /// Keeps the bytes that are used.
    pub(super) fn sparse(bytes: &[u8], used: &[bool]) -> Self {
        let mut runs = Vec::new();
        let mut end = 0;
        let mut at = 0;
        let is_used = |at: usize| used.get(at).copied().unwrap_or_default();
        while at < bytes.len() {
            if !is_used(at) {
                at += 1;
                continue;
            }
            let start = at;
            while at < bytes.len() && (at..=at + GAP).any(is_used) {
                at += 1;
            }
            varint::put(&mut runs, (start - end) as u64);
            varint::put(&mut runs, (at - start) as u64);
            runs.extend_from_slice(bytes.get(start..at).unwrap_or_default());
            end = at;
        }
        Self { length: bytes.len(), runs }
    }

    /// Keeps all bytes but zeros.
    pub(in crate::layer) fn of(bytes: &[u8]) -> Self {
        let used: Vec<bool> = bytes.iter().map(|byte| *byte != 0).collect();
        Self::sparse(bytes, &used)
    }

    /// Bytes that are kept, with what separates them.
    pub(super) fn stored(&self) -> usize {
        self.runs.len()
    }

    /// The whole window: what was left out is zero.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.length];
        Self::each_run(self.length, &self.runs, |at, run| {
            if let Some(place) = bytes.get_mut(at..at + run.len()) {
                place.copy_from_slice(run);
            }
        });
        bytes
    }

    /// Calls `take` with each run and its place; `None` if they do not fit.
    fn each_run(length: usize, mut runs: &[u8], mut take: impl FnMut(usize, &[u8])) -> Option<()> {
        let mut at = 0_usize;
        while !runs.is_empty() {
            at = at.checked_add(usize::try_from(varint::take(&mut runs)?).ok()?)?;
            let count = usize::try_from(varint::take(&mut runs)?).ok()?;
            let run = runs.split_off(..count)?;
            at.checked_add(count).filter(|end| *end <= length)?;
            take(at, run);
            at += count;
        }
        Some(())
    }

    /// Appends it in the form that [`Self::take`] reads.
    pub(crate) fn put(&self, out: &mut Vec<u8>) {
        varint::put(out, self.length as u64);
        varint::put(out, self.runs.len() as u64);
        out.extend_from_slice(&self.runs);
    }

    /// Takes one from the front of the bytes.
    pub(crate) fn take(bytes: &mut &[u8]) -> Option<Self> {
        let length = usize::try_from(varint::take(bytes)?).ok().filter(|length| *length <= WINDOW)?;
        let count = usize::try_from(varint::take(bytes)?).ok()?;
        let runs = bytes.split_off(..count)?.to_vec();
        Self::each_run(length, &runs, |_, _| {})?;
        Some(Self { length, runs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_used_is_kept() {
        let bytes: Vec<u8> = (0..1000).map(|at| (at % 255 + 1) as u8).collect();
        for every in [1, 2, 3, 4, 7, 999, 2000] {
            let used: Vec<bool> = (1..=1000).map(|at| at % every == 0).collect();
            let window = Window::sparse(&bytes, &used);
            let expanded = window.bytes();
            assert_eq!(expanded.len(), 1000);
            assert!((0..1000).all(|at| !used[at] || expanded[at] == bytes[at]), "{every}");
            assert!(every < 7 || expanded.iter().filter(|byte| **byte != 0).count() < 200, "{every}");
            let mut out = Vec::new();
            window.put(&mut out);
            let mut rest = out.as_slice();
            assert_eq!(Window::take(&mut rest).as_ref(), Some(&window));
            assert!(rest.is_empty());
            for end in 0..out.len() {
                assert_eq!(Window::take(&mut &out[..end]), None);
            }
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        // Longer than any window; a run behind the end; more runs than there are bytes.
        for bytes in [&[0x81, 0x80, 2, 0][..], &[4, 3, 3, 2, 9], &[4, 200, 1, 0], &[4, 2, 0, 5]] {
            assert_eq!(Window::take(&mut &*bytes), None);
        }
    }
}
