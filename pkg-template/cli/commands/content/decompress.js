// Decompresses layers.

import { pipeline } from 'node:stream/promises';
import zlib from 'node:zlib';

/**
 * The compressions of layers, by how their bytes begin. Node has zstd since 22.15.
 * @type {{ name: string, magic: number[], create?: () => import('node:stream').Transform }[]}
 */
const COMPRESSIONS = [
  { name: 'gzip', magic: [0x1f, 0x8b], create: zlib.createGunzip },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd], create: zlib.createZstdDecompress },
];

/** @param {Uint8Array} start */
export const compressionOf = (start) =>
  COMPRESSIONS.find(({ magic }) => magic.every((byte, index) => start[index] === byte));

/**
 * Passes the decompressed bytes of a layer to a function.
 * @param {AsyncIterable<Uint8Array>} layer
 * @param {(bytes: Uint8Array) => void} use
 * @returns {Promise<boolean>} false if this version of Node cannot decompress it: all of it was read, but not passed on
 */
export async function decompress(layer, use) {
  const chunks = layer[Symbol.asyncIterator]();
  const start = await beginning(chunks);
  const compression = compressionOf(start);
  const isKnown = !compression || compression.create !== undefined;
  await pipeline(
    rejoined(start, chunks),
    ...(compression?.create ? [compression.create()] : []),
    async (/** @type {AsyncIterable<Uint8Array>} */ source) => {
      for await (const bytes of source) if (isKnown) use(bytes);
    },
  );
  return isKnown;
}

/**
 * Reads until the compression shows.
 * @param {AsyncIterator<Uint8Array>} chunks
 */
async function beginning(chunks) {
  let start = Buffer.alloc(0);
  for (let next; start.length < 4 && !(next = await chunks.next()).done; ) start = Buffer.concat([start, next.value]);
  return start;
}

/**
 * @param {Uint8Array} start
 * @param {AsyncIterator<Uint8Array>} chunks
 */
async function* rejoined(start, chunks) {
  try {
    yield start;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield next.value;
  } finally {
    await chunks.return?.();
  }
}
