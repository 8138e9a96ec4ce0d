// What an operator puts in front of a registry that answers preflights with 401 (distribution with authentication on): it
// answers preflights itself and lets pages of one origin read what they need.
import { createServer } from 'node:http';

import { proxyTo } from '../../www/server/proxy.mjs';

const EXPOSED = 'Docker-Content-Digest, WWW-Authenticate, Link, Location, Content-Range, Range, Retry-After';

/**
 * @param {{ registry: string, origin: string, exposed?: string }} options `exposed`: header fields a page may see
 * @returns {Promise<{ url: string, stop: () => Promise<void> }>}
 */
export async function startCorsProxy({ registry, origin, exposed = EXPOSED }) {
  const forward = proxyTo(new URL(registry), '');
  const server = createServer((request, response) => {
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-expose-headers', exposed);
    if (request.method !== 'OPTIONS') return forward(request, response);
    response.setHeader('access-control-allow-methods', 'GET, HEAD, POST, PUT, PATCH, DELETE');
    response.setHeader('access-control-allow-headers', request.headers['access-control-request-headers'] ?? '');
    return response.writeHead(204).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { url: `http://127.0.0.1:${server.address().port}`, stop };
}
