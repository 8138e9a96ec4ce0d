// `cat` and `export`

import { Usage } from '../../input/usage.js';
import { whole } from '../../input/values.js';
import { checkFree, writeOut, writeWhole } from '../../output/files.js';
import { PLATFORM } from '../content/digest.js';
import { CACHE, SOCI_INDEX, openImage, reading } from './open.js';

/**
 * @import { Image } from 'docker-registry-client-wasm'
 * @import { Command } from '../../commands.js'
 */

/** @type {Command} */
export const cat = {
  name: 'cat',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST] PATH',
  takes: [2, 2],
  summary: 'prints a file of an image',
  details: `Links are followed inside the image. Layers are read from the newest down, until it is known what is at the path.
The layer that has the file is verified before its last bytes are printed: discard the output if the command fails.`,
  options: {
    layer: { value: 'N', read: whole(0), help: 'reads the file that this layer has, even if a later one deletes it' },
    'up-to': { value: 'N', read: whole(0), help: 'reads the file as it is after this layer' },
    platform: PLATFORM,
    cache: CACHE,
    'soci-index': SOCI_INDEX,
  },
  examples: ['cat localhost:5000/team/web:1.0.0 /etc/os-release'],

  async run(call) {
    const { args, options, output, signal } = call;
    const [text, path] = args;
    if (output.isJson) throw new Usage('the bytes of a file are no JSON: --json and --format cannot be given');
    const { layer, upTo, platform, sociIndex } = options;
    const image = await openImage(text, call, platform);
    const stream = await reading(call, async (onProgress) => {
      const known = path.includes('\ufffd') ? await bytesOf(image, path, { layer, upTo, sociIndex }) : undefined;
      return image.fileStream(known ?? path, { layer, upTo, sociIndex, onProgress });
    });
    await writeOut(stream, signal);
  },
};

/**
 * Finds the name that `ls` shows with U+FFFD: an argument cannot have the bytes of a name that is not UTF-8.
 * @param {Image} image
 * @param {string} path
 * @param {{ layer?: number, upTo?: number, sociIndex?: string }} options
 */
async function bytesOf(image, path, { layer, upTo, sociIndex }) {
  const shown = `/${path.replace(/^\/+/, '')}`;
  const entries = layer === undefined ? image.files({ upTo, sociIndex }) : image.layerFiles(layer);
  const found = [];
  for await (const entry of entries) if (entry.path === shown) found.push(entry);
  if (found.length > 1) throw new Usage(`${JSON.stringify(path)} stands for ${found.length} names that are not UTF-8`);
  return found[0]?.pathBytes;
}

/** @type {Command} */
export const exportTar = {
  name: 'export',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  summary: 'writes the file system of an image as a tar archive',
  details: `All layers together, without what later ones delete. --output creates the file only after everything is verified.
Without --output, the archive goes to standard output: discard it if the command fails.`,
  options: {
    output: { value: 'FILE', short: 'o', help: 'writes it to a new file' },
    overwrite: { help: 'replaces the file if it exists' },
    'up-to': { value: 'N', read: whole(0), help: 'writes the file system as it is after this layer' },
    platform: PLATFORM,
  },
  examples: ['export localhost:5000/team/web:1.0.0 | tar -tv'],

  async run(call) {
    const { args, options, output, signal } = call;
    const file = options.output === '-' ? undefined : options.output;
    if (output.isJson && file === undefined)
      throw new Usage('the bytes of an archive are no JSON: --json and --format need --output');
    // Before the layers are read, which may take long.
    if (file !== undefined) await checkFree(file, { overwrite: options.overwrite });
    const image = await openImage(args[0], call, options.platform);
    await reading(call, async (onProgress) => {
      const stream = await image.exportTar({ upTo: options.upTo, onProgress });
      await (file === undefined
        ? writeOut(stream, signal)
        : writeWhole(file, stream, { overwrite: options.overwrite }));
    });
    if (output.isJson) output.json({ file, digest: image.digest });
  },
};
