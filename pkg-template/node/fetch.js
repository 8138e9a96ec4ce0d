// Creates a `fetch` with connections of its own: certificates and proxies, which the host's own does not take.

import { bunFetch } from './bun.js';
import { DIRECT, directly } from './http/direct.js';
import { fetchWith } from './http/fetch.js';
import { Transport } from './http/transport.js';
import { checkNames, typed } from './options.js';
import { readProxy } from './proxy.js';
import { TLS_OPTIONS, readTls } from './tls.js';

/**
 * @import { CustomFetch, FetchOptions } from 'docker-registry-client-wasm/node'
 * @import { Proxies } from './proxy.js'
 * @import { Tls } from './tls.js'
 */

/** @typedef {{ tls: Tls, proxy: Proxies | undefined, http2: boolean }} Settings the options, checked */

export const FETCH_OPTIONS = [...TLS_OPTIONS, 'proxy', 'http2'];

const isBun = 'Bun' in globalThis;
const isDeno = 'Deno' in globalThis;

/**
 * See node.d.ts.
 * @param {FetchOptions} [options]
 * @returns {CustomFetch}
 */
export function createFetch(options) {
  const given = checkNames(options, FETCH_OPTIONS);
  const settings = { tls: readTls(given), proxy: readProxy(given), http2: readHttp2(given) };
  return isBun ? bunFetch(settings) : nodeFetch(settings);
}

/** @type {CustomFetch | undefined} */
let shared;

/**
 * Returns the `fetch` of clients without options for it: in Node, one whose connections they share. Bun's and Deno's own
 * are faster than their node:http.
 */
export const sharedFetch = () =>
  isBun || isDeno ? undefined : (shared ??= nodeFetch({ tls: {}, proxy: readProxy({}), http2: readHttp2({}) }));

/**
 * Only Node's node:http2 is known to continue a connection that exists. Off by default: requests one after the other take more
 * processor time than over HTTP/1.1, because Node's streams of HTTP/2 leave more garbage.
 * @param {Record<string, any>} options
 */
function readHttp2(options) {
  const isWanted = typed(options, 'http2', 'boolean') ?? false;
  return isWanted && !isDeno;
}

/** @param {Settings} settings */
function nodeFetch(settings) {
  /** @type {Transport | undefined} */
  let started;
  const transport = () => (started ??= new Transport(settings));
  const close = async () => {
    const closing = started;
    started = undefined;
    await closing?.close();
  };
  const fetch = (/** @type {any} */ input, /** @type {RequestInit | undefined} */ init) =>
    fetchWith(transport(), input, init);
  // It can send streams, so the client streams uploads.
  return Object.assign(fetch, { close, duplex: /** @type {const} */ ('half'), [DIRECT]: directly(transport) });
}
