// `index create` and `index edit`

import { CONDITIONS, conditionOf } from '../../input/condition.js';
import { parseReference, parseTag, selector } from '../../input/reference.js';
import { Usage } from '../../input/usage.js';
import { pairs } from '../../input/values.js';
import { orUnknown } from '../in-turn.js';

/**
 * @import { CreateIndexOptions } from 'docker-registry-client-wasm'
 * @import { Call, Command, Option } from '../../commands.js'
 * @import { Reference } from '../../input/reference.js'
 */

const IMAGES =
  'IMAGE is a tag or digest of the repository, or the whole reference. Its platform is read from its config.';

/** @type {Option} */
const ANNOTATION = { value: 'NAME=VALUE', multiple: true, help: 'annotation of the index' };

/** @type {Command} */
export const indexCreate = {
  name: 'index create',
  usage: 'HOST/REPOSITORY:TAG IMAGE…',
  takes: [2, Infinity],
  changes: true,
  summary: 'makes an index of images of the repository, one for each platform, and tags it',
  details: `${IMAGES}
An index among the images contributes its entries. If two images have the same platform, the later one wins.`,
  options: { annotation: ANNOTATION, ...CONDITIONS },
  examples: ['index create localhost:5000/team/web:2.0.0 2.0.0-amd64 2.0.0-arm64'],

  async run({ args: [text, ...images], options, ...call }) {
    const { annotation = [] } = options;
    const wanted = { annotations: pairs(annotation, '--annotation'), ...conditionOf(options) };
    return create(await parseTag(text), images, wanted, call);
  },
};

/** @type {Command} */
export const indexEdit = {
  name: 'index edit',
  usage: 'HOST/REPOSITORY:TAG',
  takes: [1, 1],
  changes: true,
  summary: 'adds images to an index, removes some, or annotates it',
  details: `${IMAGES}
The tag is moved to the new index, unless --tag names another one. The images themselves stay as they are.
With --if-match, it refuses if the tag has moved. Another writer may still come in between: let one job at a time edit a tag.`,
  options: {
    add: { value: 'IMAGE', multiple: true, help: 'adds an image, instead of another one for its platform' },
    remove: {
      value: 'PLATFORM|DIGEST',
      multiple: true,
      help: 'removes an image, and its attestations: linux/arm64, sha256:…',
    },
    annotation: { ...ANNOTATION, help: 'adds an annotation to the index, or replaces it' },
    tag: { value: 'TAG', help: 'tags the new index with this instead' },
    ...CONDITIONS,
  },
  examples: ['index edit localhost:5000/team/web:2.0.0 --remove linux/arm/v7 --add 2.0.0-riscv64'],

  async run({ args: [text], options: given, ...call }) {
    const { add = [], remove, annotation = [], tag } = given;
    if (add.length === 0 && remove === undefined && annotation.length === 0)
      throw new Usage('one of --add, --remove and --annotation is needed');
    const reference = await parseTag(text);
    const annotations = pairs(annotation, '--annotation');
    const options = { base: reference.tag, remove, annotations, ...conditionOf(given) };
    return create({ ...reference, tag: tag ?? reference.tag }, add, options, call);
  },
};

/**
 * @param {Reference} reference
 * @param {string[]} images
 * @param {CreateIndexOptions} options
 * @param {Pick<Call, 'output' | 'signal' | 'connect'>} call
 */
async function create(reference, images, options, { output, signal, connect }) {
  const { host, name, tag, place } = reference;
  const selected = await Promise.all(images.map((image) => within(reference, image)));
  const repository = (await connect(host)).repository(name);
  const made = await repository
    .createIndex(/** @type {string} */ (tag), selected, options)
    .catch(orUnknown(`${place}:${tag}`, signal));
  if (output.isJson) output.json(made);
  else output.line(`${place}:${tag}@${made.digest}`);
}

/**
 * Returns the tag or digest of an image, which must be in the repository of the index.
 * @param {Reference} reference
 * @param {string} image
 */
async function within({ place }, image) {
  if (!image.includes('/')) return image;
  const other = await parseReference(image);
  if (other.place !== place) throw new Usage(`${image}: it is in another repository; copy it to ${place} first`);
  return selector(other);
}
