// What a user of the package has to download, and how much it may be: `node xtask/size.mjs FOLDER`. In Node, whose zlib
// and brotli are optimised whatever this checkout's own build is.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** Bytes a browser may download with gzip. A little above what it is, so that growth is a decision. */
const BUDGET = 446_000;

const [folder] = process.argv.slice(2);

/** The files behind `import 'docker-registry-client-wasm'`. */
function downloaded() {
  const generated = readdirSync(join(folder, 'wasm'), { recursive: true }).filter((name) => name.endsWith('.js'));
  return ['index.js', 'load.js', 'classes.js', ...generated.map((name) => join('wasm', name))];
}

function measure(names) {
  const files = names.map((name) => readFileSync(join(folder, name)));
  const sum = (size) => files.reduce((total, bytes) => total + size(bytes), 0);
  return [sum((bytes) => bytes.length), sum((bytes) => gzipSync(bytes, { level: 9 }).length), sum((bytes) => brotliCompressSync(bytes).length)];
}

const row = (title, cells) => console.log(title.padEnd(24) + cells.map((cell) => String(cell).padStart(10)).join(''));
const download = measure(downloaded());
row('bytes', ['raw', 'gzip', 'brotli']);
row('core.wasm', measure(['wasm/core.wasm']));
row('browser, module inline', download);
if (download[1] > BUDGET) {
  console.error(`a browser would download ${download[1]} bytes with gzip, the budget is ${BUDGET}`);
  process.exitCode = 1;
}
