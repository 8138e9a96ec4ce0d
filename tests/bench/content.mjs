// What the benchmark's registry serves, made in memory. Only sizes and shapes matter; all of it is the same in every run.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { tar } from '../../www/registry/tar.mjs';

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

/** A blob of buffers, each of which may be there many times: none of it is copied. */
export function blobOf(parts) {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  /** Bytes from one position up to before another. */
  const pieces = function* (from = 0, to = size) {
    let at = 0;
    for (const part of parts) {
      if (at >= to) return;
      const piece = part.subarray(Math.max(from - at, 0), to - at);
      at += part.length;
      if (at > from) yield piece;
    }
  };
  return { size, digest: `sha256:${hash.digest('hex')}`, pieces };
}

/** A blob too large to be held. */
export function largeBlob(size) {
  const rest = size % BLOCK;
  return blobOf([...Array(Math.floor(size / BLOCK)).fill(noise()), ...(rest > 0 ? [noise().subarray(0, rest)] : [])]);
}

/**
 * A layer too large to be held: an archive of one file of so many bytes, half of which can be compressed, and a small one behind it.
 * Each part is a member of gzip.
 */
export function largeLayer(size) {
  const half = Buffer.concat([noise().subarray(0, BLOCK / 2), Buffer.alloc(BLOCK / 2, 'text ')]);
  const piece = Buffer.concat(Array(16).fill(half));
  const count = size / piece.length;
  // The writer takes the size from the content.
  const header = Buffer.from(tar([{ path: 'large' }]).subarray(0, 512));
  header.write(size.toString(8).padStart(11, '0'), 124);
  header.fill(' ', 148, 156);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  const parts = [header, ...Array(count).fill(piece), tar([{ path: 'last', content: 'the last' }])];
  const packed = new Map([...new Set(parts)].map((part) => [part, gzipSync(part, { level: 1 })]));
  return { ...blobOf(parts.map((part) => packed.get(part))), diffId: blobOf(parts).digest, type: `${LAYER}+gzip` };
}

/** An image of one such layer. */
export function imageOf({ digest, size, diffId = digest, type = LAYER }) {
  const config = Buffer.from(
    JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] } }),
  );
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: { mediaType: CONFIG, digest: digestOf(config), size: config.length },
    layers: [{ mediaType: type, digest, size }],
  };
  const manifest = Buffer.from(JSON.stringify(document));
  return { config, configDigest: document.config.digest, manifest, digest: digestOf(manifest), mediaType: MANIFEST };
}
