//! The databases of `tests/vectors/rpm`.

use std::io::Read;

use super::*;
use crate::protocol::code::LAYER_INVALID;

const SQLITE: &[u8] = include_bytes!("../../../../tests/vectors/rpm/rpmdb.sqlite.gz");
const BERKELEY: &[u8] = include_bytes!("../../../../tests/vectors/rpm/Packages.gz");
/// What `rpm -qa` says of them: name, epoch, version, release, architecture and source.
const LISTED: &str = include_str!("../../../../tests/vectors/rpm/packages.txt");

fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    flate2::read::GzDecoder::new(bytes).read_to_end(&mut out).unwrap();
    out
}

fn listed() -> Vec<Package> {
    let package = |line: &str| {
        let [name, epoch, version, release, architecture, source] =
            line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let given = |text: &str| Some(text.to_owned()).filter(|text| text != "(none)");
        let epoch = given(epoch).map_or(String::new(), |epoch| format!("{epoch}:"));
        let source =
            given(source).map(|source| source.trim_end_matches(".src.rpm").rsplitn(3, '-').last().unwrap().into());
        Package {
            name: name.into(),
            version: format!("{epoch}{version}-{release}"),
            architecture: given(architecture),
            source: source.filter(|source| source != name),
        }
    };
    let mut packages: Vec<_> = LISTED.lines().map(package).filter(|package| package.name != "gpg-pubkey").collect();
    packages.sort();
    packages
}

/// ndb, written to its description: Debian's rpm has no such backend.
fn ndb(headers: &[Vec<u8>]) -> Vec<u8> {
    let pages = 2;
    let words = |words: &[u32]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<_>>();
    let mut slots = [b"RpmP".to_vec(), words(&[0, 7, pages, 100, 0, 0, 0])].concat();
    let mut blobs = Vec::new();
    for (number, header) in (1..).zip(headers) {
        let block = pages * 256 + blobs.len() as u32 / 16;
        let (start, length) = (blobs.len(), header.len() as u32);
        blobs.extend([b"BlbS".to_vec(), words(&[number, 5, length])].concat());
        blobs.extend_from_slice(header);
        // What stands behind a blob ends with a block.
        blobs.resize((blobs.len() + 12).next_multiple_of(16) - 12, 0);
        blobs.extend([words(&[0, length]), b"BlbE".to_vec()].concat());
        slots.extend([b"Slot".to_vec(), words(&[number, block, (blobs.len() - start) as u32 / 16])].concat());
        if number == 3 {
            slots.extend([b"Slot".to_vec(), words(&[0, 0, 0])].concat());
        }
    }
    while slots.len() < pages as usize * 4096 {
        slots.extend([b"Slot".to_vec(), words(&[0, 0, 0])].concat());
    }
    [slots, blobs].concat()
}

fn all() -> [Vec<u8>; 3] {
    let sqlite = unpacked(SQLITE);
    let ndb = ndb(&sqlite::blobs(&sqlite).unwrap());
    [sqlite, unpacked(BERKELEY), ndb]
}

#[test]
fn packages_are_those_that_rpm_lists() {
    let listed = listed();
    assert_eq!(listed.len(), 42);
    let of = |name: &str| listed.iter().find(|package| package.name == name).unwrap();
    assert_eq!((of("part-3").version.as_str(), of("part-3").source.as_deref()), ("4:1.2-3", Some("tiny")));
    assert_eq!((of("plain").version.as_str(), of("plain").source.as_deref()), ("20240101~rc1-1.sample", None));
    for database in all() {
        assert_eq!(rpm(&database).unwrap(), listed);
    }
}

#[test]
fn damaged_databases() {
    for database in all() {
        for end in (20..database.len()).step_by(4001) {
            let error = rpm(&database[..end]).unwrap_err();
            assert_eq!(error.code, LAYER_INVALID, "{end}: {error}");
        }
        // Whatever is changed, something comes of it.
        let mut damaged = database.clone();
        for at in (0..database.len()).step_by(997) {
            damaged[at] ^= 0xff;
            drop(rpm(&damaged));
            if at % 5 > 0 {
                damaged[at] ^= 0xff;
            }
        }
    }
    for other in [&b""[..], b"SQLite format 2\0", &[0; 1000]] {
        assert_eq!(rpm(other).unwrap_err().code, code::UNSUPPORTED);
    }
}

/// Pages that lead to each other, and blobs that are the same bytes.
#[test]
fn nothing_is_read_twice() {
    let [sqlite, berkeley, ndb] = all();
    let mut circle = sqlite;
    // The first page of the table leads to itself, by its last pointer.
    circle[4096 + 8..4096 + 12].copy_from_slice(&2_u32.to_be_bytes());
    let mut overlap = ndb;
    for slot in 3..200 {
        let (slots, first) = (slot * 16, overlap[32..48].to_vec());
        overlap[slots..slots + 16].copy_from_slice(&first);
    }
    let mut chain = berkeley;
    for page in chain.chunks_exact_mut(4096).filter(|page| page[25] == 7) {
        let own: [u8; 4] = page[8..12].try_into().unwrap();
        page[16..20].copy_from_slice(&own);
    }
    for database in [circle, overlap, chain] {
        assert_eq!(rpm(&database).unwrap_err().code, LAYER_INVALID);
    }
}
