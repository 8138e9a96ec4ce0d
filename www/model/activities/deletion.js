// Deletes tags and manifests. A deleted tag is written again to undo it, as long as the registry has the manifest.

import { explain } from '../../errors.js';
import { repositoryHref } from '../../router.js';
import { shortDigest } from '../../text/references.js';
import { plural } from '../../text/format.js';
import { changeKey, startActivity } from './activities.js';
import { exists, goneWith, movedSince, nowAt, pointsTo, tagsAt, taggedSince } from './observed.js';

/**
 * Deletes tags: `targets` are `{ tag, digest }` as they were seen. `manifests`: digests to delete too when their tags are gone; the package
 * refuses while anything depends on them.
 */
export function deleteTags({ session, name, targets, manifests = [] }) {
  /** Of all runs: the undo of one that was tried again covers the first one, too. */
  const done = { removed: [], gone: [] };
  return startActivity(changeKey(), {
    kind: 'deletion',
    on: session,
    name: targets.length === 1 ? `${targets[0].tag} of ${name}` : `${plural(targets.length, 'tag')} of ${name}`,
    unit: 'items',
    size: targets.length + manifests.length,
    run: async (context) => {
      const { current } = session;
      const outcome = { ...done, skipped: [], failed: [] };
      await untagAll(current, name, targets, outcome, context);
      if (outcome.failed.length === 0) await deleteAll(current, name, manifests, outcome, context);
      current.changed(name);
      return deletionResult({ session, name, outcome, expected: targets.length });
    },
  });
}

/** One after the other: each of them is several requests that must not mix. */
async function untagAll(session, name, targets, outcome, { signal, report }) {
  const { removed, skipped, failed } = outcome;
  const repository = session.client.repository(name);
  for (const [at, { tag, digest }] of targets.entries()) {
    if (signal.aborted) break;
    if (removed.some((one) => one.tag === tag)) continue;
    let isBegun = false;
    try {
      const now = await pointsTo(session, name, tag, { signal });
      if (now !== digest) skipped.push(now === undefined ? `${tag} is gone already.` : movedSince(tag, now));
      else {
        isBegun = true;
        await repository.untag(tag, { signal });
        removed.push({ tag, digest });
      }
    } catch (error) {
      if (signal.aborted) {
        if (isBegun) await lookAfterCancel(session, name, { tag, digest }, outcome);
        break;
      }
      failed.push({ what: tag, error });
      // What the registry refuses once, it refuses again.
      if (removed.length === 0 || [401, 403, 405, 429].includes(error.status)) {
        const rest = targets.length - at - 1;
        if (rest > 0) skipped.push(`${plural(rest, 'further tag')} not tried.`);
        break;
      }
    }
    report({ loaded: at + 1 });
  }
}

/** A request that was cancelled may have done its work. */
async function lookAfterCancel(session, name, { tag, digest }, { removed, skipped }) {
  try {
    if ((await nowAt(session, name, tag)) === undefined) removed.push({ tag, digest });
  } catch {
    skipped.push(`Whether ${tag} is deleted is not known.`);
  }
}

async function deleteAll(session, name, manifests, { removed, gone, skipped, failed }, { signal, report }) {
  for (const digest of manifests) {
    if (signal.aborted) break;
    if (gone.includes(digest)) continue;
    try {
      const tags = await tagsAt(session, name, digest, { signal });
      if (tags.length > 0) skipped.push(taggedSince(tags, digest));
      else {
        await session.client.repository(name).deleteManifest(digest, { signal });
        gone.push(digest);
      }
    } catch (error) {
      if (signal.aborted) break;
      failed.push({ what: shortDigest(digest), error });
    }
    report({ loaded: removed.length + gone.length });
  }
}

async function deletionResult({ session, name, outcome: { removed, gone, skipped, failed }, expected }) {
  const lines = [...skipped, ...failed.map(({ what, error }) => `${what}: ${explain(error).message}`)];
  const text =
    removed.length === expected
      ? `${plural(removed.length, 'tag')} deleted${gone.length > 0 ? `, with ${plural(gone.length, 'manifest')}` : ''}`
      : `${removed.length} of ${plural(expected, 'tag')} deleted`;
  const [lost, kept] = await divided(session.current, name, removed);
  for (const digest of new Set(lost.map((one) => one.digest))) {
    const tags = lost.filter((one) => one.digest === digest).map(({ tag }) => tag);
    lines.push(goneWith(tags.join(', '), digest));
  }
  return {
    text,
    lines,
    isGood: failed.length === 0 && skipped.length === 0,
    isFailed: failed.length > 0,
    error: failed[0]?.error,
    href: repositoryHref(name),
    undo:
      kept.length > 0
        ? () => undoDeletion({ session, name, removed: kept, undone: () => removed.splice(0) })
        : undefined,
  };
}

/** Those whose manifest the registry has no longer, and those whose it has. */
async function divided(session, name, removed) {
  const known = new Map();
  for (const { digest } of removed) {
    // What cannot be looked up is looked up again by who wants to undo.
    if (!known.has(digest)) known.set(digest, await exists(session, name, digest).catch(() => true));
  }
  return [removed.filter(({ digest }) => !known.get(digest)), removed.filter(({ digest }) => known.get(digest))];
}

/** `undone()`: called first, so that another run of the deletion does not take the tags for deleted. */
function undoDeletion({ session, name, removed, undone }) {
  undone();
  return startActivity(changeKey(), {
    kind: 'undo',
    on: session,
    name: removed.length === 1 ? `${removed[0].tag} of ${name}` : `${plural(removed.length, 'tag')} of ${name}`,
    unit: 'items',
    size: removed.length,
    run: async ({ signal, report }) => {
      const { current } = session;
      const repository = current.client.repository(name);
      const lines = [];
      for (const [at, { tag, digest }] of removed.entries()) {
        if (signal.aborted) break;
        try {
          if (!(await exists(current, name, digest, { signal }))) lines.push(goneWith(tag, digest));
          else await repository.tag({ from: digest, to: tag, ifMatch: null, signal });
        } catch (error) {
          if (signal.aborted) break;
          lines.push(`${tag}: ${explain(error).message}`);
        }
        report({ loaded: at + 1 });
      }
      current.changed(name);
      const done = removed.length - lines.length;
      return {
        text: `${plural(done, 'tag')} restored`,
        isGood: lines.length === 0,
        isFailed: lines.length > 0,
        lines,
        href: repositoryHref(name),
      };
    },
  });
}

/** Deletes a manifest without tags by its digest. The package looks for what depends on it, and refuses. */
export function deleteManifest({ session, name, digest }) {
  return startActivity(changeKey(), {
    kind: 'deletion',
    on: session,
    name: `${shortDigest(digest)} of ${name}`,
    unit: 'items',
    run: async ({ signal }) => {
      const { current } = session;
      const tags = await tagsAt(current, name, digest, { signal });
      if (tags.length > 0) return { text: 'Not deleted', isFailed: true, lines: [taggedSince(tags, digest)] };
      await current.client.repository(name).deleteManifest(digest, { signal });
      current.changed(name);
      return { text: 'Manifest deleted', isGood: true, href: repositoryHref(name) };
    },
  });
}
