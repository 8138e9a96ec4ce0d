//! Parses `X-Docker-Endpoints`: the registry hosts for the images of an index.

/// Returns the hosts with their ports, in order; invalid ones are omitted.
pub fn endpoints<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let is_host = |host: &&str| !host.is_empty() && !host.contains(['/', '@', '?', '#', '\\', ' ']);
    values.flat_map(|value| value.split(',')).map(str::trim).filter(is_host).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads() {
        for (values, expected) in [
            (&[][..], &[][..]),
            (&["registry.test"], &["registry.test"]),
            (&["a.test:5000, b.test", "c.test"], &["a.test:5000", "b.test", "c.test"]),
            (&[" ,, "], &[]),
            (&["https://a.test, me@b.test, c.test/v1, d.test?x, ok.test"], &["ok.test"]),
        ] {
            assert_eq!(endpoints(values.iter().copied()), expected, "{values:?}");
        }
    }
}
