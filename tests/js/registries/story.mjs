// One story that is played on every registry there is: push, list, read, move, untag, delete, clean up, copy, refer. Each step
// has a repository of its own; what it changed, and what it did not, is read back by plain fetch from the registry itself.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';

import { digestOf, image, index, layer, types } from '../../../www/registry/content.mjs';
import { eachOf, pusher } from '../../../www/registry/push.mjs';
import { DockerRegistryClient, isRegistryError } from '../support/packed.mjs';

const ACCEPT = [types.ociIndex, types.dockerList, types.ociManifest, types.dockerManifest].join(', ');
const base = layer([{ path: 'base', content: 'under all of them' }]);
const make = (name, platform = 'linux/amd64') =>
  image(
    [
      { run: 'ADD base /', layer: base },
      { run: name, layer: layer([{ path: name, content: name }]) },
    ],
    { platform },
  );

const one = make('one');
const two = make('two');
const free = make('free');
const arm = make('arm', 'linux/arm64');
const multi = index([one, arm]);
const other = index([arm, two]);

/** What is pushed and copied in the story itself. */
const pushed = make('pushed');
const pushedIndex = index([make('pushed here'), make('pushed there', 'linux/arm64')]);
const copied = index([make('copied here'), make('copied there', 'linux/arm64')]);

/** What stands in a repository before a step: siblings, an index and its children, an image without a tag. */
const TAGS = { a: one, b: one, c: two, multi, 'multi-too': multi, other, child: arm };
const ALL = [one, two, free, arm, multi, other];
const blobsOf = (contents) =>
  [...new Set(contents.flatMap(({ blobs }) => blobs.map(({ descriptor }) => descriptor.digest)))].sort();
/** More than nginx lets through unless it is told otherwise. */
const LARGE = Buffer.alloc(1_500_000, 'large');
/** Tags of a step's own. */
const NEW = ['new', 'pushed', 'pushed-index', 'copied', 'made'];

/** What a registry takes. `indexes: false`: only images; `byDigest: false`: nothing without a tag. */
const takenBy =
  ({ indexes = true, byDigest = true }) =>
  (content) =>
    (indexes || content.document.manifests === undefined) && (byDigest || content !== free);

/** What is in a repository that was filled: tag → digest, and digests, of manifests and of blobs. */
function filled(server) {
  const tags = Object.entries(TAGS).filter(([, content]) => takenBy(server)(content));
  const contents = ALL.filter(takenBy(server));
  return {
    tags: Object.fromEntries(tags.map(([tag, { digest }]) => [tag, digest])),
    manifests: contents.map(({ digest }) => digest).sort(),
    blobs: blobsOf(contents),
  };
}

async function pushAll(server, repository) {
  const { push } = pusher(server.url, server);
  for (const [tag, content] of Object.entries(TAGS)) if (takenBy(server)(content)) await push(repository, content, tag);
  if (takenBy(server)(free)) await push(repository, free, free.digest);
}

/** By server: what was pushed to be copied. */
const templates = new WeakMap();
/** By the server as the client reaches it: the repository of all steps that change nothing. */
const shared = new WeakMap();

/** Fills a repository; on a distribution by copying the folder of another one, which takes a small part of the time. */
async function fill(server, repository) {
  if (server.data === undefined) return pushAll(server, repository);
  if (!templates.has(server)) templates.set(server, pushAll(server, 'template/of-all'));
  await templates.get(server);
  const folder = join(server.data, 'docker', 'registry', 'v2', 'repositories');
  const target = join(folder, repository);
  await mkdir(dirname(target), { recursive: true });
  // Node's own cp() takes ten times the processor time.
  return promisify(execFile)('cp', ['-R', join(folder, 'template', 'of-all'), target]);
}

/** A repository that is filled, and is as it was filled: a registry may not keep what it was given. */
async function filledRepository(server, repository) {
  await fill(server, repository);
  const { listed: _, ...state } = await found(server, repository);
  assert.deepEqual(state, filled(server), 'the repository is as it was filled');
  return repository;
}

/** What is in it now, as the registry itself tells a plain fetch. `listed`: what the list has beside the tags that are asked for. */
async function found({ url, authorization }, repository) {
  const get = async (path, headers) => {
    const response = await fetch(`${url}/v2/${repository}/${path}`, {
      headers: { ...headers, ...(authorization && { authorization }) },
    });
    return { status: response.status, bytes: Buffer.from(await response.arrayBuffer()) };
  };
  const state = { tags: {}, manifests: [], blobs: [], listed: undefined };
  const names = [...Object.keys(TAGS), ...NEW];
  const listing = get('tags/list');
  await eachOf(names, async (tag) => {
    const { status, bytes } = await get(`manifests/${tag}`, { accept: ACCEPT });
    assert.ok(status === 200 || status === 404, `${tag}: ${status}`);
    if (status === 200) state.tags[tag] = digestOf(bytes);
  });
  await eachOf(ALL, async ({ digest }) => {
    const { status, bytes } = await get(`manifests/${digest}`, { accept: ACCEPT });
    if (status === 200 && digestOf(bytes) === digest) state.manifests.push(digest);
  });
  await eachOf(blobsOf(ALL), async (digest) => {
    if ((await get(`blobs/${digest}`)).status === 200) state.blobs.push(digest);
  });
  const list = await listing;
  if (list.status === 200) state.listed = JSON.parse(list.bytes).tags ?? [];
  state.manifests.sort();
  state.blobs.sort();
  return state;
}

/** An image or index with all that belongs to it. */
async function assertWhole({ url, authorization }, repository, { digest, blobs, children }) {
  const there = async (path) => {
    const response = await fetch(`${url}/v2/${repository}/${path}`, {
      headers: { accept: `${ACCEPT}, */*`, ...(authorization && { authorization }) },
    });
    assert.equal(digestOf(Buffer.from(await response.arrayBuffer())), digestIn(path), `${path}: ${response.status}`);
  };
  const digestIn = (path) => path.split('/').pop();
  await there(`manifests/${digest}`);
  for (const { descriptor } of blobs) await there(`blobs/${descriptor.digest}`);
  for (const child of children) await assertWhole({ url, authorization }, repository, child);
}

/** Pushes what an image or index is made of, and it. */
async function pushWith(repository, content, reference = content.digest) {
  for (const { bytes, descriptor } of content.blobs)
    await repository.pushBlob(bytes, { mediaType: descriptor.mediaType });
  for (const child of content.children) await pushWith(repository, child);
  return repository.pushManifest(reference, content.bytes, { mediaType: content.mediaType });
}

/** Copies to the registry at home, and looks at what came there. */
async function copyHome({ repository, home, place }, reference, content) {
  const target = `${place}/${reference}`;
  const { digest } = await new DockerRegistryClient(home.url).copy({ repository, reference }, `${target}:copied`);
  assert.equal(digest, content.digest);
  await assertWhole(home, target, content);
}

const sorted = (list) => [...list].sort();
const gone = (object, names) => Object.fromEntries(Object.entries(object).filter(([name]) => !names.includes(name)));
const without = (list, ...items) => list.filter((item) => !items.includes(item));

/**
 * The steps. `act` is what a user does, with what they look at; `after` is what must be in the repository then; without it,
 * nothing has changed.
 */
export const steps = {
  'push an image': {
    act: ({ repository }) => pushWith(repository, pushed, 'pushed'),
    after: (state) => ({ ...state, tags: { ...state.tags, pushed: pushed.digest } }),
    made: pushed,
  },
  'push an index': {
    act: ({ repository }) => pushWith(repository, pushedIndex, 'pushed-index'),
    after: (state) => ({ ...state, tags: { ...state.tags, 'pushed-index': pushedIndex.digest } }),
    made: pushedIndex,
  },
  'push a large blob': {
    after: (state) => state,
    act: ({ repository }) => repository.pushBlob(LARGE),
  },
  'push a large blob in chunks': {
    after: (state) => state,
    act: ({ repository }) => repository.pushBlob(LARGE, { chunkSize: 512 * 1024 }),
  },
  'list tags': {
    async act({ repository }) {
      assert.deepEqual(sorted(await repository.tags()), sorted(Object.keys(TAGS)));
    },
  },
  'describe tags': {
    async act({ repository }) {
      const told = {};
      const errors = [];
      for await (const { tag, digest, error } of repository.describeTags()) {
        told[tag] = error ? TAGS[tag].digest : digest;
        if (error) errors.push(error);
      }
      assert.deepEqual(told, Object.fromEntries(Object.entries(TAGS).map(([tag, { digest }]) => [tag, digest])));
      for (const error of errors) throw error;
    },
  },
  'read an image': {
    async act({ repository }) {
      const { size, platforms, digest } = await repository.data('a');
      assert.deepEqual(
        [size, platforms.length, digest],
        [one.document.layers[0].size + one.document.layers[1].size, 1, one.digest],
      );
      const image = await repository.image('a');
      assert.deepEqual(Buffer.from(await image.getLayer()), one.layers[1].bytes);
    },
  },
  'read an index': {
    async act({ repository }) {
      const manifest = await repository.manifest('multi');
      assert.deepEqual([manifest.mediaType, manifest.digest], [types.ociIndex, multi.digest]);
      assert.equal((await repository.image('multi', { platform: 'linux/arm64' })).digest, arm.digest);
    },
  },
  'tag anew': {
    act: ({ repository }) => repository.tag('new', 'multi', { ifMatch: null }),
    after: (state) => ({ ...state, tags: { ...state.tags, new: multi.digest } }),
  },
  'tag, where the tag exists': {
    act: ({ repository }) => repository.tag('a', 'c', { ifMatch: null }),
    refused: 'CONFLICT',
  },
  'tag, where the tag has moved': {
    act: ({ repository }) => repository.tag('a', 'c', { ifMatch: multi.digest }),
    refused: 'CONFLICT',
  },
  'move a tag': {
    act: ({ repository }) => repository.tag('a', 'c', { ifMatch: one.digest }),
    after: (state) => ({ ...state, tags: { ...state.tags, a: two.digest } }),
  },
  'untag an image': {
    act: ({ repository }) => repository.untag('b'),
    after: (state) => ({ ...state, tags: gone(state.tags, ['b']) }),
  },
  'untag an index': {
    act: ({ repository }) => repository.untag('multi-too'),
    after: (state) => ({ ...state, tags: gone(state.tags, ['multi-too']) }),
  },
  'untag the only tag': {
    act: ({ repository }) => repository.untag('c'),
    after: (state) => ({ ...state, tags: gone(state.tags, ['c']) }),
  },
  'plan a deletion': {
    async act({ repository }) {
      const { tags, parents } = await repository.planDelete(one.digest);
      assert.deepEqual([sorted(tags), sorted(parents)], [['a', 'b'], [multi.digest]]);
    },
  },
  'delete what is in use': {
    act: ({ repository }) => repository.deleteManifest(one.digest),
    refused: 'IN_USE',
  },
  'delete an untagged manifest': {
    act: ({ repository }) => repository.deleteManifest(free.digest),
    after: (state) => ({ ...state, manifests: without(state.manifests, free.digest) }),
  },
  'delete by force': {
    act: ({ repository }) => repository.deleteManifest(other.digest, { force: true }),
    after: (state) => ({
      ...state,
      tags: gone(state.tags, ['other']),
      manifests: without(state.manifests, other.digest),
    }),
  },
  'clean up': {
    async act({ repository }) {
      const plan = await repository.planCleanup({ remove: { tags: ['b', 'other', 'multi-too'] } });
      const removed = plan.tags.filter(({ action }) => action === 'remove').map(({ tag }) => tag);
      const wanted = ['b', 'multi-too', 'other'];
      assert.deepEqual(without(removed, ...wanted), []);
      const report = await plan.apply();
      for (const { error } of report.failed) throw error;
      assert.deepEqual([report.skipped, report.remaining], [[], []]);
      return removed.length < wanted.length ? 'less' : 'yes';
    },
    after: (state) => ({
      ...state,
      tags: gone(state.tags, ['b', 'other', 'multi-too']),
      manifests: without(state.manifests, other.digest),
    }),
  },
  'copy an image from it': {
    act: (place) => copyHome(place, 'c', two),
  },
  'copy an index from it': {
    act: (place) => copyHome(place, 'multi', multi),
  },
  'copy to it': {
    act: ({ client, home, name }) =>
      client.copy(
        { repository: new DockerRegistryClient(home.url).repository('home'), reference: 'latest' },
        `${name}:copied`,
      ),
    after: (state) => ({ ...state, tags: { ...state.tags, copied: copied.digest } }),
    made: copied,
  },
  'make an index': {
    async act({ repository }) {
      await repository.createIndex('made', ['a', 'child']);
      assert.deepEqual(
        (await repository.manifest('made')).manifests.map(({ digest }) => digest),
        [one.digest, arm.digest],
      );
    },
    after: (state, { tags: { made } }) => ({ ...state, tags: { ...state.tags, made } }),
  },
  'push and list a referrer': {
    after: (state) => state,
    async act({ repository }) {
      const files = [{ title: 'sbom', data: Buffer.from('{}') }];
      const { digest } = await repository.pushArtifact({ artifactType: 'application/x.sbom', files, subject: 'a' });
      assert.deepEqual(
        (await repository.referrers(one.digest)).map((referrer) => referrer.digest),
        [digest],
      );
    },
    referrers: true,
  },
  diagnose: {
    async act({ client, name }) {
      const { text, findings } = await client.diagnose({ repository: name });
      assert.ok(text.length > 0 && Array.isArray(findings));
    },
  },
};

/** What all copies come from. */
export const fillHome = async ({ url }) => pusher(url).push('home', copied, 'latest');

/** Whether something was lost or changed that the step did not name. */
function assertNothingElse(before, now, after, what) {
  for (const kind of ['manifests', 'blobs']) {
    const lost = before[kind].filter((digest) => !now[kind].includes(digest) && after[kind].includes(digest));
    assert.deepEqual(lost, [], `${kind} lost after ${what}`);
  }
  const changed = Object.keys({ ...before.tags, ...now.tags }).filter(
    (tag) => now.tags[tag] !== before.tags[tag] && now.tags[tag] !== after.tags[tag],
  );
  assert.deepEqual(changed, [], `tags changed after ${what}`);
}

/**
 * Plays a step.
 * @param {keyof typeof steps} step
 * @param {{ server: object, direct: object, home: object, place: string }} options `server`: as the client reaches it; `direct`: the
 *   registry itself; `place`: of repositories of its own
 * @returns {Promise<string>} "yes"; "less", where what could not be judged was kept; or the code of the error, with "done" or
 *   "partly" where the registry was changed all the same
 */
export async function play(step, { server, direct, home, place }) {
  const { act, after, made, refused, referrers = false } = steps[step];
  if (!shared.has(server)) shared.set(server, filledRepository(direct, `${place}/unchanged`));
  let name = await shared.get(server);
  if (after) await fill(direct, (name = `${place}/${step}`.toLowerCase().replace(/[^a-z0-9/]+/g, '-')));
  const before = filled(direct);
  const client = new DockerRegistryClient(server.url, { ...server.credentials, retry: { minDelay: 5, maxDelay: 20 } });
  const { error, isLess } = await Promise.resolve()
    .then(() => act({ client, repository: client.repository(name), home, name, place }))
    .then(
      (value) => ({ isLess: value === 'less' }),
      (error) => ({ error }),
    );
  if (error && !isRegistryError(error)) throw error;
  const { listed, ...now } = await found(direct, name);
  const wanted = after?.(before, now) ?? before;
  const what = `${step} (${error?.message ?? 'yes'})`;
  assertNothingElse(before, now, wanted, what);
  if (isLess) return 'less';
  if (!error) assert.deepEqual(now, wanted, `after ${what}`);
  if (!error && made) await assertWhole(direct, name, made);
  if (refused) assert.ok(error, `${step} is refused`);
  if (listed) {
    const isReferrers = (tag) => referrers && tag.startsWith('sha256-');
    const more = listed.filter(
      (tag) => !(tag in before.tags) && !(tag in wanted.tags) && !tag.includes(':') && !isReferrers(tag),
    );
    assert.deepEqual(more, [], 'no other tag stays in the list');
    const missing = Object.keys(now.tags).filter((tag) => !listed.includes(tag));
    assert.deepEqual(missing, [], 'each tag is in the list');
    if (!error)
      assert.deepEqual(
        sorted(listed.filter((tag) => !tag.includes(':') && !isReferrers(tag))),
        sorted(Object.keys(wanted.tags)),
      );
  }
  if (!error) return 'yes';
  assert.ok(error.message.length > 10, error.message);
  if (isDeepStrictEqual(now, before)) return error.code;
  return `${error.code}, ${isDeepStrictEqual(now, wanted) ? 'done' : 'partly'}`;
}
