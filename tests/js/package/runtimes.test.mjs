import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import readline from 'node:readline';
import test from 'node:test';
import * as esbuild from 'esbuild';
import workerd from 'workerd';
import { root } from '../../../xtask/ensure.mjs';
import { EXPECTED } from './support/expected.mjs';
import { createProject, output } from './support/project.mjs';
import { serveRegistry } from './support/servers.mjs';

test('Deno, allowed nothing but to reach the registry', async (t) => {
  const { folder } = await createProject(t);
  const registry = await serveRegistry(t);
  const flags = ['--no-prompt', '--no-remote', '--node-modules-dir=manual', `--allow-net=${new URL(registry).host}`];
  const env = { ...process.env, DENO_DIR: path.join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  const deno = path.join(root, 'node_modules/deno/bin.cjs');
  const { stdout, stderr } = await output(process.execPath, [deno, 'run', ...flags, 'main.js', registry], { cwd: folder, env });
  assert.deepEqual(JSON.parse(stdout), EXPECTED);
  assert.equal(stderr, '');
});

test('Bun', async (t) => {
  const { folder } = await createProject(t);
  const registry = await serveRegistry(t);
  const bun = await findBun();
  for (const program of ['main.js', 'main.cjs']) {
    const { stdout, stderr } = await output(bun, [program, registry], { cwd: folder });
    assert.deepEqual(JSON.parse(stdout), EXPECTED);
    assert.equal(stderr, '');
  }
});

/** The npm package `bun` wants its install script; the binary stands in the package of the platform. */
async function findBun() {
  const folder = path.join(root, 'node_modules/@oven');
  const failures = [];
  for (const name of await readdir(folder)) {
    const binary = path.join(folder, name, 'bin', process.platform === 'win32' ? 'bun.exe' : 'bun');
    try {
      await output(binary, ['--version']);
      return binary;
    } catch (error) {
      failures.push(error.message);
    }
  }
  throw new Error(`no bun runs here: ${failures.join('\n')}`);
}

test('workerd', async (t) => {
  const { folder } = await createProject(t);
  const registry = await serveRegistry(t);
  const worker = await startWorker(t, folder);
  const response = await fetch(`${worker}/?registry=${registry}`);
  assert.deepEqual(await response.json(), EXPECTED);
});

/** As wrangler does it: bundled with workerd's condition, the module beside the script, unchanged. */
async function startWorker(t, folder) {
  const outdir = path.join(folder, 'workerd');
  const { warnings, metafile } = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: ['worker.js'],
    outdir,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'copy' },
    logLevel: 'silent',
    metafile: true,
  });
  assert.deepEqual(warnings, []);
  const module = Object.keys(metafile.outputs).map((file) => path.basename(file)).find((file) => file.endsWith('.wasm'));
  await writeFile(path.join(outdir, 'config.capnp'), configuration(module));

  const child = spawn(workerd.default, ['serve', 'config.capnp', '--control-fd=3'], {
    cwd: outdir,
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.after(() => {
    child.kill();
    return ended;
  });
  const events = readline.createInterface({ input: child.stdio[3] });
  for await (const line of events) {
    const { event, port } = JSON.parse(line);
    if (event === 'listen') return `http://127.0.0.1:${port}`;
  }
  throw new Error('workerd ended before it listened');
}

function configuration(module) {
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [
        (name = "worker.js", esModule = embed "worker.js"),
        (name = "${module}", wasm = embed "${module}"),
      ],
      compatibilityDate = "2026-01-01",
      globalOutbound = "loopback",
    )),
    (name = "loopback", network = (allow = ["local", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
`;
}
