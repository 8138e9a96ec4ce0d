//! Everything asked of cargo and rustc.

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The crate the package is made of.
pub const CRATE: &str = "docker-registry-client-wasm";
/// Its compilation target.
pub const WASM: &str = "wasm32-unknown-unknown";

/// What `cargo metadata` says of the workspace.
#[derive(Deserialize)]
pub struct Workspace {
    /// The checkout.
    #[serde(rename = "workspace_root")]
    pub root: PathBuf,
    /// Where cargo puts what it builds.
    #[serde(rename = "target_directory")]
    pub target: PathBuf,
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    manifest_path: PathBuf,
    source: Option<String>,
}

impl Workspace {
    /// Reads the workspace xtask belongs to.
    pub fn load() -> Result<Self> {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let output = cargo()
            .args(["metadata", "--format-version=1", "--filter-platform", WASM])
            .arg("--manifest-path")
            .arg(manifest)
            .stderr(Stdio::inherit())
            .output()
            .context("cargo metadata")?;
        if !output.status.success() {
            bail!("cargo metadata failed");
        }
        serde_json::from_slice(&output.stdout).context("reading what cargo metadata says")
    }

    /// Version of the crate, and so of the package.
    pub fn version(&self) -> Result<&str> {
        let package = self.packages.iter().find(|package| package.name == CRATE);
        Ok(&package.with_context(|| format!("no package {CRATE} in the workspace"))?.version)
    }

    /// The folders that the crate, its dependencies and the standard library are compiled from. A panic's message names its
    /// source file, and the package that ships must neither tell where it was built nor differ because of it.
    pub fn source_folders(&self) -> Result<BTreeSet<PathBuf>> {
        let registries = self.packages.iter().filter(|package| package.source.is_some());
        let folders = registries.filter_map(|package| package.manifest_path.parent()?.parent());
        let library = rustc(&["--print", "sysroot"])?.join("lib/rustlib/src/rust");
        Ok(folders.map(Path::to_owned).chain([self.root.clone(), library]).collect())
    }
}

/// The cargo that runs this.
pub fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")))
}

/// One line of `cargo build --message-format=json`.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    filenames: Vec<PathBuf>,
    executable: Option<PathBuf>,
    target: Option<Target>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

/// Runs `cargo build` and returns the files it made of the target called `name`.
pub fn build(mut command: Command, name: &str) -> Result<Vec<PathBuf>> {
    let command = command.arg("--message-format=json-render-diagnostics").stderr(Stdio::inherit());
    let output = command.output().context("cargo build")?;
    if !output.status.success() {
        bail!("cargo build failed");
    }
    let mut files = Vec::new();
    for line in output.stdout.split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"{")) {
        let message: Message = serde_json::from_slice(line).context("reading what cargo build says")?;
        let named = message.target.is_some_and(|target| target.name == name);
        if named && message.reason == "compiler-artifact" {
            files.extend(message.filenames);
            files.extend(message.executable);
        }
    }
    Ok(files)
}

/// Installs the wasm target where it is missing.
pub fn ensure_wasm_target() -> Result<()> {
    if has_wasm_target()? {
        return Ok(());
    }
    eprintln!("The Rust target {WASM} is missing: rustup adds it");
    let added = Command::new("rustup").args(["target", "add", WASM]).status().is_ok_and(|status| status.success());
    if !added || !has_wasm_target()? {
        bail!(
            "the Rust target {WASM} is missing and could not be added.\n\
             With rustup run: rustup target add {WASM}\n\
             With a distribution's Rust install its package (Debian: libstd-rust-dev-wasm32)"
        );
    }
    Ok(())
}

fn has_wasm_target() -> Result<bool> {
    // rustc names the folder whether or not it exists.
    Ok(rustc(&["--print", "target-libdir", "--target", WASM])?.is_dir())
}

fn rustc(args: &[&str]) -> Result<PathBuf> {
    let program = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let output = Command::new(program).args(args).stderr(Stdio::inherit()).output().context("rustc")?;
    if !output.status.success() {
        bail!("rustc {} failed", args.join(" "));
    }
    Ok(PathBuf::from(String::from_utf8(output.stdout)?.trim()))
}
