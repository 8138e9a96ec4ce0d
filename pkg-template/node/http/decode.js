// Content codings (RFC 9110 §8.4), undone while the body is read and never ahead of its reader.

import { pipeline } from 'node:stream';

import { zlib } from '../builtin.js';

/** @import { Readable, Transform } from 'node:stream' */

/** The number of codings in a row that are undone: each can make a body a thousand times as large. */
const MOST = 5;
const OPTIONS = { chunkSize: 64 * 1024 };

/** @type {Record<string, () => Transform>} */
const DECODERS = {
  'gzip': () => zlib().createGunzip(OPTIONS),
  'x-gzip': () => zlib().createGunzip(OPTIONS),
  'deflate': () => zlib().createInflate(OPTIONS),
  'br': () => zlib().createBrotliDecompress(OPTIONS),
};

/** The value of `Accept-Encoding`. "deflate" is left out: some servers mean another format by it. */
export const ACCEPTED = 'gzip, br';

/**
 * Returns the codings to undo, in the order in which they were applied; none if one of them is unknown.
 * @param {string | undefined} field the value of `Content-Encoding`
 */
export function codingsOf(field) {
  if (!field) return [];
  const named = field.split(',').map((coding) => coding.trim().toLowerCase());
  const codings = named.filter((coding) => coding !== '' && coding !== 'identity');
  return codings.every((coding) => Object.hasOwn(DECODERS, coding)) ? codings : [];
}

/**
 * Returns the body without its codings. Errors of either are errors of the result.
 * @param {Readable} source
 * @param {string[]} codings
 * @returns {Readable}
 */
export function decoded(source, codings) {
  if (codings.length > MOST) {
    return source.destroy(Object.assign(new Error('too many content codings'), { code: 'TOO_MANY_CODINGS' }));
  }
  const decoders = codings.map((coding) => DECODERS[coding]()).reverse();
  return /** @type {any} */ (pipeline([source, ...decoders], () => {}));
}
