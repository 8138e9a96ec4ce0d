// Repositories by a glob.

import { anyOf } from './glob.js';
import { parseReference } from './reference.js';
import { Usage } from './usage.js';

const GLOB = /[*?]/;

export const isGlob = (/** @type {string} */ text) => GLOB.test(text);

/**
 * Parses HOST/REPOSITORY, whose repository may be a glob.
 * @param {string} text
 */
export async function parseGlob(text) {
  // Replace each wildcard by one character: the length stays, so the host can be cut off by position.
  const plain = text.replaceAll(/[*?]/g, 'x');
  const { host, name, tag, digest, place } = await parseReference(plain);
  if (tag !== undefined || digest !== undefined) throw new Usage('HOST/REPOSITORY is needed, without tag and digest');
  const base = place.slice(0, place.length - name.length);
  if (!isGlob(text)) return { host, name, base, glob: undefined };
  // An address such as docker.io/* stands for library/*.
  const head = plain.endsWith(name) ? text.slice(0, text.length - name.length) : text;
  if (isGlob(head)) throw new Usage('a glob can stand for repositories, not for a host');
  return { host, name, base, glob: text.slice(head.length) };
}

/**
 * Returns the names that match.
 * @param {string} glob
 * @param {AsyncIterable<string> | Iterable<string>} names
 */
export async function matching(glob, names) {
  const pattern = anyOf([glob]);
  const found = [];
  for await (const name of names) {
    if (pattern.test(name)) found.push(name);
  }
  return found;
}
