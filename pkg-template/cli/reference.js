// Parses references such as `HOST/REPOSITORY:TAG` by docker's rules. The client validates the parts.

import { Usage } from './usage.js';

const HUB = 'docker.io';

/**
 * @typedef {object} Reference
 * @property {string} host with its scheme, if it has one, and with the registry's path, which ends at "//"
 * @property {string} name
 * @property {string} [tag]
 * @property {string} [digest]
 * @property {string} place all but scheme, tag and digest
 */

/**
 * @param {string} text
 * @returns {Reference}
 */
export function parseReference(text) {
  const [, scheme, rest] = /** @type {RegExpExecArray} */ (/^(https?:\/\/)?(.*)$/is.exec(withoutTransport(text)));
  const slash = rest.indexOf('/');
  const first = slash < 0 ? rest : rest.slice(0, slash);
  if (slash < 0 && (scheme || isHost(first.replace(/[:@].*$/, '')))) {
    throw new Usage('the repository is missing: HOST/REPOSITORY is needed');
  }
  const hasHost = scheme || (slash > 0 && isHost(first));
  // No repository's name contains "//".
  const end = hasHost ? rest.indexOf('//') : -1;
  const base = end < 0 ? first : rest.slice(0, end);
  const host = hasHost ? (scheme ?? '') + base : HUB;
  const path = hasHost ? rest.slice(base.length + (end < 0 ? 1 : 2)) : rest;
  const [, name, tag, digest] = /^([^:@]*)(?::([^@]*))?(?:@(.*))?$/s.exec(path) ?? [undefined, path];
  // The client would take either for the other.
  if (tag?.includes(':')) throw new Usage('a tag cannot contain ":"; write a digest after "@"');
  if (digest !== undefined && !digest.includes(':')) {
    throw new Usage('a digest such as sha256:… is needed after "@"');
  }
  return { host, name, tag, digest, place: `${hasHost ? base : HUB}${end < 0 ? '/' : '//'}${name}` };
}

/** Removes the transport of skopeo's and helm's references, which does not tell the scheme. */
export const withoutTransport = (/** @type {string} */ text) => text.replace(/^(docker|oci):\/\//i, '');

/** Whether docker takes the text for a host, and not for a namespace of Docker Hub. */
const isHost = (/** @type {string} */ text) =>
  /[.:[]/.test(text) || text === 'localhost' || text !== text.toLowerCase();

/**
 * Parses a repository without tag and digest.
 * @param {string} text
 */
export function parseRepository(text) {
  const reference = parseReference(text);
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw new Usage('HOST/REPOSITORY is needed, without tag and digest');
  }
  return reference;
}

/**
 * Parses a reference whose tag is required.
 * @param {string} text
 */
export function parseTag(text) {
  const reference = parseReference(text);
  if (!reference.tag || reference.digest !== undefined) {
    throw new Usage('HOST/REPOSITORY:TAG is needed, without digest');
  }
  return reference;
}

/** Returns what names the manifest. As in docker, a digest takes precedence over a tag. */
export const selector = (/** @type {Reference} */ { tag, digest }) => digest ?? tag ?? 'latest';
