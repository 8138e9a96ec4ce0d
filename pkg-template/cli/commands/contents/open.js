// Opens images for the commands that look inside them, and shows how much of their layers is read.

import { parseReference, selector } from '../../input/reference.js';
import { size } from '../../output/format.js';
import { startProgress } from '../../output/progress.js';

/**
 * @import { Image } from 'docker-registry-client-wasm'
 * @import { Call } from '../../commands.js'
 */

/**
 * @param {string} text
 * @param {Call} call
 * @param {string} [platform]
 * @returns {Promise<Image>}
 */
export async function openImage(text, { connect, options }, platform) {
  const reference = await parseReference(text);
  const cache = options.cache || process.env.DRC_CACHE || undefined;
  const repository = (await connect(reference.host, { cache })).repository(reference.name);
  return repository.image(selector(reference), { platform });
}

/**
 * Shows how much of the layers is read while `use` runs.
 * @template T
 * @param {Call} call
 * @param {(onProgress: (progress: { loaded: number, total?: number }) => void) => Promise<T>} use
 */
export async function reading({ output }, use) {
  const progress = startProgress('reading layers', output, size);
  try {
    return await use(({ loaded, total }) => progress.update(loaded, total));
  } finally {
    progress.end();
  }
}

/** @type {import('../../commands.js').Option} */
export const CACHE = {
  value: 'DIR',
  help: 'keeps indexes of layers in this folder, so that a layer is read once; default: $DRC_CACHE, if it is set',
};

/** @type {import('../../commands.js').Option} */
export const SOCI_INDEX = {
  value: 'DIGEST',
  help: 'SOCI index that refers to the image: large layers are read by it, and what it says is trusted',
};

/** @type {Record<string, string>} */
const LETTERS = {
  file: '-',
  hardlink: '-',
  directory: 'd',
  symlink: 'l',
  'character-device': 'c',
  'block-device': 'b',
  fifo: 'p',
};

/**
 * "drwxr-xr-x", as ls shows it.
 * @param {{ kind: string, mode: number }} entry
 */
export function permissions({ kind, mode }) {
  const triple = (/** @type {number} */ shift, /** @type {number} */ special, /** @type {string} */ letter) => {
    const bits = (mode >> shift) & 7;
    const isSpecial = (mode & special) !== 0;
    const runs = bits & 1 ? (isSpecial ? letter : 'x') : isSpecial ? letter.toUpperCase() : '-';
    return `${bits & 4 ? 'r' : '-'}${bits & 2 ? 'w' : '-'}${runs}`;
  };
  return `${LETTERS[kind] ?? '?'}${triple(6, 0o4000, 's')}${triple(3, 0o2000, 's')}${triple(0, 0o1000, 't')}`;
}
