// References such as `HOST/REPOSITORY:TAG`, as the commands take them.

import { Usage } from './usage.js';

/**
 * @typedef {object} Reference
 * @property {string} host with its scheme and path, if it has them
 * @property {string} name
 * @property {string} [tag]
 * @property {string} [digest]
 * @property {string} place all but scheme, tag and digest
 */

/**
 * @param {string} text
 * @returns {Promise<Reference>}
 */
export async function parseReference(text) {
  // Help and wrong options are answered without the module.
  const client = await import('docker-registry-client-wasm');
  const { registry: host, name, tag, digest } = client.parseReference(text);
  const base = host.replace(/^https?:\/\//i, '');
  return { host, name, tag, digest, place: `${base}${base.includes('/') ? '//' : '/'}${name}` };
}

/**
 * Parses a repository without tag and digest.
 * @param {string} text
 */
export async function parseRepository(text) {
  const reference = await parseReference(text);
  if (reference.tag !== undefined || reference.digest !== undefined) {
    throw new Usage('HOST/REPOSITORY is needed, without tag and digest');
  }
  return reference;
}

/**
 * Parses a reference whose tag is required.
 * @param {string} text
 */
export async function parseTag(text) {
  const reference = await parseReference(text);
  if (!reference.tag || reference.digest !== undefined) {
    throw new Usage('HOST/REPOSITORY:TAG is needed, without digest');
  }
  return reference;
}

/**
 * Parses a reference whose digest is required. A tag beside it could be taken for what is meant.
 * @param {string} text
 * @returns {Promise<Reference & { digest: string }>}
 */
export async function parseDigest(text) {
  const { digest, ...reference } = await parseReference(text);
  if (digest === undefined || reference.tag !== undefined) {
    throw new Usage('HOST/REPOSITORY@DIGEST is needed, without tag; digest prints the digest of a tag');
  }
  return { ...reference, digest };
}

/** Returns what names the manifest. As in docker, a digest takes precedence over a tag. */
export const selector = (/** @type {Reference} */ { tag, digest }) => digest ?? tag ?? 'latest';
