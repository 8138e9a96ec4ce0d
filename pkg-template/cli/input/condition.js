// The conditions for writing a tag.

import { Usage } from './usage.js';

/** @type {Record<string, import('../commands.js').Option>} */
export const CONDITIONS = {
  'if-match': { value: 'DIGEST', help: 'moves the tag only if it points to this now; none: only if it does not exist' },
  'no-clobber': { help: 'never moves a tag that points to something else' },
};

/**
 * @param {Record<string, any>} options
 * @param {boolean} [hasTag] a condition without a tag is refused
 * @returns {{ ifMatch?: string | null, noClobber?: boolean }} options of the client
 */
export function conditionOf({ ifMatch, noClobber }, hasTag = true) {
  if (!hasTag && (noClobber || ifMatch !== undefined))
    throw new Usage('--if-match and --no-clobber need a tag: HOST/REPOSITORY:TAG');
  if (ifMatch !== undefined && noClobber) throw new Usage('only one of --if-match and --no-clobber can be given');
  if (noClobber) return { noClobber };
  return ifMatch === undefined ? {} : { ifMatch: ifMatch === 'none' ? null : ifMatch };
}
