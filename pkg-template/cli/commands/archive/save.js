// `save`

import { parseReference, selector } from '../../input/reference.js';
import { Usage } from '../../input/usage.js';
import { writeOut, writeWhole } from '../../output/files.js';
import { size } from '../../output/format.js';
import { startProgress } from '../../output/progress.js';

/** @import { Command } from '../../commands.js' */

/** @type {Command} */
export const save = {
  name: 'save',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  summary: 'writes an image, with all its platforms, as an archive for docker load, podman and skopeo',
  details: `An OCI image layout with docker's manifest.json; docker load takes the image for linux/amd64, or of --platform. The same image
has the same bytes each time. --output creates the file only after everything is verified. Without --output, the archive goes to standard
output: discard it if the command fails.`,
  options: {
    output: { value: 'FILE', short: 'o', help: 'writes it to a new file' },
    overwrite: { help: 'replaces the file if it exists' },
    platform: {
      value: 'PLATFORM',
      help: 'saves only the image for this platform of an index, such as linux/arm64; all: as without it',
    },
    name: {
      value: 'NAME',
      multiple: true,
      api: 'names',
      help: 'name and tag that a program gives to the image when it loads it, by default those it has',
    },
  },
  examples: ['save localhost:5000/team/web:1.0.0 | docker load', 'save localhost:5000/team/web:1.0.0 -o web.tar'],

  async run({ args: [text], options, output, signal, connect }) {
    const file = options.output === '-' ? undefined : options.output;
    if (output.isJson && file === undefined)
      throw new Usage('the bytes of an archive are no JSON: --json and --format need --output');
    const reference = await parseReference(text);
    const repository = (await connect(reference.host)).repository(reference.name);
    const { platform, name: names } = options;
    const progress = startProgress('saving', output, size);
    try {
      const stream = await repository.save(selector(reference), {
        ...(platform && platform !== 'all' && { platforms: [platform] }),
        names,
        onProgress: ({ loaded, total }) => progress.update(loaded, total),
      });
      await (file === undefined
        ? writeOut(stream, signal)
        : writeWhole(file, stream, { overwrite: options.overwrite }));
    } finally {
      progress.end();
    }
    if (output.isJson) output.json({ file });
  },
};
