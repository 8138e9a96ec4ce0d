// What the benchmark's registry serves, made in memory. Only sizes and shapes matter; all of it is the same in every run.
import { createHash } from 'node:crypto';

const BLOCK = 1024 * 1024;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';

export const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
export const digestOf = (bytes) => `sha256:${sha256(bytes)}`;

/** Names as registries have them: versions, branches, commit ids. */
export function tagNames(count) {
  const shapes = [
    (n) => `v${n % 40}.${n}.0`,
    (n) => `main-${n}`,
    (n) => `sha-${sha256(String(n)).slice(0, 12)}`,
    (n) => `${n}-alpine`,
  ];
  return Array.from({ length: count }, (_, n) => shapes[n % shapes.length](n));
}

export const repositoryNames = (count) => Array.from({ length: count }, (_, n) => `team-${n % 200}/service-${n}`);

/** Manifests that differ, each about the size of a common image's. */
export function manifests(count) {
  const descriptor = (mediaType, n) => ({ mediaType, digest: `sha256:${sha256(String(n))}`, size: 1_000_000 + n });
  return Array.from({ length: count }, (_, n) => {
    const layers = Array.from({ length: 6 }, (_, at) => descriptor(LAYER, n * 6 + at));
    return Buffer.from(
      JSON.stringify({ schemaVersion: 2, mediaType: MANIFEST, config: descriptor(CONFIG, n), layers }),
    );
  });
}

let block;

/** The bytes a large blob repeats: such that no one on the way can compress them. */
function noise() {
  if (block) return block;
  const hashes = Array.from({ length: BLOCK / 64 }, (_, n) => createHash('sha512').update(String(n)).digest());
  return (block = Buffer.concat(hashes));
}

/** A blob too large to be held: its bytes come in pieces of 1 MiB. */
export function largeBlob(size) {
  const pieces = function* () {
    for (let left = size; left > 0; left -= BLOCK) yield left < BLOCK ? noise().subarray(0, left) : noise();
  };
  const hash = createHash('sha256');
  for (const piece of pieces()) hash.update(piece);
  return { size, digest: `sha256:${hash.digest('hex')}`, pieces };
}

/** An image of one such layer. */
export function imageOf({ digest, size }) {
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [digest] } }),
  );
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: LAYER, digest, size }],
  };
  const manifest = Buffer.from(JSON.stringify(document));
  return { config, configDigest: document.config.digest, manifest, digest: digestOf(manifest), mediaType: MANIFEST };
}
