// Copies images within a registry, or to another one with its own login.

import { repositoryHref } from '../router.js';
import { plural } from '../text/format.js';
import { changeKey, startActivity } from './activities.js';
import { extentOf, presentIn, progressSum, targetText } from './extent.js';

/** Reads what is to be copied: `{ name, tags | digest }` to `[{ reference, digest, extent }]`. */
export function readSource(session, { name, tags, digest }, options) {
  const repository = session.client.repository(name);
  return Promise.all(
    (digest ? [digest] : tags).map(async (reference) => ({
      reference,
      extent: await extentOf(repository, reference, options),
    })),
  );
}

/** Looks at the target: where each tag points now, and what is there already. */
export async function readTarget(session, name, items, options) {
  const repository = session.client.repository(name);
  const blobs = new Map(items.flatMap(({ extent }) => [...extent.blobs]));
  const [present, ...found] = await Promise.all([
    presentIn(repository, blobs, options),
    ...items.map(async ({ tag }) => (await repository.headManifest(tag, options))?.digest),
  ]);
  return { present, before: found };
}

/**
 * Starts the copy. `items`: `{ tag, digest, before }`: the tag to write, the digest to copy, and where the tag was seen to point. `size`: the
 * bytes of all, where known.
 */
export function startCopy({ from, to, source, target, items, platforms, referrers, size }) {
  const isElsewhere = from.address !== to.address;
  const shown = (name) =>
    items.length === 1 ? `${name}:${items[0].tag}` : `${plural(items.length, 'tag')} to ${name}`;
  return startActivity(changeKey(), {
    kind: 'copy',
    name: `${source} to ${isElsewhere ? `${to.host}/` : ''}${shown(target)}`,
    size,
    run: async ({ signal, report }) => {
      const client = to.current.client;
      const repository = from.current.client.repository(source);
      const onProgress = progressSum(report);
      const totals = { bytes: 0, mounted: 0, existing: 0 };
      try {
        for (const { tag, digest, before } of items) {
          const done = await client.copy({ repository, reference: digest }, targetText(client, target, tag), {
            ...(platforms ? { platforms } : {}),
            referrers,
            ifMatch: before ?? null,
            onProgress,
            signal,
          });
          for (const key of Object.keys(totals)) totals[key] += done[key];
        }
      } finally {
        to.current.changed(target);
      }
      return {
        text: copied(items.length, totals),
        isGood: true,
        href: isElsewhere ? undefined : repositoryHref(target),
        totals,
      };
    },
  });
}

const copied = (tags, { mounted, existing }) =>
  `${tags === 1 ? 'Copied' : `${plural(tags, 'tag')} copied`}${
    mounted + existing > 0 ? `, ${mounted} mounted, ${existing} there already` : ''
  }`;
