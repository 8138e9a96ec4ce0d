// How the stories' programs run: in a project that has the packed package installed.
import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { packedFolder } from '../support/packed.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const surroundings = { ...process.env, HOME: packedFolder, NO_PROXY: '127.0.0.1' };

async function run(command, args, { env = surroundings, input } = {}) {
  const child = spawn(command, args, { cwd: packedFolder, env, timeout: 60_000 });
  child.stdin.end(input);
  const ended = new Promise((resolve) => child.once('close', resolve));
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { code, stdout, stderr };
}

/** Copies a file of a story into the project. */
export function install(name) {
  const file = join(packedFolder, 'stories', name);
  mkdirSync(dirname(file), { recursive: true });
  copyFileSync(join(here, name), file);
  return file;
}

/** Runs a script of a story with Node. */
export const runScript = (name, args, variables = {}) =>
  run(process.execPath, [install(name), ...args], { env: { ...surroundings, ...variables } });

/** Runs the command line of the package. */
export const runProgram = (args, input) =>
  run(process.execPath, [join(packedFolder, 'node_modules/docker-registry-client-wasm/cli/main.js'), ...args], {
    input,
  });
