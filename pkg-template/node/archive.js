// Opens archives of images, and image layouts, without reading them.

import { RegistryError } from '../classes.js';

/**
 * See node.d.ts.
 * @param {string | URL} path
 * @returns {Promise<Blob | Map<string, Blob>>}
 */
export async function openArchive(path) {
  if (typeof path !== 'string' && !(path instanceof URL)) {
    throw new RegistryError('INVALID_ARGUMENT', 'path: a string or a file: URL is needed');
  }
  const { openAsBlob, promises } = await import('node:fs');
  if (!openAsBlob)
    throw new RegistryError('UNSUPPORTED', 'openArchive() needs openAsBlob() of node:fs, which this host lacks');
  const { join } = await import('node:path');
  const { fileURLToPath } = await import('node:url');
  try {
    const from = path instanceof URL ? fileURLToPath(path) : path;
    const what = await promises.stat(from);
    if (what.isFile()) return await openAsBlob(from);
    if (!what.isDirectory()) throw refused(path);
    /** @type {Map<string, Blob>} */
    const files = new Map();
    // Nothing else is opened: a symbolic link may lead out of the directory.
    const hasBlobs = (await promises.lstat(join(from, 'blobs')).catch(() => undefined))?.isDirectory();
    for (const folder of ['', ...(hasBlobs ? await foldersOf(promises, join(from, 'blobs')) : [])]) {
      for (const entry of await promises.readdir(join(from, folder), { withFileTypes: true })) {
        const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isFile()) files.set(name, await openAsBlob(join(from, name)));
      }
    }
    return files;
  } catch (/** @type {any} */ cause) {
    throw cause instanceof RegistryError ? cause : Object.assign(refused(path, cause?.code), { cause });
  }
}

/**
 * @param {string | URL} path
 * @param {string} [why]
 */
const refused = (path, why = 'it is no file or directory') =>
  new RegistryError('INVALID_ARGUMENT', `path: ${JSON.stringify(String(path))} cannot be opened: ${why}`);

/**
 * @param {typeof import('node:fs/promises')} files
 * @param {string} blobs
 */
async function foldersOf(files, blobs) {
  const entries = await files.readdir(blobs, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `blobs/${name}`);
}
