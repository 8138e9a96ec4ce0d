// `tags`

import { instant, minute, platforms, shortDigest, size } from '../output/format.js';
import { startProgress } from '../output/progress.js';
import { parseRepository } from '../input/reference.js';
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
  usage: 'HOST/REPOSITORY',
  takes: [1, 1],
  summary: 'lists the tags of a repository and what they point to, newest first',
  details: 'CREATED is in UTC, as the image states it. SIZE is the compressed size of the layers for one platform.',
  options: {
    order: {
      value: 'ORDER',
      choices: ['newest', 'version', 'name'],
      help: 'newest (default), version (highest first) or name',
    },
    filter: { value: 'GLOB', help: 'lists only matching tags: * any characters, ? one' },
    long: { help: 'shows full digests, times and sizes, and media types' },
    names: { help: 'prints only the names, in the order of the registry, without a request per tag' },
  },
  examples: ["tags localhost:5000/team/web --order version --filter '1.*'"],

  async run({ args: [text], options, output, connect }) {
    const { host, name } = await parseRepository(text);
    const repository = (await connect(host)).repository(name);
    const names = await repository.tags({ filter: options.filter });
    if (options.names) {
      for (const tag of names) {
        if (output.isJson) output.item({ tag });
        else output.line(tag);
      }
      return undefined;
    }
    const { order = 'newest' } = options;
    const entries = await described(repository, { tags: names, order }, output);
    if (output.isJson) entries.forEach((entry) => output.item(entry));
    else print(entries, options.long ? LONG : SHORT, output);
    return undefined;
  },
};

/** The grammar of the distribution-spec; some registries list other tags too (1.1.0+build.5). */
const TAG_RULE = /^\w[\w.-]{0,127}$/;

/**
 * @param {Repository} repository
 * @param {{ tags: string[], order: 'newest' | 'version' | 'name' }} options
 * @param {Output} output
 */
async function described(repository, { tags: names, order }, output) {
  const progress = startProgress('reading tags', output);
  const valid = names.filter((tag) => TAG_RULE.test(tag));
  /** @type {any[]} */
  const entries = [];
  try {
    for await (const entry of repository.describeTags({ tags: valid, order })) {
      entries.push(entry);
      progress.update(entries.length, valid.length);
    }
  } finally {
    progress.end();
  }
  // The client's error says what is wrong with the tag.
  for (const tag of names.filter((tag) => !TAG_RULE.test(tag))) {
    entries.push(await repository.data(tag).catch((error) => ({ tag, error })));
  }
  if (order === 'name') entries.sort((one, other) => (one.tag < other.tag ? -1 : 1));
  return entries;
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
