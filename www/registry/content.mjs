// Documents of a registry, made in memory: layers, images, indexes, artifacts, with their digests computed by node:crypto
// and so independently of the package under test. Nothing here makes a request; push.mjs does.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { tar } from './tar.mjs';

export const types = {
  ociManifest: 'application/vnd.oci.image.manifest.v1+json',
  ociIndex: 'application/vnd.oci.image.index.v1+json',
  ociConfig: 'application/vnd.oci.image.config.v1+json',
  ociLayer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  ociRawLayer: 'application/vnd.oci.image.layer.v1.tar',
  empty: 'application/vnd.oci.empty.v1+json',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  foreignLayer: 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
};

export const digestOf = (bytes, algorithm = 'sha256') =>
  `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;

const json = (document) => Buffer.from(JSON.stringify(document));

/** A blob: bytes and the descriptor that stands for them. `fields` are further fields of the descriptor. */
export function blob(mediaType, content, { algorithm, ...fields } = {}) {
  const bytes = Buffer.from(content);
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes, algorithm), size: bytes.length, ...fields } };
}

/** A layer of tar entries, gzipped unless the media type says otherwise. */
export function layer(entries, { mediaType = types.ociLayer, ...fields } = {}) {
  const archive = tar(entries);
  const packed = mediaType === types.ociRawLayer ? archive : gzipSync(archive);
  return { ...blob(mediaType, packed, fields), diffId: digestOf(archive) };
}

/**
 * A manifest of any kind with all that belongs to it.
 * @param {string} mediaType by which it is pushed
 * @param {object} document
 * @param {{ blobs?: object[], children?: object[], platform?: object, annotations?: object }} parts what must be there
 *   before it: blobs and manifests; and what an index says of it
 */
export function manifest(mediaType, document, { blobs = [], children = [], platform, annotations } = {}) {
  const bytes = json(document);
  const descriptor = {
    mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
    ...(platform && { platform }),
    ...(annotations && { annotations }),
  };
  return { mediaType, document, bytes, digest: descriptor.digest, size: bytes.length, descriptor, blobs, children };
}

/** A platform's fields as a config and a descriptor spell them, from "linux/arm64/v8" or "windows/amd64:10.0.20348.1". */
function platformFields(platform) {
  const [name, osVersion] = platform.split(':');
  const [os, architecture, variant] = name.split('/');
  return { architecture, os, ...(variant && { variant }), ...(osVersion && { 'os.version': osVersion }) };
}

const CREATED = '2026-01-02T03:04:05Z';

/**
 * An image.
 * @param {object[]} steps of the history, base first: `{ run, layer?, author?, comment? }`, without `layer` an empty one
 * @param {{ platform?: string, created?: string, config?: object, annotations?: object, docker?: boolean, extra?: object }} [options]
 *   `docker`: Docker's media types instead of OCI's; `extra`: further fields of the manifest
 */
export function image(
  steps,
  {
    platform = 'linux/amd64',
    created = CREATED,
    config: settings = {},
    author,
    annotations,
    docker = false,
    extra,
  } = {},
) {
  const layers = steps.flatMap((step) => step.layer ?? []);
  const fields = platformFields(platform);
  const configDocument = {
    created,
    ...(author && { author }),
    ...fields,
    config: settings,
    rootfs: { type: 'layers', diff_ids: layers.map((one) => one.diffId) },
    history: steps.map(({ run, layer: made, author: by, comment }) => ({
      created,
      created_by: run,
      ...(by && { author: by }),
      ...(comment && { comment }),
      ...(!made && { empty_layer: true }),
    })),
  };
  const config = blob(docker ? types.dockerConfig : types.ociConfig, json(configDocument));
  const descriptors = layers.map(({ descriptor }) =>
    docker && descriptor.mediaType === types.ociLayer ? { ...descriptor, mediaType: types.dockerLayer } : descriptor,
  );
  const mediaType = docker ? types.dockerManifest : types.ociManifest;
  const document = {
    schemaVersion: 2,
    mediaType,
    config: config.descriptor,
    layers: descriptors,
    ...(annotations && { annotations }),
    ...extra,
  };
  // The bytes of a foreign layer are elsewhere.
  const blobs = [config, ...layers.filter((one) => !one.descriptor.urls)];
  return {
    ...manifest(mediaType, document, { blobs, platform: fields }),
    config: configDocument,
    id: config.descriptor.digest,
    layers,
  };
}

/** An index (or Docker's manifest list) of images, indexes and attestations. */
export function index(
  children,
  { docker = false, annotations, withMediaType = true, describe = (child) => child.descriptor } = {},
) {
  const mediaType = docker ? types.dockerList : types.ociIndex;
  const document = {
    schemaVersion: 2,
    ...(withMediaType && { mediaType }),
    manifests: children.map(describe),
    ...(annotations && { annotations }),
  };
  return manifest(mediaType, document, { children });
}

/** An artifact without an image's config: signatures, SBOMs, charts. */
export function artifact({ artifactType, config = blob(types.empty, '{}'), layers = [], subject, annotations }) {
  const document = {
    schemaVersion: 2,
    mediaType: types.ociManifest,
    ...(artifactType && { artifactType }),
    config: config.descriptor,
    layers: layers.map(({ descriptor }) => descriptor),
    ...(subject && { subject }),
    ...(annotations && { annotations }),
  };
  return manifest(types.ociManifest, document, { blobs: [config, ...layers] });
}

/** What buildkit adds to an index: provenance of one image, for the platform unknown/unknown. */
export function attestation(subject) {
  const statement = {
    _type: 'https://in-toto.io/Statement/v0.1',
    predicateType: 'https://slsa.dev/provenance/v0.2',
    subject: [],
    predicate: {},
  };
  const content = blob('application/vnd.in-toto+json', json(statement), {
    annotations: { 'in-toto.io/predicate-type': statement.predicateType },
  });
  const platform = { architecture: 'unknown', os: 'unknown' };
  const config = blob(
    types.ociConfig,
    json({ ...platform, config: {}, rootfs: { type: 'layers', diff_ids: [content.descriptor.digest] } }),
  );
  const document = {
    schemaVersion: 2,
    mediaType: types.ociManifest,
    config: config.descriptor,
    layers: [content.descriptor],
  };
  const annotations = {
    'vnd.docker.reference.digest': subject.digest,
    'vnd.docker.reference.type': 'attestation-manifest',
  };
  return manifest(types.ociManifest, document, { blobs: [config, content], platform, annotations });
}

/**
 * What `buildctl --export-cache type=registry` pushes: an index whose entries are layers and a config of buildkit's own, none
 * of them a manifest.
 * @param {object[]} layers
 */
export function buildCache(layers) {
  const records = layers.map(({ descriptor }, at) => ({ digest: descriptor.digest, results: [{ layer: at }] }));
  const chain = layers.map(({ descriptor }, at) => ({ blob: descriptor.digest, parent: at - 1 }));
  const config = blob('application/vnd.buildkit.cacheconfig.v0', json({ layers: chain, records }));
  const entries = layers.map(({ descriptor, diffId }) => ({
    ...descriptor,
    annotations: { 'buildkit/createdat': CREATED, 'containerd.io/uncompressed': diffId },
  }));
  const document = { schemaVersion: 2, mediaType: types.ociIndex, manifests: [...entries, config.descriptor] };
  return manifest(types.ociIndex, document, { blobs: [...layers, config] });
}
