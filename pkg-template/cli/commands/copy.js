// `copy`

import { CONDITIONS, conditionOf } from '../input/condition.js';
import { counted, size } from '../output/format.js';
import { startProgress, summed } from '../output/progress.js';
import { parseReference, selector } from '../input/reference.js';
import { SIDE_LOGINS, hasSideLogin } from '../input/side-logins.js';
import { Usage } from '../input/usage.js';
import { orUnknown } from './in-turn.js';
import { bytes } from '../input/values.js';
import { copyTags } from './copy-tags.js';

/**
 * @import { CopyResult } from 'docker-registry-client-wasm'
 * @import { Command } from '../commands.js'
 * @import { Output } from '../output/output.js'
 * @import { Reference } from '../input/reference.js'
 */

/** @type {Command} */
export const copy = {
  name: 'copy',
  aliases: ['cp'],
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST] HOST/REPOSITORY[:TAG]',
  takes: [2, 2],
  changes: true,
  summary: 'copies an image, an index with all its images, or an artifact, also between registries',
  details: `Content that the target has is skipped, so an interrupted copy can be repeated. The tag is written last. Without a tag,
the target is latest, whatever the tag of the source.`,
  options: {
    'all-tags': { help: 'copies all tags of a repository under their names' },
    ...CONDITIONS,
    platform: {
      value: 'PLATFORM',
      multiple: true,
      help: 'copies only this image of an index; given several times, an index of these images',
    },
    referrers: {
      help: "copies signatures and SBOMs too, found by their subject or cosign's tags",
    },
    'unknown-kinds': {
      value: 'HOW',
      choices: ['reject', 'manifest-only'],
      help: 'of manifests, which may need more content: reject (default) or manifest-only',
    },
    'chunk-size': { value: 'SIZE', read: bytes, help: 'maximum size of a request to the target, such as 10M (10 MiB)' },
    ...SIDE_LOGINS,
  },
  examples: [
    'copy docker.io/library/alpine:3 localhost:5000/mirror/alpine:3',
    'copy localhost:5000/team/web localhost:5000/mirror/web --all-tags --no-clobber',
  ],

  async run({ args, options, output, signal, connect }) {
    const [from, to] = await Promise.all(args.map(parseReference));
    if (to.digest !== undefined) throw new Usage('the target must be HOST/REPOSITORY[:TAG], without digest');
    const condition = conditionOf(options);
    if (options.allTags) checkAllTags(from, to, options);
    // A login is for one registry only.
    if (from.host !== to.host && (options.username || options.tokenStdin)) {
      const option = options.username ? '--username' : '--token-stdin';
      throw new Usage(
        `${option} is for one registry; between two, use --source-username and --target-username, or log in`,
      );
    }
    const target = await connect(to.host, { side: 'target' });
    const isOneClient = from.host === to.host && !hasSideLogin(options);
    const source = isOneClient ? target : await connect(from.host, { side: 'source' });
    const repository = source.repository(from.name);
    const { platform: platforms, referrers, unknownKinds, chunkSize } = options;
    const asked = { platforms, referrers, unknownKinds, ...condition, ...(chunkSize && { chunkSize }) };
    const copyOne = async (/** @type {string} */ reference, /** @type {string} */ tag) => {
      const progress = startProgress(options.allTags ? `copying ${tag}` : 'copying', output, size);
      // Without the host, the client could take the first component of a name for one.
      const place = `${target.host}/${to.name}:${tag}`;
      const image = { repository, reference };
      return target.copy(image, place, { ...asked, onProgress: summed(progress) }).finally(progress.end);
    };
    const printOne = (/** @type {CopyResult} */ result, /** @type {string} */ tag) =>
      print(result, `${to.place}:${tag}`, output);
    if (options.allTags) {
      await copyTags(repository, target.repository(to.name), {
        copyOne: (tag) => copyOne(tag, tag),
        print: printOne,
        noClobber: condition.noClobber ?? false,
        output,
      });
      return;
    }
    const tag = to.tag ?? 'latest';
    const result = await copyOne(selector(from), tag).catch(orUnknown(`${to.place}:${tag}`, signal));
    if (output.isJson) output.json(result);
    else printOne(result, tag);
  },
};

/**
 * @param {Reference} from
 * @param {Reference} to
 * @param {Record<string, any>} options
 */
function checkAllTags(from, to, { ifMatch }) {
  if (from.tag !== undefined || from.digest !== undefined || to.tag !== undefined)
    throw new Usage('--all-tags is between repositories: HOST/REPOSITORY, without tag and digest');
  if (ifMatch !== undefined) throw new Usage('--if-match takes one tag, not --all-tags');
}

/**
 * @param {CopyResult} result
 * @param {string} place
 * @param {Output} output
 */
function print({ digest, manifests, blobs, bytes, mounted, existing }, place, output) {
  output.line(`${place}@${digest}`);
  const moved = `${counted(blobs, 'blob')} copied (${size(bytes)}), ${mounted} mounted`;
  output.note(`${counted(manifests, 'manifest')} written, ${moved}, ${existing} already there`);
}
