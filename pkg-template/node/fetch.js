// Creates a `fetch` with certificates and proxies.

import { startBun } from './bun.js';
import { checkNames } from './options.js';
import { readProxy } from './proxy.js';
import { TLS_OPTIONS, readTls } from './tls.js';
import { startUndici } from './undici.js';

export const FETCH_OPTIONS = [...TLS_OPTIONS, 'proxy'];

/** See node.d.ts. */
export function createFetch(options) {
  const given = checkNames(options, FETCH_OPTIONS);
  const settings = { tls: readTls(given), proxy: readProxy(given) };
  let started;
  const start = () => (started ??= globalThis.Bun ? startBun(settings) : startUndici(settings));
  const fetch = async (input, init) => (await start()).fetch(input, init);
  const close = async () => {
    const closing = started;
    started = undefined;
    await (await closing)?.close();
  };
  // It can send streams, so the client streams uploads.
  return Object.assign(fetch, { close, duplex: 'half' });
}
