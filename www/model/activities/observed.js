// What the registry has now: changes of tags rest on it, and what moved since is left alone.

import { isRegistryError } from 'docker-registry-client-wasm/slim';
import { explain, isTemporary } from '../../errors.js';
import { tagHref } from '../../router.js';
import { shortDigest } from '../../text/references.js';

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

/** Whether a tag points to something else than a page shows, which may show nothing of it. */
export const isAnother = (seen, now) => seen !== undefined && now !== undefined && seen !== now;

/** The tags that point to a manifest now. Deleting it by its digest would delete them too. */
export async function tagsAt(session, name, digest, options) {
  return (await session.client.repository(name).planDelete(digest, options)).tags;
}

/** How long to wait for what the registry has done with a request that was cancelled, in milliseconds. */
const PATIENCE = 5_000;
/** As `pointsTo()`, after a request that was cancelled and may have done its work. */
export const nowAt = (session, name, tag) => pointsTo(session, name, tag, { signal: AbortSignal.timeout(PATIENCE) });

/**
 * The result of an activity whose last step, the writing of a tag, was cancelled or broke off: what the tag points to now. `before`: where
 * it was seen to point; `digest`: where it was to point, where that is known. `isUnchanged`: it is as it was. Rethrows an error that is no
 * reason to look, or that left the tag as it was.
 */
export async function afterWriting(error, { session, name, tag, before, digest, signal }) {
  // A response that is an answer says that the tag was not written.
  if (!signal.aborted && (!isTemporary(error) || error.status === 429)) throw error;
  const now = await nowAt(session, name, tag).catch(() => null);
  if (digest !== undefined && now === digest)
    return {
      text: `${tag} was written: it points to ${shortDigest(now)}.`,
      isGood: true,
      href: tagHref(name, tag),
      digest,
    };
  if (!signal.aborted && (now === null || now === before)) throw error;
  if (now === null) return { text: `Whether ${tag} was written is not known.` };
  if (now === before) {
    const text = now ? `${tag} points to ${shortDigest(now)}, as before.` : `${tag} was not written.`;
    return { text, isUnchanged: true };
  }
  const text = now ? `${tag} points to ${shortDigest(now)} now.` : `${tag} is gone.`;
  return signal.aborted ? { text } : { text, isFailed: true, error, lines: [explain(error).message] };
}

export const goneWith = (tag, digest) =>
  `Cannot be undone: the registry no longer has ${shortDigest(digest)}, which ${tag} pointed to.`;
export const taggedSince = (tags, digest) =>
  `${shortDigest(digest)} is kept: ${tags.join(', ')} ${tags.length === 1 ? 'points' : 'point'} to it since.`;
export const movedSince = (tag, now) =>
  now === undefined ? `${tag} is gone since.` : `${tag} points to ${shortDigest(now)} since, and is left alone.`;
