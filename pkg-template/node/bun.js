// Bun's own fetch takes certificates and proxies, and is faster than its node:http.

/** @import { Settings } from './fetch.js' */

/** @param {Settings} settings */
export function bunFetch({ tls, proxy }) {
  // Bun itself follows the environment variables.
  const own = proxy && !proxy.isFromEnvironment ? { proxy: proxy.http } : {};
  const fetch = (/** @type {any} */ input, /** @type {RequestInit | undefined} */ init) =>
    globalThis.fetch(input, /** @type {any} */ ({ ...init, ...own, tls }));
  return Object.assign(fetch, { close: async () => {}, duplex: /** @type {const} */ ('half') });
}
