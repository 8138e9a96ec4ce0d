//! Archives that were made for this project (`tests/vectors/tar`).

use std::path::Path;

use crate::support::archives::check;

#[test]
fn archives_are_read_as_go_reads_them() {
    let otherwise = [
        ("gz-bad-crc.tar.gz", "the layer is read to its end, so that its checksum counts"),
        ("pax-size-plus.tar", "POSIX has digits only"),
        ("zst-bomb-64mib-window31.tar.zst", "the frame asks for a window of 2 GiB"),
        ("sparse-realsize-bomb.tar", "holes are not read"),
    ];
    check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/tar"), |_| true, &otherwise);
}
