// `validate`

import { EXIT } from '../../exit.js';
import { parseReference, selector } from '../../input/reference.js';
import { counted, size } from '../../output/format.js';
import { startProgress } from '../../output/progress.js';
import { PLATFORM } from './digest.js';
import { Walk } from './validate-walk.js';

/** @import { Command } from '../../commands.js' */

/** @type {Command} */
export const validate = {
  name: 'validate',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  summary: 'checks that an image or index is complete: manifests, configs and layers',
  details: `Reads manifests and configs and verifies their digests; checks with HEAD that each layer exists. For an
index, checks every image, or only the one for --platform. The exit code is 1 if something is missing or wrong.`,
  options: {
    platform: PLATFORM,
    deep: { help: 'reads every blob too, and compares digests and the diff IDs of the configs' },
  },
  examples: ['validate localhost:5000/team/web:1.0.0 --deep'],

  async run({ args: [text], options: { platform, deep = false }, output, connect }) {
    const reference = await parseReference(text);
    const repository = (await connect(reference.host)).repository(reference.name);
    const progress = startProgress('checking', output, size);
    const walk = new Walk(repository, { isDeep: deep, onRead: (bytes) => progress.update(bytes) });
    const selected = selector(reference);
    try {
      const image = platform === undefined ? undefined : await repository.image(selected, { platform });
      await walk.check(image?.digest ?? selected);
    } finally {
      progress.end();
    }
    const { digest, manifests, blobs, bytes, problems, notes } = walk;
    if (output.isJson) output.json({ repository: reference.place, digest, manifests, blobs, bytes, problems, notes });
    else {
      for (const { what, code, message } of problems) output.line(`${what}: ${code}: ${message}`);
      for (const note of notes) output.note(note);
      const checked = `${counted(manifests, 'manifest')} and ${counted(blobs, 'blob')} (${size(bytes)})`;
      output.line(`${problems.length > 0 ? counted(problems.length, 'problem') : 'valid'}: ${checked} checked`);
    }
    return problems.length > 0 ? EXIT.failed : EXIT.done;
  },
};
