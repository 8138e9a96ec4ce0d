//! The template and what is filled into it.

use crate::cargo::Workspace;
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

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
