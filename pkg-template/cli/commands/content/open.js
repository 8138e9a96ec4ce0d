// Opens manifests and small blobs.

/** @import { Manifest, Repository } from 'docker-registry-client-wasm' */

/** Media types of image configs, which artifacts do not have. */
export const IMAGE_CONFIGS = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
];

/**
 * Reads a manifest; of an index, that of the image for a platform if one is given or an image is needed.
 * @param {Repository} repository
 * @param {string} reference tag or digest
 * @param {{ platform?: string, image?: boolean }} [options]
 * @returns {Promise<Manifest>}
 */
export async function openManifest(repository, reference, { platform, image = false } = {}) {
  const found = platform === undefined ? await repository.manifest(reference) : undefined;
  if (found && !(image && found.manifests)) return found;
  const { digest } = await repository.image(found?.digest ?? reference, { platform });
  return repository.manifest(/** @type {string} */ (digest));
}

/** @param {AsyncIterable<Uint8Array>} stream */
export async function bytesOf(stream) {
  const chunks = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
