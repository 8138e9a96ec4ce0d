// Fresh processes: a process that has done something else before reads and collects at another rate.
import { fork, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** Path of a program on the PATH; undefined if it is not there. */
export function find(...programs) {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = programs.flatMap((program) => folders.map((folder) => join(folder, program)));
  return candidates.find((candidate) => {
    try {
      accessSync(candidate, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Why something cannot be measured here; undefined if it can. */
export function lacking(...programs) {
  const missing = programs.filter((program) => !find(program));
  return missing.length > 0 ? `${missing.join(' and ')} not on this machine` : undefined;
}

/** Runs a program to its end. `seconds` is the time of the whole process. */
export function program(command, args, { input } = {}) {
  return new Promise((resolve, reject) => {
    const start = performance.now();
    const child = spawn(command, args, { stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] });
    let [output, complaint] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text) => (complaint += text));
    child.stdin?.end(input);
    child.once('error', reject);
    child.once('close', (code, signal) => {
      const seconds = (performance.now() - start) / 1000;
      if (code === 0) resolve({ output, seconds });
      else reject(new Error(complaint.trim().slice(-2000) || `${command} ended with ${signal ?? code}`));
    });
  });
}

/** Runs one variant in a new Node process; gives what it measured, and the seconds of the whole process. */
export async function inNode(file, name, parameters, { flags = [] } = {}) {
  const args = [...flags, path('child.mjs'), file, name];
  const { output, seconds } = await program(process.execPath, args, { input: JSON.stringify(parameters) });
  return { ...JSON.parse(output), process: seconds };
}

/** Starts the benchmark's registry; it ends with this process. */
export function startServer(content) {
  return new Promise((resolve, reject) => {
    const child = fork(path('server.mjs'), [JSON.stringify(content)]);
    const ended = (code) => reject(new Error(`the benchmark's server ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (said) => {
      child.off('exit', ended);
      resolve({ ...said, stop: () => child.kill() });
    });
  });
}
