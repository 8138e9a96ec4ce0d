// Checks everything that a manifest needs.

import { createHash } from 'node:crypto';

import { eachOf } from '../parallel.js';
import { decompress } from './decompress.js';
import { IMAGE_CONFIGS, bytesOf } from './open.js';

/**
 * @import { Descriptor, Manifest, Repository } from 'docker-registry-client-wasm'
 * @typedef {{ what: string, digest?: string, code: string, message: string }} Problem
 * @typedef {{ digest: string, size?: number, mediaType?: string, urls?: string[] }} Part a descriptor, or what schema1 tells of a layer
 */

/** Codes that tell about the content. Others, such as NETWORK, tell nothing about it, and end the check. */
const WRONG = [
  'AMBIGUOUS_MANIFEST',
  'BLOB_UNKNOWN',
  'DIGEST_MISMATCH',
  'INVALID_RESPONSE',
  'MANIFEST_UNKNOWN',
  'NOT_FOUND',
  'SIGNATURE_INVALID',
  'SIZE_MISMATCH',
  'TOO_LARGE',
];
const CONFIG_LIMIT = 4 * 1024 * 1024;
/** Blobs are large, so a few at a time are enough. */
const STREAMS = 4;
const REQUESTS = 32;

/** Whether an entry of an index is a manifest. BuildKit's caches list blobs. */
const isManifest = (/** @type {Descriptor} */ { mediaType }) => /manifest|image\.index/.test(mediaType);

export class Walk {
  /** @type {string | undefined} the digest of the first manifest */
  digest;
  manifests = 0;
  bytes = 0;
  /** @type {Problem[]} */
  problems = [];
  /** @type {string[]} */
  notes = [];
  /** @type {Map<string, Part & { what: string }>} */
  #blobs = new Map();
  /** @type {Set<string>} */
  #seen = new Set();
  /** @type {{ digest: string, layers: Part[], diffIds: string[] }[]} what images say of their layers */
  #images = [];
  /** @type {Map<string, string>} */
  #diffIds = new Map();
  #repository;
  #isDeep;
  #onRead;

  /**
   * @param {Repository} repository
   * @param {{ isDeep: boolean, onRead: (bytes: number) => void }} options
   */
  constructor(repository, { isDeep, onRead }) {
    this.#repository = repository;
    this.#isDeep = isDeep;
    this.#onRead = onRead;
  }

  get blobs() {
    return this.#blobs.size;
  }

  /** @param {string} reference tag or digest */
  async check(reference) {
    // Without it there is nothing to check.
    const first = await this.#repository.manifest(reference);
    this.digest = first.digest;
    await this.#visit(first, 'manifest');
    await eachOf(this.#blobs.values(), this.#isDeep ? STREAMS : REQUESTS, (blob) => this.#checkBlob(blob));
    if (this.#isDeep) this.#compareDiffIds();
  }

  /**
   * Counts as a problem what tells about the content, and throws everything else.
   * @param {string} what
   * @param {string} digest
   * @param {() => Promise<void>} check
   */
  async #attempt(what, digest, check) {
    try {
      await check();
    } catch (/** @type {any} */ error) {
      if (!WRONG.includes(error?.code)) throw error;
      this.#report(what, digest, error.code, error.message);
    }
  }

  /**
   * @param {string} what
   * @param {string} digest
   * @param {string} code
   * @param {string} message
   */
  #report(what, digest, code, message) {
    this.problems.push({ what: `${what} ${digest}`, digest, code, message });
  }

  /**
   * @param {Manifest} manifest
   * @param {string} what
   */
  async #visit({ digest, problem, json, manifests = [], layers, config }, what) {
    this.#seen.add(digest);
    this.manifests += 1;
    if (problem !== undefined) this.#report(what, digest, 'INVALID_RESPONSE', problem);
    await eachOf(manifests, REQUESTS, (entry) => this.#checkEntry(entry));
    if (config) await this.#checkConfig(config, digest, layers ?? []);
    for (const part of [...(layers ?? []), ...otherParts(json)]) this.#add(part, 'layer', digest);
  }

  /** @param {Descriptor} entry */
  async #checkEntry(entry) {
    if (!isManifest(entry)) return this.#add(entry, 'blob', entry.digest);
    if (this.#seen.has(entry.digest)) return;
    this.#seen.add(entry.digest);
    await this.#attempt('manifest', entry.digest, async () => {
      const manifest = await this.#repository.manifest(entry.digest);
      this.#compareSize('manifest', entry, manifest.size);
      await this.#visit(manifest, 'manifest');
    });
  }

  /**
   * @param {string} what
   * @param {Part} part
   * @param {number} size
   */
  #compareSize(what, { digest, size: expected }, size) {
    if (expected === undefined || size === expected) return;
    this.#report(what, digest, 'SIZE_MISMATCH', `it has ${size} bytes, but its descriptor says ${expected}`);
  }

  /**
   * @param {Part} part
   * @param {string} what
   * @param {string} manifest
   */
  #add(part, what, manifest) {
    if (!this.#blobs.has(part.digest)) this.#blobs.set(part.digest, { ...part, what: `${what} of ${manifest}:` });
  }

  /**
   * Reads the config of an image. Those of artifacts can be anything, and count as blobs.
   * @param {Descriptor} config
   * @param {string} manifest
   * @param {Part[]} layers
   */
  async #checkConfig(config, manifest, layers) {
    if (!IMAGE_CONFIGS.includes(config.mediaType) || config.size > CONFIG_LIMIT)
      return this.#add(config, 'config', manifest);
    const what = `config of ${manifest}:`;
    await this.#attempt(what, config.digest, async () => {
      const bytes = await bytesOf(await this.#repository.blob(config.digest));
      this.#compareSize(what, config, bytes.length);
      this.bytes += bytes.length;
      const diffIds = diffIdsOf(bytes);
      if (!diffIds)
        return this.#report(what, config.digest, 'INVALID_RESPONSE', 'it is no image config with rootfs.diff_ids');
      // A foreign layer counts too.
      if (diffIds.length === layers.length) return void this.#images.push({ digest: manifest, layers, diffIds });
      const counts = `it has ${diffIds.length} diff IDs, but the manifest has ${layers.length} layers`;
      return this.#report(what, config.digest, 'INVALID_RESPONSE', counts);
    });
  }

  /** @param {Part & { what: string }} blob */
  async #checkBlob(blob) {
    const { digest, urls, what } = blob;
    await this.#attempt(what, digest, async () => {
      const found = await this.#repository.headBlob(digest);
      if (!found && urls) return void this.notes.push(`${what} ${digest}: it is elsewhere: ${urls.join(' ')}`);
      if (!found) return this.#report(what, digest, 'BLOB_UNKNOWN', 'the repository does not have it');
      this.#compareSize(what, blob, found.size);
      if (this.#isDeep) await this.#readBlob(blob);
      else this.bytes += found.size;
    });
  }

  /** @param {Part & { what: string }} blob */
  async #readBlob({ digest, what, mediaType = '' }) {
    // The client compares the digest.
    const stream = this.#counted(await this.#repository.blob(digest));
    if (!this.#images.some(({ layers }) => layers.some((layer) => layer.digest === digest))) {
      for await (const _ of stream);
      return;
    }
    const hash = createHash('sha256');
    try {
      const isKnown = await decompress(stream, (bytes) => hash.update(bytes));
      if (isKnown) this.#diffIds.set(digest, `sha256:${hash.digest('hex')}`);
      else
        this.notes.push(
          `${what} ${digest}: its diff ID was not compared: this Node has no decompression for ${mediaType}`,
        );
    } catch (/** @type {any} */ error) {
      if (!/^(Z_|ZSTD_|ERR_ZSTD)/.test(error.code)) throw error;
      this.#report(what, digest, 'INVALID_RESPONSE', `it cannot be decompressed: ${error.message}`);
    }
  }

  /** @param {AsyncIterable<Uint8Array>} stream */
  async *#counted(stream) {
    for await (const chunk of stream) {
      this.bytes += chunk.byteLength;
      this.#onRead(this.bytes);
      yield chunk;
    }
  }

  #compareDiffIds() {
    for (const { digest, layers, diffIds } of this.#images) {
      layers.forEach((layer, index) => {
        const found = this.#diffIds.get(layer.digest);
        if (found === undefined || found === diffIds[index]) return;
        const message = `its content is ${found}, but the config's diff ID is ${diffIds[index]}`;
        this.#report(`layer of ${digest}:`, layer.digest, 'DIGEST_MISMATCH', message);
      });
    }
  }
}

/**
 * Returns the blobs of an OCI artifact manifest, and the layers of schema1.
 * @param {any} json
 * @returns {Part[]}
 */
function otherParts(json) {
  const blobs = Array.isArray(json?.blobs) ? json.blobs : [];
  const fsLayers = json?.schemaVersion === 1 && Array.isArray(json.fsLayers) ? json.fsLayers : [];
  const parts = [...blobs, ...fsLayers.map((/** @type {any} */ layer) => ({ digest: layer?.blobSum }))];
  return parts.filter((part) => typeof part?.digest === 'string');
}

/**
 * @param {Buffer} bytes
 * @returns {string[] | undefined}
 */
function diffIdsOf(bytes) {
  try {
    const ids = JSON.parse(bytes.toString())?.rootfs?.diff_ids;
    return Array.isArray(ids) ? ids : undefined;
  } catch {
    return undefined;
  }
}
