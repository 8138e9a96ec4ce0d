//! The crate's wasm-bindgen tests in Node and in browsers.

use crate::cargo::{self, CRATE, WASM, Workspace};
use anyhow::{Context, Error, Result, bail};
use std::env;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::thread;
use std::time::Duration;

const RUNNER: &str = "wasm-test-runner";
const GECKODRIVER: &str = "0.37.1";
/// Seconds; the runner's own 20 are little for a browser on a busy machine.
const TIMEOUT: &str = "120";

/// Where to run the tests.
#[derive(Clone, Copy)]
pub enum Host {
    Node,
    Chromium,
    Firefox,
}

impl FromStr for Host {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "node" => Ok(Host::Node),
            "chromium" => Ok(Host::Chromium),
            "firefox" => Ok(Host::Firefox),
            _ => bail!("no host {name}: node, chromium or firefox"),
        }
    }
}

/// Runs `cargo test` for wasm32 with `args`, by default all but the documentation's examples.
pub fn run(host: Host, args: &[&str]) -> Result<()> {
    let workspace = Workspace::load()?;
    cargo::ensure_wasm_target()?;
    let mut command = cargo::cargo();
    command.current_dir(&workspace.root).args(["test", "--package", CRATE, "--target", WASM]);
    command.args(if args.is_empty() { &["--test", "wasm"] } else { args });
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner(&workspace)?);
    if env::var_os("WASM_BINDGEN_TEST_TIMEOUT").is_none() {
        command.env("WASM_BINDGEN_TEST_TIMEOUT", TIMEOUT);
    }
    match host {
        Host::Node => {
            // As ES modules, which is what the package ships.
            command.env("WASM_BINDGEN_USE_NODE_EXPERIMENTAL", "1").env("WASM_BINDGEN_TEST_ONLY_NODE", "1");
        }
        Host::Chromium => use_browser(&mut command, "CHROMEDRIVER", &chromedriver()?)?,
        Host::Firefox => use_browser(&mut command, "GECKODRIVER", &geckodriver(&workspace)?)?,
    }
    if !command.status().context("cargo test")?.success() {
        bail!("the wasm tests failed");
    }
    Ok(())
}

/// The runner takes the first driver it is told of: it must be told of one only.
fn use_browser(command: &mut Command, variable: &str, driver: &Path) -> Result<()> {
    for other in ["CHROMEDRIVER", "GECKODRIVER", "SAFARIDRIVER", "MSEDGEDRIVER"] {
        command.env_remove(other).env_remove(format!("{other}_REMOTE"));
    }
    command.env(variable, driver).env("WASM_BINDGEN_USE_BROWSER", "1").env("WASM_BINDGEN_TEST_ONLY_WEB", "1");

    let address = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).context("no free port")?;
    command.env("WASM_BINDGEN_TEST_ADDRESS", address.to_string());
    thread::spawn(move || keep_awake(address));
    Ok(())
}

/// The runner's web server (tiny_http 0.12) can leave a connection without a thread where several come at once, as they do
/// for the glue's snippets; the page then waits for ever. Each further connection makes it look again.
fn keep_awake(server: SocketAddr) {
    loop {
        // Refused until the server runs, and between two test binaries.
        drop(TcpStream::connect(server));
        thread::sleep(Duration::from_millis(100));
    }
}

/// Builds the binary that cargo hands the tests to.
fn runner(workspace: &Workspace) -> Result<PathBuf> {
    let mut command = cargo::cargo();
    command.current_dir(&workspace.root);
    command.args(["build", "--package", "xtask", "--features", "test-runner", "--bin", RUNNER]);
    cargo::build(command, RUNNER)?.pop().with_context(|| format!("cargo built no {RUNNER}"))
}

fn chromedriver() -> Result<PathBuf> {
    named("CHROMEDRIVER", "chromedriver")
        .context("chromedriver is missing: install it (Debian: chromium-driver) or set CHROMEDRIVER")
}

/// Debian has no package of it, so cargo may have to build it.
fn geckodriver(workspace: &Workspace) -> Result<PathBuf> {
    let tools = workspace.target.join("tools");
    let built = tools.join("bin").join(format!("geckodriver{}", env::consts::EXE_SUFFIX));
    if let Some(driver) = named("GECKODRIVER", "geckodriver") {
        return Ok(driver);
    }
    if !built.is_file() {
        eprintln!("geckodriver is missing: cargo installs it into {} (a minute, once)", tools.display());
        let mut install = cargo::cargo();
        install.args(["install", "geckodriver", "--version", GECKODRIVER, "--locked", "--debug", "--root"]).arg(&tools);
        // The driver does little work: what compiles fastest will do.
        install.env("CARGO_PROFILE_DEV_DEBUG", "0");
        if !install.status().context("cargo install")?.success() {
            bail!("geckodriver could not be installed: put one on the PATH or set GECKODRIVER");
        }
    }
    Ok(built)
}

/// A program by environment variable or on the PATH.
fn named(variable: &str, program: &str) -> Option<PathBuf> {
    if let Some(path) = env::var_os(variable) {
        return Some(PathBuf::from(path));
    }
    let program = format!("{program}{}", env::consts::EXE_SUFFIX);
    env::split_paths(&env::var_os("PATH")?).map(|folder| folder.join(&program)).find(|path| path.is_file())
}
