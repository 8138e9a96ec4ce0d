// `npm start`, as a user runs it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

import { root } from '../../../xtask/ensure.mjs';

/** Starts `www/serve.mjs` and waits for its two addresses: the page's and that of the registry it shows. */
export async function startDemo() {
  const child = spawn(process.execPath, [join(root, 'www', 'serve.mjs'), '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  const addresses = new Promise((resolve) => {
    let output = '';
    child.stdout.on('data', (part) => {
      output += part;
      const [, page] = output.match(/The page: (\S+)\n/) ?? [];
      const [, registry] = output.match(/It shows: (\S+)\n/) ?? [];
      if (page && registry) resolve({ page, registry });
    });
  });
  const found = await Promise.race([
    addresses,
    ended.then(([code]) => Promise.reject(new Error(`npm start ended with ${code}`))),
  ]);
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { ...found, stop };
}
