// Bun's own fetch can be told about certificates and proxies; its undici is an imitation that ignores both.

/** @returns {{ fetch: typeof globalThis.fetch, close: () => Promise<void> }} */
export function startBun({ tls, proxy }) {
  // What the environment says Bun follows by itself.
  const own = proxy && !proxy.isFromEnvironment ? { proxy: proxy.http } : {};
  return { fetch: (input, init) => globalThis.fetch(input, { ...init, ...own, tls }), close: async () => {} };
}
