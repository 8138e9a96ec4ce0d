// The tar of a new layer: compressed and hashed while it is read.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { createGzip } from 'node:zlib';

import { checkReadable, contentOf } from '../../input/files.js';
import { Failure } from '../../input/usage.js';
import { compressionOf, decompress } from '../content/decompress.js';

/** @import { Descriptor, Repository } from 'docker-registry-client-wasm' */

const BLOCK = 512;

/**
 * Pushes a tar, or one that is compressed already, as a layer.
 * @param {Repository} repository
 * @param {string} file
 * @param {{ signal: AbortSignal, onProgress: (progress: { loaded: number }) => void, types: Record<string, string> }} call
 *   `types`: media types by compression
 * @returns {Promise<Descriptor & { diffId: string }>}
 */
export async function pushLayer(repository, file, { signal, onProgress, types }) {
  if (!(await checkReadable(file))) throw new Failure('FILE', `${file}: it is no regular file`);
  // Read the whole file first, so that only a valid tar is pushed.
  const { diffId, compression, digest } = await readTar(file, signal);
  const mediaType = types[compression ?? 'gzip'];
  if (mediaType === undefined)
    throw new Failure('UNSUPPORTED', `${file}: Docker's format has no layers with ${compression}`);
  const pushed = compression
    ? await repository.pushBlob(await contentOf(file), { digest, mediaType, onProgress })
    : await repository.pushBlob(compressed(file, diffId), { mediaType, onProgress });
  return { ...pushed, diffId };
}

/**
 * @param {string} file
 * @param {AbortSignal} signal
 */
async function readTar(file, signal) {
  const [hash, tarHash] = [createHash('sha256'), createHash('sha256')];
  let header = Buffer.alloc(0);
  let size = 0;
  /** @type {string | undefined} */
  let compression;
  const note = async function* () {
    let isFirst = true;
    for await (const chunk of createReadStream(file, { signal })) {
      if (isFirst) compression = compressionOf(chunk)?.name;
      isFirst = false;
      hash.update(chunk);
      yield chunk;
    }
  };
  const isKnown = await decompress(note(), (bytes) => {
    tarHash.update(bytes);
    size += bytes.length;
    if (header.length < BLOCK) header = Buffer.concat([header, bytes.subarray(0, BLOCK - header.length)]);
  }).catch((error) => {
    signal.throwIfAborted();
    throw new Failure('FILE', `${file}: it cannot be read: ${error.message}`, { cause: error });
  });
  if (!isKnown) throw new Failure('UNSUPPORTED', `${file}: this version of Node cannot read ${compression}`);
  if (size % BLOCK !== 0 || !isHeader(header)) throw new Failure('FILE', `${file}: it is no tar`);
  const [digest, diffId] = [hash, tarHash].map((one) => `sha256:${one.digest('hex')}`);
  return { digest, diffId, compression };
}

/**
 * Returns true for a tar header, and for the zero block that begins an empty tar.
 * @param {Buffer} block
 */
function isHeader(block) {
  if (block.length < BLOCK) return false;
  if (block.every((byte) => byte === 0)) return true;
  // The checksum counts its own field as spaces.
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return Number.parseInt(block.toString('latin1', 148, 156), 8) === sum;
}

/**
 * Compresses a tar whose bytes must still be those of the diff ID.
 * @param {string} file
 * @param {string} diffId
 */
function compressed(file, diffId) {
  const hash = createHash('sha256');
  const checked = async function* () {
    for await (const chunk of createReadStream(file)) {
      hash.update(chunk);
      yield chunk;
    }
    if (`sha256:${hash.digest('hex')}` !== diffId) throw new Failure('FILE', `${file}: it has changed meanwhile`);
  };
  // The reader gets the error.
  return pipeline(checked(), createGzip(), () => {});
}
