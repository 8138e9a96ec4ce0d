// Moves and deletes tags, by what was observed: a tag that points elsewhere by then is left alone. What can be undone is
// undone by writing the tag again, as long as the registry has the manifest.

import { isRegistryError } from 'docker-registry-client-wasm/slim';
import { explain } from '../errors.js';
import { repositoryHref, tagHref } from '../router.js';
import { shortDigest } from '../text/digests.js';
import { plural } from '../text/format.js';
import { startActivity } from './activities.js';

const MISSING = ['MANIFEST_UNKNOWN', 'NAME_UNKNOWN', 'NOT_FOUND'];
const isMissing = (error) => isRegistryError(error) && (MISSING.includes(error.code) || error.status === 404);

async function orMissing(reading) {
  try {
    return await reading;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** The digest that a tag points to now (V1: the image's id), or undefined. */
export async function pointsTo(session, name, tag, options) {
  const repository = session.client.repository(name);
  if (session.version === 1) return (await orMissing(repository.data(tag, options)))?.id;
  return (await repository.headManifest(tag, options))?.digest;
}

/** Whether the registry has the manifest now (V1: the image). */
export async function exists(session, name, digest, options) {
  const repository = session.client.repository(name);
  if (session.version === 1) return (await orMissing(repository.image(digest, options))) !== undefined;
  return (await repository.headManifest(digest, options)) !== undefined;
}

let actions = 0;
/** Each change is one of its own, even if the same one follows. */
const key = () => `change ${(actions += 1)}`;

/** Points `to` at the image `digest`; `before`: where it was seen to point, or undefined. */
export function retag({ session, name, digest, to, before }) {
  return startActivity(key(), {
    kind: 'retag',
    name: `${to} of ${name}`,
    unit: 'items',
    run: async ({ signal }) => {
      const { current } = session;
      await current.client.repository(name).tag({ from: digest, to, ifMatch: before ?? null, signal });
      current.changed(name);
      const text = before === undefined ? 'Tagged' : `Moved from ${shortDigest(before)} to ${shortDigest(digest)}`;
      const href = tagHref(name, to);
      if (before !== undefined && !(await exists(current, name, before)))
        return { text, isGood: true, href, lines: [goneWith(to, before)] };
      return { text, isGood: true, href, undo: () => undoRetag({ session, name, digest, to, before }) };
    },
  });
}

function undoRetag({ session, name, digest, to, before }) {
  return startActivity(key(), {
    kind: 'undo',
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

const goneWith = (tag, digest) =>
  `Cannot be undone: the registry no longer has ${shortDigest(digest)}, which ${tag} pointed to.`;
const movedSince = (tag, now) =>
  now === undefined ? `${tag} is gone since.` : `${tag} points to ${shortDigest(now)} since, and is left alone.`;

/**
 * Deletes tags: `targets` are `{ tag, digest }` as they were seen. `manifests`: digests to delete too when their tags are gone; the package
 * refuses while anything depends on them.
 */
export function deleteTags({ session, name, targets, manifests = [] }) {
  return startActivity(key(), {
    kind: 'deletion',
    name: targets.length === 1 ? `${targets[0].tag} of ${name}` : `${plural(targets.length, 'tag')} of ${name}`,
    unit: 'items',
    size: targets.length + manifests.length,
    run: async (context) => {
      const { current } = session;
      const outcome = await untagAll(current, name, targets, context);
      const gone = outcome.failed.length > 0 ? [] : await deleteAll(current, name, manifests, outcome, context);
      current.changed(name);
      return deletionResult({ session, name, outcome, gone, expected: targets.length });
    },
  });
}

/** One after the other: each of them is several requests that must not mix. */
async function untagAll(session, name, targets, { signal, report }) {
  const outcome = { removed: [], skipped: [], failed: [] };
  const repository = session.client.repository(name);
  for (const [at, { tag, digest }] of targets.entries()) {
    if (signal.aborted) break;
    try {
      const now = await pointsTo(session, name, tag, { signal });
      if (now !== digest) outcome.skipped.push(now === undefined ? `${tag} is gone already.` : movedSince(tag, now));
      else {
        await repository.untag(tag, { signal });
        outcome.removed.push({ tag, digest });
      }
    } catch (error) {
      if (signal.aborted) break;
      outcome.failed.push({ what: tag, error });
      // What the registry refuses once, it refuses again.
      if (outcome.removed.length === 0 || [401, 403, 405, 429].includes(error.status)) break;
    }
    report({ loaded: at + 1 });
  }
  return outcome;
}

async function deleteAll(session, name, manifests, { removed, failed }, { signal, report }) {
  const gone = [];
  for (const digest of manifests) {
    if (signal.aborted) break;
    try {
      await session.client.repository(name).deleteManifest(digest, { signal });
      gone.push(digest);
    } catch (error) {
      if (signal.aborted) break;
      failed.push({ what: shortDigest(digest), error });
    }
    report({ loaded: removed.length + gone.length });
  }
  return gone;
}

async function deletionResult({ session, name, outcome: { removed, skipped, failed }, gone, expected }) {
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
    undo: kept.length > 0 ? () => undoDeletion({ session, name, removed: kept }) : undefined,
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

function undoDeletion({ session, name, removed }) {
  return startActivity(key(), {
    kind: 'undo',
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

/** Deletes a manifest by its digest. The package looks for what depends on it, and refuses. */
export function deleteManifest({ session, name, digest }) {
  return startActivity(key(), {
    kind: 'deletion',
    name: `${shortDigest(digest)} of ${name}`,
    unit: 'items',
    run: async ({ signal }) => {
      const { current } = session;
      await current.client.repository(name).deleteManifest(digest, { signal });
      current.changed(name);
      return { text: 'Manifest deleted', isGood: true, href: repositoryHref(name) };
    },
  });
}
