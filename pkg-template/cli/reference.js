// `HOST/REPOSITORY:TAG` and the like, taken apart by docker's rules. Whether the parts are good the client says.

import { Usage } from './usage.js';

const HUB = 'docker.io';

/**
 * @returns {{ host: string, name: string, tag?: string, digest?: string, place: string }} `host` with its scheme, if it has
 *   one; `place`: all but tag and digest
 */
export function parseReference(text) {
  const [, scheme, rest] = /^(https?:\/\/)?(.*)$/is.exec(text);
  const slash = rest.indexOf('/');
  const first = slash < 0 ? rest : rest.slice(0, slash);
  if (slash < 0 && (scheme || isHost(first.replace(/[:@].*$/, '')))) {
    throw new Usage('the repository is missing: HOST/REPOSITORY is needed');
  }
  const hasHost = scheme || (slash > 0 && isHost(first));
  const host = hasHost ? (scheme ?? '') + first : HUB;
  const path = hasHost ? rest.slice(slash + 1) : rest;
  const [, name, tag, digest] = /^([^:@]*)(?::([^@]*))?(?:@(.*))?$/s.exec(path) ?? [undefined, path];
  // For the client either would be the other.
  if (tag?.includes(':')) throw new Usage('a tag holds no ":"; a digest stands behind "@"');
  if (digest !== undefined && !digest.includes(':')) throw new Usage('a digest such as sha256:… is needed behind "@"');
  return { host, name, tag, digest, place: `${hasHost ? first : HUB}/${name}` };
}

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
