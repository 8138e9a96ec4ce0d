// Reads the files that are given as arguments. "-" is standard input.

import { constants, createReadStream, openAsBlob } from 'node:fs';
import { access, stat } from 'node:fs/promises';

import { Usage } from './usage.js';

/** @typedef {Blob | AsyncIterable<Uint8Array>} Content */

/**
 * Opens a file for an upload. The length of a regular file is known, and its upload can start again.
 * @param {string} file
 * @param {{ options?: Record<string, any>, signal?: AbortSignal }} [call]
 * @returns {Promise<Content>}
 */
export async function contentOf(file, { options = {}, signal } = {}) {
  if (file === '-') return standardInput(options, signal);
  const isRegular = await checkReadable(file);
  return isRegular ? openAsBlob(file) : createReadStream(file);
}

/**
 * Reads a document.
 * @param {string} file
 * @param {{ options?: Record<string, any>, signal?: AbortSignal, limit: number }} call
 */
export async function documentOf(file, { options = {}, signal, limit }) {
  const content = await contentOf(file, { options, signal });
  const chunks = [];
  let size = 0;
  for await (const chunk of content instanceof Blob ? content.stream() : content) {
    size += chunk.byteLength;
    if (size > limit) throw new Usage(`${named(file)}: it has more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Checks that a file can be read.
 * @param {string} file
 * @returns {Promise<boolean>} whether it is a regular file, and not a pipe
 */
export async function checkReadable(file) {
  try {
    await access(file, constants.R_OK);
    const found = await stat(file);
    if (!found.isDirectory()) return found.isFile();
  } catch (/** @type {any} */ { code }) {
    throw new Usage(`${named(file)}: the file cannot be read: ${code}`);
  }
  throw new Usage(`${named(file)}: it is a folder; pack it with tar first`);
}

const named = (/** @type {string} */ file) => (file === '-' ? 'standard input' : file);

/**
 * @param {Record<string, any>} options
 * @param {AbortSignal} [signal]
 */
async function* standardInput(options, signal) {
  const other = Object.keys(options).find((name) => /Stdin$/.test(name) && options[name]);
  if (other !== undefined) throw new Usage('-: standard input is read for the login already');
  yield* inputUntil(signal);
}

/**
 * Reads standard input, which may never end, until the signal aborts.
 * @param {AbortSignal} [signal]
 */
export async function* inputUntil(signal) {
  signal?.throwIfAborted();
  const stop = () => void process.stdin.destroy(signal?.reason);
  signal?.addEventListener('abort', stop);
  try {
    yield* process.stdin;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
