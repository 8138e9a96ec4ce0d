// Under which names config files know a registry.

import { refusal } from './options.js';

/** Docker Hub: docker's own key first, then what podman and people write, then where its registry is. */
const HUB = ['https://index.docker.io/v1/', 'index.docker.io', 'docker.io', 'registry-1.docker.io'];

/**
 * The names of the registry that asks, docker's own first.
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
  // `docker login` keeps the port as it was written, a URL drops its scheme's own.
  return url.port ? [url.host] : [url.hostname, `${url.hostname}:${url.protocol === 'http:' ? 80 : 443}`];
}

/**
 * The keys of `auths` that are for this registry, the most specific first (containers-auth.json(5)).
 * @param {string[]} keys
 * @param {string[]} names as `namesOf` gives them
 * @param {string[]} repositories those the challenge is about; a key with a path must be for all of them
 */
export function keysFor(keys, names, repositories) {
  const isFor = ({ key, host, path }) => {
    if (names.includes(key)) return true;
    if (!names.includes(host)) return false;
    return path === '' || (repositories.length > 0 && repositories.every((name) => `${name}/`.startsWith(`${path}/`)));
  };
  const rank = ({ key }) => (names.includes(key) ? names.indexOf(key) : names.length);
  return keys
    .map(split)
    .filter(isFor)
    .sort((a, b) => b.path.length - a.path.length || rank(a) - rank(b))
    .map(({ key }) => key);
}

/** A URL's path is that of an API, as docker once wrote them; without a scheme it is a namespace, as podman writes them. */
function split(key) {
  const [, scheme, host, path] = key.match(/^(https?:\/\/)?([^/]*)\/?(.*?)\/*$/is);
  return { key, host: host.toLowerCase(), path: scheme || /^v[12]$/.test(path) ? '' : path };
}
