//! How many requests a registry gets at a time: more while it responds well, half as many after it was overloaded.

/// Requests at a time in the beginning.
const START: usize = 32;

/// The number of concurrent requests, adapted as TCP adapts its window (RFC 5681): it doubles with each round of
/// responses until the first overload, halves with that, and then grows by one with each round.
#[derive(Debug)]
pub struct Window {
    cap: usize,
    size: usize,
    /// Responses since the last growth by one; `None` while the window doubles.
    credit: Option<usize>,
    /// Number of overloads so far. Requests that were sent before the last one say nothing about the new size.
    epoch: u64,
    /// Requests that the registry's rate limit leaves.
    allowance: usize,
}

impl Window {
    /// Creates a window of at most `cap` (at least 1) requests.
    pub fn new(cap: usize) -> Self {
        let cap = cap.max(1);
        Self { cap, size: START.min(cap), credit: None, epoch: 0, allowance: usize::MAX }
    }

    /// Returns the number of requests that may be in flight.
    pub fn size(&self) -> usize {
        self.size.min(self.allowance)
    }

    /// Identifies the size that a request is sent with; see [`Window::shrink`].
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Records a healthy response that arrived while the window was full.
    pub fn grow(&mut self) {
        match &mut self.credit {
            Some(credit) if *credit + 1 < self.size => *credit += 1,
            credit => {
                credit.iter_mut().for_each(|credit| *credit = 0);
                self.size = (self.size + 1).min(self.cap);
            }
        }
    }

    /// Records that the registry was overloaded by a request of this epoch. Further signs of the same overload change
    /// nothing. `least` is the size below which this overload does not lead.
    pub fn shrink(&mut self, epoch: u64, least: usize) {
        if epoch == self.epoch {
            self.epoch += 1;
            self.size = (self.size / 2).max(least).min(self.size);
            self.credit = Some(0);
        }
    }

    /// Records how many requests the rate limit leaves. One is always sent, to learn of the next period.
    pub fn allow(&mut self, remaining: u64) {
        self.allowance = usize::try_from(remaining).unwrap_or(usize::MAX).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A round: one response for each request of the window.
    fn round(window: &mut Window) -> usize {
        (0..window.size()).for_each(|_| window.grow());
        window.size()
    }

    #[test]
    fn doubles_up_to_the_cap() {
        let mut window = Window::new(5 * START);
        let sizes: Vec<usize> = (0..4).map(|_| round(&mut window)).collect();
        assert_eq!(sizes, [2 * START, 4 * START, 5 * START, 5 * START]);
        for cap in [0, 1, 3] {
            let mut window = Window::new(cap);
            assert_eq!((window.size(), round(&mut window)), (cap.max(1), cap.max(1)));
        }
    }

    #[test]
    fn halves_once_for_each_overload_and_grows_slowly_after() {
        let mut window = Window::new(64);
        round(&mut window);
        let sent = window.epoch();
        (0..10).for_each(|_| window.shrink(sent, 1));
        assert_eq!(window.size(), START);
        assert_eq!([round(&mut window), round(&mut window)], [START + 1, START + 2]);
        for _ in 0..10 {
            window.shrink(window.epoch(), 6);
        }
        assert_eq!(window.size(), 6);
        for _ in 0..10 {
            window.shrink(window.epoch(), 1);
        }
        window.shrink(window.epoch(), 6);
        assert_eq!(window.size(), 1, "one request is always sent");
        assert_eq!([round(&mut window), round(&mut window)], [2, 3]);
    }

    #[test]
    fn a_rate_limit_leaves_less() {
        let mut window = Window::new(64);
        for (remaining, size) in [(3, 3), (0, 1), (u64::MAX, START)] {
            window.allow(remaining);
            assert_eq!(window.size(), size);
        }
    }
}
