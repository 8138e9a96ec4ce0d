// `HOST/REPOSITORY:TAG` and the like, taken apart by docker's rules. Whether the parts are good the client says.

import { Usage } from './usage.js';

const HUB = 'docker.io';

/**
 * @returns {{ host: string, name: string, tag?: string, digest?: string, place: string }} `host` with its scheme, if it
 *   has one, and with the path that it is under, which ends at "//"; `place`: all but scheme, tag and digest
 */
export function parseReference(text) {
  const [, scheme, rest] = /^(https?:\/\/)?(.*)$/is.exec(withoutTransport(text));
  const slash = rest.indexOf('/');
  const first = slash < 0 ? rest : rest.slice(0, slash);
  if (slash < 0 && (scheme || isHost(first.replace(/[:@].*$/, '')))) {
    throw new Usage('the repository is missing: HOST/REPOSITORY is needed');
  }
  const hasHost = scheme || (slash > 0 && isHost(first));
  // No repository's name holds "//".
  const end = hasHost ? rest.indexOf('//') : -1;
  const base = end < 0 ? first : rest.slice(0, end);
  const host = hasHost ? (scheme ?? '') + base : HUB;
  const path = hasHost ? rest.slice(base.length + (end < 0 ? 1 : 2)) : rest;
  const [, name, tag, digest] = /^([^:@]*)(?::([^@]*))?(?:@(.*))?$/s.exec(path) ?? [undefined, path];
  // For the client either would be the other.
  if (tag?.includes(':')) throw new Usage('a tag holds no ":"; a digest stands behind "@"');
  if (digest !== undefined && !digest.includes(':')) {
    throw new Usage('a digest such as sha256:… is needed behind "@"');
  }
  return { host, name, tag, digest, place: `${hasHost ? base : HUB}${end < 0 ? '/' : '//'}${name}` };
}

/** As skopeo and helm write references: it says how to reach a registry, but not by which scheme. */
export const withoutTransport = (text) => text.replace(/^(docker|oci):\/\//i, '');

/** What docker takes for a host, and not for the namespace of a repository of Docker Hub. */
const isHost = (text) => /[.:[]/.test(text) || text === 'localhost' || text !== text.toLowerCase();

/** A repository alone. */
export function parseRepository(text) {
  const reference = parseReference(text);
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw new Usage('HOST/REPOSITORY is needed, without tag and digest');
  }
  return reference;
}

/** A tag that has to be there: what is removed is named. */
export function parseTag(text) {
  const reference = parseReference(text);
  if (!reference.tag || reference.digest !== undefined) {
    throw new Usage('HOST/REPOSITORY:TAG is needed, with its tag and without digest');
  }
  return reference;
}

/** What names the manifest. As with docker, a digest counts more than a tag beside it. */
export const selector = ({ tag, digest }) => digest ?? tag ?? 'latest';
