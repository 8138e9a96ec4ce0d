// Guards a tag that is read, changed and written again.

import { Failure } from '../../input/usage.js';

/** @import { Repository } from 'docker-registry-client-wasm' */

/**
 * Refuses to go on if the tag has moved since it was read. Another writer may still come in between this and the writing.
 * @param {Repository} repository
 * @param {string} tag
 * @param {string} digest what it pointed to
 */
export async function checkUnmoved(repository, tag, digest) {
  const { digest: now } = await repository.manifest(tag);
  if (now !== digest)
    throw new Failure('CONFLICT', `the tag ${tag} points to ${now} now, and no longer to ${digest}, which was changed`);
}
