// `artifact push` and `artifact attach`

import { CONDITIONS, conditionOf } from '../../input/condition.js';
import { contentOf } from '../../input/files.js';
import { parseReference, selector } from '../../input/reference.js';
import { Usage } from '../../input/usage.js';
import { bytes, pairs } from '../../input/values.js';
import { size } from '../../output/format.js';
import { startProgress } from '../../output/progress.js';
import { orUnknown } from '../in-turn.js';
import { nameOf } from './file-names.js';

/**
 * @import { ArtifactFile, Progress } from 'docker-registry-client-wasm'
 * @import { Call, Command, Option } from '../../commands.js'
 * @import { Reference } from '../../input/reference.js'
 */

const FILES = `FILE is a path, or PATH:TYPE with a media type, as in sbom.json:application/spdx+json. It keeps its path as its name
(org.opencontainers.image.title), as with ORAS.`;

/** @type {Record<string, Option>} */
const OPTIONS = {
  'artifact-type': { value: 'TYPE', help: 'type of the artifact, such as application/spdx+json' },
  annotation: { value: 'NAME=VALUE', multiple: true, help: 'annotation of the manifest' },
  config: { value: 'FILE', help: 'config of the artifact, FILE or FILE:TYPE; default: the empty config' },
  'chunk-size': { value: 'SIZE', read: bytes, help: 'maximum size of a request, such as 10M (10 MiB)' },
};

/** @type {Command} */
export const artifactPush = {
  name: 'artifact push',
  usage: 'HOST/REPOSITORY[:TAG] [FILE…]',
  takes: [1, Infinity],
  changes: true,
  summary: 'pushes files as an artifact, as ORAS does',
  details: `${FILES} Without tag, only its digest names the artifact.
If --if-match or --no-clobber does not hold, the artifact is there under its digest, without the tag.`,
  options: { ...OPTIONS, ...CONDITIONS },
  examples: ['artifact push localhost:5000/team/notes:1.0 notes.md:text/markdown --artifact-type a/notes'],

  async run({ args: [text, ...files], ...call }) {
    const reference = await parseReference(text);
    if (reference.digest !== undefined) throw new Usage('HOST/REPOSITORY[:TAG] is needed, without digest');
    return push(reference, files, { ...call, condition: conditionOf(call.options, reference.tag !== undefined) });
  },
};

/** @type {Command} */
export const artifactAttach = {
  name: 'artifact attach',
  usage: 'HOST/REPOSITORY:TAG|@DIGEST [FILE…]',
  takes: [1, Infinity],
  changes: true,
  summary: 'pushes files as an artifact that refers to an image, such as an SBOM',
  details: `${FILES} referrers shows it.`,
  options: OPTIONS,
  examples: ['artifact attach localhost:5000/web:1.0.0 sbom.json --artifact-type application/spdx+json'],

  async run({ args: [text, ...files], ...call }) {
    const { tag, ...reference } = await parseReference(text);
    if (tag === undefined && reference.digest === undefined)
      throw new Usage(
        'the tag or digest of the image is missing: HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST is needed',
      );
    return push(reference, files, { ...call, subject: selector({ tag, ...reference }) });
  },
};

/**
 * @param {Reference} reference
 * @param {string[]} given
 * @param {Omit<Call, 'args'> & { subject?: string, condition?: ReturnType<typeof conditionOf> }} call
 */
async function push({ host, name, tag, place }, given, { options, output, signal, connect, subject, condition }) {
  const { artifactType, config: configFile, annotation = [], chunkSize } = options;
  if (artifactType === undefined) throw new Usage('--artifact-type is missing');
  const named = given.map(split);
  const titles = named.map(({ file }) => (file === '-' ? refuseInput() : nameOf(file)));
  const twice = titles.find((title, index) => titles.indexOf(title) !== index);
  if (twice !== undefined) throw new Usage(`${twice}: the file is given twice`);
  const annotations = pairs(annotation, '--annotation');
  /** @type {ArtifactFile[]} */
  const files = [];
  for (const [index, { file, mediaType }] of named.entries())
    files.push({ title: titles[index], data: await contentOf(file), ...(mediaType && { mediaType }) });
  const config = configFile && split(configFile);
  const repository = (await connect(host)).repository(name);
  const where = tag === undefined ? place : `${place}:${tag}`;
  const progress = startProgress('pushing', output, size);
  const artifact = {
    artifactType,
    files,
    annotations,
    subject,
    tag,
    ...condition,
    ...(config && {
      config: {
        data: await contentOf(config.file, { options, signal }),
        ...(config.mediaType && { mediaType: config.mediaType }),
      },
    }),
    ...(chunkSize && { chunkSize }),
    onProgress: (/** @type {Progress} */ { loaded, total }) => progress.update(loaded, total),
  };
  const pushed = await repository.pushArtifact(artifact).catch(orUnknown(where, signal)).finally(progress.end);
  if (output.isJson) output.json(pushed);
  else output.line(`${where}@${pushed.digest}`);
}

/** @returns {never} */
function refuseInput() {
  throw new Usage('-: a file of an artifact needs a name; blob put takes standard input');
}

/**
 * Splits FILE:TYPE. Only a media type has a slash after the last colon that is no path.
 * @param {string} text
 */
function split(text) {
  const [, file, mediaType] = /^(.+):([a-z0-9][\w!#$&^.+-]*\/[\w!#$&^.+-]+)$/i.exec(text) ?? [];
  return file === undefined ? { file: text } : { file, mediaType };
}
