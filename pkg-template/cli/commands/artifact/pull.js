// `artifact pull`

import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

import { parseReference, selector } from '../../input/reference.js';
import { Failure, Usage } from '../../input/usage.js';
import { checkFree, writeWhole } from '../../output/files.js';
import { size } from '../../output/format.js';
import { startProgress } from '../../output/progress.js';
import { inTurn } from '../in-turn.js';
import { TITLE, UNPACK, placeIn, refusalOf } from './file-names.js';

/**
 * @import { Descriptor, Manifest } from 'docker-registry-client-wasm'
 * @import { Command } from '../../commands.js'
 * @import { Output } from '../../output/output.js'
 */

/** @type {Command} */
export const artifactPull = {
  name: 'artifact pull',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  // A closed output pipe must not stop the download.
  changes: true,
  summary: 'writes the files of an artifact into a folder, as ORAS does',
  details: `Every file is verified before it appears under its name. No name leads out of the folder. Folders that ORAS packed are
written as NAME.tar.gz.`,
  options: {
    output: {
      value: 'DIR',
      short: 'o',
      help: 'the folder, which is made if it does not exist; default: the current one',
    },
    overwrite: { help: 'replaces files that exist' },
  },
  examples: ['artifact pull localhost:5000/team/notes:1.0 --output notes'],

  async run({ args: [text], options: { output: folder = '.', overwrite }, output, connect }) {
    const reference = await parseReference(text);
    await checkFolder(folder);
    const repository = (await connect(reference.host)).repository(reference.name);
    const files = filesOf(await repository.manifest(selector(reference)), output);
    for (const name of files.keys()) await checkFree(path.join(folder, name), { overwrite });
    await mkdir(folder, { recursive: true }).catch(unusable);
    const progress = startProgress('reading', output, size);
    const done = await inTurn([...files.keys()], async (name) => {
      const { digest } = /** @type {Descriptor} */ (files.get(name));
      const stream = await repository.blob(digest, {
        onProgress: ({ loaded, total }) => progress.update(loaded, total),
      });
      try {
        await writeWhole(await placeIn(folder, name), stream, { overwrite });
      } finally {
        progress.end();
        // If the file could not be made, nothing has read it.
        await stream.cancel().catch(() => {});
      }
      if (!output.isJson) output.line(path.join(folder, name));
    });
    if (output.isJson) output.json({ done: done.map((name) => path.join(folder, name)) });
  },
};

/** @param {any} error */
function unusable({ code }) {
  throw new Usage(`--output: the folder cannot be used: ${code}`);
}

/** @param {string} folder */
async function checkFolder(folder) {
  const found = await stat(folder).catch((error) => {
    if (error.code !== 'ENOENT') unusable(error);
  });
  if (found && !found.isDirectory()) throw new Usage('--output: it is no folder');
}

/**
 * Returns the files by name. They are all checked before the first one is written.
 * @param {Manifest} manifest
 * @param {Output} output
 */
function filesOf({ layers = [], manifests }, output) {
  if (manifests)
    throw new Failure('UNSUPPORTED', 'it is an index, not an artifact; inspect shows the digests of its entries');
  /** @type {Map<string, Descriptor>} */
  const files = new Map();
  let unnamed = 0;
  for (const layer of layers) {
    const title = layer.annotations?.[TITLE];
    if (title === undefined) {
      unnamed += 1;
      continue;
    }
    const name = layer.annotations?.[UNPACK] === 'true' ? `${title}.tar.gz` : title;
    const why = refusalOf(name);
    if (why) throw new Failure('FILE', `the file's name ${JSON.stringify(name)} cannot be used: ${why}`);
    if (files.has(name)) throw new Failure('FILE', `two files have the name ${JSON.stringify(name)}`);
    files.set(name, layer);
  }
  if (files.size === 0)
    throw new Failure('UNSUPPORTED', `no file has a name (annotation ${TITLE}); blob get reads one by its digest`);
  if (unnamed > 0)
    output.warn(`${unnamed} without a name (annotation ${TITLE}) left out; blob get reads them by digest`);
  return files;
}
