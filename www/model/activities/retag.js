// Moves tags, if they still point where they were seen to. A move is undone by writing the tag again, as long as the registry has the manifest.

import { repositoryHref, tagHref } from '../../router.js';
import { shortDigest } from '../../text/references.js';
import { changeKey, startActivity } from './activities.js';
import { exists, goneWith, movedSince, nowAt, pointsTo } from './observed.js';

/** Points `to` at the image `digest`; `before`: where it was seen to point, or undefined. */
export function retag({ session, name, digest, to, before }) {
  return startActivity(changeKey(), {
    kind: 'retag',
    on: session,
    name: `${to} of ${name}`,
    unit: 'items',
    run: async ({ signal }) => {
      const { current } = session;
      let text = before === undefined ? 'Tagged' : `Moved from ${shortDigest(before)} to ${shortDigest(digest)}`;
      try {
        await current.client.repository(name).tag({ from: digest, to, ifMatch: before ?? null, signal });
      } catch (error) {
        if (!signal.aborted) throw error;
        const now = await nowAt(current, name, to).catch(() => null);
        if (now !== digest)
          return { text: now === null ? 'Whether the tag was written is not known.' : 'Nothing was changed.' };
        text = 'The tag was written before.';
      }
      current.changed(name);
      const href = tagHref(name, to);
      // What cannot be looked up is looked up again by who wants to undo.
      const isKept = before === undefined || (await exists(current, name, before).catch(() => true));
      if (!isKept) return { text, isGood: true, href, lines: [goneWith(to, before)] };
      return { text, isGood: true, href, undo: () => undoRetag({ session, name, digest, to, before }) };
    },
  });
}

function undoRetag({ session, name, digest, to, before }) {
  return startActivity(changeKey(), {
    kind: 'undo',
    on: session,
    name: `${to} of ${name}`,
    unit: 'items',
    run: async ({ signal }) => {
      const { current } = session;
      const repository = current.client.repository(name);
      if (before === undefined) {
        const now = await pointsTo(current, name, to, { signal });
        if (now !== digest) return { text: 'Not undone', isFailed: true, lines: [movedSince(to, now)] };
        await repository.untag(to, { signal });
      } else {
        if (!(await exists(current, name, before, { signal })))
          return { text: 'Not undone', isFailed: true, lines: [goneWith(to, before)] };
        await repository.tag({ from: before, to, ifMatch: digest, signal });
      }
      current.changed(name);
      const text = before === undefined ? 'The tag is gone again' : `Points to ${shortDigest(before)} again`;
      return { text, isGood: true, href: before === undefined ? repositoryHref(name) : tagHref(name, to) };
    },
  });
}
