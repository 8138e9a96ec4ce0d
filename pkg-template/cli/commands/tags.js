// `tags`

import { counted, instant, minute, platforms, shortDigest, size } from '../output/format.js';
import { startProgress } from '../output/progress.js';
import { parseRepository } from '../input/reference.js';
import { OF_DIGEST, anyOf } from '../input/glob.js';
import { Usage } from '../input/usage.js';
import { whole } from '../input/values.js';
import { printTable } from '../output/table.js';

/**
 * @import { DescribedTag, Repository } from 'docker-registry-client-wasm'
 * @import { Command } from '../commands.js'
 * @import { Output } from '../output/output.js'
 * @typedef {import('../output/table.js').Column & { of: (entry: any) => unknown }} Column
 */

/** @type {Column} */
const TAG = { title: 'TAG', of: ({ tag }) => tag };
/** @type {Column[]} */
const SHORT = [
  TAG,
  { title: 'DIGEST', of: ({ digest, id }) => shortDigest(digest ?? id) },
  { title: 'CREATED', of: ({ created }) => minute(created) },
  { title: 'SIZE', of: (data) => size(data.size), isRight: true },
  { title: 'PLATFORMS', of: kind },
];
/** @type {Column[]} */
const LONG = [
  TAG,
  { title: 'DIGEST', of: ({ digest, id }) => digest ?? id },
  { title: 'CREATED', of: ({ created }) => instant(created) },
  { title: 'BYTES', of: (data) => (Number.isNaN(data.size) ? '' : data.size), isRight: true },
  { title: 'TYPE', of: ({ mediaType }) => mediaType },
  { title: 'PLATFORMS', of: kind },
];

/**
 * Returns the platforms. Artifacts have none, but usually a type.
 * @param {any} entry
 */
function kind({ platforms: list, artifactType }) {
  return list.length > 0 ? platforms(list) : (artifactType ?? '');
}

/** @type {Command} */
export const tags = {
  name: 'tags',
  aliases: ['list-tags'],
  usage: 'HOST/REPOSITORY',
  takes: [1, 1],
  summary: 'lists the tags of a repository and what they point to, newest first',
  details: `CREATED is in UTC, as the image states it. SIZE is the compressed size of the layers for one platform.
Tags of signatures and other referrers (sha256-…) are not shown without --all, or a --filter that begins with sha.`,
  options: {
    order: {
      value: 'ORDER',
      choices: ['newest', 'version', 'name'],
      help: 'newest (default), version (highest first) or name',
    },
    filter: { value: 'GLOB', multiple: true, help: 'lists only matching tags: * any characters, ? one' },
    exclude: { value: 'GLOB', multiple: true, help: 'lists no matching tags' },
    last: { value: 'TAG', help: 'lists only tags that come after this one by name' },
    limit: { value: 'N', read: whole(1), help: 'lists at most this many' },
    all: { help: 'lists tags of signatures and other referrers too' },
    long: { help: 'shows full digests, times and sizes, and media types' },
    names: { help: 'prints only the names, in the order of the registry, without a request per tag' },
  },
  examples: ["tags localhost:5000/team/web --order version --filter '1.*' --exclude '*-rc*'"],

  async run({ args: [text], options, output, connect }) {
    const { host, name } = await parseRepository(text);
    if (options.names) {
      for (const option of ['order', 'long']) {
        if (options[option]) throw new Usage(`only one of --names and --${option} can be given`);
      }
    }
    const repository = (await connect(host)).repository(name);
    const names = chosen(await repository.tags(), options, output);
    if (options.names) {
      for (const tag of names.slice(0, options.limit)) {
        if (output.isJson) output.item({ tag });
        else output.line(tag);
      }
      return;
    }
    const entries = described(repository, names, options, output);
    const rows = [];
    for await (const entry of entries) {
      if (output.isJson) output.item(entry);
      else rows.push(entry);
    }
    if (!output.isJson) print(rows, options.long ? LONG : SHORT, output);
  },
};

/**
 * Returns the tags that the options ask for.
 * @param {string[]} names
 * @param {Record<string, any>} options
 * @param {Output} output
 */
function chosen(names, { filter = ['*'], exclude = [], last, all }, output) {
  const [isListed, isExcluded] = [anyOf(filter), anyOf(exclude)];
  const matching = names.filter(
    (tag) => isListed.test(tag) && !isExcluded.test(tag) && (last === undefined || tag > last),
  );
  if (all || filter.some((/** @type {string} */ glob) => glob.startsWith('sha'))) return matching;
  const shown = matching.filter((tag) => !OF_DIGEST.test(tag));
  const hidden = matching.length - shown.length;
  if (hidden > 0 && output.isWatched)
    output.note(`${counted(hidden, 'tag')} of signatures and other referrers not shown: --all`);
  return shown;
}

/** The grammar of the distribution-spec; some registries list other tags too (1.1.0+build.5). */
const TAG_RULE = /^\w[\w.-]{0,127}$/;

/**
 * Yields the entries in their order, those of tags that break the grammar last.
 * @param {Repository} repository
 * @param {string[]} names
 * @param {{ order?: 'newest' | 'version' | 'name', limit?: number }} options
 * @param {Output} output
 * @returns {AsyncGenerator<any>}
 */
async function* described(repository, names, { order = 'newest', limit = Infinity }, output) {
  const progress = startProgress('reading tags', output);
  const valid = names.filter((tag) => TAG_RULE.test(tag));
  // By name, the others need no request.
  const tags = order === 'name' ? valid.sort().slice(0, limit) : valid;
  let count = 0;
  try {
    for await (const entry of repository.describeTags({ tags, order })) {
      yield entry;
      count += 1;
      if (count >= limit) return;
      progress.update(count, tags.length);
    }
  } finally {
    progress.end();
  }
  // The client's error says what is wrong with the tag.
  for (const tag of names.filter((tag) => !TAG_RULE.test(tag)).slice(0, limit - count)) {
    yield await repository.data(tag).catch((error) => ({ tag, error }));
  }
}

/**
 * Prints the table. A tag that cannot be described keeps its row.
 * @param {any[]} entries
 * @param {Column[]} columns
 * @param {Output} output
 */
function print(entries, columns, output) {
  // V1 has ids instead of digests.
  if (entries.some(({ id }) => id))
    columns = columns.map((column) => (column.title === 'DIGEST' ? { ...column, title: 'IMAGE' } : column));
  const row = (/** @type {any} */ entry) =>
    columns.map((column) => (entry.error && column !== TAG ? '' : column.of(entry)));
  printTable(output, columns, entries.map(row));
  for (const { tag, error } of entries) if (error) output.warn(`${tag}: ${error.code}: ${error.message}`);
}
