// Classifies the data of pushBlob by its methods, not its class: it may come from another realm.

import { bytesOf } from '../../fetch/body/reader.js';

/** @import { Reader } from '../../fetch/body/reader.js' */
/** @typedef {Pick<Blob, 'stream' | 'size'> & Pick<ReadableStream, 'getReader' | 'locked'> & AsyncIterable<unknown> & Pick<Response, 'body'>} Data some of it */
/** @typedef {{ bytes?: Uint8Array, reader?: Reader, size?: number, again?: () => Reader, why?: string, hint?: string }} Found */

/** @param {unknown} value @returns {string} */
const tagOf = (value) => Object.prototype.toString.call(value);

/**
 * `{ bytes }`, or `{ reader, size, again }` of something to read from, and perhaps once more, or `{ why }` it cannot be pushed; of anything else a `{ hint }`.
 * @param {string | Partial<Data> | null | undefined} data
 * @returns {Found}
 */
export function classify(data) {
  if (typeof data === 'string') {
    return { hint: ': new TextEncoder().encode(text) makes bytes of a text, openAsBlob(path) of node:fs opens a file' };
  }
  if (typeof data !== 'object' || data === null) return {};
  if (ArrayBuffer.isView(data) || /^\[object (Shared)?ArrayBuffer\]$/.test(tagOf(data))) return bytes(data);
  if (/^\[object (Blob|File)\]$/.test(tagOf(data)) && typeof data.stream === 'function') {
    const again = () => /** @type {Data} */ (data).stream().getReader();
    const size = Number.isSafeInteger(data.size) && /** @type {number} */ (data.size) >= 0 ? data.size : undefined;
    return { reader: again(), size, again };
  }
  if (typeof data.getReader === 'function') return stream(/** @type {Data} */ (data));
  if (typeof data[Symbol.asyncIterator] === 'function') return iterable(/** @type {Data} */ (data));
  return typeof data.body?.getReader === 'function' ? { hint: ': its body is a stream' } : {};
}

/** @param {unknown} data */
function bytes(data) {
  try {
    return { bytes: bytesOf(data) };
  } catch {
    return { why: 'its buffer is detached: it was transferred elsewhere' };
  }
}

/** @param {Data} data */
function stream(data) {
  if (data.locked) return { why: 'the stream is locked: somebody has a reader of it' };
  if (isDisturbed(data)) return { why: 'the stream has been read from already: its start is missing' };
  return { reader: data.getReader() };
}

/**
 * Only a body knows.
 * @param {object} data
 */
function isDisturbed(data) {
  if (typeof ReadableStream !== 'function' || !(data instanceof ReadableStream)) return false;
  try {
    new Response(data);
    return false;
  } catch {
    return true;
  }
}

/**
 * Adapts an async iterable to the reader interface.
 * @param {AsyncIterable<unknown>} data
 */
function iterable(data) {
  const iterator = data[Symbol.asyncIterator]();
  const cancel = async () => {
    await iterator.return?.();
    // A generator that has not begun leaves a stream of Node's open.
    /** @type {{ destroy?: () => void }} */ (data).destroy?.();
  };
  return { reader: { read: () => iterator.next(), cancel } };
}
