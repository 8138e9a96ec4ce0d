//! Sorting. All sorts are one small function, which sorts numbers: the standard library's is compiled again for every type, and
//! adds some four kilobytes to the package each time.

use std::cmp::Ordering;

/// Returns the items in order. The sort is stable.
pub fn sorted<T: Ord>(items: Vec<T>) -> Vec<T> {
    sorted_by(items, T::cmp)
}

/// Returns the items, sorted by `compare`. The sort is stable.
pub fn sorted_by<T>(items: Vec<T>, compare: impl Fn(&T, &T) -> Ordering) -> Vec<T> {
    let order = ordered(items.len(), &|one, other| match (items.get(one), items.get(other)) {
        (Some(one), Some(other)) => compare(one, other),
        _ => Ordering::Equal,
    });
    arrange(items, &order)
}

/// Returns the numbers below `count`, sorted by `compare`. The sort is stable: runs are merged, whose length doubles.
pub fn ordered(count: usize, compare: &dyn Fn(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut length = 1;
    while length < count {
        let mut merged = Vec::with_capacity(count);
        for runs in order.chunks(2 * length) {
            let (mut left, mut right) = runs.split_at(length.min(runs.len()));
            while let (Some(one), Some(other)) = (left.first(), right.first()) {
                let run = if compare(*one, *other).is_gt() { &mut right } else { &mut left };
                merged.extend(run.split_off_first());
            }
            merged.extend_from_slice(left);
            merged.extend_from_slice(right);
        }
        order = merged;
        length *= 2;
    }
    order
}

/// Puts items into an order that [`ordered`] returned.
pub fn arrange<T>(items: Vec<T>, order: &[usize]) -> Vec<T> {
    let mut slots: Vec<Option<T>> = items.into_iter().map(Some).collect();
    order.iter().filter_map(|number| slots.get_mut(*number)?.take()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_standard_librarys_stable_sort() {
        let mut chance = 1_u64;
        for count in 0..200 {
            let mut items: Vec<(u64, usize)> = Vec::new();
            for at in 0..count {
                chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                items.push(((chance >> 33) % 20, at));
            }
            let mut expected = items.clone();
            expected.sort_by_key(|(key, _)| *key);
            assert_eq!(sorted_by(items.clone(), |one, other| one.0.cmp(&other.0)), expected);
            items.reverse();
            assert_eq!(sorted(items), expected);
        }
    }
}
