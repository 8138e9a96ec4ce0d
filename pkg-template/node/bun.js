// Bun's own fetch takes certificates and proxies; its undici is an imitation that ignores both.

/** @returns {{ fetch: typeof globalThis.fetch, close: () => Promise<void> }} */
export function startBun({ tls, proxy }) {
  // Bun itself follows the environment variables.
  const own = proxy && !proxy.isFromEnvironment ? { proxy: proxy.http } : {};
  return { fetch: (input, init) => globalThis.fetch(input, { ...init, ...own, tls }), close: async () => {} };
}
