// `blob head`, `blob get`, `blob put` and `blob delete`

import { EXIT } from '../../exit.js';
import { isConfirmed } from '../../input/confirm.js';
import { contentOf } from '../../input/files.js';
import { parseDigest, parseRepository } from '../../input/reference.js';
import { Failure, Usage } from '../../input/usage.js';
import { bytes } from '../../input/values.js';
import { writeOut, writeWhole } from '../../output/files.js';
import { size } from '../../output/format.js';
import { startProgress } from '../../output/progress.js';
import { orUnknown } from '../in-turn.js';

/** @import { Command } from '../../commands.js' */

/** @type {Command} */
export const blobHead = {
  name: 'blob head',
  usage: 'HOST/REPOSITORY@DIGEST',
  takes: [1, 1],
  summary: 'prints the size of a blob in bytes, without reading it',
  examples: ['blob head localhost:5000/team/web@sha256:…'],

  async run({ args: [text], output, connect }) {
    const { host, name, digest } = await parseDigest(text);
    const found = await (await connect(host)).repository(name).headBlob(digest);
    if (!found) throw new Failure('BLOB_UNKNOWN', `${name} has no blob ${digest}`);
    if (output.isJson) output.json(found);
    else output.line(found.size);
  },
};

/** @type {Command} */
export const blobGet = {
  name: 'blob get',
  usage: 'HOST/REPOSITORY@DIGEST',
  takes: [1, 1],
  summary: 'reads a layer, a config or any other blob',
  details: `The digest is verified while the blob is read. --output creates the file only after the whole blob is
verified. Without --output, the blob goes to standard output: discard the output if the command fails.`,
  options: {
    output: { value: 'FILE', short: 'o', help: 'writes it to a new file' },
    overwrite: { help: 'replaces the file if it exists' },
  },
  examples: ['blob get localhost:5000/team/web@sha256:… --output layer.tar.gz'],

  async run({ args: [text], options: { output: given, overwrite }, output, signal, connect }) {
    const file = given === '-' ? undefined : given;
    if (output.isJson && file === undefined)
      throw new Usage('the bytes of a blob are no JSON: --json and --format need --output');
    const { host, name, digest } = await parseDigest(text);
    const repository = (await connect(host)).repository(name);
    const progress = startProgress('reading', output, size);
    const onProgress = (/** @type {{ loaded: number, total?: number }} */ { loaded, total }) =>
      progress.update(loaded, total);
    try {
      const stream = await repository.blob(digest, { onProgress });
      await (file === undefined ? writeOut(stream, signal) : writeWhole(file, stream, { overwrite }));
    } finally {
      progress.end();
    }
    if (output.isJson) output.json({ file, digest });
  },
};

/** @type {Command} */
export const blobPut = {
  name: 'blob put',
  usage: 'HOST/REPOSITORY [FILE]',
  takes: [1, 2],
  changes: true,
  summary: 'pushes a blob from a file or standard input, and prints its digest',
  details: 'A blob that the repository has is not sent again. Registries remove blobs that no manifest needs.',
  options: {
    digest: { value: 'DIGEST', help: 'the expected digest; anything else is not kept' },
    'media-type': { value: 'TYPE', help: 'the media type in the descriptor that --json prints' },
    'chunk-size': { value: 'SIZE', read: bytes, help: 'maximum size of a request, such as 10M (10 MiB)' },
  },
  examples: ['blob put localhost:5000/team/web layer.tar.gz'],

  async run({ args: [text, file = '-'], options, output, signal, connect }) {
    const { host, name } = await parseRepository(text);
    const content = await contentOf(file, { options, signal });
    const repository = (await connect(host)).repository(name);
    const progress = startProgress('pushing', output, size);
    const { digest, mediaType, chunkSize } = options;
    const pushed = await repository
      .pushBlob(content, {
        digest,
        mediaType,
        ...(chunkSize && { chunkSize }),
        onProgress: ({ loaded, total }) => progress.update(loaded, total),
      })
      .finally(progress.end);
    if (output.isJson) output.json(pushed);
    else output.line(pushed.digest);
  },
};

/** @type {Command} */
export const blobDelete = {
  name: 'blob delete',
  usage: 'HOST/REPOSITORY@DIGEST',
  takes: [1, 1],
  changes: true,
  summary: 'deletes a blob, even if a manifest needs it',
  details: 'An image whose blob is gone cannot be pulled. Registries remove blobs that nothing needs by themselves.',
  options: { yes: { help: 'does not ask; required where there is no terminal' } },
  examples: ['blob delete localhost:5000/team/web@sha256:… --yes'],

  async run({ args: [text], options, output, signal, connect }) {
    const { host, name, digest, place } = await parseDigest(text);
    const show = () => output.note(`${place}@${digest} will be deleted, whatever needs it.`);
    if (!(await isConfirmed(digest.slice(0, 14), { options, signal, show }))) {
      output.note('Nothing was changed.');
      return EXIT.failed;
    }
    const repository = (await connect(host)).repository(name);
    await repository.deleteBlob(digest).catch(orUnknown(`${place}@${digest}`, signal));
    if (output.isJson) output.json({ done: [`${place}@${digest}`] });
    else output.line(`${place}@${digest}`);
    return EXIT.done;
  },
};
