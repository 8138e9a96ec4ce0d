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
    if (!(await promises.stat(from)).isDirectory()) return await openAsBlob(from);
    /** @type {Map<string, Blob>} */
    const files = new Map();
    // Of what else may be there, nothing is opened: links lead anywhere.
    for (const folder of ['', ...(await foldersOf(promises, join(from, 'blobs')))]) {
      for (const entry of await promises.readdir(join(from, folder), { withFileTypes: true })) {
        const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isFile()) files.set(name, await openAsBlob(join(from, name)));
      }
    }
    return files;
  } catch (/** @type {any} */ cause) {
    const message = `path: the archive cannot be opened: ${cause?.code ?? 'it is no file or directory'}`;
    throw Object.assign(new RegistryError('INVALID_ARGUMENT', message), { cause });
  }
}

/**
 * @param {typeof import('node:fs/promises')} files
 * @param {string} blobs
 */
async function foldersOf(files, blobs) {
  const entries = await files.readdir(blobs, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => `blobs/${name}`);
}
