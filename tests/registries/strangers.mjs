// Registries that nobody here wrote, each with ways of its own. Each function starts one and returns `{ url, stop() }`, and where
// the registry wants credentials, these, and the `authorization` that comes of them. README.md says what works on which.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startRegistry } from '../../www/registry/process.mjs';
import { ensureContainerRegistry, ensurePythonRegistries } from './programs.mjs';
import { credentials, startDistribution } from './servers.mjs';

const basic = `Basic ${btoa(`${credentials.username}:${credentials.password}`)}`;

/** container-registry 0.3.1: images and nothing more; no list, no deletion, and no PUT with a body. */
export async function startContainerRegistry() {
  const command = await ensureContainerRegistry();
  const server = await startRegistry('container-registry', async ({ port, folder }) => ({
    command,
    args: ['--bind', `127.0.0.1:${port}`, '--storage', join(folder, 'data'), '--password', credentials.password],
  }));
  return { ...server, credentials, authorization: basic, patch: true, byDigest: false, indexes: false, parallel: 1 };
}

/** django-oci 0.0.17: each manifest is called an image manifest, HEAD says nothing of it, and a tag never moves. */
export async function startDjangoOci() {
  const { bin, sites } = await ensurePythonRegistries();
  const server = await startRegistry('django-oci', async ({ port }) => ({
    command: join(bin, 'cheroot'),
    // Two uploads at once to a new repository are one too many: "File exists".
    args: ['--bind', `127.0.0.1:${port}`, '--threads', '1', 'django_oci_site:application'],
    env: { PYTHONPATH: sites, PYTHONDONTWRITEBYTECODE: '1', URL: `http://127.0.0.1:${port}` },
  }));
  return { ...server, parallel: 1 };
}

/** zuul-registry 1.3.0: a tag has a manifest of each media type, digests are listed among the tags, nothing is deleted. */
export async function startZuul() {
  const { bin } = await ensurePythonRegistries();
  const server = await startRegistry('zuul-registry', async ({ port, folder }) => {
    const config = join(folder, 'registry.yaml');
    const settings = {
      address: '127.0.0.1',
      port,
      'public-url': `http://127.0.0.1:${port}`,
      secret: 'of a test bed',
      users: [{ name: credentials.username, pass: credentials.password, access: 'write' }],
      storage: { driver: 'filesystem', root: join(folder, 'data') },
    };
    // JSON is YAML.
    await writeFile(config, JSON.stringify({ registry: settings }));
    return { command: join(bin, 'zuul-registry'), args: ['-c', config, 'serve'] };
  });
  const scope = 'repository:any:pull,push';
  const response = await fetch(`${server.url}/auth/token?scope=${scope}`, { headers: { authorization: basic } });
  const { token } = await response.json();
  // All repositories share their blobs, and while one is written again it reads as less than it is.
  return { ...server, credentials, authorization: `Bearer ${token}`, parallel: 1 };
}

/**
 * Cloudflare's serverless-registry on workerd.
 * @param {string} checkout a folder of it with its packages installed: no package client brings it
 */
export async function startCloudflare(checkout) {
  const launcher = fileURLToPath(new URL('cloudflare.mjs', import.meta.url));
  const { username, password } = credentials;
  const server = await startRegistry('serverless-registry', async ({ port, folder }) => ({
    command: process.execPath,
    args: [launcher, checkout],
    env: { PORT: String(port), DATA: join(folder, 'data'), USERNAME: username, PASSWORD: password },
  }));
  return { ...server, credentials, authorization: basic };
}

/** distribution 3, whose binary no package client brings. */
export const startDistribution3 = (command) => startDistribution({ command });

/** What only runs where an environment variable says where it is, by name. */
const NAMED = {
  'distribution 3': { variable: 'DISTRIBUTION3', of: "the path of the registry's binary", start: startDistribution3 },
  "Cloudflare's registry": {
    variable: 'SERVERLESS_REGISTRY',
    of: 'the path of a checkout with its packages installed',
    start: startCloudflare,
  },
};

/** @returns {{ present: Record<string, () => Promise<object>>, absent: string[] }} `absent`: a line for each that is not named */
export function namedRegistries(environment = process.env) {
  const present = {};
  const absent = [];
  for (const [name, { variable, of, start }] of Object.entries(NAMED)) {
    const value = environment[variable];
    if (value) present[name] = () => start(value);
    else absent.push(`${name}: ${variable} (${of}) is not set`);
  }
  return { present, absent };
}
