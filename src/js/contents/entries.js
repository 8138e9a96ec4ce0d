// Entries of layers as JavaScript has them: dates and bytes in place of what stands for them in JSON.

/** @import { FileEntry } from '../../../pkg-template/index.js' */

/** The latest time that a Date can be, in milliseconds. */
const LATEST = 8.64e15;

/** @param {string} hexadecimal */
const bytesOf = (hexadecimal) =>
  Uint8Array.from(hexadecimal.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));

/**
 * Entries, or changes with an entry before and after.
 * @param {string} json
 * @returns {unknown[]}
 */
export function entriesOf(json) {
  const list = JSON.parse(json);
  for (const item of list) {
    if (item.change === undefined) complete(item);
    if (item.before) complete(item.before);
    if (item.after) complete(item.after);
  }
  return list;
}

/** @param {any} entry @returns {asserts entry is FileEntry} */
function complete(entry) {
  const { mtime, pathBytes, xattrs } = entry;
  if (Math.abs(mtime) <= LATEST) entry.mtime = new Date(mtime);
  else delete entry.mtime;
  if (pathBytes !== undefined) entry.pathBytes = bytesOf(pathBytes);
  if (xattrs) entry.xattrs = Object.fromEntries(Object.entries(xattrs).map(([name, value]) => [name, bytesOf(value)]));
}
