// `cat` and `export`

import { Usage } from '../../input/usage.js';
import { whole } from '../../input/values.js';
import { writeOut, writeWhole } from '../../output/files.js';
import { PLATFORM } from '../content/digest.js';
import { CACHE, openImage, reading } from './open.js';

/** @import { Command } from '../../commands.js' */

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
  },
  examples: ['cat localhost:5000/team/web:1.0.0 /etc/os-release'],

  async run(call) {
    const { args, options, output, signal } = call;
    const [text, path] = args;
    if (output.isJson) throw new Usage('the bytes of a file are no JSON: --json and --format cannot be given');
    const { layer, upTo, platform } = options;
    const image = await openImage(text, call, platform);
    const stream = await reading(call, (onProgress) => image.fileStream(path, { layer, upTo, onProgress }));
    await writeOut(stream, signal);
  },
};

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
