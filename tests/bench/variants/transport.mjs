// The `fetch` of a variant: that of ./node, or the host's own.

/**
 * @param {'node' | undefined} transport
 * @param {string} url of the package's main entry
 */
export async function fetchOf(transport, url) {
  if (transport === undefined) return undefined;
  const { createFetch } = await import(new URL('node/index.js', url));
  return createFetch();
}
