// Plans that were kept as JSON, and many deletions at the same time, on real registries; read back by fetch alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { digestOf, image, index, layer, types } from '../../../www/registry/content.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, realRegistries, refused } from '../support/support.mjs';
import { tagsOf } from '../support/tags.mjs';

const LONG = { timeout: 60_000 };
const ACCEPT = [types.ociManifest, types.ociIndex].join(', ');
const imageOf = (name) => image([{ run: `COPY ${name}`, layer: layer([{ path: name, content: name }]) }]);

/** The digest of what is there. */
async function pull(url, repository, reference) {
  const get = async (path) => {
    const response = await fetch(new URL(`/v2/${repository}/${path}`, url), { headers: { accept: ACCEPT } });
    return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
  };
  const bytes = await get(`manifests/${reference}`);
  if (bytes === undefined) return undefined;
  const { config, layers = [], manifests = [] } = JSON.parse(bytes);
  for (const { digest } of [config, ...layers].filter(Boolean))
    assert.equal(digestOf(await get(`blobs/${digest}`)), digest);
  for (const { digest } of manifests) assert.equal(await pull(url, repository, digest), digest);
  return digestOf(bytes);
}

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    before(async () => {
      server = await start();
    }, SOON);
    after(() => server.stop());
    const repositoryOf = (name, options) => new DockerRegistryClient(server.url, options).repository(name);

    test('a plan is kept, and carried out by another client', LONG, async () => {
      const { push } = pusher(server.url);
      const [a, b, c] = ['a', 'b', 'c'].map(imageOf);
      const [old, keep] = [index([a, b]), index([b, c])];
      for (const [tag, content] of Object.entries({ old, 'old-c': c, keep })) await push('plans/one', content, tag);
      const plan = await repositoryOf('plans/one').planCleanup({ remove: { tags: ['old*', /^never/i] } });
      const text = JSON.stringify(plan);
      const other = repositoryOf('plans/one');
      for (const given of [text, JSON.parse(text), plan]) {
        const loaded = await other.loadCleanupPlan(given);
        assert.deepEqual(JSON.parse(JSON.stringify(loaded)), JSON.parse(text));
        assert.ok(
          loaded.createdAt instanceof Date &&
            loaded.tags.every(({ created }) => created === undefined || created instanceof Date),
        );
      }
      assert.equal(plan.registry, new DockerRegistryClient(server.url).host);
      assert.deepEqual(plan.policy, { remove: { tags: ['old*', '/^never/i'] } });
      assert.deepEqual(await tagsOf(server.url, 'plans/one'), ['keep', 'old', 'old-c']);

      const report = await (await other.loadCleanupPlan(text)).apply();
      assert.deepEqual([report.failed, report.skipped, report.remaining], [[], [], []]);
      assert.deepEqual(report.removed.toSorted(), ['old', 'old-c', old.digest, a.digest].sort());
      assert.deepEqual(await tagsOf(server.url, 'plans/one'), ['keep']);
      assert.equal(await pull(server.url, 'plans/one', 'keep'), keep.digest);
      for (const { digest } of [old, a]) assert.equal(await pull(server.url, 'plans/one', digest), undefined);
      // Once more, by yet another one: all is gone already.
      const again = await (await repositoryOf('plans/one').loadCleanupPlan(text)).apply();
      assert.deepEqual([again.removed.length, again.failed, again.skipped, again.remaining], [4, [], [], []]);
    });

    test('planning reports what it has read', LONG, async () => {
      const { push } = pusher(server.url);
      const [a, b] = ['a', 'b'].map(imageOf);
      for (const [tag, content] of Object.entries({ x: a, y: index([a, b]), z: b }))
        await push('plans/told', content, tag);
      const seen = [];
      const onProgress = (progress) => seen.push(progress);
      const repository = repositoryOf('plans/told');
      await repository.planCleanup({ remove: { tags: ['x'] } }, { onProgress });
      assert.deepEqual(seen[0], { done: 0, total: 3 });
      for (const [at, { done, total }] of seen.entries()) {
        assert.ok(done <= total && done >= (seen[at - 1]?.done ?? 0) && total >= (seen[at - 1]?.total ?? 0), `${at}`);
      }
      const { done, total } = seen.at(-1);
      assert.ok(done === total && total >= 3, `${done} of ${total}`);
      await refused(() => repository.planCleanup({ remove: { tags: ['x'] } }, { onProgress: 'x' }), 'INVALID_ARGUMENT');
    });

    test('a tag that moved since is left alone', LONG, async () => {
      const { push, tagAs } = pusher(server.url);
      const [one, two] = ['one', 'two'].map(imageOf);
      await push('plans/moved', one, 'old');
      await push('plans/moved', two, 'kept');
      const text = JSON.stringify(await repositoryOf('plans/moved').planCleanup({ remove: { tags: ['old'] } }));
      await tagAs('plans/moved', two, 'old');
      const report = await (await repositoryOf('plans/moved').loadCleanupPlan(text)).apply();
      assert.deepEqual(
        report.skipped.map(({ what }) => what),
        ['old'],
      );
      assert.deepEqual(await tagsOf(server.url, 'plans/moved'), ['kept', 'old']);
      assert.equal(await pull(server.url, 'plans/moved', 'old'), two.digest);
    });

    test('what is no plan of this repository', SOON, async () => {
      await pusher(server.url).push('plans/bad', imageOf('bad'), 'old');
      const repository = repositoryOf('plans/bad');
      const good = JSON.parse(JSON.stringify(await repository.planCleanup({ remove: { tags: ['old'] } })));
      const circular = { ...good };
      circular.policy = circular;
      for (const [plan, message] of [
        [undefined, /^plan: the JSON of a plan is needed, not undefined/],
        [7, /^plan: the JSON of a plan is needed, not 7/],
        [circular, /^plan: the JSON of a plan is needed/],
        [[], /^plan: got an array/],
        ['{', /^plan: not JSON/],
        [
          { ...good, registry: 'https://registry.example.com/' },
          /^plan\.registry: the plan was made for "https:\/\/registry\.example\.com\/"/,
        ],
        [
          { ...good, repository: 'plans/other' },
          /^plan\.repository: the plan was made for "plans\/other", but this is plans\/bad/,
        ],
        [{ ...good, tags: [{ ...good.tags[0], digest: 'latest' }] }, /^plan\.tags\[0\]\.digest: /],
        [{ ...good, tags: [{ ...good.tags[0], action: 'keep' }] }, /^plan\.tags\[0\]\.action: /],
        [
          { ...good, digests: [{ ...good.digests[0], tag: 'x' }] },
          /^plan\.digests\[0\]: "tag": there is no such field/,
        ],
      ])
        await refused(() => repository.loadCleanupPlan(plan), { code: 'INVALID_ARGUMENT', message }, String(message));
    });

    test('many deletions, several manifests at a time', LONG, async () => {
      const { push, tagAs } = pusher(server.url);
      const images = Array.from({ length: 40 }, (_, number) => imageOf(`image ${number}`));
      for (const [number, one] of images.entries()) await push('plans/many', one, `v${number}`);
      for (let number = 0; number < 10; number += 1) await tagAs('plans/many', images[39], `same${number}`);
      let [now, most] = [0, 0];
      const counting = async (input, init) => {
        const isDeletion = (init?.method ?? input.method) === 'DELETE' && String(input.url ?? input).includes('sha256');
        if (isDeletion) most = Math.max(most, (now += 1));
        try {
          return await fetch(input, init);
        } finally {
          if (isDeletion) now -= 1;
        }
      };
      const plan = await repositoryOf('plans/many', { fetch: counting }).planCleanup({
        remove: { tags: ['*'] },
        keep: { tags: ['v39'] },
      });
      const steps = [];
      const report = await plan.apply({ onProgress: (step) => steps.push(step) });
      assert.deepEqual([report.failed, report.skipped, report.remaining], [[], [], []]);
      assert.equal(report.removed.length, 39 * 2 + 10);
      assert.ok(most > 1 && most <= 8, `${most} at a time`);
      assert.deepEqual(
        steps.map(({ done }) => done),
        steps.map((_, number) => number + 1),
      );
      assert.deepEqual([steps.length, steps.at(-1).total], [88, 88]);
      assert.deepEqual(await tagsOf(server.url, 'plans/many'), ['v39']);
      assert.equal(await pull(server.url, 'plans/many', 'v39'), images[39].digest);
      for (const { digest } of images.slice(0, 39))
        assert.equal(await pull(server.url, 'plans/many', digest), undefined);
    });
  });
}
