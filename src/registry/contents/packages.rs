//! The packages of an image, from the databases of its package managers.

use std::cell::Cell;
use std::collections::BTreeSet;

use crate::layer::filesystem::{Tree, normalised, shown};
use crate::layer::packages::{Package, apk, dpkg, os_release, rpm};
use crate::layer::tar::{Entry, Kind};
use crate::protocol::code;
use crate::registry::contents::file::Scope;
use crate::registry::contents::listing::Need;
use crate::registry::contents::survey::{Captured, Wanted};
use crate::registry::contents::{Chunks, Contents};
use crate::transport::{Error, Host, Result};

/// os-release(5): the first that is there counts.
const OS_RELEASE: &[&str] = &["etc/os-release", "usr/lib/os-release"];
const DPKG: &str = "var/lib/dpkg/status";
/// Distroless images have a file for each package here.
const DPKG_PARTS: &str = "var/lib/dpkg/status.d/";
const APK: &[&str] = &["lib/apk/db/installed", "usr/lib/apk/db/installed"];
const RPM: &[&str] = &[
    "usr/lib/sysimage/rpm/rpmdb.sqlite",
    "var/lib/rpm/rpmdb.sqlite",
    "usr/lib/sysimage/rpm/Packages.db",
    "var/lib/rpm/Packages.db",
    "usr/lib/sysimage/rpm/Packages",
    "var/lib/rpm/Packages",
];

/// Bytes of all databases of an image: a full desktop has about half of it.
const LARGEST: u64 = 256 << 20;
/// Packages of an image: a full desktop has some 5,000.
const MOST: usize = 1_000_000;

/// A package manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Manager {
    /// Debian's.
    Dpkg,
    /// Alpine's.
    Apk,
    /// Red Hat's and SUSE's.
    Rpm,
}

/// The packages and the system of an image.
#[derive(Debug, Default)]
pub struct Packages {
    /// The assignments of os-release, in their order.
    pub os_release: Vec<(String, String)>,
    /// The packages by name, each with its manager.
    pub packages: Vec<(Manager, Package)>,
}

/// The file system of an image, with the content of a few files.
struct Files {
    tree: Tree,
    captured: Vec<Captured>,
    /// Bytes that may still be read.
    left: Cell<u64>,
}

impl<H: Host> Contents<H> {
    /// Reads which packages an image has.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Contents::tree`], `LAYER_INVALID` or `UNSUPPORTED` for an rpm database that cannot be read, and
    /// `TOO_LARGE` for databases that are too large for any image.
    pub async fn packages(&self) -> Result<Packages> {
        self.packages_with(Need::Entries).await
    }

    /// The same; the layers that are read for it are listed with hashes if these are needed afterwards.
    pub(super) async fn packages_with(&self, need: Need) -> Result<Packages> {
        let is_wanted = |entry: &Entry| normalised(&entry.path).is_some_and(|path| is_database(&path));
        let wanted = Wanted::new(&is_wanted);
        let mut files = Files { tree: Tree::default(), captured: Vec::new(), left: Cell::new(LARGEST) };
        for read in self.read(0..self.image.layers().len(), need, Some(&wanted)).await? {
            files.tree.apply(read.listing.entries().to_vec())?;
            files.captured.push(read.captured);
        }
        let os_release = match self.first(&files, OS_RELEASE).await? {
            Some(text) => os_release(&text),
            None => Vec::new(),
        };
        let mut packages = BTreeSet::new();
        let mut add = |manager, found: Vec<Package>| {
            packages.extend(found.into_iter().map(|one| (one, manager)));
            if packages.len() > MOST { Err(too_large("packages", MOST as u64)) } else { Ok(()) }
        };
        if let Some(status) = self.first(&files, &[DPKG]).await? {
            add(Manager::Dpkg, dpkg(&status))?;
        }
        for path in files.parts() {
            if let Some(status) = self.content(&files, &path).await? {
                add(Manager::Dpkg, dpkg(&status))?;
            }
        }
        if let Some(installed) = self.first(&files, APK).await? {
            add(Manager::Apk, apk(&installed))?;
        }
        if let Some(database) = self.first(&files, RPM).await? {
            add(Manager::Rpm, rpm(&database)?)?;
        }
        Ok(Packages {
            os_release,
            packages: packages.into_iter().map(|(package, manager)| (manager, package)).collect(),
        })
    }

    async fn first(&self, files: &Files, paths: &[&str]) -> Result<Option<Vec<u8>>> {
        for path in paths {
            if let Some(content) = self.content(files, path.as_bytes()).await? {
                return Ok(Some(content));
            }
        }
        Ok(None)
    }

    /// The content of a file, if it is there.
    async fn content(&self, files: &Files, path: &[u8]) -> Result<Option<Vec<u8>>> {
        let Ok((path, node)) = files.tree.follow(path) else { return Ok(None) };
        let (layer, entry) = node.content();
        if entry.kind != Kind::File {
            return Ok(None);
        }
        let left = files.left.get().checked_sub(entry.size);
        let too_large = || too_large("bytes of package databases", LARGEST).and(&format!("one is {}", shown(&path)));
        files.left.set(left.ok_or_else(too_large)?);
        if let Some(content) = files.captured.get(layer).and_then(|captured| captured.get(&entry.header_offset)) {
            return Ok(Some(content.clone()));
        }
        // A link leads to another name, or the file is large.
        let mut read = self.file(&path, Scope::Before(self.image.layers().len())).await?.open().await?;
        let mut content = Vec::new();
        while let Some(bytes) = read.next().await? {
            content.extend_from_slice(&bytes);
        }
        Ok(Some(content))
    }
}

impl Files {
    /// The files of packages that have one each.
    fn parts(&self) -> Vec<Vec<u8>> {
        let is_part = |path: &[u8]| path.starts_with(DPKG_PARTS.as_bytes()) && !path.ends_with(b".md5sums");
        self.tree.nodes().map(|(path, _)| path.to_vec()).filter(|path| is_part(path)).collect()
    }
}

fn too_large(what: &str, limit: u64) -> Error {
    Error::new(code::TOO_LARGE, format!("the image has more {what} than the limit of {limit}"))
        .with_number("limit", limit)
}

fn is_database(path: &[u8]) -> bool {
    let is_one = |of: &[&str]| of.iter().any(|one| one.as_bytes() == path);
    is_one(OS_RELEASE) || is_one(&[DPKG]) || is_one(APK) || is_one(RPM) || path.starts_with(DPKG_PARTS.as_bytes())
}
