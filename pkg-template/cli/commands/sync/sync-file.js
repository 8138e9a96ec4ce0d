// Reads the file of `sync`. Every mistake is named with its place.

import { hint } from '../../../node/hint.js';
import { OF_DIGEST, anyOf } from '../../input/glob.js';
import { parseReference } from '../../input/reference.js';
import { isGlob } from '../../input/repositories.js';
import { Usage } from '../../input/usage.js';
import { parseGlobs } from './sync-globs.js';

/**
 * @import { Reference } from '../../input/reference.js'
 * @import { Globs } from './sync-globs.js'
 *
 * @typedef {object} Entry
 * @property {Reference} source
 * @property {Reference} target
 * @property {Globs} [globs] if the source stands for several repositories
 * @property {(tag: string) => boolean} isWanted
 * @property {string[]} [platforms]
 * @property {boolean} referrers
 */

/**
 * @param {string} text
 * @returns {Promise<Entry[]>}
 */
export async function parseSyncFile(text) {
  const { sync } = object(parsed(text), 'the file', ['sync']);
  if (!Array.isArray(sync)) throw new Usage('sync: an array is needed');
  if (sync.length === 0) throw new Usage('sync: it is empty');
  const entries = [];
  // One after the other, so that the first mistake is the one that is named.
  for (const [index, entry] of sync.entries()) entries.push(await parseEntry(entry, `sync[${index}]`));
  return entries;
}

/** @param {string} text */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (/** @type {any} */ { message }) {
    throw new Usage(`it is no JSON: ${message}`);
  }
}

/**
 * @param {unknown} value
 * @param {string} place
 * @returns {Promise<Entry>}
 */
async function parseEntry(value, place) {
  const entry = object(value, place, ['source', 'target', 'tags', 'platforms', 'referrers']);
  const { source, target, globs } = await ends(entry, place);
  if (source.digest !== undefined) throw new Usage(`${place}.source: a repository or tag is needed, without digest`);
  if (target.digest !== undefined) throw new Usage(`${place}.target: a repository or tag is needed, without digest`);
  if (source.tag === undefined && target.tag !== undefined)
    throw new Usage(`${place}.target: a tag needs a tag in ${place}.source`);
  if (source.tag !== undefined && entry.tags !== undefined)
    throw new Usage(`${place}.tags: ${place}.source has a tag already`);
  const { include, exclude = [] } = object(entry.tags ?? {}, `${place}.tags`, ['include', 'exclude']);
  const platforms = entry.platforms === undefined ? undefined : strings(entry.platforms, `${place}.platforms`);
  if (platforms?.length === 0) throw new Usage(`${place}.platforms: it is empty`);
  if (!['boolean', 'undefined'].includes(typeof entry.referrers))
    throw new Usage(`${place}.referrers: true or false is needed`);
  const included = include === undefined ? undefined : anyOf(strings(include, `${place}.tags.include`));
  const excluded = anyOf(strings(exclude, `${place}.tags.exclude`));
  const isWanted = (/** @type {string} */ tag) =>
    (included ? included.test(tag) : !OF_DIGEST.test(tag)) && !excluded.test(tag);
  return { source, target, globs, isWanted, platforms, referrers: entry.referrers === true };
}

/**
 * Parses the source and the target.
 * @param {Record<string, any>} entry
 * @param {string} place
 * @returns {Promise<{ source: Reference, target: Reference, globs?: Globs }>}
 */
async function ends({ source, target }, place) {
  if ([source, target].some((end) => typeof end === 'string' && isGlob(end))) return parseGlobs(source, target, place);
  return { source: await reference(source, `${place}.source`), target: await reference(target, `${place}.target`) };
}

/**
 * @param {unknown} value
 * @param {string} place
 * @param {string[]} known
 * @returns {Record<string, any>}
 */
function object(value, place, known) {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Usage(`${place}: an object is needed`);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined)
    throw new Usage(`${place}: there is no field ${JSON.stringify(unknown)}; ${hint(unknown, known)}`);
  return value;
}

/**
 * @param {unknown} value
 * @param {string} place
 * @returns {string[]}
 */
function strings(value, place) {
  if (!Array.isArray(value)) throw new Usage(`${place}: an array of strings is needed`);
  const wrong = value.findIndex((one) => typeof one !== 'string');
  if (wrong >= 0) throw new Usage(`${place}[${wrong}]: a string is needed`);
  return value;
}

/**
 * @param {unknown} value
 * @param {string} place
 */
async function reference(value, place) {
  if (value === undefined) throw new Usage(`${place} is missing`);
  if (typeof value !== 'string') throw new Usage(`${place}: a string is needed`);
  return parseReference(value).catch((error) => {
    throw new Usage(`${place}: ${error.message}`);
  });
}
