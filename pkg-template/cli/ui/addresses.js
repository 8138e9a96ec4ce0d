// Addresses of a registry, and where a proxy has them.

/** @typedef {{ target: URL, prefix: string, from: URL }} Move `target`: base URL of the registry; `prefix`: path of the proxy */

const pathOf = (/** @type {URL} */ { pathname }) => pathname.replace(/\/$/, '');

/**
 * Returns the registry's URL for a path under the proxy's prefix.
 * @param {URL} target
 * @param {URL} asked parsed with any host
 */
export function registryUrl(target, { pathname, search }) {
  const url = new URL(target.origin);
  url.pathname = pathOf(target) + pathname;
  url.search = search;
  return url;
}

/**
 * Returns the fields of a response that have addresses, with those of the registry under the prefix and others unchanged.
 * @param {{ location?: string, link?: string }} fields
 * @param {Move} move
 */
export function moved({ location, link }, move) {
  return {
    ...(location && { location: underPrefix(location, move) }),
    ...(link && { link: link.replace(/<([^>]*)>/g, (_, address) => `<${underPrefix(address, move)}>`) }),
  };
}

/**
 * @param {string} address
 * @param {Move} move
 */
function underPrefix(address, { target, prefix, from }) {
  if (!URL.canParse(address, from.href)) return address;
  const { host, pathname, search } = new URL(address, from);
  // Compares hosts only: a registry behind a TLS terminator may call itself http.
  if (host !== target.host) return address;
  const base = pathOf(target);
  return prefix + (pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname) + search;
}
