// What one sees of an image's files: of all layers, up to one, or of one; with what that one has changed.

import { markOf } from './file-tree.js';

/**
 * Resolves to `{ entries, marks, gone, isCompared }`. `scope`: "image", "upto" or "layer". `mayCompare`: the layers below may be read for
 * a single one.
 */
export async function listingOf(contents, { scope, top, mayCompare }, options) {
  if (scope === 'image')
    return { entries: await contents.files(top, options), marks: new Map(), gone: [], isCompared: true };
  if (scope === 'upto') {
    const entries = await contents.files(top, options);
    return { entries, ...(await changesOf(contents, top, options)), isCompared: true };
  }
  if (mayCompare) return comparedLayer(contents, top, options);
  return { entries: await contents.layer(top, options), marks: new Map(), gone: [], isCompared: false };
}

/** A layer's entries, with what they do to those below; without whiteouts, in whose place there is what they hide. */
export async function comparedLayer(contents, top, options) {
  const changes = await changesOf(contents, top, options);
  const entries = (await contents.layer(top, options)).filter(({ kind }) => kind !== 'whiteout');
  return { entries, ...changes, isCompared: true };
}

async function changesOf(contents, top, options) {
  const changes = await contents.changes(top, options);
  const gone = changes.filter(({ before, after }) => before && !after).map(({ before }) => before);
  return { marks: new Map(changes.map((change) => [change.path, markOf(change)])), gone };
}
