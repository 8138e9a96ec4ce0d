// The names of an artifact's files, as ORAS writes them: annotations of the layers. They come from a registry, so none may
// lead out of the folder that the files are written to.

import { lstat, mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';

import { Failure, Usage } from '../../input/usage.js';

export const TITLE = 'org.opencontainers.image.title';
/** ORAS packs folders, and marks their layers with this. */
export const UNPACK = 'io.deis.oras.content.unpack';

/** Says why a name cannot be that of a file within a folder, here or on Windows. */
export function refusalOf(/** @type {string} */ name) {
  if (name === '') return 'it is empty';
  if (/[\u0000-\u001f\u007f<>"|?*]/.test(name)) return 'it has a character that file names cannot have everywhere';
  if (name.includes('\\') || name.includes(':')) return 'it has a backslash or a colon';
  if (name.startsWith('/')) return 'it is absolute';
  if (name.split('/').some((part) => part === '' || part === '.' || part === '..')) return 'it leads elsewhere';
  return undefined;
}

/**
 * Returns the name that a file has in an artifact.
 * @param {string} file as given
 */
export function nameOf(file) {
  const name = path.normalize(file).split(path.sep).join('/');
  const why = refusalOf(name);
  if (why)
    throw new Usage(
      `${file}: the file's name within the artifact would be ${JSON.stringify(name)}: ${why}; change into its folder`,
    );
  return name;
}

/**
 * Makes the folders of a file, and returns its path.
 * @param {string} folder exists
 * @param {string} name
 */
export async function placeIn(folder, name) {
  const parts = name.split('/');
  let place = await realpath(folder);
  for (const part of parts.slice(0, -1)) {
    place = path.join(place, part);
    await mkdir(place).catch((/** @type {any} */ { code }) => {
      if (code !== 'EEXIST') throw new Failure('FILE', `${place}: the folder cannot be made: ${code}`);
    });
    // A link could lead out of the folder.
    if (!(await lstat(place)).isDirectory()) throw new Failure('FILE', `${place}: it is no folder`);
  }
  return path.join(place, /** @type {string} */ (parts.at(-1)));
}
