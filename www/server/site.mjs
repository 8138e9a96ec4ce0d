// Serves the demo page and a proxy to one registry, on loopback only.
import { createServer } from 'node:http';

import { buildPage } from '../build.mjs';
import { filesOf } from './files.mjs';
import { proxyTo, refuse } from './proxy.mjs';

const REGISTRY = '/registry';

/**
 * @param {{ registry: string, port?: number }} options `registry`: base URL; `port`: 0 (the default) for any free port,
 *   otherwise the next free one
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function startSite({ registry, port = 0 }) {
  const files = filesOf({ '/': await buildPage() });
  const proxy = proxyTo(new URL(registry), REGISTRY, { tokens: true });
  const config = JSON.stringify({ registry: REGISTRY, name: registry });
  let hosts;

  const server = createServer((request, response) => {
    // DNS rebinding: without this check, the pages of a name that resolves to 127.0.0.1 could read everything here.
    if (!hosts.has(request.headers.host))
      return refuse(response, 403, 'DENIED', 'this server answers on its own address only');
    if (!request.url.startsWith('/')) return refuse(response, 400, 'UNSUPPORTED', 'this is no open proxy');
    const path = request.url.split('?', 1)[0];
    if (path.startsWith(`${REGISTRY}/`)) {
      if (fromElsewhere(request)) return refuse(response, 403, 'DENIED', "other sites' pages have no access");
      return proxy(request, response);
    }
    if (path === '/config.json')
      return response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(config);
    return files(request, response);
  });
  const taken = await listen(server, port);
  hosts = new Set([`127.0.0.1:${taken}`, `localhost:${taken}`]);

  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${taken}`, stop };
}

/** CSRF: another site's page cannot read the responses, but without this check it could send requests. */
function fromElsewhere({ headers }) {
  const { origin, host, 'sec-fetch-site': site = 'none' } = headers;
  return (origin !== undefined && origin !== `http://${host}`) || (site !== 'none' && site !== 'same-origin');
}

const ATTEMPTS = 100;

async function listen(server, port) {
  for (let candidate = port; ; candidate += 1) {
    try {
      await new Promise((resolve, reject) => {
        server.once('error', reject);
        server.listen(candidate, '127.0.0.1', () => {
          server.off('error', reject);
          resolve();
        });
      });
      return server.address().port;
    } catch (error) {
      if (error.code !== 'EADDRINUSE' || candidate >= Math.min(port + ATTEMPTS, 65_535)) throw error;
    }
  }
}
