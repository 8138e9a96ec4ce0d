// Keeps indexes of layers in a folder, a file for each.

import { join } from 'node:path';

import { crypto, fs } from './builtin.js';
import { checkNames, refusal } from './options.js';

const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;
const NAME = /^[a-zA-Z0-9+._=-]+\.layer-index$/;

/**
 * @param {string} path
 * @param {{ maxBytes?: number, maxFiles?: number }} [options]
 */
export function layerIndexFolder(path, options) {
  if (typeof path !== 'string' || path === '') throw refusal('path: a string is needed');
  const given = checkNames(options, ['maxBytes', 'maxFiles']);
  const most = (/** @type {string} */ name, /** @type {number} */ standard) => {
    const value = given[name] ?? standard;
    if (Number.isSafeInteger(value) && value > 0) return value;
    throw refusal(`options.${name}: a whole number above 0 is needed`);
  };
  const bounds = { bytes: most('maxBytes', 256 * 1024 * 1024), files: most('maxFiles', 10_000) };

  return {
    /**
     * @param {string} digest
     * @returns {Promise<Uint8Array | undefined>}
     */
    async get(digest) {
      const file = fileOf(path, digest);
      const { readFile, utimes } = fs();
      try {
        const bytes = await readFile(file);
        const now = new Date();
        // Says that it was used. In a folder that is only readable nothing is deleted either.
        await utimes(file, now, now).catch(() => {});
        return bytes;
      } catch (/** @type {any} */ error) {
        if (error.code === 'ENOENT') return undefined;
        throw error;
      }
    },

    /**
     * @param {string} digest
     * @param {Uint8Array} index
     */
    async set(digest, index) {
      const file = fileOf(path, digest);
      if (index.length > bounds.bytes) return;
      const { mkdir, rename, unlink, writeFile } = fs();
      // An index decides what is read, so nobody else may write here.
      await mkdir(path, { recursive: true, mode: 0o700 });
      const unfinished = `${file}.${crypto().randomBytes(6).toString('hex')}`;
      try {
        await writeFile(unfinished, index, { flag: 'wx', mode: 0o600 });
        await rename(unfinished, file);
      } catch (error) {
        await unlink(unfinished).catch(() => {});
        throw error;
      }
      await prune(path, file, bounds);
    },
  };
}

/**
 * @param {string} path
 * @param {string} digest
 */
function fileOf(path, digest) {
  if (!DIGEST.test(digest)) throw refusal('digest: it is no digest');
  return join(path, `${digest.replace(':', '-')}.layer-index`);
}

/**
 * Deletes the indexes that were not used for the longest time.
 * @param {string} path
 * @param {string} kept
 * @param {{ bytes: number, files: number }} bounds
 */
async function prune(path, kept, bounds) {
  const { readdir, stat, unlink } = fs();
  const names = (await readdir(path)).filter((name) => NAME.test(name));
  const found = await Promise.all(
    names.map(async (name) => {
      const file = join(path, name);
      // Another process may have deleted it.
      const { size, mtimeMs } = await stat(file).catch(() => ({ size: 0, mtimeMs: 0 }));
      return { file, size, mtimeMs };
    }),
  );
  let held = found.reduce((sum, { size }) => sum + size, 0);
  let count = found.length;
  for (const { file, size } of found.sort((one, other) => one.mtimeMs - other.mtimeMs)) {
    if (held <= bounds.bytes && count <= bounds.files) break;
    if (file === kept) continue;
    await unlink(file).catch(() => {});
    held -= size;
    count -= 1;
  }
}
