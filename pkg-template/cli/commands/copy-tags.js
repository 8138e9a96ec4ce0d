// `copy --all-tags`

import { inTurn } from './in-turn.js';

/**
 * @import { CopyResult, Repository } from 'docker-registry-client-wasm'
 * @import { Output } from '../output/output.js'
 */

/**
 * Copies all tags of a repository, one after the other.
 * @param {Repository} source
 * @param {Repository} target
 * @param {object} call
 * @param {(tag: string) => Promise<CopyResult>} call.copyOne
 * @param {(result: CopyResult, tag: string) => void} call.print
 * @param {boolean} call.noClobber keeps tags of the target that point elsewhere
 * @param {Output} call.output
 */
export async function copyTags(source, target, { copyOne, print, noClobber, output }) {
  const isElsewhere = async (/** @type {string} */ tag) => {
    const [wanted, found] = await Promise.all([source, target].map((repository) => repository.headManifest(tag)));
    return found !== undefined && found.digest !== wanted?.digest;
  };
  const tags = await source.tags();
  if (tags.length === 0) output.note(`${source.name} has no tags`);
  await inTurn(tags, async (tag) => {
    try {
      const result = await copyOne(tag);
      if (output.isJson) output.item({ tag, ...result });
      else print(result, tag);
    } catch (/** @type {any} */ error) {
      // Signatures can be in conflict too, and they must not be passed over.
      if (!noClobber || error?.code !== 'CONFLICT' || !(await isElsewhere(tag))) throw error;
      if (output.isJson) output.item({ tag, kept: true, error });
      else output.warn(`${tag} stays as it is: ${error.message}`);
    }
  });
}
