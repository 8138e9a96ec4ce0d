// The relay in a process of its own, so that it takes no turn from the client that is measured. This file is both: the process, and
// what starts it.
import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';

import { startRelay } from './relay.mjs';

const file = fileURLToPath(import.meta.url);

/**
 * @param {string[]} registries base URLs
 * @param {{ rtt?: number, bandwidth?: number }} [options] as of `startRelay()`
 * @returns {Promise<{ urls: string[], control: string, stop: () => Promise<void> }>} `control`: for `readLog()` and `clearLog()`, also
 *   from other processes
 */
export function startRelayProcess(registries, options = {}) {
  return new Promise((resolve, reject) => {
    const child = fork(file, [JSON.stringify({ registries, options })]);
    const ended = (code) => reject(new Error(`the relay ended with ${code}`));
    child.once('exit', ended);
    child.once('message', (said) => {
      child.off('exit', ended);
      const stop = () =>
        new Promise((stopped) => {
          if (child.exitCode !== null) return stopped();
          child.once('exit', () => stopped());
          return child.kill();
        });
      resolve({ ...said, stop });
    });
  });
}

/** @returns {Promise<import('./exchanges.mjs').Exchange[]>} */
export const readLog = async (control) => (await fetch(control)).json();

export async function clearLog(control) {
  await (await fetch(control, { method: 'DELETE' })).arrayBuffer();
}

async function serve({ registries, options }) {
  const log = [];
  const relays = await Promise.all(registries.map((registry) => startRelay(registry, { ...options, log })));
  const control = createServer((request, response) => {
    if (request.method === 'DELETE') log.length = 0;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(log));
  });
  await new Promise((resolve) => control.listen(0, '127.0.0.1', resolve));
  process.once('disconnect', () => process.exit());
  process.send({ urls: relays.map(({ url }) => url), control: `http://127.0.0.1:${control.address().port}` });
}

if (process.argv[1] === file) await serve(JSON.parse(process.argv[2]));
