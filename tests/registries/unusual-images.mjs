// Content that is legal and rare, and content that plays on a page's or a program's trust: for the tests.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import {
  artifact,
  attestation,
  blob,
  buildCache,
  image,
  index,
  layer,
  manifest,
  types,
} from '../../www/registry/content.mjs';
import { pusher } from '../../www/registry/push.mjs';

const file = (path, content) => ({ path, content });
const small = (platform, options = {}) =>
  image([{ run: `COPY ${platform} / # buildkit`, layer: layer([file('platform', platform)]) }], {
    platform,
    ...options,
  });

const [amd64, arm64, arm] = ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7'].map((platform) => small(platform));
const attested = index([amd64, arm64, arm, attestation(amd64)]);
const withoutPlatform = ({ descriptor: { platform: _, ...rest } }) => rest;
const two = (seed) => [
  { run: `ADD base-${seed} /`, layer: layer([file('base', seed)]) },
  { run: `COPY top-${seed} /`, layer: layer([file('top', seed)]) },
];

export const markup = '<img src=x onerror="globalThis.pwned=true">';

export const unusual = {
  'unusual/attested': { latest: attested },
  'unusual/nested': { two: index([attested]), three: index([index([attested])]) },
  'unusual/no-media-type': { index: index([amd64], { withMediaType: false }) },
  'unusual/no-platform': { index: index([amd64, arm64], { describe: withoutPlatform }) },
  'unusual/other-platforms': { index: index([arm64, arm]), none: index([]) },
  'unusual/artifact': {
    signature: artifact({
      artifactType: 'application/vnd.dev.cosign.artifact.sig.v1+json',
      layers: [blob('application/vnd.dev.cosign.simplesigning.v1+json', '{"critical":{}}')],
      subject: amd64.descriptor,
    }),
    layerless: artifact({ artifactType: 'application/vnd.example.nothing', layers: [] }),
  },
  'unusual/raw-layer': {
    latest: image([
      { run: 'COPY raw /', layer: layer([file('plain.txt', 'plain')], { mediaType: types.ociRawLayer }) },
    ]),
  },
  'unusual/sha512': {
    latest: image([{ run: 'COPY long /', layer: layer([file('long', 'digest')], { algorithm: 'sha512' }) }]),
  },
  'unusual/layerless': { latest: image([{ run: 'LABEL empty=true' }]) },
  'unusual/same-layer-twice': { latest: image([...two('x'), { run: 'RUN again', layer: two('x')[0].layer }]) },
  'unusual/prototype': {
    latest: image(two('prototype'), {
      config: { Labels: { ['__proto__']: 'polluted', constructor: 'Object', toString: 'x' } },
      annotations: { ['__proto__']: 'polluted', constructor: 'Object' },
    }),
  },
  'unusual/markup': {
    latest: image([{ run: markup, comment: markup, author: markup, layer: layer([file(markup, markup)]) }], {
      author: markup,
      config: {
        Labels: { [markup]: markup, 'org.opencontainers.image.url': 'javascript:globalThis.pwned=true' },
        Env: [`A=${markup}`],
        Cmd: [markup],
      },
      annotations: { [markup]: markup },
    }),
  },
  'unusual/docker': {
    list: index([small('linux/amd64', { docker: true }), small('linux/arm64/v8', { docker: true })], { docker: true }),
    image: small('linux/amd64', { docker: true }),
  },
  'unusual/history': {
    latest: image(
      [
        { run: '/bin/sh -c #(nop) ADD file:abc in / ', layer: layer([file('a', '1')]) },
        { run: '/bin/sh -c #(nop)  CMD ["sh"]' },
        { run: '|2 A=1 B=2 /bin/sh -c make install', layer: layer([file('b', '2')]) },
        {
          run: 'RUN /bin/sh -c echo one &&\necho two # buildkit',
          layer: layer([file('c', '3')]),
          comment: 'buildkit.dockerfile.v0',
        },
        { run: 'ENTRYPOINT ["/b"]', author: 'Someone' },
      ],
      { author: 'Somebody' },
    ),
  },
  'a/b/c/d/nested-name': { 'v1.0_x-y': amd64 },
  'only-a-name': { latest: amd64 },
  'with.dots/and__under-scores': { latest: amd64 },
};

/** A manifest of a type that nobody knows. */
export const unknownType = manifest('application/vnd.example.unknown.v1+json', {
  schemaVersion: 2,
  mediaType: 'application/vnd.example.unknown.v1+json',
  anything: [1],
});

/** Buildkit's cache of a build: as an index of blobs, and (`image-manifest=true`) as an image manifest. */
export function buildCaches(seed = 'cache') {
  const layers = [1, 2].map((number) => layer([{ path: `${seed}-${number}`, content: `${seed} ${number}` }]));
  const ofIndex = buildCache(layers);
  const [config] = ofIndex.blobs.slice(-1);
  const ofImage = artifact({ config, layers });
  return { index: ofIndex, image: ofImage, layers };
}

const edited = (content, change) => {
  const document = structuredClone(content.document);
  change(document);
  return manifest(content.mediaType, document, { blobs: content.blobs, children: content.children });
};

/** Manifests that lack what the spec wants. ferro takes each of them, distribution 2.8 most: `fillBroken()` tells which. */
export const broken = Object.fromEntries(
  Object.entries({
    'no-layers': (document) => delete document.layers,
    'null-layers': (document) => (document.layers = null),
    'no-config': (document) => delete document.config,
    'no-layer-type': (document) => delete document.layers[0].mediaType,
    'no-layer-size': (document) => delete document.layers[0].size,
    'no-config-type': (document) => delete document.config.mediaType,
    'no-media-type': (document) => delete document.mediaType,
    'no-schema-version': (document) => delete document.schemaVersion,
    'both-kinds': (document) => (document.manifests = []),
  }).map(([name, change]) => [name, edited(image(two(`broken ${name}`)), change)]),
);
broken['child-without-type'] = edited(index([amd64, arm64]), ({ manifests }) => delete manifests[0].mediaType);
broken['no-children'] = edited(index([amd64, arm64]), (document) => delete document.manifests);

/**
 * Pushes each broken manifest as a tag of its name.
 * @returns {Promise<string[]>} those that the registry took
 */
export async function fillBroken({ url }, repository) {
  const { push } = pusher(url);
  const taken = [];
  for (const [tag, content] of Object.entries(broken)) {
    await push(repository, content, tag).then(
      () => taken.push(tag),
      () => {},
    );
  }
  return taken;
}

/**
 * Takes the manifest away from under its tags, as distribution 2.8 leaves them where a deletion and a push met: `tags/list` has
 * them, GET is 404.
 * @param {{ data: string }} registry a distribution with storage of its own
 */
export function leaveDangling({ data }, repository, { digest }) {
  const [algorithm, hex] = digest.split(':');
  const revisions = ['docker', 'registry', 'v2', 'repositories', repository, '_manifests', 'revisions'];
  return rm(join(data, ...revisions, algorithm, hex), { recursive: true });
}
