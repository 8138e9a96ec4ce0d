//! What differs between the packages of two images.

use std::collections::{BTreeMap, BTreeSet};

use crate::layer::packages::Package;
use crate::registry::contents::packages::Manager;

/// A package that one of two images lacks, or has in another version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageChange {
    /// Its manager.
    pub manager: Manager,
    /// Its name.
    pub name: String,
    /// Its architecture, if the database tells it.
    pub architecture: Option<String>,
    /// The version that the first image has.
    pub before: Option<String>,
    /// The version that the second image has.
    pub after: Option<String>,
}

/// Compares the packages of two images. A package that is there in several versions, as kernels are, has a change for each.
pub fn package_changes(before: &[(Manager, Package)], after: &[(Manager, Package)]) -> Vec<PackageChange> {
    let (mut ones, mut others) = (versions(before), versions(after));
    let keys: BTreeSet<_> = ones.keys().chain(others.keys()).copied().collect();
    let mut changes = Vec::new();
    for (name, manager, architecture) in keys {
        let key = (name, manager, architecture);
        let (one, other) = (ones.remove(&key).unwrap_or_default(), others.remove(&key).unwrap_or_default());
        let (gone, new): (Vec<_>, Vec<_>) = (one.difference(&other).collect(), other.difference(&one).collect());
        let mut add = |before: Option<&&str>, after: Option<&&str>| {
            let text = |version: &&str| (*version).to_owned();
            let (name, architecture) = (name.to_owned(), architecture.map(str::to_owned));
            let (before, after) = (before.map(text), after.map(text));
            changes.push(PackageChange { manager, name, architecture, before, after });
        };
        if let ([gone], [new]) = (&*gone, &*new) {
            add(Some(gone), Some(new));
        } else {
            gone.into_iter().for_each(|version| add(Some(version), None));
            new.into_iter().for_each(|version| add(None, Some(version)));
        }
    }
    changes
}

type Versions<'a> = BTreeMap<(&'a str, Manager, Option<&'a str>), BTreeSet<&'a str>>;

fn versions(packages: &[(Manager, Package)]) -> Versions<'_> {
    let mut versions = Versions::new();
    for (manager, package) in packages {
        let key = (package.name.as_str(), *manager, package.architecture.as_deref());
        versions.entry(key).or_default().insert(package.version.as_str());
    }
    versions
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Packages of `name=version`, or `name:architecture=version`.
    fn packages(texts: &[&str]) -> Vec<(Manager, Package)> {
        let package = |text: &&str| {
            let (name, version) = text.split_once('=').expect("a version");
            let (name, architecture) = match name.split_once(':') {
                Some((name, architecture)) => (name, Some(architecture.to_owned())),
                None => (name, None),
            };
            let (name, version) = (name.to_owned(), version.to_owned());
            (Manager::Dpkg, Package { name, version, architecture, source: None })
        };
        texts.iter().map(package).collect()
    }

    fn shown(before: &[&str], after: &[&str]) -> Vec<String> {
        let changes = package_changes(&packages(before), &packages(after));
        let shown = |change: &PackageChange| {
            let version = |version: &Option<String>| version.clone().unwrap_or_default();
            let architecture = change.architecture.as_ref().map(|name| format!(":{name}")).unwrap_or_default();
            format!("{}{architecture} {}>{}", change.name, version(&change.before), version(&change.after))
        };
        changes.iter().map(shown).collect()
    }

    #[test]
    fn added_removed_and_changed() {
        for (before, after, changes) in [
            (&["a=1", "b=1", "c=1"][..], &["a=1", "c=2", "d=1"][..], &["b 1>", "c 1>2", "d >1"][..]),
            (&["a:amd64=1", "a:i386=1"], &["a:amd64=2", "a:i386=1"], &["a:amd64 1>2"]),
            (&["a:amd64=1"], &["a:arm64=1"], &["a:amd64 1>", "a:arm64 >1"]),
            (&["kernel=1", "kernel=2"], &["kernel=2", "kernel=3"], &["kernel 1>3"]),
            (&["kernel=1", "kernel=2"], &["kernel=3"], &["kernel 1>", "kernel 2>", "kernel >3"]),
            (&[], &[], &[]),
        ] {
            assert_eq!(shown(before, after), changes, "{before:?} {after:?}");
        }
        let dpkg = packages(&["a=1"]);
        let apk: Vec<_> = dpkg.iter().map(|(_, package)| (Manager::Apk, package.clone())).collect();
        assert_eq!(package_changes(&dpkg, &apk).len(), 2);
    }
}
