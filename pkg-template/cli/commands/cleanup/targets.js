// The repositories of a clean-up: as named, or by a glob.

import { anyOf } from '../../input/glob.js';
import { parseRepository } from '../../input/reference.js';
import { Usage } from '../../input/usage.js';

/**
 * @import { DockerRegistryClient, Repository } from 'docker-registry-client-wasm'
 * @import { SavedPlan } from './plan-file.js'
 *
 * @typedef {object} Target
 * @property {Repository} repository
 * @property {string} registry its base URL
 * @property {string} place with the host
 * @property {boolean} isFound true if a glob matched it; such a repository may be empty
 */

const GLOB = /[*?]/;

/** Whether there may be more than one. */
export const areSeveral = (/** @type {string[]} */ texts) => texts.length > 1 || texts.some((text) => GLOB.test(text));

/**
 * Returns the repositories, each once.
 * @param {string[]} texts
 * @param {{ connect: (host: string) => Promise<DockerRegistryClient>, plans?: SavedPlan[] }} options `plans`: a glob looks for
 *   its repositories there
 * @returns {Promise<Target[]>}
 */
export async function targetsOf(texts, { connect, plans }) {
  const parsed = await Promise.all(texts.map(parse));
  /** @type {Map<string, DockerRegistryClient>} */
  const clients = new Map();
  /** @type {Map<string, Target>} */
  const targets = new Map();
  for (const { host, name, base, glob } of parsed) {
    const client = clients.get(host) ?? (await connect(host));
    clients.set(host, client);
    const names = glob === undefined ? [name] : await matching(client, glob, plans);
    if (names.length === 0) throw new Usage(`no repository matches ${glob}`);
    for (const found of names) {
      const place = `${base}${found}`;
      const isFound = glob !== undefined;
      const target = { repository: client.repository(found), registry: client.host, place, isFound };
      if (!targets.has(place)) targets.set(place, target);
    }
  }
  return [...targets.values()];
}

/** @param {string} text */
async function parse(text) {
  // Replace each wildcard by one character: the length stays, so the host can be cut off by position.
  const reference = await parseRepository(text.replaceAll(/[*?]/g, 'x'));
  const { host, name, place } = reference;
  const base = place.slice(0, place.length - name.length);
  const head = text.slice(0, text.length - name.length);
  if (GLOB.test(head)) throw new Usage('a glob can stand for repositories, not for a host');
  return { host, name, base, glob: GLOB.test(text) ? text.slice(text.length - name.length) : undefined };
}

/**
 * @param {DockerRegistryClient} client
 * @param {string} glob
 * @param {SavedPlan[] | undefined} plans
 */
async function matching(client, glob, plans) {
  const pattern = anyOf([glob]);
  const names = [];
  for await (const name of plans?.map(({ repository }) => repository) ?? client.catalog()) {
    if (pattern.test(name)) names.push(name);
  }
  return names;
}
