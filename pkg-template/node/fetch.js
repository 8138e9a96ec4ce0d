// Creates a `fetch` with certificates and proxies.

import { startBun } from './bun.js';
import { checkNames } from './options.js';
import { readProxy } from './proxy.js';
import { TLS_OPTIONS, readTls } from './tls.js';
import { startUndici } from './undici.js';

/**
 * @import { FetchOptions } from 'docker-registry-client-wasm/node'
 * @import { Proxies } from './proxy.js'
 * @import { Tls } from './tls.js'
 */

/** @typedef {{ tls: Tls, proxy: Proxies | undefined }} Settings the options, checked */
/** @typedef {{ fetch: typeof globalThis.fetch, close: () => Promise<void> }} Fetching the function that sends the requests */

export const FETCH_OPTIONS = [...TLS_OPTIONS, 'proxy'];

/**
 * See node.d.ts.
 * @param {FetchOptions} [options]
 */
export function createFetch(options) {
  const given = checkNames(options, FETCH_OPTIONS);
  const settings = { tls: readTls(given), proxy: readProxy(given) };
  /** @type {Fetching | Promise<Fetching> | undefined} */
  let started;
  const start = () => (started ??= 'Bun' in globalThis ? startBun(settings) : startUndici(settings));
  /** @type {typeof globalThis.fetch} */
  const fetch = async (/** @type {any} */ input, /** @type {RequestInit | undefined} */ init) =>
    (await start()).fetch(input, init);
  const close = async () => {
    const closing = started;
    started = undefined;
    await (await closing)?.close();
  };
  // It can send streams, so the client streams uploads.
  return Object.assign(fetch, { close, duplex: /** @type {const} */ ('half') });
}
