//! Archives of Go's test suite (`../shared/vectors/tar`), like [`crate::peer_vectors`].

use std::path::Path;

use crate::support::archives::check;

/// Own cases: `archives::archives_are_read_as_go_reads_them`.
#[test]
#[ignore = "../shared/vectors"]
fn archives_of_go() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/vectors/tar");
    check(&folder, |case| case["set"] == "go", &[]);
}
