// libFuzzer against the parsers. `npm run fuzz -- PROPERTY… SECONDS` looks for so long at each property named (all, if none is;
// a minute, if no time is given) and keeps what it found for the next run; tests/native/support/properties.rs has the properties.
// An input that breaks one stays in tests/fuzz/artifacts.
import { execFile } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { eachOf } from '../../www/registry/push.mjs';
import { root, run } from '../../xtask/ensure.mjs';
import { ensureCargoFuzz } from '../registries/programs.mjs';

const target = join(root, 'target', 'fuzz');
const seedsFolder = join(root, 'tests', 'fuzz', 'seeds');
const names = (await readdir(seedsFolder)).map((file) => file.replace(/\.txt$/, ''));

/** What `npm test` does: a few seconds each, the same in every run. */
export async function fuzzBriefly() {
  await rm(join(target, 'corpus'), { recursive: true, force: true });
  await cargoFuzz('build', []);
  const one = (name) => fuzz(name, { limits: ['-runs=50000', '-seed=1'], quiet: true });
  await eachOf(names, one, availableParallelism());
}

async function fuzz(name, { limits, quiet = false }) {
  const corpus = join(target, 'corpus', name);
  await mkdir(corpus, { recursive: true });
  const seeds = (await readFile(join(seedsFolder, `${name}.txt`), 'utf8')).trimEnd().split('\n');
  await Promise.all(seeds.map((seed, index) => writeFile(join(corpus, `seed-${index}`), seed)));
  console.log(`${name} …`);
  const env = { PROPERTY: name };
  await cargoFuzz('run', [corpus, '--', '-max_len=4096', '-timeout=10', ...limits], { env, quiet });
}

async function cargoFuzz(command, args, { env, quiet = false } = {}) {
  // The crate has no unsafe code, so there is nothing for a sanitizer to see.
  const places = ['--fuzz-dir', 'tests/fuzz', '--target-dir', target, '--sanitizer', 'none'];
  const all = ['fuzz', command, ...places, 'protocol', ...args];
  const options = {
    cwd: root,
    // cargo-fuzz's flags for the compiler are unstable ones.
    env: { ...process.env, RUSTC_BOOTSTRAP: '1', ...env },
    maxBuffer: 2 ** 26,
  };
  const program = await ensureCargoFuzz();
  try {
    await (quiet ? promisify(execFile)(program, all, options) : run(program, all, options));
  } catch (cause) {
    const again = Object.entries(env ?? {}).map((entry) => `${entry.join('=')} `);
    throw new Error(`${cause.stderr ?? ''}\n${again.join('')}cargo ${all.join(' ')} failed`, { cause });
  }
}

async function main(args) {
  const seconds = /^\d+$/.test(args.at(-1) ?? '') ? args.pop() : '60';
  const unknown = args.filter((name) => !names.includes(name));
  if (unknown.length > 0) throw new Error(`no such property: ${unknown.join(', ')}. There are: ${names.join(', ')}`);
  for (const name of args.length > 0 ? args : names) await fuzz(name, { limits: [`-max_total_time=${seconds}`] });
}

if (process.argv[1] === import.meta.filename) {
  await main(process.argv.slice(2)).catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
