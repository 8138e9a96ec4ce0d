// The names of a registry in config files.

import { refusal } from '../options.js';

/** Docker Hub's names: docker's own key, then those of podman and of users, then its registry's host. */
const HUB = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io', 'registry-1.docker.io'];

/**
 * Returns the names of the registry, docker's own first.
 * @param {string} registry its base URL, or its host
 */
export function namesOf(registry) {
  let url;
  try {
    url = new URL(registry.includes('://') ? registry : `https://${registry}`);
  } catch {
    throw refusal('challenge.registry: a URL or a host is needed');
  }
  if (HUB.includes(url.hostname)) return HUB;
  // `docker login` keeps the port as written; a URL drops the default port of its scheme.
  return url.port ? [url.host] : [url.hostname, `${url.hostname}:${url.protocol === 'http:' ? 80 : 443}`];
}

/**
 * Returns the keys of `auths` for this registry, the most specific first (containers-auth.json(5)).
 * @param {string[]} keys
 * @param {string[]} names as `namesOf` returns them
 * @param {string[]} repositories of the challenge; a key with a path must match all of them
 */
export function keysFor(keys, names, repositories) {
  /** @param {ReturnType<typeof split>} key */
  const isFor = ({ key, host, path }) => {
    if (names.includes(key)) return true;
    if (!names.includes(host)) return false;
    return path === '' || (repositories.length > 0 && repositories.every((name) => `${name}/`.startsWith(`${path}/`)));
  };
  /** @param {ReturnType<typeof split>} key */
  const rank = ({ key }) => (names.includes(key) ? names.indexOf(key) : names.length);
  return keys
    .map(split)
    .filter(isFor)
    .sort((a, b) => b.path.length - a.path.length || rank(a) - rank(b))
    .map(({ key }) => key);
}

/**
 * With a scheme, the path is that of an API (old docker); without one, it is a namespace (podman).
 * @param {string} key
 */
function split(key) {
  const [, scheme, host, path] = /** @type {RegExpMatchArray} */ (key.match(/^(https?:\/\/)?([^/]*)\/?(.*?)\/*$/is));
  return { key, host: host.toLowerCase(), path: scheme || /^v[12]$/.test(path) ? '' : path };
}
