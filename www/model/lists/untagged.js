// Manifests that no tag points to, as far as others name them: indexes their entries, lists of referrers what refers to a manifest.
// Registries have no list of all their manifests.

import { isManifest } from '../../text/format.js';

/**
 * `tagged`: the digests that tags point to. `lookup(digest)`: what a manifest names, `{ entries, referrers }` as descriptors; undefined if
 * that was not read. Returns `{ untagged, reached }`: from digest to `{ descriptor, by }` with `by` of `{ digest, isReferrer }`, and all
 * digests that lead further.
 */
export function namedBy(tagged, lookup) {
  const untagged = new Map();
  // Grows while it is gone through.
  const reached = new Set(tagged);
  for (const digest of reached) {
    const { entries = [], referrers = [] } = lookup(digest) ?? {};
    const named = [
      ...entries.filter(isManifest).map((descriptor) => ({ descriptor, isReferrer: false })),
      ...referrers.map((descriptor) => ({ descriptor, isReferrer: true })),
    ];
    for (const { descriptor, isReferrer } of named) {
      reached.add(descriptor.digest);
      if (tagged.has(descriptor.digest)) continue;
      const known = untagged.get(descriptor.digest) ?? { descriptor, by: [] };
      known.by.push({ digest, isReferrer });
      untagged.set(descriptor.digest, known);
    }
  }
  return { untagged, reached };
}
