// The catalog of a registry at the page's own origin, requested while the module still loads.

const PAGE_SIZE = 1000;

/**
 * Requests the first page of the catalog of the registry at `address`. Returns a `fetch` for a client of that registry, whose first
 * request gets this response if it is the same one; undefined if the registry is at another origin, where CORS has a say.
 */
export function requestCatalog(address) {
  if (new URL(address).origin !== location.origin) return undefined;
  const url = `${address.replace(/\/+$/, '')}/v2/_catalog?n=${PAGE_SIZE}`;
  const controller = new AbortController();
  let early = fetch(url, {
    headers: { accept: 'application/json' },
    credentials: 'omit',
    cache: 'no-store',
    signal: controller.signal,
  });
  // A client that uses the response reports the error.
  early.catch(() => {});
  const send = (asked, init) => {
    const response = early;
    early = undefined;
    if (response && asked === url && init.method === 'GET') {
      init.signal?.addEventListener('abort', () => controller.abort());
      return response;
    }
    if (response) controller.abort();
    return fetch(asked, init);
  };
  return Object.assign(send, { isHost: true });
}
