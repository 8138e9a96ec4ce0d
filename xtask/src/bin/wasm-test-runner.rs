//! What cargo hands a wasm test to: wasm-bindgen's own runner, at the version Cargo.lock names.

use std::env;

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(env::args_os())
}
