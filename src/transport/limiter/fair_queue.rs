//! The requests that wait for their turn.

use std::collections::VecDeque;

use crate::transport::request::LogicalTime;

/// A queue in which the user's calls take turns, so that a call of one request does not wait for one of thousands.
/// Within a call it is first come, first served.
pub struct FairQueue<T>(VecDeque<(LogicalTime, VecDeque<T>)>);

impl<T> Default for FairQueue<T> {
    fn default() -> Self {
        Self(VecDeque::new())
    }
}

impl<T> FairQueue<T> {
    /// Adds a request of a call.
    pub fn add(&mut self, call: LogicalTime, waiting: T) {
        match self.0.iter_mut().find(|(other, _)| *other == call) {
            Some((_, own)) => own.push_back(waiting),
            None => self.0.push_back((call, VecDeque::from([waiting]))),
        }
    }

    /// Removes the next request.
    pub fn next(&mut self) -> Option<T> {
        let (call, mut own) = self.0.pop_front()?;
        let next = own.pop_front();
        if !own.is_empty() {
            self.0.push_back((call, own));
        }
        next
    }

    /// Returns true if no request waits.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_take_turns() {
        let mut queue = FairQueue::default();
        let [many, few, late] = [(); 3].map(|()| LogicalTime::now());
        for (call, all) in [(many, &["a1", "a2", "a3", "a4"][..]), (few, &["b1", "b2"])] {
            all.iter().for_each(|waiting| queue.add(call, *waiting));
        }
        assert_eq!([queue.next(), queue.next(), queue.next()], [Some("a1"), Some("b1"), Some("a2")]);
        queue.add(late, "c1");
        let rest: Vec<_> = std::iter::from_fn(|| queue.next()).collect();
        assert_eq!(rest, ["b2", "a3", "c1", "a4"]);
        assert!(queue.is_empty());
    }
}
