// What a tag or digest leads to, read once for all sections of its page.

import { isPlatform } from '../../text/format.js';

const IMAGE_CONFIGS = ['application/vnd.oci.image.config.v1+json', 'application/vnd.docker.container.image.v1+json'];

/** Resolves to `{ data, manifest }`, or `{ data, blob }` for the digest of what is no manifest. V1 has no manifests, and no digests to ask for one by. */
export async function openReference(repository, { tag, digest, query }, options) {
  const isBlob = tag === undefined && query?.kind === 'blob';
  const blob = isBlob && (await openBlob(repository, digest, options));
  if (blob) return blob;
  if (tag === undefined) return openDigest(repository, digest, options);
  try {
    const data = await repository.data(tag, options);
    return { data, manifest: data.digest && (await repository.manifest(data.digest, options)) };
  } catch (error) {
    // A mirror may have an index without the image that its size is taken from. The others can be looked at all the same.
    const manifest = error.status === 404 && (await repository.manifest(tag, options).catch(() => undefined));
    if (!manifest?.manifests) throw error;
    return openDigest(repository, manifest.digest, options);
  }
}

async function openBlob(repository, digest, options) {
  const blob = await repository.headBlob(digest, options);
  return blob && { blob, data: { ...blob, mediaType: 'Blob', verified: true, platforms: [] } };
}

/** Registries answer for the digest of a blob as if there was no manifest, or with an internal error. */
const mayBeBlob = ({ status }) => status === 404 || status === 400 || status >= 500;

/** The same facts as `data()` gives for a tag. */
async function openDigest(repository, digest, options) {
  let manifest;
  try {
    manifest = await repository.manifest(digest, options);
  } catch (error) {
    const found = mayBeBlob(error) && (await openBlob(repository, digest, options).catch(() => undefined));
    if (!found) throw error;
    return found;
  }
  const { mediaType, artifactType, annotations, manifests } = manifest;
  const data = { digest: manifest.digest, verified: true, mediaType, annotations, size: 0, platforms: [] };
  if (manifests) {
    return {
      manifest,
      data: { ...data, artifactType, platforms: manifests.map(({ platform }) => platform).filter(isPlatform) },
    };
  }
  if (!isImage(manifest)) return { manifest, data: { ...data, artifactType: artifactType ?? kindOf(manifest) } };
  const { platform, size, created } = await repository.image(digest, options);
  return { manifest, data: { ...data, platforms: platform ? [platform] : [], size, created } };
}

/** True for an index, an image, a schema1 image, which has no config, and on V1; everything else is an artifact. */
export function isImage(manifest) {
  if (!manifest || manifest.manifests) return true;
  const { config, artifactType, layers = [] } = manifest;
  if (!config) return artifactType === undefined;
  // BuildKit stores attestations under an image's config.
  return (
    isImageConfig(config) && (layers.length === 0 || layers.some(({ mediaType }) => /tar|layer|rootfs/.test(mediaType)))
  );
}

const isImageConfig = ({ mediaType }) => IMAGE_CONFIGS.includes(mediaType);

/** What an artifact without a type is called: its config's type, or that of its content. */
const kindOf = ({ config, layers }) => (config && !isImageConfig(config) ? config.mediaType : layers?.[0]?.mediaType);
