// `copy`

import { counted, size } from './format.js';
import { startProgress } from './progress.js';
import { parseReference, selector } from './reference.js';
import { Usage } from './usage.js';
import { bytes, oneOf } from './values.js';

export const copy = {
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST] HOST/REPOSITORY[:TAG]',
  takes: [2, 2],
  changes: true,
  summary: 'copies an image, an index with all its images, or an artifact, also to another registry',
  details: 'What is there already is passed over: an interrupted copy is just made again. The tag comes last.',
  options: {
    platform: {
      value: 'PLATFORM',
      multiple: true,
      help: 'of an index: this image alone; given several times, an index of these',
    },
    referrers: {
      help: "what refers to it comes along, by its subject or cosign's tags: signatures, bills of materials",
    },
    'unknown-kinds': {
      value: 'HOW',
      read: oneOf('reject', 'manifest-only'),
      help: 'of manifests of an unknown kind, which may need more: reject (default) or manifest-only',
    },
    'chunk-size': { value: 'SIZE', read: bytes, help: 'bytes per request to the target at most, such as 10M' },
  },
  examples: ['copy docker.io/library/alpine:3 localhost:5000/mirror/alpine:3'],

  async run({ args, options, output, connect }) {
    const [from, to] = args.map(parseReference);
    if (to.digest !== undefined) throw new Usage('the target is HOST/REPOSITORY[:TAG], without digest');
    // A login is for one registry.
    if (options.username && from.host !== to.host) {
      throw new Usage("--username: between two registries there are only docker's logins");
    }
    const target = await connect(to.host);
    const source = from.host === to.host ? target : await connect(from.host);
    const image = { repository: source.repository(from.name), reference: selector(from) };
    const tag = to.tag ?? 'latest';
    const progress = startProgress('copying', output, ofBytes);
    const { platform: platforms, referrers, unknownKinds, chunkSize } = options;
    const asked = { platforms, referrers, unknownKinds, ...(chunkSize && { chunkSize }), onProgress: summed(progress) };
    // With the host in front nothing of a name is taken for one.
    const result = await target.copy(image, `${target.host}/${to.name}:${tag}`, asked).finally(progress.end);
    if (output.isJson) output.json(result);
    else print(result, `${to.place}:${tag}`, output);
  },
};

const ofBytes = (done, total) => `${size(done)} of ${size(total)}`;

/** What is told of each blob, as one number; the whole is known only when the last blob has begun. */
function summed(progress) {
  const parts = new Map();
  const sum = { loaded: 0, total: 0 };
  return ({ digest, loaded, total }) => {
    const before = parts.get(digest) ?? { loaded: 0, total: 0 };
    sum.loaded += loaded - before.loaded;
    sum.total += total - before.total;
    parts.set(digest, { loaded, total });
    progress.update(sum.loaded, sum.total);
  };
}

function print({ digest, manifests, blobs, bytes, mounted, existing }, place, output) {
  output.line(`${place}@${digest}`);
  const moved = `${counted(blobs, 'blob')} copied (${size(bytes)}), ${mounted} mounted`;
  output.note(`${counted(manifests, 'manifest')} put, ${moved}, ${existing} there before`);
}
