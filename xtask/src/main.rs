//! `cargo xtask …`: what cargo and npm cannot do alone.

mod arrange;
mod build;
mod cargo;
mod inline;
mod numbers;
mod package;
mod snippets;
mod split;
mod wasm_test;

use anyhow::{Result, bail};
use std::env;
use std::process::ExitCode;

const USAGE: &str = "usage:
  cargo xtask build [--panic-messages]                    makes the npm package in pkg/, with --panic-messages one for debugging:
                                                          it keeps what panics say, for a panic hook to print
  cargo xtask reproduce [--from-source]                   makes the package's modules twice and compares them, with --from-source
                                                          each from a compilation of its own
  cargo xtask wasm-test node|chromium|firefox [ARG...]    runs the wasm-bindgen tests there; ARGs go to `cargo test`";

fn main() -> ExitCode {
    let Err(error) = run() else {
        return ExitCode::SUCCESS;
    };
    eprintln!("error: {error:#}");
    ExitCode::FAILURE
}

fn run() -> Result<()> {
    let args: Vec<String> = env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args.as_slice() {
        ["build"] => build::run(false),
        ["build", "--panic-messages"] => build::run(true),
        ["reproduce"] => build::reproduce(false),
        ["reproduce", "--from-source"] => build::reproduce(true),
        ["wasm-test", host, rest @ ..] => wasm_test::run(host.parse()?, rest),
        _ => bail!(USAGE),
    }
}
