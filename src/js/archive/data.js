// Classifies the source of load() by its methods, not its class: it may come from another realm.

import { bytesOf } from '../../fetch/body/reader.js';

/** @typedef {{ bytes?: Uint8Array, blob?: Blob, files?: [string, Blob][] }} Found */

/** @param {unknown} value @returns {string} */
const tagOf = (value) => Object.prototype.toString.call(value);

/** @param {unknown} value @returns {value is Blob} */
const isBlob = (value) =>
  /^\[object (Blob|File)\]$/.test(tagOf(value)) && typeof (/** @type {Blob} */ (value).slice) === 'function';

/**
 * Returns the bytes or the Blob of an archive, which can be read twice, or the files of a directory. An empty object stands for a stream, and for
 * what is no source.
 * @param {any} source
 * @returns {Found}
 */
export function archiveOf(source) {
  if (typeof source !== 'object' || source === null) return {};
  if (isBlob(source)) return { blob: source };
  if (ArrayBuffer.isView(source) || /^\[object (Shared)?ArrayBuffer\]$/.test(tagOf(source))) {
    return { bytes: bytesOf(source) };
  }
  if (typeof source.getReader === 'function' || typeof source[Symbol.iterator] !== 'function') return {};
  /** @type {any[]} */
  const items = Array.from(source);
  // A user who chose one file, and no directory, chose an archive.
  const [only] = items;
  if (items.length === 1 && !only?.webkitRelativePath && isBlob(only)) return { blob: only };
  /** @type {(item: any) => any} */
  const pairOf = (item) => (Array.isArray(item) ? item : [pathOf(item), item]);
  const files = items.map(pairOf);
  return files.every(([path, file]) => typeof path === 'string' && isBlob(file)) ? { files } : {};
}

/**
 * The path of a file that a user chose, within the chosen directory if it was one.
 * @param {{ webkitRelativePath?: string, name?: string } | undefined} file
 */
const pathOf = (file) => file?.webkitRelativePath || file?.name;
