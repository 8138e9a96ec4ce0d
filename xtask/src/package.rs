//! The template and what is filled into it.

use crate::cargo::Workspace;
use anyhow::{Context, Result, ensure};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The version in the template's package.json: cargo's is the one that counts.
const VERSION: &str = "\"version\": \"0.0.0\"";

/// Fills `pkg-template` into `package`, which holds the generated `wasm/` already.
pub fn fill(workspace: &Workspace, package: &Path) -> Result<()> {
    copy(&workspace.root.join("pkg-template"), package)?;

    let manifest = package.join("package.json");
    let text = fs::read_to_string(&manifest).context("reading pkg-template/package.json")?;
    ensure!(text.matches(VERSION).count() == 1, "pkg-template/package.json must hold {VERSION} once");
    fs::write(&manifest, text.replace(VERSION, &format!("\"version\": \"{}\"", workspace.version()?)))?;

    // TypeScript takes a .d.ts of this package for an ES module; `require` needs the same text under the other name.
    for entry in ["index", "node"] {
        let types = package.join(entry).with_extension("d.ts");
        fs::copy(&types, types.with_extension("cts")).with_context(|| format!("copying {}", types.display()))?;
    }

    for name in ["LICENSE", "CHANGELOG.md"] {
        let from = workspace.root.join(name);
        if from.is_file() {
            fs::copy(&from, package.join(name)).with_context(|| format!("copying {name}"))?;
        }
    }
    Ok(())
}

/// An empty folder, whatever was there.
pub fn empty(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => fs::create_dir_all(folder),
    }
    .with_context(|| format!("emptying {}", folder.display()))
}

/// Removes a folder.
pub fn remove(folder: &Path) -> Result<()> {
    fs::remove_dir_all(folder).with_context(|| format!("removing {}", folder.display()))
}

/// Compares the files of two folders. Returns how many there are; an error names those that differ.
pub fn compare(one: &Path, other: &Path) -> Result<usize> {
    let (one, other) = (contents(one)?, contents(other)?);
    let names: BTreeSet<&PathBuf> = one.keys().chain(other.keys()).collect();
    let different: Vec<_> = names.iter().filter(|name| one.get(**name) != other.get(**name)).collect();
    ensure!(different.is_empty(), "these files are not the same in two builds: {different:?}");
    ensure!(!names.is_empty(), "there are no files to compare");
    Ok(names.len())
}

/// The files of a folder, by their paths in it.
fn contents(folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).with_context(|| format!("reading {}", folder.display()))? {
        let entry = entry?;
        let name = PathBuf::from(entry.file_name());
        if entry.file_type()?.is_dir() {
            found.extend(contents(&entry.path())?.into_iter().map(|(inner, bytes)| (name.join(inner), bytes)));
        } else {
            found.insert(name, fs::read(entry.path())?);
        }
    }
    Ok(found)
}

/// A folder's contents into another folder.
pub fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("reading {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target).with_context(|| format!("copying {}", entry.path().display()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_that_differ_are_named() {
        let root = std::env::temp_dir().join(format!("xtask-compare-{}", std::process::id()));
        let (one, other) = (root.join("one"), root.join("other"));
        for folder in [&one, &other] {
            empty(&folder.join("inner")).expect("a folder");
            fs::write(folder.join("inner/same"), "same").expect("a file");
        }
        assert_eq!(compare(&one, &other).expect("the same"), 1);
        fs::write(one.join("inner/more"), "").expect("a file");
        fs::write(other.join("inner/same"), "else").expect("a file");
        let message = compare(&one, &other).expect_err("two differ").to_string();
        assert!(message.contains("inner/more") && message.contains("inner/same"), "{message}");
        empty(&one).and(empty(&other)).expect("empty folders");
        compare(&one, &other).expect_err("nothing to compare");
        remove(&root).expect("removed");
    }
}
