// The two servers a smoke test needs: one that speaks enough of the registry protocol to list tags, one for a folder's files.
// Real registries are the matter of other tests; here it is that the package starts and works in its host.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';

/** What the registry says of `a/b`. */
export const TAGS = ['1.0', 'latest'];

/** A blob of `a/b`. */
export const CONTENT = 'what the storage has';
export const DIGEST = `sha256:${createHash('sha256').update(CONTENT).digest('hex')}`;

const ROUTES = { '/v2/': {}, '/v2/a/b/tags/list': { name: 'a/b', tags: TAGS } };
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.wasm': 'application/wasm',
};

export async function listen(test, handler) {
  const server = http.createServer(handler);
  await new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  test.after(() => new Promise((resolve) => server.close(resolve).closeAllConnections()));
  return `http://127.0.0.1:${server.address().port}`;
}

/** Any origin may read it. */
export function serveRegistry(test) {
  return listen(test, (request, response) => {
    const { pathname } = new URL(request.url, 'http://registry');
    response.setHeader('Access-Control-Allow-Origin', '*');
    // The wildcard does not stand for this one.
    response.setHeader('Access-Control-Allow-Headers', '*, Authorization');
    response.setHeader('Docker-Distribution-Api-Version', 'registry/2.0');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    const found = Object.hasOwn(ROUTES, pathname);
    response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json' });
    return response.end(
      JSON.stringify(found ? ROUTES[pathname] : { errors: [{ code: 'NAME_UNKNOWN', message: pathname }] }),
    );
  });
}

/**
 * A registry that wants tokens, is gone for a moment, and has its blobs elsewhere.
 * @returns {Promise<{ registry: string, storage: string, seen: object[] }>} `seen`: header fields that came to the storage
 */
export async function serveBearer(test) {
  const seen = [];
  const storage = await listen(test, (request, response) => {
    seen.push(request.headers);
    response.end(CONTENT);
  });
  let wasGone = false;
  const registry = await listen(test, (request, response) => {
    const { pathname, origin } = new URL(request.url, `http://${request.headers.host}`);
    const answer = (status, document, headers) => {
      response.writeHead(status, { 'Content-Type': 'application/json', ...headers });
      response.end(JSON.stringify(document));
    };
    const { authorization } = request.headers;
    const refuse = () =>
      answer(
        401,
        { errors: [{ code: 'UNAUTHORIZED', message: 'log in' }] },
        { 'WWW-Authenticate': `Bearer realm="${origin}/token",service="it"` },
      );
    if (pathname === '/token')
      return authorization === `Basic ${btoa('alice:secret')}` ? answer(200, { token: 'good' }) : refuse();
    if (authorization !== 'Bearer good') return refuse();
    if (pathname.includes('/blobs/')) return answer(307, {}, { Location: `${storage}/blob` });
    if (!wasGone) {
      wasGone = true;
      return answer(503, {});
    }
    return answer(200, ROUTES[pathname] ?? {});
  });
  return { registry, storage, seen };
}

export function serveFolder(test, folder, headers = {}) {
  return listen(test, async (request, response) => {
    const { pathname } = new URL(request.url, 'http://pages');
    const file = path.join(folder, path.normalize(decodeURIComponent(pathname)));
    const found = await stat(file).catch(() => undefined);
    if (!found?.isFile()) return response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': TYPES[path.extname(file)] ?? 'application/octet-stream', ...headers });
    return createReadStream(file).pipe(response);
  });
}
