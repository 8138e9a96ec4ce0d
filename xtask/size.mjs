// What a user of the package has to download, and how much it may be: `node xtask/size.mjs FOLDER`. In Node, whose zlib
// and brotli are optimised whatever this checkout's own build is.
import { readdirSync, readFileSync } from 'node:fs';
import { join, normalize } from 'node:path';
import process from 'node:process';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/** Bytes a browser may download with gzip, at once and with the first call that needs more. A little above what it is, so that growth is a decision. */
const BUDGETS = { first: 280_000, lazy: 156_000 };

const [folder] = process.argv.slice(2);

/** What is loaded with the first call that needs it: the module, and the scripts that only it calls. */
const LAZY = ['wasm/lazy.inline.js', 'wasm/core.lazy.js', ...lazyScripts()].map((name) => normalize(name));

function lazyScripts() {
  const text = readFileSync(join(folder, 'wasm/core.lazy.js'), 'utf8');
  return [...text.matchAll(/ from '(.*)';/g)].map(([, name]) => join('wasm', name));
}

/** The files behind `import 'docker-registry-client-wasm'`. */
function first() {
  const generated = readdirSync(join(folder, 'wasm'), { recursive: true }).filter((name) => name.endsWith('.js'));
  const needed = generated.filter((name) => !LAZY.includes(join('wasm', name)));
  return ['index.js', 'lazy.js', 'load.js', 'decode.js', 'classes.js', ...needed.map((name) => join('wasm', name))];
}

function measure(names) {
  const files = names.map((name) => readFileSync(join(folder, name)));
  const sum = (size) => files.reduce((total, bytes) => total + size(bytes), 0);
  return [
    sum((bytes) => bytes.length),
    sum((bytes) => gzipSync(bytes, { level: 9 }).length),
    sum((bytes) => brotliCompressSync(bytes).length),
  ];
}

const row = (title, cells) => console.log(title.padEnd(28) + cells.map((cell) => String(cell).padStart(10)).join(''));
row('bytes', ['raw', 'gzip', 'brotli']);
row('core.wasm', measure(['wasm/core.wasm']));
row('lazy.wasm', measure(['wasm/lazy.wasm']));
const sizes = { first: measure(first()), lazy: measure(LAZY) };
row('browser, module inline', sizes.first);
row('browser, loaded lazily', sizes.lazy);
for (const [part, budget] of Object.entries(BUDGETS)) {
  const [, gzip] = sizes[part];
  if (gzip <= budget) continue;
  console.error(`a browser would download ${gzip} bytes with gzip (${part}), the budget is ${budget}`);
  process.exitCode = 1;
}
