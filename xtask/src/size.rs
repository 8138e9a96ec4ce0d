//! What a user of the package has to download, and how much it may be.

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// What a browser may download with gzip, in bytes: glue, entry and the module inside of it. Little above what it is, so that
/// growth is a decision.
const BUDGET: usize = 290_000;

#[derive(Clone, Copy, Default)]
struct Size {
    raw: usize,
    gzip: usize,
    brotli: usize,
}

/// Prints the sizes; an error where they are over the budget.
pub fn report(package: &Path) -> Result<()> {
    let module = measure(&package.join("wasm/core.wasm"))?;
    let mut download = Size::default();
    for file in downloaded(package)? {
        let size = measure(&file)?;
        download.raw += size.raw;
        download.gzip += size.gzip;
        download.brotli += size.brotli;
    }
    println!("{:32} {:>9} {:>9} {:>9}", "bytes", "raw", "gzip", "brotli");
    for (name, Size { raw, gzip, brotli }) in [("core.wasm", module), ("browser, module inline", download)] {
        println!("{name:32} {raw:>9} {gzip:>9} {brotli:>9}");
    }
    ensure!(
        download.gzip <= BUDGET,
        "a browser would download {} bytes with gzip, the budget is {BUDGET}",
        download.gzip
    );
    Ok(())
}

/// The files behind `import 'docker-registry-client-wasm'`.
fn downloaded(package: &Path) -> Result<Vec<PathBuf>> {
    let mut files = vec![package.join("index.js")];
    let mut folders = vec![package.join("wasm")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).with_context(|| format!("reading {}", folder.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "js") {
                files.push(path);
            }
        }
    }
    Ok(files)
}

fn measure(file: &Path) -> Result<Size> {
    let bytes = fs::read(file).with_context(|| format!("reading {}", file.display()))?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&bytes)?;
    let mut brotli = Vec::new();
    brotli::BrotliCompress(&mut bytes.as_slice(), &mut brotli, &brotli::enc::BrotliEncoderParams::default())?;
    Ok(Size { raw: bytes.len(), gzip: gzip.finish()?.len(), brotli: brotli.len() })
}
