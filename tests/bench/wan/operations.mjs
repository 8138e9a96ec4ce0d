// The operations that slow links are measured with, as a user of the package writes them: how each is prepared, and what runs.
//
// `prepare` fills the registries directly, not over the link; `n` differs in every run, so that no client or registry knows the
// content from an earlier one. `run` gets a client's class, the addresses behind the link, and what `prepare` returned.
import { image, layer } from '../../../www/registry/content.mjs';
import { eachOf, pusher } from '../../../www/registry/push.mjs';

export const COUNTS = { tags: 200, repositories: 146, layers: 20, removed: 100 };

/** Incompressible, and another one for each seed. */
function noise(seed, size) {
  let state = 0;
  for (const character of seed) state = (Math.imul(state, 31) + character.charCodeAt(0)) >>> 0;
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 4) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes.writeUInt32LE(state, at);
  }
  return bytes;
}

const LAYER_SIZE = 16 * 1024;

const layerOf = (seed) => layer([{ path: seed, content: noise(seed, LAYER_SIZE) }]);

const imageOf = (seed, layers) =>
  image(
    layers.map((one) => ({ run: `COPY ${seed} /`, layer: one })),
    { config: { Labels: { seed } } },
  );

export const largeImage = (n) =>
  imageOf(
    `large-${n}`,
    Array.from({ length: COUNTS.layers }, (_, at) => layerOf(`layer-${n}-${at}`)),
  );

/** Images that share one layer, each under a tag of its own. */
async function fillTags(url, repository, tags) {
  const { push } = pusher(url, { byDigest: false });
  const shared = layerOf('shared');
  // The shared blobs are pushed first, so that the copies do not race for them.
  const [first, ...rest] = tags.map((tag) => [tag, imageOf(`${repository}-${tag}`, [shared])]);
  await push(repository, first[1], first[0]);
  await eachOf(rest, ([tag, content]) => push(repository, content, tag));
}

const numbered = (count, name) => Array.from({ length: count }, (_, at) => `${name}${at}`);

const drain = async (stream) => {
  for await (const _ of stream);
};

const PREPARED_ONCE = new Map();
/** For operations that only read: the registry is filled once, at the first run. */
async function onceFor(url, name, fill) {
  const key = `${name} ${url}`;
  if (!PREPARED_ONCE.has(key)) PREPARED_ONCE.set(key, fill());
  await PREPARED_ONCE.get(key);
}

async function largeImageIn(url, repository, n) {
  const content = largeImage(n);
  await pusher(url, { byDigest: false }).push(repository, content, 'latest');
  return content;
}

/**
 * @typedef {object} Operation
 * @property {string} title
 * @property {boolean} [countedOnly] too small to be worth timing
 * @property {(url: string, n: number) => Promise<object>} prepare `url` of the source registry; what it returns must fit into JSON
 * @property {(world: { connect: (url?: string) => any, from: string, to: string, mark: () => Promise<void> }, prepared: any) => Promise<unknown>} run
 *   `connect` makes a client, of the source registry if no URL is given; what happens before `mark()` is not counted
 * @type {Record<string, Operation>}
 */
export const operations = {
  catalog: {
    title: 'repositories()',
    countedOnly: true,
    prepare: (url) => operations.pull.prepare(url),
    run: ({ connect }) => connect().repositories(),
  },

  tags: {
    title: 'tags()',
    countedOnly: true,
    prepare: (url) => operations.pull.prepare(url),
    run: ({ connect }, { repository }) => connect().repository(repository).tags(),
  },

  digest: {
    title: 'headManifest()',
    countedOnly: true,
    prepare: (url) => operations.pull.prepare(url),
    run: ({ connect }, { repository }) => connect().repository(repository).headManifest('latest'),
  },

  manifest: {
    title: 'manifest()',
    countedOnly: true,
    prepare: (url) => operations.pull.prepare(url),
    run: ({ connect }, { repository }) => connect().repository(repository).manifest('latest'),
  },

  config: {
    title: 'image() with its config',
    countedOnly: true,
    prepare: (url) => operations.pull.prepare(url),
    run: ({ connect }, { repository }) => connect().repository(repository).image('latest'),
  },

  describeTags: {
    title: `describeTags() of ${COUNTS.tags} tags`,
    async prepare(url) {
      const repository = 'wan/tags';
      await onceFor(url, repository, () => fillTags(url, repository, numbered(COUNTS.tags, 'v1.')));
      return { repository };
    },
    async run({ connect }, { repository }) {
      let described = 0;
      for await (const entry of connect().repository(repository).describeTags()) {
        if (entry.error) throw entry.error;
        described += 1;
      }
      expect(described, COUNTS.tags);
    },
  },

  inventory: {
    title: `inventory of ${COUNTS.repositories} repositories`,
    async prepare(url) {
      const namespace = 'inventory';
      const names = numbered(COUNTS.repositories, `${namespace}/r`);
      await onceFor(url, namespace, () => eachOf(names, (name) => fillTags(url, name, ['latest'])));
      return { namespace };
    },
    async run({ connect }, { namespace }) {
      const inventory = connect().inventory({ namespace });
      for await (const entry of inventory) if (entry.error) throw entry.error;
      expect(inventory.totals.tags, COUNTS.repositories);
    },
  },

  copyBetween: {
    title: `copy of an image of ${COUNTS.layers} layers between registries`,
    async prepare(url, n) {
      const repository = `wan/source-${n}`;
      await largeImageIn(url, repository, n);
      return { repository, target: `wan/copy-${n}` };
    },
    async run({ connect, to }, { repository, target }) {
      await connect(to).copy({ repository: connect().repository(repository), reference: 'latest' }, `${target}:latest`);
    },
  },

  copyWithin: {
    title: `copy of an image of ${COUNTS.layers} layers within a registry`,
    async prepare(url, n) {
      const repository = `wan/source-${n}`;
      await largeImageIn(url, repository, n);
      return { repository, target: `wan/copy-${n}` };
    },
    async run({ connect }, { repository, target }) {
      await connect().copy(`${repository}:latest`, `${target}:latest`);
    },
  },

  pull: {
    title: `pull of an image of ${COUNTS.layers} layers`,
    async prepare(url) {
      const repository = 'wan/pull';
      await onceFor(url, repository, () => largeImageIn(url, repository, 'pull'));
      return { repository };
    },
    async run({ connect }, { repository: name }) {
      const repository = connect().repository(name);
      const { config, layers } = await repository.manifest('latest');
      expect(layers.length, COUNTS.layers);
      await Promise.all([config, ...layers].map(async ({ digest }) => drain(await repository.blob(digest))));
    },
  },

  pullImage: {
    title: `image() and its ${COUNTS.layers} layers`,
    prepare: (url) => operations.pull.prepare(url),
    async run({ connect }, { repository }) {
      const image = await connect().repository(repository).image('latest');
      expect(image.layers.length, COUNTS.layers);
      await Promise.all(image.layers.map(async (one) => drain(await image.layerStream(one.digest))));
    },
  },

  push: {
    title: `push of an image of ${COUNTS.layers} layers`,
    async prepare(_, n) {
      return { repository: `wan/push-${n}`, n };
    },
    async run({ connect, mark }, { repository: name, n }) {
      const content = largeImage(n);
      await mark();
      const repository = connect().repository(name);
      await Promise.all(content.blobs.map(({ bytes }) => repository.pushBlob(bytes)));
      await repository.pushManifest('latest', content.bytes);
    },
  },

  tag: {
    title: 'tag()',
    async prepare(url, n) {
      const repository = `wan/tag-${n}`;
      await fillTags(url, repository, ['latest']);
      return { repository };
    },
    run: ({ connect }, { repository }) => connect().repository(repository).tag('stable', 'latest'),
  },

  untagFirst: {
    title: 'untag(), the first of a client',
    async prepare(url, n) {
      const repository = `wan/untag-${n}`;
      await fillTags(url, repository, ['one', 'two', 'three']);
      return { repository };
    },
    run: ({ connect }, { repository }) => connect().repository(repository).untag('one'),
  },

  untagSecond: {
    title: 'untag(), the second of a client',
    prepare: (url, n) => operations.untagFirst.prepare(url, n),
    async run({ connect, mark }, { repository: name }) {
      const repository = connect().repository(name);
      await repository.untag('one');
      await mark();
      await repository.untag('two');
    },
  },

  cleanup: {
    title: `clean-up of ${COUNTS.removed} tags`,
    async prepare(url, n) {
      const repository = `wan/cleanup-${n}`;
      await fillTags(url, repository, [...numbered(COUNTS.removed, 'pr-'), 'latest']);
      return { repository };
    },
    async run({ connect }, { repository }) {
      const plan = await connect()
        .repository(repository)
        .planCleanup({ remove: { tags: ['pr-*'] } });
      const report = await plan.apply();
      // Each tag and its manifest.
      expect(report.removed.length, 2 * COUNTS.removed);
    },
  },
};

function expect(value, wanted) {
  if (value !== wanted) throw new Error(`not what was to be measured: ${value} instead of ${wanted}`);
}
