// `inspect`

import { instant, platform, shortDigest, size } from '../output/format.js';
import { parseReference, selector } from '../input/reference.js';
import { printTable } from '../output/table.js';
import { Usage } from '../input/usage.js';
import { IMAGE_CONFIGS } from './content/open.js';

/**
 * @import { DockerRegistryClient, Image, Manifest, Repository } from 'docker-registry-client-wasm'
 * @import { Command } from '../commands.js'
 * @import { Output } from '../output/output.js'
 * @import { Reference } from '../input/reference.js'
 */

const FORMS = ['json', 'raw', 'config'];

/** @type {Command} */
export const inspect = {
  name: 'inspect',
  usage: 'HOST/REPOSITORY[:TAG|@DIGEST]',
  takes: [1, 1],
  summary: 'shows what a tag or digest points to; by default the tag latest',
  options: {
    platform: { value: 'PLATFORM', help: 'selects the image of an index: linux/arm64, windows/amd64:10.0.17763.1, …' },
    raw: { help: 'prints the manifest, byte for byte' },
    config: { help: "prints the image's config as JSON; of an index, for linux/amd64 or --platform" },
  },
  examples: ['inspect localhost:5000/team/web:1.0.0 --platform linux/arm64'],

  async run({ args: [text], options, output, connect }) {
    if (FORMS.filter((name) => options[name]).length > 1)
      throw new Usage('only one of --json, --raw and --config can be given');
    if (options.raw && options.format) throw new Usage('only one of --format and --raw can be given');
    const reference = await parseReference(text);
    const client = await connect(reference.host);
    const repository = client.repository(reference.name);
    const { platform } = options;
    if (options.config) {
      const image = await repository.image(selector(reference), { platform });
      return void output.json(await image.getJson());
    }
    const facts = await find(client, repository, reference, { platform, isRaw: options.raw });
    if (options.raw) return void output.bytes(facts);
    if (output.isJson) output.json(facts);
    else print(facts, output);
    return undefined;
  },
};

/**
 * @param {DockerRegistryClient} client
 * @param {Repository} repository
 * @param {Reference} reference
 * @param {{ platform?: string, isRaw?: boolean }} options
 * @returns {Promise<any>} the manifest's bytes, or the facts to show
 */
async function find(client, repository, reference, { platform, isRaw }) {
  const { place, tag, digest: asked } = reference;
  const name = { repository: place, tag: asked ? tag : (tag ?? 'latest') };
  const selected = selector(reference);
  const image = platform === undefined ? undefined : await repository.image(selected, { platform });
  const manifest = await repository.manifest(image?.digest ?? selected).catch(async (error) => {
    if (isRaw || error.code !== 'UNSUPPORTED' || (await client.apiVersion()) !== 1) throw error;
  });
  if (manifest) return isRaw ? manifest.bytes : { ...name, ...(await describe(repository, manifest)) };
  // V1 has images without manifests.
  const found = image ?? (await repository.image(selected));
  return { ...name, verified: found.verified, ...(await ofImage(found)) };
}

/**
 * @param {Repository} repository
 * @param {Manifest} manifest
 */
async function describe(repository, manifest) {
  const { mediaType, digest, artifactType, annotations, subject, config, layers, manifests } = manifest;
  const isImage = config && IMAGE_CONFIGS.includes(config.mediaType) && artifactType === undefined;
  const image = isImage ? await ofImage(await repository.image(digest)) : { layers };
  return { digest, mediaType, artifactType, subject, ...image, manifests, annotations };
}

/** @param {Image} image */
async function ofImage(image) {
  const { id, platform, size, created, layers } = image;
  const { Entrypoint, Cmd, Env, User, WorkingDir, ExposedPorts, Labels } =
    /** @type {any} */ (await image.getJson()).config ?? {};
  const settings = { Entrypoint, Cmd, Env, User, WorkingDir, ExposedPorts, Labels };
  return { id, platform, size, created, layers, config: settings };
}

// ───────────── Text for people

const ENTRIES = [{ title: 'PLATFORM' }, { title: 'DIGEST' }, { title: 'TYPE' }];
const LAYERS = [
  { title: 'LAYER', isRight: true },
  { title: 'DIGEST' },
  { title: 'SIZE', isRight: true },
  { title: 'TYPE' },
];

const words = (/** @type {string[] | undefined} */ list) =>
  list?.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : JSON.stringify(word))).join(' ');

/**
 * @param {Record<string, any>} facts
 * @param {Output} output
 */
function print(facts, output) {
  const { config = {}, layers, manifests } = facts;
  const rows = [
    ['Repository', facts.repository],
    ['Tag', facts.tag],
    ['Digest', facts.digest],
    ['Type', facts.mediaType],
    ['Artifact', facts.artifactType],
    ['Subject', facts.subject?.digest],
    ['Image', facts.id],
    ['Platform', facts.platform && platform(facts.platform)],
    ['Created', instant(facts.created)],
    ['Size', Number.isFinite(facts.size) ? `${size(facts.size)} (${facts.size} bytes)` : undefined],
    ['User', config.User],
    ['Workdir', config.WorkingDir],
    ['Entrypoint', words(config.Entrypoint)],
    ['Command', words(config.Cmd)],
    ['Ports', Object.keys(config.ExposedPorts ?? {}).join(' ')],
    ...(config.Env ?? []).map((/** @type {string} */ text) => ['Env', text]),
    ...Object.entries(config.Labels ?? {}).map(([name, value]) => ['Label', `${name}=${value}`]),
    ...Object.entries(facts.annotations ?? {}).map(([name, value]) => ['Annotation', `${name}=${value}`]),
  ];
  for (const [name, value] of rows) if (value) output.line(`${`${name}:`.padEnd(12)} ${value}`);
  if (manifests) {
    output.line();
    const entries = manifests.map((/** @type {any} */ entry) => [kind(entry), entry.digest, entry.mediaType]);
    printTable(output, ENTRIES, entries);
  }
  if (layers?.length > 0) {
    output.line();
    const entries = layers.map((/** @type {any} */ layer, /** @type {number} */ index) => [
      index,
      layer.digest ?? layer.id,
      size(layer.size),
      layer.mediaType,
    ]);
    const columns = layers[0].id
      ? LAYERS.map((column) => (column.title === 'DIGEST' ? { title: 'IMAGE' } : column))
      : LAYERS;
    printTable(output, columns, entries);
  }
}

/**
 * BuildKit stores attestations beside images, under a platform that does not exist (its "attestation-storage.md").
 * @param {Record<string, any>} entry
 */
function kind({ platform: place, annotations, artifactType }) {
  const attested = annotations?.['vnd.docker.reference.digest'];
  if (attested) return `attestation of ${shortDigest(attested)}`;
  return place ? platform(place) : (artifactType ?? '');
}
