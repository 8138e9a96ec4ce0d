// `ls`

import { parseReference } from '../../input/reference.js';
import { Failure, Usage } from '../../input/usage.js';
import { camelCase, whole } from '../../input/values.js';
import { minute } from '../../output/format.js';
import { printTable } from '../../output/table.js';
import { PLATFORM } from '../content/digest.js';
import { tags } from '../tags.js';
import { CACHE, SOCI_INDEX, openImage, permissions, reading } from './open.js';

/**
 * @import { FileEntry } from 'docker-registry-client-wasm'
 * @import { Call, Command } from '../../commands.js'
 */

/** Options that only files have, and those that only tags have. */
const OF_FILES = ['layer', 'upTo', 'sort', 'platform', 'cache', 'sociIndex'];
/** Options that one layer, as it is, does not have. */
const NOT_OF_LAYER = ['up-to', 'sort', 'soci-index'];
const OF_TAGS = ['order', 'filter', 'exclude', 'last', 'limit', 'all', 'names'];

const COLUMNS = [
  { title: 'MODE' },
  { title: 'OWNER' },
  { title: 'SIZE', isRight: true },
  { title: 'MODIFIED' },
  { title: 'LAYER', isRight: true },
  { title: 'PATH' },
];

/** @type {Command} */
export const ls = {
  name: 'ls',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST] [GLOB]',
  takes: [1, 2],
  summary: 'lists the files of an image; without tag, digest and glob, the tags of a repository',
  details: `The layers are read and verified; nothing is extracted. In GLOB, * stands for any characters, slashes too. A
folder is listed with what is in it, and a path at which nothing is fails. --layer lists what one layer has, with the paths that it deletes.`,
  options: {
    ...tags.options,
    long: { short: 'l', help: 'shows modes, owners, sizes, times (UTC) and layers, as ls -l does' },
    layer: { value: 'N', read: whole(0), help: 'lists one layer: 0 is the base' },
    'up-to': { value: 'N', read: whole(0), help: 'lists the files as they are after this layer' },
    sort: { value: 'ORDER', choices: ['path', 'size'], help: 'path (default) or size (largest first)' },
    platform: PLATFORM,
    cache: CACHE,
    'soci-index': SOCI_INDEX,
  },
  examples: ["ls localhost:5000/team/web:1.0.0 '/etc/*' -l", 'ls localhost:5000/team/web'],

  async run(call) {
    const { args, options } = call;
    const [text, glob] = args;
    const reference = await parseReference(text);
    const isImage = reference.tag !== undefined || reference.digest !== undefined || glob !== undefined;
    if (!isImage && OF_FILES.every((name) => options[name] === undefined)) return tags.run(call);
    const other = OF_TAGS.find((name) => options[name] !== undefined);
    if (other) throw new Usage(`--${other} selects tags: it cannot be given with an image's files`);
    const further = NOT_OF_LAYER.find((name) => options[camelCase(name)] !== undefined);
    if (options.layer !== undefined && further !== undefined) {
      throw new Usage(`--layer lists one layer as it is: --${further} cannot be given with it`);
    }
    await reading(call, (onProgress) => list(call, glob, onProgress));
    return undefined;
  },
};

/**
 * @param {Call} call
 * @param {string | undefined} glob
 * @param {(progress: { loaded: number, total?: number }) => void} onProgress
 */
async function list(call, glob, onProgress) {
  const { args, options, output } = call;
  const image = await openImage(args[0], call, options.platform);
  const { layer, upTo, sort, sociIndex } = options;
  const filter = glob === undefined ? undefined : filterOf(glob);
  const entries =
    layer === undefined
      ? image.files({ upTo, sort, filter, sociIndex, onProgress })
      : image.layerFiles(layer, { filter, onProgress });
  const rows = [];
  let isEmpty = true;
  for await (const entry of entries) {
    isEmpty = false;
    if (output.isJson) output.item(entry);
    else if (options.long) rows.push(row(entry));
    else output.line(entry.kind === 'whiteout' ? `${entry.path} (deleted)` : entry.path);
  }
  if (isEmpty && glob !== undefined && !isPattern(glob)) {
    throw new Failure('NOT_FOUND', `nothing is at ${JSON.stringify(glob)} in the image`);
  }
  if (options.long && !output.isJson) printTable(output, COLUMNS, rows);
}

const isPattern = (/** @type {string} */ glob) => /[*?]/.test(glob);

/**
 * A path without wildcards stands for what is in it, too.
 * @param {string} glob
 */
function filterOf(glob) {
  if (isPattern(glob)) return glob;
  const path = `/${glob.replace(/^\/+|\/+$/g, '')}`.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  return path === '/' ? /^\// : new RegExp(`^${path}(/|$)`);
}

/** @param {FileEntry} entry */
function row(entry) {
  const { path, user, group, uid, gid, size, mtime, layer, linkTarget, kind, device } = entry;
  const name = linkTarget === undefined ? path : `${path} ${kind === 'symlink' ? '->' : 'link to'} ${linkTarget}`;
  return [
    permissions(entry),
    `${user ?? uid}:${group ?? gid}`,
    device ? `${device.major},${device.minor}` : size,
    minute(mtime),
    layer,
    kind === 'whiteout' || kind === 'opaque' ? `${name} (deleted${kind === 'opaque' ? ': what is in it' : ''})` : name,
  ];
}
