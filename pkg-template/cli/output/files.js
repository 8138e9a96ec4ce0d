// Writes files. A file appears under its name only when it is complete.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream, rmSync } from 'node:fs';
import { link, lstat, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';

import { Failure, Usage } from '../input/usage.js';

/**
 * Checks that the name is free, or that a regular file can be replaced.
 * @param {string} file
 * @param {{ overwrite?: boolean }} [options]
 */
export async function checkFree(file, { overwrite = false } = {}) {
  const found = await lstat(file).catch((/** @type {any} */ { code }) => {
    if (code !== 'ENOENT') throw new Usage(`${file}: the file cannot be written: ${code}`);
  });
  if (found && !found.isFile()) throw new Usage(`${file}: it exists and is no regular file`);
  if (found && !overwrite) throw new Usage(`${file}: the file exists; --overwrite replaces it`);
}

/**
 * Writes all of a stream, or nothing.
 * @param {string} file
 * @param {AsyncIterable<Uint8Array> | Uint8Array[]} chunks
 * @param {{ overwrite?: boolean }} [options]
 */
export async function writeWhole(file, chunks, { overwrite = false } = {}) {
  await checkFree(file, { overwrite });
  // A short random name cannot collide, and stays within the file name limit.
  const partial = path.join(path.dirname(file), `.${randomBytes(8).toString('hex')}.partial`);
  // A second Ctrl-C ends the process at once.
  const forget = () => rmSync(partial, { force: true });
  let isMine = false;
  /** @type {import('node:fs').WriteStream | undefined} */
  let made;
  try {
    made = createWriteStream(partial, { flags: 'wx' });
    made.once('open', () => {
      isMine = true;
      process.once('exit', forget);
    });
    await pipeline(chunks, made);
    await (overwrite ? rename(partial, file) : renameToNew(partial, file));
  } catch (/** @type {any} */ error) {
    // An interrupt may come while the file is being created.
    if (made && !made.closed) await new Promise((resolve) => made?.once('close', resolve));
    if (isMine) await rm(partial, { force: true }).catch(() => {});
    if (error.syscall === undefined) throw error;
    throw new Failure('FILE', `${file}: the file cannot be written: ${error.code}`, { cause: error });
  } finally {
    process.removeListener('exit', forget);
  }
}

/**
 * Renames, but replaces nothing that has come into being in the meantime.
 * @param {string} partial
 * @param {string} file
 */
async function renameToNew(partial, file) {
  try {
    await link(partial, file);
  } catch (/** @type {any} */ error) {
    if (error.code === 'EEXIST') throw error;
    // Some file systems have no hard links.
    await checkFree(file);
    return rename(partial, file);
  }
  return rm(partial);
}

/**
 * Writes a stream to standard output, as fast as its reader reads.
 * @param {AsyncIterable<Uint8Array>} chunks
 * @param {AbortSignal} signal
 */
export async function writeOut(chunks, signal) {
  for await (const chunk of chunks) {
    if (process.stdout.write(chunk)) continue;
    await once(process.stdout, 'drain', { signal }).catch((error) => {
      throw signal.aborted ? signal.reason : error;
    });
  }
}
