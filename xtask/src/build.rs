//! Makes the npm package: cargo, wasm-bindgen, wasm-opt, then the template around it.

use crate::cargo::{self, CRATE, WASM, Workspace};
use crate::{package, size};
use anyhow::{Context, Result, bail};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use wasm_bindgen_cli_support::Bindgen;

/// Builds `pkg/` anew. What stood there stays until everything worked out, the size budget included.
pub fn run() -> Result<()> {
    let workspace = Workspace::load()?;
    cargo::ensure_wasm_target()?;
    let compiled = compile(&workspace)?;

    let staging = workspace.target.join("package");
    package::empty(&staging)?;
    let wasm = staging.join("wasm");
    bind(&compiled, &wasm)?;
    optimize(&workspace.root, &wasm)?;
    inline(&wasm)?;
    package::fill(&workspace, &staging)?;
    size::report(&staging)?;

    let finished = workspace.root.join("pkg");
    package::empty(&finished)?;
    package::copy(&staging, &finished)
}

/// The crate in release for wasm32.
fn compile(workspace: &Workspace) -> Result<PathBuf> {
    let mut flags = Vec::new();
    for folder in workspace.source_folders()? {
        flags.push(format!("--remap-path-prefix={}=", folder.display()));
    }
    let flags = serde_json::to_string(&flags)?;
    let mut command = cargo::cargo();
    command.current_dir(&workspace.root);
    command.args(["build", "--release", "--lib", "--package", CRATE, "--target", WASM]);
    // Joins the flags of .cargo/config.toml, where an environment variable would replace them.
    command.args(["--config", &format!("target.{WASM}.rustflags={flags}")]);
    let files = cargo::build(command, &CRATE.replace('-', "_"))?;
    let wasm = files.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    wasm.context("cargo built no .wasm")
}

/// The JavaScript glue and the module it fits.
fn bind(compiled: &Path, to: &Path) -> Result<()> {
    Bindgen::new()
        .input_path(compiled)
        .out_name("core")
        .web(true)?
        // Each entry of the package says itself where the module comes from.
        .omit_default_module_path(true)
        .typescript(false)
        // Not `strip`: it would take the target_features section along, which wasm-bindgen and wasm-opt read.
        .remove_name_section(true)
        .remove_producers_section(true)
        .generate(to)
        .context("wasm-bindgen")?;
    // wasm-bindgen repeats what the checkout's package.json depends on; that is for building.
    match fs::remove_file(to.join("package.json")) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error).context("removing wasm/package.json"),
        _ => Ok(()),
    }
}

/// Turns wasm-bindgen's `core_bg.wasm` into `core.wasm`.
fn optimize(root: &Path, wasm: &Path) -> Result<()> {
    let tool = root.join("node_modules/binaryen/bin/wasm-opt");
    if !tool.is_file() {
        bail!("wasm-opt is missing: `npm ci` installs it (npm package binaryen); `npm run build` does so by itself");
    }
    let bound = wasm.join("core_bg.wasm");
    let status = Command::new("node")
        .arg(tool)
        .arg(&bound)
        .args(["-Oz", "--strip-target-features", "--output"])
        .arg(wasm.join("core.wasm"))
        .status()
        .context("node, which runs wasm-opt, cannot be started")?;
    if !status.success() {
        bail!("wasm-opt failed");
    }
    fs::remove_file(bound).context("removing core_bg.wasm")
}

/// The module once more, as text inside of JavaScript: the one form every bundler and host takes without being configured.
fn inline(wasm: &Path) -> Result<()> {
    let module = fs::read(wasm.join("core.wasm"))?;
    let text = format!("// core.wasm in base64.\nexport default '{}';\n", STANDARD.encode(module));
    fs::write(wasm.join("inline.js"), text).context("writing inline.js")
}
