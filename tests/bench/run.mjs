// `npm run bench`: how fast, how large, beside what else does the same. `npm run bench -- --help` says what there is.
// Nothing here fails for being slow: machines differ, and so do their days; only ratios within one run mean something.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

import { ensureBuilt, ensureNodeModules, root } from '../../xtask/ensure.mjs';
import { runGroup } from './groups.mjs';
import { settings, usage } from './options.mjs';
import { find, startServer } from './processes.mjs';
import { page, table } from './report.mjs';
import { MIB } from './units.mjs';

/** First line of what a program says of its version. */
function version(program) {
  const found = find(program);
  return (
    found &&
    execFileSync(found, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      .split('\n')[0]
      .trim()
  );
}

const machine = () => ({
  system: `${os.type()} ${os.arch()}`,
  processors: os.cpus().length,
  memory: `${Math.round(os.totalmem() / 1024 / MIB)} GiB`,
  node: process.version,
  curl: version('curl'),
  skopeo: version('skopeo'),
  chromium: version('chromium'),
});

async function main({ json, results: resultsFile, package: folder, help, names, ...measured }) {
  const { quick } = measured;
  if (help) return console.log(usage);
  // Before the build, which is work too.
  const load = os.loadavg();
  await ensureNodeModules();
  if (!folder) await ensureBuilt();
  const packageFolder = resolve(folder ?? join(root, 'pkg'));
  const folders = { pkg: packageFolder, variants: fileURLToPath(new URL('./variants', import.meta.url)) };
  const cleanUps = [];
  const results = [];
  try {
    const suites = await Promise.all(names.map(async (name) => [name, await import(`./suites/${name}.mjs`)]));
    let server;
    if (suites.some(([, { ownRegistries }]) => !ownRegistries)) {
      server = await startServer({
        // No round numbers: registries cut at those, and the client asks whether more follows.
        tags: 100_003,
        repositories: 10_003,
        requests: quick ? 1300 : 2300,
        blobs: quick ? [256 * MIB, 64 * MIB] : [1024 * MIB, 256 * MIB],
        large: names.includes('memory') ? (quick ? 1024 : 5 * 1024) * MIB : undefined,
        folders,
      });
      cleanUps.push(server.stop);
    }
    const packageUrl = pathToFileURL(join(packageFolder, 'index.js')).href;
    const context = { ...measured, server, packageUrl, folders, atEnd: (task) => cleanUps.push(task) };
    for (const [name, suite] of suites) {
      console.log(`\n━━━ ${name}: ${suite.title}`);
      for (const group of await suite.groups(context)) {
        const result = { suite: name, ...(await runGroup(group, progress)) };
        progress('');
        console.log(table([result]));
        results.push(result);
      }
    }
  } finally {
    for (const task of cleanUps.reverse()) await task();
  }
  const { version: packageVersion } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));
  const loads = { before: load, after: os.loadavg() };
  const report = {
    date: new Date().toISOString(),
    package: packageVersion,
    quick,
    machine: machine(),
    load: loads,
    groups: results,
  };
  mkdirSync(dirname(resolve(json)), { recursive: true });
  writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (resultsFile) writeFileSync(resultsFile, page(report, process.argv.slice(2)));
  console.log(`\nClient and server are two processes, one variant runs at a time. All samples: ${json}`);
  if (load[0] > 1)
    console.log(`The machine had other work (load ${load[0].toFixed(1)}): trust the ratios by processor time.`);
  // Slow is no failure; something that does not work is.
  if (results.some(({ rows }) => rows.some(({ failed }) => failed))) process.exitCode = 1;
}

/** One line that is written over; only where someone looks. */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`);
}

await Promise.resolve()
  .then(() => main(settings(process.argv.slice(2))))
  .catch((error) => {
    console.error(error.message);
    process.exitCode = 1;
  });
