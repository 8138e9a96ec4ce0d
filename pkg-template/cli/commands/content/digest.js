// `digest` and `config`

import { parseReference, selector } from '../../input/reference.js';
import { Failure } from '../../input/usage.js';
import { bytesOf, openManifest } from './open.js';

/** @import { Command } from '../../commands.js' */

/** @type {import('../../commands.js').Option} */
export const PLATFORM = {
  value: 'PLATFORM',
  help: 'selects the image of an index: linux/arm64, windows/amd64:10.0.17763.1, …',
};

/** @type {Command} */
export const digest = {
  name: 'digest',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  summary: 'prints the digest of what a tag points to',
  details: 'The manifest is not fetched if the registry tells its digest, so rate limits are spared.',
  options: { platform: PLATFORM },
  examples: ['digest localhost:5000/team/web:1.0.0'],

  async run({ args: [text], options: { platform }, output, connect }) {
    const reference = await parseReference(text);
    const repository = (await connect(reference.host)).repository(reference.name);
    const selected = selector(reference);
    const { mediaType, digest, size } =
      platform !== undefined
        ? await openManifest(repository, selected, { platform })
        : // If there is no such manifest, the second call says so.
          ((await repository.headManifest(selected)) ?? (await repository.manifest(selected)));
    if (output.isJson) output.json({ mediaType, digest, size });
    else output.line(digest);
  },
};

/** @type {Command} */
export const config = {
  name: 'config',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  summary: 'prints the config of an image or artifact, byte for byte',
  details: 'For an index, prints the config of the image for linux/amd64 or --platform. --json indents it.',
  options: { platform: PLATFORM },
  examples: ['config localhost:5000/team/web:1.0.0'],

  async run({ args: [text], options: { platform }, output, connect }) {
    const reference = await parseReference(text);
    const client = await connect(reference.host);
    const repository = client.repository(reference.name);
    const selected = selector(reference);
    const manifest = await openManifest(repository, selected, { platform, image: true }).catch(async (error) => {
      // V1 has images without manifests.
      if (error.code !== 'UNSUPPORTED' || (await client.apiVersion()) !== 1) throw error;
    });
    // The config of V1 and schema1 is made by the client.
    if (!manifest?.config) return void output.json(await (await repository.image(selected, { platform })).getJson());
    const bytes = await bytesOf(await repository.blob(manifest.config.digest));
    if (output.isJson) output.json(jsonOf(bytes));
    else output.bytes(bytes);
    return undefined;
  },
};

/**
 * An artifact's config can be anything.
 * @param {Buffer} bytes
 */
function jsonOf(bytes) {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    throw new Failure('UNSUPPORTED', 'the config is no JSON; without --json it is printed as it is');
  }
}
