// The tags that `sync` copies.

import { openManifest } from '../content/open.js';

/**
 * @import { CopyProgress, DockerRegistryClient } from 'docker-registry-client-wasm'
 * @import { Entry } from './sync-file.js'
 *
 * @typedef {object} Item
 * @property {string} from for people, as `to`
 * @property {string} to
 * @property {Entry} [entry] absent if its tags cannot be listed
 * @property {string} [tag] of the source
 * @property {string} [targetTag]
 * @property {any} [error] why they cannot be listed
 *
 * @typedef {{ action?: 'copy' | 'copied' | 'unchanged' | 'failed', digest?: string, error?: any }} Outcome
 * @typedef {Item & Outcome} Result
 * @typedef {(host: string, side: 'source' | 'target') => Promise<DockerRegistryClient>} Client
 */

/**
 * Lists the tags of an entry.
 * @param {Entry} entry
 * @param {Client} client
 * @returns {Promise<Item[]>}
 */
export async function itemsOf(entry, client) {
  const { source, target, isWanted } = entry;
  const item = (/** @type {string} */ tag, targetTag = tag) => ({
    entry,
    tag,
    targetTag,
    from: `${source.place}:${tag}`,
    to: `${target.place}:${targetTag}`,
  });
  if (source.tag !== undefined) return [item(source.tag, target.tag)];
  const tags = await (await client(source.host, 'source')).repository(source.name).tags();
  return tags.filter(isWanted).map((tag) => item(tag));
}

/**
 * Finds out whether there is something to copy. Referrers are not compared.
 * @param {Item} item
 * @param {Client} client
 * @returns {Promise<Outcome>}
 */
export async function plan({ entry, tag, targetTag, error }, client) {
  const { source, target, platforms } = needed(entry, error);
  const from = (await client(source.host, 'source')).repository(source.name);
  const to = (await client(target.host, 'target')).repository(target.name);
  const digest = await digestOf(from, String(tag), platforms);
  const there = await to.headManifest(String(targetTag));
  return { action: digest !== undefined && there?.digest === digest ? 'unchanged' : 'copy', digest };
}

/**
 * @param {import('docker-registry-client-wasm').Repository} repository
 * @param {string} tag
 * @param {string[]} [platforms]
 * @returns {Promise<string | undefined>} undefined: several platforms are an index that does not exist yet
 */
async function digestOf(repository, tag, platforms) {
  if (platforms && platforms.length > 1) return undefined;
  if (platforms) return (await openManifest(repository, tag, { platform: platforms[0] })).digest;
  // If there is no such manifest, the second call says so.
  return ((await repository.headManifest(tag)) ?? (await repository.manifest(tag))).digest;
}

/**
 * @param {Item} item
 * @param {Client} client
 * @param {(progress: CopyProgress) => void} onProgress
 * @returns {Promise<Outcome>}
 */
export async function copy({ entry, tag, targetTag, error }, client, onProgress) {
  const { source, target, platforms, referrers } = needed(entry, error);
  const [from, to] = [await client(source.host, 'source'), await client(target.host, 'target')];
  const image = { repository: from.repository(source.name), reference: String(tag) };
  // Without the host, the client could take the first component of a name for one.
  const place = `${to.host}/${target.name}:${targetTag}`;
  // The result does not tell whether the tag was written.
  const before = await to.repository(target.name).headManifest(String(targetTag));
  const { digest, manifests, blobs, mounted } = await to.copy(image, place, { platforms, referrers, onProgress });
  const isUnchanged = before?.digest === digest && manifests + blobs + mounted === 0;
  return { action: isUnchanged ? 'unchanged' : 'copied', digest };
}

/**
 * @param {Entry | undefined} entry
 * @param {any} error
 */
function needed(entry, error) {
  if (entry === undefined) throw error;
  return entry;
}
