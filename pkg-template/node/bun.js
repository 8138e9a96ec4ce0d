// Bun's own fetch takes certificates and proxies; its undici is an imitation that ignores both.

/** @import { Fetching, Settings } from './fetch.js' */

/**
 * @param {Settings} settings
 * @returns {Fetching}
 */
export function startBun({ tls, proxy }) {
  // Bun itself follows the environment variables.
  const own = proxy && !proxy.isFromEnvironment ? { proxy: proxy.http } : {};
  return {
    fetch: (/** @type {any} */ input, /** @type {RequestInit | undefined} */ init) =>
      globalThis.fetch(input, /** @type {any} */ ({ ...init, ...own, tls })),
    close: async () => {},
  };
}
