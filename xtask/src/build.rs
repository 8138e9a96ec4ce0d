//! Makes the npm package: cargo, wasm-bindgen, wasm-opt, then the template around it.

use crate::arrange::Shared;
use crate::cargo::{self, CRATE, WASM, Workspace};
use crate::inline::inline;
use crate::numbers;
use crate::package;
use crate::snippets;
use crate::split;
use anyhow::{Context, Result, bail, ensure};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::iter;
use std::path::{Path, PathBuf};
use std::process::Command;
use walrus::Module;
use wasm_bindgen_cli_support::Bindgen;

/// Builds `pkg/` anew. What stood there stays until everything worked out, the size budget included. `panic_messages` keeps what
/// panics say, for whoever debugs one: a panic hook must print it (`console_error_panic_hook`). That build has no budget.
pub fn run(panic_messages: bool) -> Result<()> {
    let workspace = Workspace::load()?;
    cargo::ensure_wasm_target()?;
    let compiled = compile(&workspace, None)?;
    // Two builds at a time would take each other's files away.
    let lock = fs::File::create(workspace.target.join("package.lock")).context("creating package.lock")?;
    lock.lock().context("waiting for another build")?;

    let generated = generate(&workspace, &compiled, panic_messages)?;
    let staging = workspace.target.join("package");
    package::empty(&staging)?;
    package::copy(&generated, &staging.join("wasm"))?;
    package::fill(&workspace, &staging)?;
    node(&[workspace.root.join("xtask/man.mjs"), staging.clone()]).context("the man page")?;
    node(&[workspace.root.join("xtask/bundle.mjs"), staging.clone()]).context("joining the JavaScript")?;
    node(&[workspace.root.join("www/build.mjs"), staging.clone()]).context("the page of the command ui")?;
    if !panic_messages {
        check_size(&workspace.root, &staging)?;
    }

    let finished = workspace.root.join("pkg");
    package::empty(&finished)?;
    package::copy(&staging, &finished)
}

/// Makes what `pkg/wasm` has a second time and compares each byte: of the same compiled module, or with `from_source` of one that
/// is compiled once more, in a folder of its own.
pub fn reproduce(from_source: bool) -> Result<()> {
    let workspace = Workspace::load()?;
    cargo::ensure_wasm_target()?;
    let first = compile(&workspace, None)?;
    let again = workspace.target.join("reproduce");
    package::empty(&again)?;
    let second = if from_source { compile(&workspace, Some(&again.join("cargo")))? } else { first.clone() };
    let lock = fs::File::create(workspace.target.join("package.lock")).context("creating package.lock")?;
    lock.lock().context("waiting for another build")?;

    let (made, made_again) = (generate(&workspace, &first, false)?, again.join("package-wasm"));
    make(&workspace, &second, &made_again, false)?;
    let files = package::compare(&made, &made_again)?;
    let since = if from_source { "compiled and" } else { "of the same compiled module," };
    println!("{files} files, {since} made twice, have the same bytes");
    package::remove(&again)
}

/// The crate in release for wasm32. `folder` is cargo's target folder, if it is not the usual one.
fn compile(workspace: &Workspace, folder: Option<&Path>) -> Result<PathBuf> {
    let mut flags = Vec::new();
    for folder in workspace.source_folders()? {
        flags.push(format!("--remap-path-prefix={}=", folder.display()));
    }
    // A copy of a struct is one instruction of bulk memory instead of its fields' loads and stores.
    for kind in ["memcpy", "memmove", "memset"] {
        flags.push(format!("-Cllvm-args=--max-store-{kind}=1"));
    }
    // What leads to what, by names that are unique: for `split`.
    flags.extend(["-Clink-arg=--emit-relocs", "-Clink-arg=--no-demangle"].map(String::from));
    let flags = serde_json::to_string(&flags)?;
    let mut command = cargo::cargo();
    command.current_dir(&workspace.root);
    command.args(["build", "--release", "--lib", "--package", CRATE, "--target", WASM]);
    if let Some(folder) = folder {
        command.arg("--target-dir").arg(folder);
    }
    // Joins the flags of .cargo/config.toml, where an environment variable would replace them.
    command.args(["--config", &format!("target.{WASM}.rustflags={flags}")]);
    let files = cargo::build(command, &CRATE.replace('-', "_"))?;
    let wasm = files.into_iter().find(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    wasm.context("cargo built no .wasm")
}

/// The folder with what is made of the compiled module; made anew only where the module or this program has changed.
fn generate(workspace: &Workspace, compiled: &Path, panic_messages: bool) -> Result<PathBuf> {
    let generated = workspace.target.join("package-wasm");
    let made_of = workspace.target.join("package-wasm.input");
    let module = fs::read(compiled).context("reading the compiled module")?;
    let is_made = !panic_messages && fs::read(&made_of).is_ok_and(|before| before == module);
    if is_made && !is_older_than_this_program(&made_of)? {
        return Ok(generated);
    }
    if made_of.exists() {
        fs::remove_file(&made_of).context("removing package-wasm.input")?;
    }
    make(workspace, compiled, &generated, panic_messages)?;
    if !panic_messages {
        fs::write(&made_of, module).context("writing package-wasm.input")?;
    }
    Ok(generated)
}

/// Fills a folder with what is made of the compiled module.
fn make(workspace: &Workspace, compiled: &Path, generated: &Path, panic_messages: bool) -> Result<()> {
    package::empty(generated)?;
    let module = fs::read(compiled).context("reading the compiled module")?;
    let scripts = bind(compiled, generated)?;
    let bound = generated.join("core_bg.wasm");
    let mut modules = split::split(&module, &fs::read(&bound)?, panic_messages).context("splitting the module")?;
    fs::remove_file(bound).context("removing core_bg.wasm")?;
    let glue = generated.join("core.js");
    let (core, text) = numbers::shorten(&modules[split::CORE], &fs::read_to_string(&glue)?, split::is_own)
        .context("the names of the glue's functions")?;
    modules[split::CORE] = core;
    fs::write(glue, text).context("writing core.js")?;
    let mut shared = Shared::default();
    for (part, module) in split::PARTS.iter().zip(modules) {
        let wasm = generated.join(part.name).with_extension("wasm");
        optimize(&workspace.root, &shared.rename_imports(&module)?, &wasm, COMPRESSIBLE)?;
        let arranged = shared.arrange(part.name, &fs::read(&wasm)?, split::is_shared)?;
        optimize(&workspace.root, &arranged, &wasm, ARRANGED)?;
        let text = inline(&format!("{}.wasm", part.name), &fs::read(&wasm)?)?;
        fs::write(wasm.with_extension("inline.js"), text).context("writing a module as text")?;
    }
    fs::write(generated.join("parts.js"), split::list(&scripts)).context("writing parts.js")
}

fn is_older_than_this_program(file: &Path) -> Result<bool> {
    let program = std::env::current_exe()?.metadata()?.modified()?;
    Ok(file.metadata()?.modified()? < program)
}

/// The JavaScript glue and the module it fits. Returns the files of the scripts that come with parts of the module, by part.
fn bind(compiled: &Path, to: &Path) -> Result<Vec<(&'static str, String)>> {
    let mut output = Bindgen::new()
        .input_path(compiled)
        .out_name("core")
        .web(true)?
        // Each entry of the package says itself where the module comes from.
        .omit_default_module_path(true)
        .typescript(false)
        // Not `strip`: it would take the target_features section along, which wasm-bindgen and wasm-opt read.
        // The names are for `split`; wasm-opt takes them out.
        .demangle(false)
        .remove_producers_section(true)
        .generate_output()
        .context("wasm-bindgen")?;
    let names = short_names(output.wasm());
    for import in output.wasm_mut().imports.iter_mut() {
        if let Some(short) = names.get(&import.name) {
            import.name.clone_from(short);
        }
    }
    let calls = short_calls(output.wasm());
    for export in output.wasm_mut().exports.iter_mut() {
        if let Some(short) = calls.get(&export.name) {
            export.name.clone_from(short);
        }
    }
    output.emit(to).context("writing what wasm-bindgen made")?;
    let glue = to.join("core.js");
    let mut text = fs::read_to_string(&glue).context("reading core.js")?;
    for (long, short) in &names {
        text = text.replace(&format!(" {long}: function("), &format!(" {short}: function("));
    }
    for (long, short) in &calls {
        text = text.replace(long, short);
    }
    let snippets::Glue { core, parts } = snippets::split(&import_once(&text)).context("the scripts of the parts")?;
    fs::write(&glue, core).context("writing core.js")?;
    let mut files = Vec::new();
    for (part, text) in parts {
        let file = format!("core.{part}.js");
        fs::write(to.join(&file), text).with_context(|| format!("writing {file}"))?;
        files.push((part, file));
    }
    Ok(files)
}

/// wasm-bindgen's imports without the hash in their names, which no compression makes smaller: `__wbg_fetch_0123456789abcdef`.
/// Where several differ in the hash alone, a number tells them apart.
fn short_names(module: &Module) -> BTreeMap<String, String> {
    let mut taken: HashSet<String> = module.imports.iter().map(|import| import.name.clone()).collect();
    let mut names = BTreeMap::new();
    for import in module.imports.iter() {
        let Some((stem, hash)) = import.name.strip_prefix("__wbg_").and_then(|name| name.rsplit_once('_')) else {
            continue;
        };
        if hash.len() == 16 && hash.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            let numbered = (2..).map(|number| format!("{stem}_{number}"));
            let short = iter::once(stem.to_owned()).chain(numbered).find(|name| taken.insert(name.clone()));
            names.extend(short.map(|short| (import.name.clone(), short)));
        }
    }
    names
}

/// The functions that call a closure, which wasm-bindgen exports by their mangled names.
fn short_calls(module: &Module) -> BTreeMap<String, String> {
    let mangled =
        module.exports.iter().filter(|export| export.name.starts_with("_ZN") || export.name.starts_with("_R"));
    mangled.enumerate().map(|(number, export)| (export.name.clone(), format!("invoke_{number}"))).collect()
}

/// wasm-bindgen imports a module anew for each of its functions that goes into the WebAssembly without glue, and so writes an
/// object with duplicate keys, which bundlers warn of.
fn import_once(glue: &str) -> String {
    let mut seen = HashSet::new();
    let lines = glue.lines().filter(|line| {
        let is_import = line.starts_with("import * as import");
        let is_key = line.trim_start().starts_with("\"./snippets/");
        (!is_import && !is_key) || seen.insert((is_import, line.split('"').nth(1)))
    });
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// Options of wasm-opt for a small download. It is compressed: a function of its own resembles others more than one inlined into
/// its only caller.
const COMPRESSIBLE: &[&str] = &["-Oz", "-ocimfs", "0", "--skip-pass=local-cse", "--debuginfo"];
/// Options of wasm-opt for what was arranged. The most frequent locals come first again. Small copies become a load and a store: the
/// instruction of bulk memory, which [`compile`] asks for and which is as long, takes more time, and a tenth of the time of decompression.
const ARRANGED: &[&str] =
    &["--optimize-instructions", "--reorder-locals", "--reorder-functions-by-name", "--strip-target-features"];

/// Runs wasm-opt.
fn optimize(root: &Path, module: &[u8], to: &Path, options: &[&str]) -> Result<()> {
    let tool = root.join("node_modules/binaryen/bin/wasm-opt");
    if !tool.is_file() {
        bail!("wasm-opt is missing: `npm ci` installs it (npm package binaryen); `npm run build` does so by itself");
    }
    let unoptimized = to.with_extension("wasm.input");
    fs::write(&unoptimized, module).context("writing what wasm-opt reads")?;
    let mut arguments = vec![tool, unoptimized.clone()];
    arguments.extend(options.iter().map(PathBuf::from));
    arguments.extend([PathBuf::from("--output"), to.to_owned()]);
    node(&arguments).context("wasm-opt")?;
    fs::remove_file(unoptimized).context("removing what wasm-opt read")
}

/// Prints the sizes; an error where they are over the budget.
fn check_size(root: &Path, package: &Path) -> Result<()> {
    node(&[root.join("xtask/size.mjs"), package.to_path_buf()]).context("the package's size")
}

fn node(arguments: &[PathBuf]) -> Result<()> {
    let status = Command::new("node").args(arguments).status().context("node cannot be started")?;
    ensure!(status.success(), "node ended with {status}");
    Ok(())
}
