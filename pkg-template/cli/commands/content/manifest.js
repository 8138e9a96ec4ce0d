// `manifest get`, `manifest put` and `manifest delete`

import { EXIT } from '../../exit.js';
import { CONDITIONS, conditionOf } from '../../input/condition.js';
import { isConfirmed } from '../../input/confirm.js';
import { documentOf } from '../../input/files.js';
import { parseDigest, parseReference, selector } from '../../input/reference.js';
import { Failure, Usage } from '../../input/usage.js';
import { writeWhole } from '../../output/files.js';
import { orUnknown } from '../in-turn.js';
import { PLATFORM } from './digest.js';
import { openManifest } from './open.js';

/**
 * @import { Dependents } from 'docker-registry-client-wasm'
 * @import { Command } from '../../commands.js'
 * @import { Output } from '../../output/output.js'
 */

/** Registries should accept manifests up to this size (distribution-spec); the client reads no larger ones. */
const LIMIT = 4 * 1024 * 1024;

/** @type {Command} */
export const manifestGet = {
  name: 'manifest get',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  summary: 'prints a manifest, byte for byte',
  details: 'Its digest is verified. With --json: indented.',
  options: {
    platform: PLATFORM,
    output: { value: 'FILE', short: 'o', help: 'writes it to a new file' },
    overwrite: { help: 'replaces the file if it exists' },
  },
  examples: ['manifest get localhost:5000/team/web:1.0.0'],

  async run({ args: [text], options: { platform, output: given, overwrite }, output, connect }) {
    const file = given === '-' ? undefined : given;
    const reference = await parseReference(text);
    const repository = (await connect(reference.host)).repository(reference.name);
    const manifest = await openManifest(repository, selector(reference), { platform });
    const { bytes, json, mediaType, digest, size, problem } = manifest;
    if (file !== undefined) {
      await writeWhole(file, [bytes], { overwrite });
      if (output.isJson) output.json({ file, mediaType, digest, size });
    } else if (!output.isJson) output.bytes(bytes);
    else if (json === undefined) throw new Failure('INVALID_RESPONSE', String(problem));
    else output.json(json);
  },
};

/** @type {Command} */
export const manifestPut = {
  name: 'manifest put',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST] [FILE]',
  takes: [1, 2],
  changes: true,
  summary: 'pushes a manifest from a file or standard input, byte for byte',
  details:
    'The config, layers and manifests that it lists must already be in the repository. An existing tag is moved.',
  options: {
    'media-type': { value: 'TYPE', help: 'its media type, if the document does not state it' },
    ...CONDITIONS,
  },
  examples: ['manifest put localhost:5000/team/web:copy manifest.json'],

  async run({ args: [text, file = '-'], options, output, signal, connect }) {
    const reference = await parseReference(text);
    if (reference.tag !== undefined && reference.digest !== undefined)
      throw new Usage('HOST/REPOSITORY:TAG or HOST/REPOSITORY@DIGEST is needed, not both; tag adds a tag afterwards');
    const condition = conditionOf(options, reference.digest === undefined);
    const bytes = await documentOf(file, { options, signal, limit: LIMIT });
    const repository = (await connect(reference.host)).repository(reference.name);
    const { mediaType } = options;
    const selected = selector(reference);
    const pushed = await repository
      .pushManifest(selected, bytes, { ...condition, ...(mediaType !== undefined && { mediaType }) })
      .catch(orUnknown(`${reference.place}${reference.digest ? '@' : ':'}${selected}`, signal));
    if (output.isJson) output.json(pushed);
    else output.line(`${reference.place}@${pushed.digest}`);
  },
};

/** @type {Command} */
export const manifestDelete = {
  name: 'manifest delete',
  usage: 'HOST/REPOSITORY@DIGEST',
  takes: [1, 1],
  changes: true,
  summary: 'deletes a manifest and every tag that points to it',
  details:
    'A manifest that a tag, an index or a referrer needs is kept, unless --force is given. untag removes a tag alone.',
  options: {
    force: { help: 'deletes it even if something depends on it' },
    yes: { help: 'does not ask; required where there is no terminal' },
    'dry-run': { help: 'shows what depends on it, and changes nothing' },
  },
  examples: [`manifest delete localhost:5000/team/web@sha256:… --yes`],

  async run({ args: [text], options, output, signal, connect }) {
    const { host, name, digest, place } = await parseDigest(text);
    const repository = (await connect(host)).repository(name);
    if (options.dryRun) {
      await repository.manifest(digest);
      const dependents = await repository.planDelete(digest);
      if (output.isJson) output.json(dependents);
      else show(dependents, (line) => output.line(line));
      return EXIT.done;
    }
    const before = async () => {
      const dependents = await repository.planDelete(digest);
      show(dependents, output.note);
      // Fail before the prompt: the client would refuse the deletion anyway.
      if (!options.force && isInUse(dependents))
        throw new Failure('IN_USE', 'something depends on it, or may; --force deletes it anyway');
    };
    if (!(await isConfirmed(digest.slice(0, 14), { options, signal, show: before }))) {
      output.note('Nothing was changed.');
      return EXIT.failed;
    }
    await repository.deleteManifest(digest, { force: options.force }).catch(orUnknown(`${place}@${digest}`, signal));
    if (output.isJson) output.json({ done: [`${place}@${digest}`] });
    else output.line(`${place}@${digest}`);
    return EXIT.done;
  },
};

const isInUse = (/** @type {Dependents} */ { tags, parents, referrers, unread }) =>
  [tags, parents, referrers, unread].some((list) => list.length > 0);

/**
 * @param {Dependents} dependents
 * @param {(line: string) => void} print
 */
function show({ digest, tags, parents, referrers, dangling, unread }, print) {
  print(`Manifest:   ${digest}`);
  print(`Tags:       ${tags.join(' ') || 'none'}`);
  for (const parent of parents) print(`In index:   ${parent}`);
  for (const { digest, artifactType, mediaType } of referrers)
    print(`Referrer:   ${digest} ${artifactType ?? mediaType}`);
  for (const tag of dangling) print(`Dangling:   ${tag}`);
  for (const { name, reason } of unread) print(`Unreadable: ${name}: ${reason}`);
}
