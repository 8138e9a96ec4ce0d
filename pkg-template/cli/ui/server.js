// Serves the page and a proxy to one registry, on loopback only.

import { timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

import { filesOf } from './files.js';

/**
 * @import { AddressInfo } from 'node:net'
 * @import { IncomingMessage, Server, ServerResponse } from 'node:http'
 * @typedef {(request: IncomingMessage, response: ServerResponse, path: string) => unknown} Forward sends a request for this path to the registry
 *
 * @typedef {object} Site
 * @property {Record<string, string>} folders as {@link filesOf} takes them
 * @property {Forward} forward
 * @property {string} name what the page calls the registry
 * @property {{ readOnly?: boolean, logins?: 'docker' }} [settings] what else the page's config.json says
 * @property {string} [token] the first part of every path; without it, nothing is told
 * @property {string} [ticket] a path that leads there once
 * @property {number} [port] 0, the default, for any free one
 * @property {number} [attempts] how many ports are tried
 */

/** Path of the registry below the token. */
export const REGISTRY = '/registry';

/** For what a page with a token is: it talks to this server alone, and nobody frames it. */
const PAGE_POLICY = "connect-src 'self'; frame-ancestors 'none'";
/** A registry's content is no page of this origin. */
const CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox";

/**
 * @param {Site} site
 * @returns {Promise<{ url: string, origin: string, stop: () => Promise<void> }>}
 */
export async function startServer({ folders, forward, name, settings, token, ticket, port = 0, attempts = 1 }) {
  const files = filesOf(folders);
  const root = token === undefined ? '' : `/${token}`;
  const config = JSON.stringify({ registry: root + REGISTRY, name, ...settings });
  /** @type {Set<string | undefined>} */
  let hosts;

  const server = createServer((request, response) => {
    const { url = '', headers } = request;
    // DNS rebinding: without this check, the pages of a name that resolves to 127.0.0.1 could read everything here.
    if (!hosts.has(headers.host)) return refuse(response, 403, 'DENIED', 'this server answers on its own address only');
    if (!url.startsWith('/')) return refuse(response, 400, 'UNSUPPORTED', 'this is no open proxy');
    if (token !== undefined && fromElsewhere(request)) return refuseOthers(response);
    if (ticket !== undefined && isSame(url, `/${ticket}`)) {
      ticket = undefined;
      return response.writeHead(303, { 'location': `${root}/`, 'cache-control': 'no-store' }).end();
    }
    if (root !== '' && !(url.at(root.length) === '/' && isSame(url.slice(0, root.length), root)))
      return refuse(response, 403, 'DENIED', 'open the whole address that the command printed');
    return answer(request, response, url.slice(root.length));
  });

  /**
   * @param {IncomingMessage} request
   * @param {ServerResponse} response
   * @param {string} url
   */
  function answer(request, response, url) {
    const [path] = url.split('?', 1);
    response.setHeader('x-content-type-options', 'nosniff');
    if (path.startsWith(`${REGISTRY}/`)) {
      if (fromElsewhere(request)) return refuseOthers(response);
      response.setHeader('content-security-policy', CONTENT_POLICY);
      return forward(request, response, url.slice(REGISTRY.length));
    }
    if (path === '/config.json')
      return response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(config);
    if (token !== undefined) response.setHeader('content-security-policy', PAGE_POLICY);
    request.url = url;
    return files(request, response);
  }

  const taken = await listen(server, port, attempts);
  hosts = new Set([`127.0.0.1:${taken}`, `localhost:${taken}`]);

  const stop = () =>
    new Promise((/** @type {(value?: any) => void} */ resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  const origin = `http://127.0.0.1:${taken}`;
  return { url: origin + root, origin, stop };
}

/**
 * CSRF: another site's page cannot read the responses, but without this check it could send requests.
 * @param {IncomingMessage} request
 */
function fromElsewhere({ headers }) {
  const { origin, host, 'sec-fetch-site': site = 'none' } = headers;
  return (origin !== undefined && origin !== `http://${host}`) || (site !== 'none' && site !== 'same-origin');
}

/**
 * @param {string} one
 * @param {string} other
 */
function isSame(one, other) {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/** @param {ServerResponse} response */
const refuseOthers = (response) => refuse(response, 403, 'DENIED', "other sites' pages have no access");

/**
 * Sends an error in the registries' own format (distribution-spec v1.1.1, "Error codes").
 * @param {ServerResponse} response
 * @param {number} status
 * @param {string} code
 * @param {string} message
 */
export function refuse(response, status, code, message) {
  const body = JSON.stringify({ errors: [{ code, message }] });
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    .end(body);
}

/**
 * @param {Server} server
 * @param {number} port
 * @param {number} attempts
 * @returns {Promise<number>} the port
 */
async function listen(server, port, attempts) {
  for (let candidate = port; ; candidate += 1) {
    try {
      await new Promise((/** @type {(value?: any) => void} */ resolve, reject) => {
        server.once('error', reject);
        server.listen(candidate, '127.0.0.1', () => {
          server.off('error', reject);
          resolve();
        });
      });
      return /** @type {AddressInfo} */ (server.address()).port;
    } catch (/** @type {any} */ error) {
      if (error.code !== 'EADDRINUSE' || candidate + 1 >= Math.min(port + attempts, 65_536)) throw error;
    }
  }
}
