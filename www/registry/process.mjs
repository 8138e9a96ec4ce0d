// Servers as child processes: each on a free loopback port, with its data in a temporary folder that goes away with it
// and its log in target/registry-logs, where it stays for whoever has to find out why a test failed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';

export const logFolder = fileURLToPath(new URL('../../target/registry-logs/', import.meta.url));

const START_ATTEMPTS = 3;
const START_LIMIT = 15_000;
const STOP_LIMIT = 5_000;

const running = new Set();
const killAll = () => running.forEach((child) => child.kill('SIGKILL'));
process.on('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    // Someone else who handles the signal also stops the servers, in order.
    if (process.listenerCount(signal) > 0) return;
    killAll();
    process.kill(process.pid, signal);
  });
}

export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * Starts a registry and waits until `/v2/` answers.
 * @param {string} name of the log
 * @param {(place: { port: number, folder: string }) => Promise<Start>} prepare writes what the server needs into its folder
 *   and says how it is started
 * @typedef {{ command: string, args?: string[], env?: object, scheme?: 'http' | 'https' }} Start
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function startRegistry(name, prepare) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startOnce(name, prepare);
    } catch (error) {
      // Between finding a free port and using it another process may have taken it.
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function startOnce(name, prepare) {
  const port = await freePort();
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  const { command, args = [], env = {}, scheme = 'http' } = await prepare({ port, folder });
  const log = join(logFolder, `${name}-${process.pid}-${port}.log`);
  mkdirSync(logFolder, { recursive: true });
  const output = openSync(log, 'w');
  const child = spawn(command, args, {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  running.add(child);
  const exited = new Promise((resolve) => {
    child.once('error', resolve);
    child.once('exit', resolve);
  }).then(() => running.delete(child));

  const stop = async () => {
    child.kill('SIGTERM');
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT);
    await exited;
    clearTimeout(patience);
    await rm(folder, { recursive: true, force: true });
  };
  const url = `${scheme}://127.0.0.1:${port}`;
  try {
    await answers(url, () => running.has(child));
  } catch (error) {
    await stop();
    const tail = (await readFile(log, 'utf8')).split('\n').slice(-15).join('\n');
    throw new Error(`${command} did not start: ${error.message}\n${tail}`, { cause: error });
  }
  return { url, stop };
}

async function speaks(url) {
  await (await fetch(`${url}/v2/`, { signal: AbortSignal.timeout(1000) })).arrayBuffer();
}

/** For more than that a registry may want a client certificate. */
async function shakesHands(url) {
  const { hostname: host, port } = new URL(url);
  const socket = connect({ host, port, rejectUnauthorized: false });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(1000) });
  } finally {
    socket.destroy();
  }
}

async function answers(url, alive) {
  const end = Date.now() + START_LIMIT;
  while (Date.now() < end) {
    if (!alive()) throw new Error('it ended by itself');
    try {
      await (url.startsWith('https:') ? shakesHands(url) : speaks(url));
      return;
    } catch {
      await sleep(30);
    }
  }
  throw new Error(`no answer from ${url} within ${START_LIMIT / 1000} s`);
}
