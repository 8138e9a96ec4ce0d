// `mutate`

import { parseReference, selector } from '../../input/reference.js';
import { Failure, Usage } from '../../input/usage.js';
import { pairs } from '../../input/values.js';
import { size } from '../../output/format.js';
import { startProgress } from '../../output/progress.js';
import { orUnknown } from '../in-turn.js';
import { PLATFORM } from '../content/digest.js';
import { IMAGE_CONFIGS, bytesOf, openManifest } from '../content/open.js';
import { pushLayer } from './layer-file.js';
import { CHANGES, configChange, now, withHistory } from './mutate-config.js';

/**
 * @import { Manifest } from 'docker-registry-client-wasm'
 * @import { Command } from '../../commands.js'
 * @import { Json } from './mutate-config.js'
 */

const DOCKER = 'application/vnd.docker.distribution.manifest.v2+json';
/** @type {Record<string, string>} */
const DOCKER_LAYERS = { gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip' };
/** @type {Record<string, string>} */
const OCI_LAYERS = {
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
};

/** @type {Command} */
export const mutate = {
  name: 'mutate',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  changes: true,
  summary: 'makes a new image from one: other settings, or a further layer',
  details: `The new image is written under --tag; the old one stays as it is. The tag is written last. Its time of creation is
now, or SOURCE_DATE_EPOCH. If --tag is the tag that was read and has moved meanwhile, it stays there. That is no lock: another
writer may still come in between.`,
  options: {
    tag: { value: 'TAG', help: 'tag of the new image in the same repository; it is moved if it exists' },
    platform: PLATFORM,
    label: { value: 'NAME=VALUE', multiple: true, help: 'label to set' },
    env: { value: 'NAME=VALUE', multiple: true, help: 'environment variable to set' },
    entrypoint: {
      value: 'COMMAND',
      help: `entrypoint: one word, a JSON array such as '["/bin/sh", "-c"]', or "" for none`,
    },
    cmd: { value: 'COMMAND', help: 'command, or arguments of the entrypoint: as for --entrypoint' },
    user: { value: 'USER', help: 'user that runs it' },
    workdir: { value: 'DIR', help: 'working directory' },
    'set-platform': { value: 'PLATFORM', help: 'platform that the image states, such as linux/arm64/v8' },
    annotation: { value: 'NAME=VALUE', multiple: true, help: 'annotation of the manifest to set' },
    append: { value: 'FILE', multiple: true, help: 'further layer: a tar, or a tar that gzip or zstd compressed' },
  },
  examples: ['mutate localhost:5000/team/web:1.0.0 --tag 1.0.0-debug --env LOG=debug --append tools.tar'],

  async run({ args: [text], options, output, signal, connect }) {
    const { tag, platform, append = [] } = options;
    if (tag === undefined) throw new Usage('--tag is missing');
    const change = configChange(options);
    const annotations = pairs(options.annotation ?? [], '--annotation');
    const hasChange = CHANGES.some((name) => options[name === 'set-platform' ? 'setPlatform' : name] !== undefined);
    if (!hasChange)
      throw new Usage(`nothing to change: one of ${CHANGES.map((name) => `--${name}`).join(', ')} is needed`);
    const created = now();
    const reference = await parseReference(text);
    const repository = (await connect(reference.host)).repository(reference.name);
    const selected = selector(reference);
    // Resolve the tag once: the condition of the write must name the manifest that was edited.
    const replaced = selected === tag ? (await repository.manifest(tag)).digest : undefined;
    const manifest = await openManifest(repository, replaced ?? selected, { platform });
    checkImage(manifest, options);
    const { digest, mediaType } = /** @type {NonNullable<Manifest['config']>} */ (manifest.config);
    const config = imageConfig(await bytesOf(await repository.blob(digest)));
    const types = manifest.mediaType === DOCKER ? DOCKER_LAYERS : OCI_LAYERS;
    const progress = startProgress('pushing', output, size);
    const layers = [];
    try {
      for (const file of append) {
        const onProgress = (/** @type {{ loaded: number }} */ { loaded }) => progress.update(loaded);
        const layer = await pushLayer(repository, file, { signal, onProgress, types });
        layers.push({ ...layer, file });
      }
    } finally {
      progress.end();
    }
    const changed = Buffer.from(JSON.stringify(withHistory(change(config), { options, layers, created })));
    const pushed = await repository.pushBlob(changed);
    const { json } = manifest;
    const document = {
      ...json,
      config: { .../** @type {Json} */ (json.config), mediaType, digest: pushed.digest, size: pushed.size },
      layers: [
        .../** @type {Json[]} */ (json.layers),
        ...layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
      ],
      ...(options.annotation && { annotations: { .../** @type {Json} */ (json.annotations), ...annotations } }),
    };
    const made = await repository
      .pushManifest(tag, document, { mediaType: manifest.mediaType, ...(replaced && { ifMatch: replaced }) })
      .catch(orUnknown(`${reference.place}:${tag}`, signal));
    if (output.isJson) output.json(made);
    else output.line(`${reference.place}:${tag}@${made.digest}`);
  },
};

/**
 * @param {Manifest} manifest
 * @param {Json} options
 */
function checkImage({ mediaType, manifests, config, problem }, { annotation }) {
  if (manifests) throw new Usage('it is an index: --platform selects one of its images, index edit changes the index');
  if (problem !== undefined) throw new Failure('INVALID_RESPONSE', problem);
  if (!config || !IMAGE_CONFIGS.includes(config.mediaType))
    throw new Failure(
      'UNSUPPORTED',
      `a manifest of the type ${mediaType} is no image with a config that can be changed`,
    );
  if (annotation !== undefined && mediaType === DOCKER)
    throw new Usage("--annotation: an image in Docker's format has no annotations; use --label");
}

/** @param {Buffer} bytes */
function imageConfig(bytes) {
  try {
    const config = JSON.parse(bytes.toString());
    if (Array.isArray(config.rootfs.diff_ids)) return config;
  } catch {
    // Told below.
  }
  throw new Failure('INVALID_RESPONSE', 'the config of the image has no rootfs.diff_ids');
}
