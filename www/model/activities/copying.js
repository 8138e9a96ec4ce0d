// Copies images within a registry, or to another one with its own login.

import { explain } from '../../errors.js';
import { repositoryHref } from '../../router.js';
import { plural } from '../../text/format.js';
import { changeKey, startActivity } from './activities.js';
import { extentOf, presentIn, progressSum, targetText } from './extent.js';
import { afterWriting } from './observed.js';

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
  const copied = new Set();
  const totals = { mounted: 0, existing: 0 };
  const goal = items.length === 1 ? `${target}:${items[0].tag}` : `${plural(items.length, 'tag')} to ${target}`;
  return startActivity(changeKey(), {
    kind: 'copy',
    on: to,
    name: `${source} to ${goal}`,
    size,
    run: async ({ signal, report }) => {
      const client = to.current.client;
      const repository = from.current.client.repository(source);
      const { add, sending } = progressSum(report);
      /** The tag that is written at the end of what is under way. */
      let writing;
      try {
        for (const item of items.filter(({ tag }) => !copied.has(tag))) {
          const { tag, digest, before } = item;
          writing = { tag, before, digest: platforms ? undefined : digest };
          const done = await client.copy({ repository, reference: digest }, targetText(client, target, tag), {
            ...(platforms ? { platforms } : {}),
            referrers,
            ifMatch: before ?? null,
            onProgress: add,
            signal,
          });
          for (const key of Object.keys(totals)) totals[key] += done[key];
          copied.add(tag);
        }
      } catch (error) {
        const place = { session: to.current, name: target, signal };
        const last = sending.size === 0 && (await afterWriting(error, { ...place, ...writing }).catch(() => undefined));
        if (last?.isGood) copied.add(writing.tag);
        const isTold = last && !last.isUnchanged;
        if (copied.size === 0 && !isTold) throw error;
        const text = `${copied.size} of ${plural(items.length, 'tag')} copied${isTold ? `. ${last.text}` : ''}`;
        return signal.aborted ? { text } : { text, isFailed: true, error, lines: [explain(error).message] };
      } finally {
        to.current.changed(target);
      }
      return {
        text: told(items.length, totals),
        isGood: true,
        href: repositoryHref(target),
      };
    },
  });
}

const told = (tags, { mounted, existing }) =>
  `${tags === 1 ? 'Copied' : `${plural(tags, 'tag')} copied`}${
    mounted + existing > 0 ? `, ${mounted} mounted, ${existing} there already` : ''
  }`;
