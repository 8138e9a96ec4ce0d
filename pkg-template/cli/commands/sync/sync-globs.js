// A source of `sync` with a glob stands for several repositories.

import { anyOf } from '../../input/glob.js';
import { matching, parseGlob } from '../../input/repositories.js';
import { Usage } from '../../input/usage.js';

/**
 * @import { Client } from './sync-items.js'
 * @import { Entry } from './sync-file.js'
 *
 * @typedef {{ source: string, target: string }} Globs each with one *, which stands for the same text in both
 */

/**
 * Parses the repositories of a source with a glob, and of its target.
 * @param {unknown} source
 * @param {unknown} target
 * @param {string} place of the entry, in messages
 */
export async function parseGlobs(source, target, place) {
  const [from, to] = [await parsed(source, `${place}.source`), await parsed(target, `${place}.target`)];
  return { source: from, target: to, globs: { source: from.glob, target: to.glob } };
}

/**
 * @param {unknown} text
 * @param {string} place
 */
async function parsed(text, place) {
  if (text === undefined) throw new Usage(`${place} is missing`);
  if (typeof text !== 'string') throw new Usage(`${place}: a string is needed`);
  if (text.split('*').length !== 2 || text.includes('?'))
    throw new Usage(`${place}: one * is needed in the repositories of the source, and one in those of the target`);
  const { base, glob, ...rest } = await parseGlob(text).catch((error) => {
    throw new Usage(`${place}: ${error.message}`);
  });
  return { ...rest, tag: undefined, digest: undefined, place: `${base}${glob}`, glob: String(glob) };
}

/**
 * Returns an entry for each repository that the source stands for.
 * @param {Entry} entry
 * @param {Client} client
 * @param {(message: string) => void} warn
 * @returns {Promise<Entry[]>}
 */
export async function expanded(entry, client, warn) {
  const { source, target, globs } = entry;
  if (globs === undefined) return [entry];
  const found = await matching(globs.source, (await client(source.host, 'source')).catalog());
  // Within one registry, what a run before has copied is no source.
  const isCopy = source.host === target.host ? anyOf([globs.target]) : undefined;
  const names = found.filter((name) => !isCopy?.test(name));
  if (names.length === 0) warn(`no repository matches ${source.place}`);
  const start = globs.source.indexOf('*');
  const end = globs.source.length - start - 1;
  return names.map((name) => {
    const text = name.slice(start, name.length - end);
    return {
      ...entry,
      source: renamed(source, globs.source, name),
      target: renamed(
        target,
        globs.target,
        globs.target.replace('*', () => text),
      ),
      globs: undefined,
    };
  });
}

/**
 * @param {import('../../input/reference.js').Reference} reference
 * @param {string} glob
 * @param {string} name
 */
const renamed = (reference, glob, name) => ({
  ...reference,
  name,
  place: `${reference.place.slice(0, reference.place.length - glob.length)}${name}`,
});
