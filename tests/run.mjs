// `npm test`: everything that has to hold, from a fresh clone. `npm test -- STEP…` runs single steps, `-- --list` names them.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';

import { ensureBuilt, ensureNodeModules, root, run } from '../xtask/ensure.mjs';
import { fuzzBriefly } from './fuzz/run.mjs';
import { packPackage } from './js/support/pack.mjs';
import { logFolder } from '../www/registry/process.mjs';
import {
  ensureContainerRegistry,
  ensureNpmPeer,
  ensurePythonRegistries,
  ensureSystemPrograms,
  ensureV1Registry,
} from './registries/programs.mjs';
import { ensureFerro } from '../www/registry/programs.mjs';
import { namedRegistries } from './registries/strangers.mjs';
import { checkCrates, ensureCargoDeny } from './supply/crates.mjs';

/** Node would run one file at a time on two processors, although many files wait for servers, browsers and pauses. */
const FILES_AT_A_TIME = `--test-concurrency=${Math.max(2, availableParallelism() - 1)}`;

const WASM = ['--target', 'wasm32-unknown-unknown'];
const cargo = (...args) => run('cargo', args);
const biome = (...args) => run(process.execPath, [join(root, 'node_modules/@biomejs/biome/bin/biome'), ...args]);

/** Order: what fails fastest comes first; `prepare` and `build` are what the others stand on. */
const steps = {
  prepare: ['programs, npm and Python packages, registry servers', prepare],
  format: ['cargo fmt and Biome', format],
  lint: ["Biome's rules for JavaScript, declarations and CSS", lint],
  types: ['tsc --checkJs on pkg-template and the scripts of src', types],
  reference: ['the API reference of typedoc: no dead link, no member without a comment', reference],
  supply: ['licences and sources of the crates (cargo-deny), and the list of them', supply],
  build: ['npm run build', () => ensureBuilt()],
  reproduce: ['two builds have the same bytes', () => cargo('xtask', 'reproduce')],
  clippy: ['cargo clippy, native and wasm', clippy],
  rust: ['Rust tests, native', rustTests],
  vectors: ["peers' test tables, where they stand beside the checkout", vectorTests],
  fuzz: ['libFuzzer against the parsers, briefly', fuzzBriefly],
  'wasm-node': ['wasm-bindgen tests in Node', () => cargo('xtask', 'wasm-test', 'node')],
  'wasm-chromium': ['wasm-bindgen tests in Chromium', () => cargo('xtask', 'wasm-test', 'chromium')],
  'wasm-firefox': ['wasm-bindgen tests in Firefox', () => cargo('xtask', 'wasm-test', 'firefox')],
  js: ['the packed package against real registries', () => registryTests()],
  transports: ['the tests of requests over HTTP/1.1 and HTTP/2 of ./node, and over undici', transportTests],
  package: ['the packed package in runtimes and bundlers', () => nodeTests(testsIn('tests/js/package'))],
  page: ['the demo page in both browsers', () => nodeTests(testsIn('tests/www'), { options: [FILES_AT_A_TIME] })],
};
const NOT_RUN = 'not run';
/** What a step could not check on this machine. */
const notes = [];
const FOUNDATIONS = ['prepare', 'build'];
const NEEDS_BUILD = ['js', 'transports', 'package', 'page'];

async function prepare() {
  await ensureSystemPrograms();
  await ensureNodeModules();
  const crates = async () => {
    await ensureFerro();
    await ensureContainerRegistry();
    await ensureCargoDeny();
  };
  const others = async () => {
    await ensureV1Registry();
    await ensurePythonRegistries();
    await ensureNpmPeer();
  };
  await Promise.all([crates(), others()]);
}

async function format() {
  await cargo('fmt', '--all', '--check');
  await cargo('fmt', '--manifest-path', 'tests/fuzz/Cargo.toml', '--check');
  await ensureNodeModules();
  await biome('format');
}

async function lint() {
  await ensureNodeModules();
  await biome('lint', '--error-on-warnings');
}

async function types() {
  await ensureNodeModules();
  await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '--project', 'tests/types']);
}

async function supply() {
  const unchecked = await checkCrates();
  await run(process.execPath, ['--test', '--test-reporter=spec', ...testsIn('tests/supply')]);
  notes.push(...unchecked);
}

async function reference() {
  await ensureNodeModules();
  const typedoc = join(root, 'tests/reference/node_modules/typedoc/bin/typedoc');
  await run(process.execPath, [typedoc], { cwd: join(root, 'tests/reference') });
}

async function clippy() {
  await cargo('clippy', '--workspace', '--all-targets', '--', '-D', 'warnings');
  // The other tests stand on a scripted host of this machine.
  await cargo('clippy', '--lib', '--test', 'wasm', ...WASM, '--', '-D', 'warnings');
}

async function rustTests() {
  if (!hasNextest()) return cargo('test', '--workspace', '--quiet');
  await cargo('nextest', 'run', '--workspace');
  // The examples in the documentation, which nextest leaves out.
  return cargo('test', '--workspace', '--doc', '--quiet');
}

/** Over the host's own fetch they are part of `js`. */
const OF_REQUESTS = ['abort', 'bad-answers', 'blobs', 'expiring', 'redirects', 'redirects-metadata', 'resume'].concat([
  'retries',
  'transport',
  'unread',
  'upload-streams',
  'uploads',
]);

async function transportTests() {
  const names = OF_REQUESTS.map((name) => `${name}.test.mjs`);
  const files = testsOfRegistries().filter((file) => names.includes(basename(file)));
  if (files.length !== names.length) throw new Error(`of ${names.join(', ')} there are only ${files.join(', ')}`);
  // These mostly wait: for time limits, and for servers of their own.
  const options = [`--test-concurrency=${availableParallelism() + 1}`];
  for (const TRANSPORT of ['node', 'http2', 'undici']) await nodeTests(files, { options, env: { TRANSPORT } });
}

const registryTests = () => nodeTests(testsOfRegistries(), { options: [FILES_AT_A_TIME] });

/** All of tests/js but the step `package`. */
const testsOfRegistries = () => testsIn('tests/js').filter((file) => !file.startsWith(join('tests/js/package/')));

function testsIn(folder) {
  const names = readdirSync(join(root, folder), { recursive: true });
  return names.filter((name) => name.endsWith('.test.mjs')).map((name) => join(folder, name));
}

/** Tables of others' suites, which are no part of this project. */
const VECTORS = join(root, '..', 'shared', 'vectors');

async function vectorTests() {
  if (!existsSync(VECTORS)) return NOT_RUN;
  // As in the step before: with other packages, crates would have other features, and be compiled again.
  return cargo('test', '--workspace', '--test', 'native', 'peer_', '--', '--ignored');
}

const hasNextest = () => spawnSync('cargo', ['nextest', '--version'], { stdio: 'ignore' }).status === 0;

async function nodeTests(files, { options = [], env: variables = {} } = {}) {
  if (files.length === 0) throw new Error('no tests to run');
  const packed = await packPackage();
  try {
    const env = { ...process.env, ...variables, PACKED_PACKAGE: packed.folder };
    await run(process.execPath, ['--test', '--test-reporter=spec', ...options, ...files], { env });
  } finally {
    packed.remove();
  }
}

/** The steps to run, in order, for the names given. */
function chosen(names) {
  if (names.length === 0) return Object.keys(steps);
  const unknown = names.filter((name) => !Object.hasOwn(steps, name));
  if (unknown.length > 0)
    throw new Error(`no such step: ${unknown.join(', ')}. There are: ${Object.keys(steps).join(', ')}`);
  const wanted = new Set(names);
  if (names.some((name) => NEEDS_BUILD.includes(name))) FOUNDATIONS.forEach((name) => wanted.add(name));
  return Object.keys(steps).filter((name) => wanted.has(name));
}

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;

async function main(args) {
  if (args.includes('--list')) {
    for (const [name, [title]] of Object.entries(steps)) console.log(`${name.padEnd(14)} ${title}`);
    return;
  }
  rmSync(logFolder, { recursive: true, force: true });
  const summary = [];
  const start = performance.now();
  const ran = chosen(args);
  for (const name of ran) {
    const [title, task] = steps[name];
    const begun = performance.now();
    console.log(`\n━━━ ${name}: ${title}`);
    try {
      const outcome = await task();
      summary.push(`${outcome === NOT_RUN ? NOT_RUN : 'ok     '} ${name.padEnd(14)} ${seconds(begun)}`);
    } catch (error) {
      console.error(error.message);
      summary.push(`FAILED  ${name.padEnd(14)} ${seconds(begun)}`);
      process.exitCode = 1;
      if (FOUNDATIONS.includes(name)) break;
    }
  }
  if (ran.includes('js')) notes.push(...namedRegistries().absent);
  summary.push(...notes.map((line) => `not run ${line}`));
  console.log(`\n━━━ Summary, ${seconds(start)}\n${summary.join('\n')}`);
  if (process.exitCode && existsSync(logFolder)) console.log(`The registries' logs: ${logFolder}`);
}

await main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 2;
});
