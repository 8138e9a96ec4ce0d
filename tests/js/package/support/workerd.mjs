// The runtime of Cloudflare Workers.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import readline from 'node:readline';
import * as esbuild from 'esbuild';
import workerd from 'workerd';

/**
 * Serves a Worker as wrangler does: bundled with workerd's condition, the modules beside the script, unchanged.
 * @returns its URL; `variables` are in its `env`
 */
export async function startWorker(t, folder, entry, variables = {}) {
  const outdir = path.join(folder, 'workerd');
  const { warnings, metafile } = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: { worker: entry },
    outdir,
    bundle: true,
    format: 'esm',
    conditions: ['workerd', 'worker', 'browser'],
    loader: { '.wasm': 'copy' },
    logLevel: 'silent',
    metafile: true,
  });
  assert.deepEqual(warnings, []);
  const modules = Object.keys(metafile.outputs)
    .map((file) => path.basename(file))
    .filter((file) => file.endsWith('.wasm'));
  await writeFile(path.join(outdir, 'config.capnp'), configuration(modules, variables));

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

function configuration(modules, variables) {
  const embedded = modules.map((module) => `        (name = "${module}", wasm = embed "${module}"),`);
  const bindings = Object.entries(variables).map(([name, text]) => `(name = "${name}", text = "${text}")`);
  return `using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [
        (name = "worker.js", esModule = embed "worker.js"),
${embedded.join('\n')}
      ],
      bindings = [${bindings.join(', ')}],
      compatibilityDate = "2026-01-01",
      globalOutbound = "loopback",
    )),
    (name = "loopback", network = (allow = ["local", "private"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
`;
}
