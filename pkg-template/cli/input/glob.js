/**
 * Returns a regular expression for texts that match one of the globs as a whole: * any characters, ? one.
 * @param {string[]} globs
 */
export function anyOf(globs) {
  const patterns = globs.map((glob) =>
    glob
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.'),
  );
  // An empty list matches nothing.
  return new RegExp(globs.length > 0 ? `^(?:${patterns.join('|')})$` : '(?!)', 's');
}

/** Tags that belong to a digest: those of referrers and of cosign's signatures. They come with what they belong to. */
export const OF_DIGEST = /^sha(256|512)-[0-9a-f]{64,128}(\.\w+)?$/;
