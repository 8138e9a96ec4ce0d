// The real registries of the test bed. Each function starts one and returns `{ url, stop() }`.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { merged, startDistribution as startLocalDistribution } from '../../www/registry/servers.mjs';
import { authority } from './over-tls.mjs';
import { startTokenServer, users } from './token-server.mjs';

export { startFerro } from '../../www/registry/servers.mjs';

/** Who every registry with authentication lets in. */
export const credentials = { username: 'alice', password: users.alice };
// Made once with `htpasswd -nbB`: distribution takes bcrypt only, which Node does not have.
const HTPASSWD = 'alice:$2y$05$De5WsbIqUH0ghcMwPa1M4uiMzVd1mwChRdrCgKInSluSL61ibi1Gm';

const EXPOSED =
  'Docker-Content-Digest, Docker-Distribution-Api-Version, WWW-Authenticate, Link, Location, Content-Range, ETag, Range, Retry-After, Warning, OCI-Subject, OCI-Filters-Applied';

/** CORS as a careful operator sets it up: for the pages of one origin, with every header they need. */
export const corsFor = (origin) => ({
  ...corsHidden,
  'Access-Control-Allow-Origin': [origin],
  'Access-Control-Expose-Headers': [EXPOSED],
});

/** CORS as it is found most often: everyone may ask, but `Link` and `Docker-Content-Digest` stay hidden. */
export const corsHidden = {
  'Access-Control-Allow-Origin': ['*'],
  'Access-Control-Allow-Methods': ['GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
  'Access-Control-Allow-Headers': ['Authorization, Accept, Content-Type, Range'],
};

/**
 * Debian's docker-registry (distribution 2.8).
 * @param {{ data?: string, headers?: Record<string, string[]>, auth?: 'basic' | TokenServer, tls?: Tls, settings?: object, command?: string }} [options]
 *   `data`: the folder of another instance, to serve the same content under other rules; `auth`: Basic, or Bearer with this
 *   server's tokens; `settings`: more of config.yml, over what stands there otherwise; `command`: the binary, of another version
 * @typedef {import('./token-server.mjs').TokenServer} TokenServer
 * @typedef {{ cert: string, key: string, clientCa?: string }} Tls PEM, as certificates.mjs makes it. With `clientCa` only
 *   clients with a certificate of that CA are let in.
 */
export function startDistribution({ data, headers = {}, auth, tls = authority?.server, settings, command } = {}) {
  const settingsIn = async (folder) => {
    const more = { http: { headers } };
    if (auth === 'basic') {
      const path = join(folder, 'htpasswd');
      await writeFile(path, `${HTPASSWD}\n`);
      more.auth = { htpasswd: { realm: 'test bed', path } };
    } else if (auth !== undefined) {
      const { realm, issuer, certificate } = auth;
      const rootcertbundle = join(folder, 'tokens.pem');
      await writeFile(rootcertbundle, certificate);
      more.auth = { token: { realm, service: 'test bed', issuer, rootcertbundle } };
    }
    if (tls) more.http.tls = await tlsFiles(folder, tls);
    return merged(more, settings);
  };
  return startLocalDistribution({ data, command, scheme: tls ? 'https' : 'http', settingsIn });
}

/**
 * distribution and the token server it believes, which stop together.
 * @param {{ data?: string, headers?: Record<string, string[]> }} [options] of the registry
 * @param {Parameters<typeof startTokenServer>[0]} [tokenOptions]
 * @returns {Promise<{ url: string, data: string, tokens: TokenServer, stop: () => Promise<void> }>}
 */
export async function startTokenRegistry(options, tokenOptions) {
  const tokens = await startTokenServer(tokenOptions);
  try {
    const registry = await startDistribution({ ...options, auth: tokens });
    return { ...registry, tokens, stop: () => Promise.all([registry.stop(), tokens.stop()]) };
  } catch (error) {
    await tokens.stop();
    throw error;
  }
}

/** Distribution's `http.tls`. */
async function tlsFiles(folder, { cert, key, clientCa }) {
  const written = async (name, text) => {
    await writeFile(join(folder, name), text);
    return join(folder, name);
  };
  return {
    certificate: await written('server.pem', cert),
    key: await written('server.key', key),
    ...(clientCa && { clientcas: [await written('clients.pem', clientCa)] }),
  };
}
