// What `npm start`, `npm test` and `npm run build` share: on a fresh clone nothing is installed or built yet, so this file
// uses only what Node itself brings.

import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The checkout's absolute path. */
export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const windows = process.platform === 'win32';

/**
 * Runs a command to its end; rejects where it is missing or fails.
 * `quiet` keeps its standard output back.
 */
export function run(command, args, { cwd = root, env = process.env, quiet = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = ['inherit', quiet ? 'ignore' : 'inherit', 'inherit'];
    const child = spawn(command, args, { cwd, env, stdio, shell: windows && command === 'npm' });
    child.once('error', (cause) => {
      const why = cause.code === 'ENOENT' ? 'it is not on the PATH' : cause.message;
      reject(new Error(`${command} cannot be started: ${why}`, { cause }));
    });
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${[command, ...args].join(' ')} ended with ${signal ?? `exit code ${code}`}`));
    });
  });
}

/**
 * Installs what package-lock.json names unless it is there already. `dev: false` asks only for what a build needs, a
 * fraction of the whole.
 */
export async function ensureNodeModules({ dev = true } = {}) {
  const missing = await missingPackage(dev);
  if (missing === undefined) return;
  console.log(`Installing the npm packages (${missing})`);
  await run('npm', ['ci', ...(dev ? [] : ['--omit=dev'])]);
}

/** Name of a package that is not installed as the lock has it. */
async function missingPackage(dev) {
  const locked = await packages('package-lock.json');
  const installed = await packages('node_modules/.package-lock.json').catch(() => ({}));
  for (const [where, entry] of Object.entries(locked)) {
    // Optional ones are for other platforms.
    const wanted = where !== '' && !entry.optional && !entry.devOptional && (dev || !entry.dev);
    if (wanted && installed[where]?.version !== entry.version)
      return `${where.replace(/.*node_modules\//, '')} is missing`;
  }
  return undefined;
}

async function packages(file) {
  return JSON.parse(await readFile(path.join(root, file), 'utf8')).packages;
}

/** Makes or refreshes pkg/, the finished npm package. */
export async function ensureBuilt() {
  await ensureNodeModules({ dev: false });
  await run('cargo', ['--version'], { quiet: true }).catch((cause) => {
    throw new Error('cargo is missing: install Rust with rustup (https://rustup.rs)', { cause });
  });
  await run('cargo', ['xtask', 'build']);
}

/** The package, and the demo page that shows it. */
async function buildAll() {
  await ensureBuilt();
  // Its imports are installed by now.
  const { buildPage } = await import('../www/build.mjs');
  console.log(`The page: ${await buildPage()}`);
}

/** Builds the package and tries the packed tarball in Node, browsers, bundlers and the other runtimes. */
async function testPackage(args) {
  await ensureNodeModules();
  await ensureBuilt();
  const folder = path.join('tests', 'js', 'package');
  const files = (await readdir(path.join(root, folder))).filter((name) => name.endsWith('.test.mjs'));
  await run(process.execPath, ['--test', ...args, ...files.map((name) => path.join(folder, name))]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [command, ...args] = process.argv.slice(2);
  const commands = { build: buildAll, 'test-package': () => testPackage(args) };
  if (!Object.hasOwn(commands, command)) throw new Error(`usage: ensure.mjs ${Object.keys(commands).join(' | ')}`);
  await commands[command]().catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
}
