// The repositories of a clean-up: as named, or by a glob.

import { isGlob, matching, parseGlob } from '../../input/repositories.js';

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

/** Whether there may be more than one. */
export const areSeveral = (/** @type {string[]} */ texts) => texts.length > 1 || texts.some(isGlob);

/**
 * Returns the repositories, each once.
 * @param {string[]} texts
 * @param {{ connect: (host: string) => Promise<DockerRegistryClient>, plans?: SavedPlan[], warn: (message: string) => void }}
 *   options `plans`: a glob looks for its repositories there
 * @returns {Promise<Target[]>}
 */
export async function targetsOf(texts, { connect, plans, warn }) {
  const parsed = await Promise.all(texts.map(parseGlob));
  /** @type {Map<string, DockerRegistryClient>} */
  const clients = new Map();
  /** @type {Map<string, Target>} */
  const targets = new Map();
  for (const { host, name, base, glob } of parsed) {
    const client = clients.get(host) ?? (await connect(host));
    clients.set(host, client);
    const names =
      glob === undefined
        ? [name]
        : await matching(glob, plans?.map(({ repository }) => repository) ?? client.catalog());
    // A nightly job may find nothing. A repository without glob that does not exist is an error.
    if (names.length === 0) warn(`no repository matches ${base}${glob}`);
    for (const found of names) {
      const place = `${base}${found}`;
      const isFound = glob !== undefined;
      const target = { repository: client.repository(found), registry: client.host, place, isFound };
      if (!targets.has(place)) targets.set(place, target);
    }
  }
  return [...targets.values()];
}
