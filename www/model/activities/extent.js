// All that a manifest leads to, and how much of it a repository has already.

import { isRegistryError } from 'docker-registry-client-wasm/slim';
import { isManifest, isPlatform } from '../../text/format.js';

/**
 * Resolves to `{ digest, mediaType, platforms, manifests, blobs, size }`: the digests with their sizes, each once. Foreign layers, which
 * no registry has, do not count.
 */
export async function extentOf(repository, reference, options) {
  const root = await repository.manifest(reference, options);
  const [manifests, blobs] = [new Map(), new Map()];
  const platforms = (root.manifests ?? []).map(({ platform }) => platform).filter(isPlatform);
  const visit = async (manifest) => {
    if (manifests.has(manifest.digest)) return;
    manifests.set(manifest.digest, manifest.size);
    const { config, layers = [], manifests: entries = [] } = manifest;
    for (const blob of [config, ...layers, ...entries.filter((entry) => !isManifest(entry))]) {
      if (blob && !blob.urls?.length) blobs.set(blob.digest, blob.size);
    }
    await Promise.all(
      entries.filter(isManifest).map(async ({ digest }) => visit(await repository.manifest(digest, options))),
    );
  };
  await visit(root);
  return {
    digest: root.digest,
    mediaType: root.mediaType,
    isIndex: root.manifests !== undefined,
    platforms,
    manifests,
    blobs,
    size: sum(manifests, blobs),
  };
}

const sum = (...maps) => maps.flatMap((map) => [...map.values()]).reduce((total, size) => total + size, 0);

/** Looking up more would take longer than it helps. */
const MOST = 300;

/**
 * Resolves to `{ count, total, missing }`: how many of the blobs a repository has, and the bytes of the others; undefined if the registry
 * does not tell, or if there are too many.
 */
export async function presentIn(repository, blobs, options) {
  if (blobs.size > MOST) return undefined;
  try {
    const found = await Promise.all(
      [...blobs].map(async ([digest, size]) => ((await repository.headBlob(digest, options)) ? 0 : size)),
    );
    const missing = found.reduce((total, size) => total + size, 0);
    return { count: found.filter((size) => size === 0).length, total: blobs.size, missing };
  } catch (error) {
    if (!isRegistryError(error)) throw error;
    return undefined;
  }
}

/**
 * Adds up the progress of blobs and manifests, which `copy()` and `load()` tell of one by one: returns `{ add, sending }`. `sending`: the
 * digests of what is on its way. Tags are written after all of it.
 */
export function progressSum(report) {
  const loaded = new Map();
  const sending = new Set();
  let total = 0;
  const add = ({ digest, stage, loaded: now }) => {
    sending[stage === 'copying' ? 'add' : 'delete'](digest);
    total += now - (loaded.get(digest) ?? 0);
    loaded.set(digest, now);
    report({ loaded: total });
  };
  return { add, sending };
}

/**
 * A target as `copy()` and `load()` take it. A first component with a dot, and "localhost", would be taken for a host; such a name gets the
 * registry's own host before it. A host with a path ends with two slashes.
 */
export function targetText({ host }, name, reference) {
  const end = reference.includes(':') ? `@${reference}` : `:${reference}`;
  if (!/^([^/]*[.:]|localhost(\/|$))/.test(name)) return `${name}${end}`;
  const { origin, pathname } = new URL(host);
  const path = pathname.replace(/\/$/, '');
  return `${origin}${path}${path ? '//' : '/'}${name}${end}`;
}
