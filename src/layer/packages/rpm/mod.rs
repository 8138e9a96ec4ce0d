//! rpm's database: `rpmdb.sqlite`, `Packages.db` (ndb, of SUSE) or `Packages` (Berkeley DB, of rpm before 4.16), in `usr/lib/sysimage/rpm` or
//! `var/lib/rpm`. All of them hold the header of each package.

mod bdb;
mod header;
mod ndb;
mod sqlite;
#[cfg(test)]
mod tests;

use super::Package;
use crate::layer::broken;
use crate::protocol::code;
use crate::protocol::invalid::Invalid;

/// Reads the packages that are installed, sorted. The keys that rpm keeps as packages (`gpg-pubkey`) do not count.
///
/// A write-ahead log beside a sqlite database (`rpmdb.sqlite-wal`) is not read: it is empty in images, since rpm ends it when it ends.
///
/// # Errors
///
/// `LAYER_INVALID` if the database is damaged, `UNSUPPORTED` if it is of no known kind.
pub fn rpm(database: &[u8]) -> Result<Vec<Package>, Invalid> {
    let headers = if sqlite::is_one(database) {
        sqlite::blobs(database)
    } else if ndb::is_one(database) {
        ndb::blobs(database)
    } else if bdb::is_one(database) {
        bdb::blobs(database)
    } else {
        let message = "the rpm database is neither sqlite nor ndb nor a hash of Berkeley DB";
        return Err(Invalid::new(code::UNSUPPORTED, message.into()));
    };
    let damaged = |what: &str| broken(format!("the rpm database is damaged: {what}"));
    let mut packages = Vec::new();
    for header in headers.map_err(damaged)? {
        packages.extend(header::package(&header).map_err(damaged)?);
    }
    packages.sort();
    Ok(packages)
}

/// A number at a place, with its lowest byte first.
fn little(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..)?.first_chunk().copied().map(u32::from_le_bytes)?;
    usize::try_from(number).ok()
}

/// A number at a place, with its highest byte first.
fn big(bytes: &[u8], at: usize) -> Option<usize> {
    let number = bytes.get(at..)?.first_chunk().copied().map(u32::from_be_bytes)?;
    usize::try_from(number).ok()
}
