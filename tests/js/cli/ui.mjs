// The command `ui`, as tests start it and ask its server.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { credentials } from '../../registries/servers.mjs';
import { ended, start } from './cli.mjs';

export const BASIC = Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64');

/** Starts the command; `url` is the page's address. */
export async function open(t, args, env = {}) {
  const child = start(['ui', ...args], { env });
  let err = '';
  child.stderr.on('data', (part) => (err += part));
  const end = ended(child);
  t.after(async () => {
    child.kill('SIGKILL');
    await end;
  });
  const url = await Promise.race([
    once(child.stdout, 'data').then(([line]) => line.toString().trim()),
    end.then(({ code }) => assert.fail(`it ended with ${code}: ${err}`)),
  ]);
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/[0-9a-f]{48}\/$/);
  return { child, url, end, log: () => err };
}

/** A folder for DOCKER_CONFIG with a login for this registry. */
export async function dockerConfig(t, url, auth = BASIC) {
  const folder = await mkdtemp(join(tmpdir(), 'ui-test-'));
  t.after(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [new URL(url).host]: { auth } } }));
  return { DOCKER_CONFIG: folder };
}

/** A request as no fetch sends it; `path` is what stands in the first line. */
export function ask(url, path, { method = 'GET', headers = {}, body } = {}) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, path, method, headers, agent: false }, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      resolve({ status: response.statusCode, headers: response.headers, text });
    });
    request.on('error', reject).end(body);
  });
}
