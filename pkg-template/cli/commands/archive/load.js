// `load`

import { stat } from 'node:fs/promises';

import { CONDITIONS, conditionOf } from '../../input/condition.js';
import { contentOf } from '../../input/files.js';
import { parseReference } from '../../input/reference.js';
import { Usage } from '../../input/usage.js';
import { bytes } from '../../input/values.js';
import { counted, size } from '../../output/format.js';
import { startProgress, summed } from '../../output/progress.js';
import { orUnknown } from '../in-turn.js';

/** @import { Command } from '../../commands.js' */

/** @type {Command} */
export const load = {
  name: 'load',
  usage: 'FILE|DIR|- HOST/REPOSITORY[:TAG]',
  takes: [2, 2],
  changes: true,
  summary: 'pushes an image from an archive or an OCI layout directory',
  details: `It takes what docker save, podman, skopeo and buildx write, compressed with gzip or zstd or not. Everything in it is verified,
and the tag is written last. Standard input is read once, which takes an archive with an OCI layout. Without a tag, the target is latest.`,
  options: {
    reference: {
      value: 'NAME',
      help: 'image of the archive, by its name or digest; needed if the archive has several',
    },
    platform: { value: 'PLATFORM', help: 'loads only this image of an index, such as linux/arm64' },
    ...CONDITIONS,
    'chunk-size': { value: 'SIZE', read: bytes, help: 'maximum size of a request, such as 10M (10 MiB)' },
  },
  examples: [
    'load web.tar localhost:5000/team/web:1.0.0',
    'load - localhost:5000/team/web:1.0.0 --no-clobber < web.tar',
  ],

  async run({ args: [from, to], options, output, signal, connect }) {
    const { host, name, tag = 'latest', digest, place } = await parseReference(to);
    if (digest !== undefined) throw new Usage('the target must be HOST/REPOSITORY[:TAG], without digest');
    const condition = conditionOf(options);
    const source = await open(from, { options, signal });
    const client = await connect(host);
    const progress = startProgress('loading', output, size);
    const { reference, platform, chunkSize } = options;
    const result = await client
      .load(source, `${client.host}/${name}:${tag}`, {
        reference,
        platform,
        ...condition,
        ...(chunkSize && { chunkSize }),
        onProgress: summed(progress),
      })
      .finally(progress.end)
      .catch(orUnknown(`${place}:${tag}`, signal));
    if (output.isJson) {
      output.json(result);
      return;
    }
    output.line(`${place}:${tag}@${result.digest}`);
    const { manifests, blobs, bytes: sent, existing } = result;
    output.note(
      `${counted(manifests, 'manifest')} written, ${counted(blobs, 'blob')} pushed (${size(sent)}), ${existing} already there`,
    );
  },
};

/**
 * @param {string} from
 * @param {{ options: Record<string, any>, signal: AbortSignal }} call
 */
async function open(from, call) {
  const isDirectory =
    from !== '-' &&
    (await stat(from).then(
      (found) => found.isDirectory(),
      () => false,
    ));
  if (!isDirectory) return contentOf(from, call);
  const { openArchive } = await import('docker-registry-client-wasm/node');
  return openArchive(from);
}
