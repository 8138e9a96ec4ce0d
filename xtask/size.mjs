// What a user of the package has to download, and how much it may be: `node xtask/size.mjs FOLDER`. In Node, whose zlib
// and brotli are optimised whatever this checkout's own build is.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { brotliCompressSync, gzipSync } from 'node:zlib';

/**
 * Bytes a browser may download with gzip, at once (`core`) and with the first call that needs a part. A little above what it is,
 * so that growth is a decision.
 */
const BUDGETS = {
  core: 143_000,
  read: 115_000,
  write: 99_000,
  cleanup: 43_500,
  diagnose: 12_500,
  unpack: 41_000,
  layer: 104_000,
  archive: 55_500,
  legacy: 41_000,
  auth: 29_000,
  zstd: 49_000,
};
/**
 * Bytes of the page of the command `ui` in the package, with gzip as npm packs it: what its first view loads, and everything.
 * Its modules are the package's.
 */
const PAGE_BUDGETS = { first: 60_000, whole: 130_000 };

const [folder] = process.argv.slice(2);
const generated = readdirSync(join(folder, 'wasm'), { recursive: true })
  .filter((name) => name.endsWith('.js'))
  .map((name) => join('wasm', name));

/** What is loaded with the first call of a part: its module, and the scripts that only it calls. */
function filesOf(part) {
  const scripts = join('wasm', `core.${part}.js`);
  return [`wasm/${part}.inline.js`, ...generated.filter((name) => name === scripts)];
}

const parts = Object.fromEntries(
  Object.keys(BUDGETS)
    .filter((part) => part !== 'core')
    .map((part) => [part, filesOf(part)]),
);
const later = new Set(Object.values(parts).flat());
/** The files behind `import 'docker-registry-client-wasm'`. */
const first = ['index.js', 'base.js', ...generated.filter((name) => !later.has(name))];

function measure(names) {
  const files = names.map((name) => readFileSync(join(folder, name)));
  const sum = (size) => files.reduce((total, bytes) => total + size(bytes), 0);
  return {
    raw: sum((bytes) => bytes.length),
    gzip: sum((bytes) => gzipSync(bytes, { level: 9 }).length),
    brotli: sum((bytes) => brotliCompressSync(bytes).length),
  };
}

const row = (title, cells) => console.log(title.padEnd(28) + cells.map((cell) => String(cell).padStart(10)).join(''));
row('bytes', ['raw', 'gzip', 'brotli']);
for (const part of Object.keys(BUDGETS)) row(`${part}.wasm`, Object.values(measure([`wasm/${part}.wasm`])));
for (const [part, budget] of Object.entries(BUDGETS)) {
  check(part === 'core' ? 'browser, at first' : `browser, ${part}`, measure(parts[part] ?? first), budget);
}
const page = readdirSync(join(folder, 'ui'));
const scripts = imported(['start.js', 'app.js']);
check(
  'page of ui, at first',
  measureUi(page.filter((name) => scripts.has(name) || /\.(css|html|svg)$/.test(name))),
  PAGE_BUDGETS.first,
);
check('page of ui', measureUi(page), PAGE_BUDGETS.whole);

function measureUi(names) {
  return measure(names.map((name) => `ui/${name}`));
}

/** The scripts of the page that these ones import before they run, and themselves. */
function imported(names, found = new Set()) {
  for (const name of names.filter((one) => !found.has(one))) {
    found.add(name);
    const script = readFileSync(join(folder, 'ui', name), 'utf8');
    imported(
      [...script.matchAll(/(?:from|import)"\.\/([^"]+)"/g)].map(([, other]) => other),
      found,
    );
  }
  return found;
}

function check(title, sizes, budget) {
  row(title, Object.values(sizes));
  if (sizes.gzip <= budget) return;
  console.error(`${title}: ${sizes.gzip} bytes with gzip, the budget is ${budget}`);
  process.exitCode = 1;
}
