// Clean-ups of what registries hold besides images: build caches, broken manifests (which are copied as well), tags that lead
// nowhere; and clean-ups while others push. What is left is read back by fetch alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { digestOf, image, layer, types } from '../../../www/registry/content.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { broken, buildCaches, fillBroken, leaveDangling } from '../../registries/unusual-images.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, listOf, realRegistries, refused } from '../support/support.mjs';
import { tagsOf } from '../support/tags.mjs';

const LONG = { timeout: 120_000 };
const ACCEPT = [types.ociManifest, types.ociIndex, types.dockerManifest, types.dockerList].join(', ');
const kept = image([{ run: 'COPY kept /', layer: layer([{ path: 'kept', content: 'kept' }]) }]);
const small = (name, options) =>
  image([{ run: `COPY ${name} /`, layer: layer([{ path: name, content: name }]) }], options);

const get = (url, path) => fetch(new URL(`/v2/${path}`, url), { headers: { accept: ACCEPT } });

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let client;
    before(async () => {
      server = await start();
      client = new DockerRegistryClient(server.url);
    }, SOON);
    after(() => server.stop());

    test('a build cache is looked at, copied and removed', LONG, async () => {
      const { push } = pusher(server.url);
      const caches = buildCaches('observed');
      await push('cache/one', caches.index, 'cache');
      await push('cache/one', caches.image, 'as-image');
      await push('cache/one', kept, 'keep');
      const repository = client.repository('cache/one');
      const size = caches.index.document.manifests.reduce((sum, entry) => sum + entry.size, 0);
      const data = await repository.data('cache');
      assert.deepEqual([data.size, data.platforms, data.created], [size, [], undefined]);
      const described = await listOf(repository.describeTags({ order: 'name' }));
      assert.deepEqual(
        described.map(({ tag, error }) => [tag, error]),
        [
          ['as-image', undefined],
          ['cache', undefined],
          ['keep', undefined],
        ],
      );
      await refused(() => repository.image('cache'), 'NO_MATCHING_PLATFORM');

      const result = await client.copy({ repository, reference: 'cache' }, 'cache/two:cache', { referrers: true });
      assert.deepEqual([result.digest, result.manifests], [caches.index.digest, 1]);
      for (const { digest } of caches.index.document.manifests) {
        const blob = await get(server.url, `cache/two/blobs/${digest}`);
        assert.equal(digestOf(Buffer.from(await blob.arrayBuffer())), digest);
      }

      const plan = await repository.planCleanup({ remove: { tags: ['cache'] } });
      assert.deepEqual(
        plan.tags.map(({ tag, action }) => [tag, action]),
        [
          ['as-image', 'keep'],
          ['cache', 'remove'],
          ['keep', 'keep'],
        ],
      );
      assert.equal(plan.tags.find(({ tag }) => tag === 'cache').size, size);
      const report = await plan.apply();
      assert.deepEqual([report.failed, report.skipped, report.remaining], [[], [], []]);
      assert.deepEqual(await tagsOf(server.url, 'cache/one'), ['as-image', 'keep']);
      const all = await (await client.repository('cache/two')).planCleanup({ remove: { tags: ['*'] } });
      assert.equal(all.freed, size + caches.index.size);
    });

    test('broken manifests fail no plan, and are copied or refused', LONG, async () => {
      const { push } = pusher(server.url);
      const taken = await fillBroken(server, 'broken/one');
      assert.ok(taken.length > 3, taken.join());
      await push('broken/one', kept, 'keep');
      await push('broken/one', small('old'), 'old');
      const repository = client.repository('broken/one');
      for (const tag of taken) {
        const copied = await client.copy({ repository, reference: tag }, `broken/two:${tag}`).then(
          ({ digest }) => digest,
          ({ code }) => code,
        );
        if (tag === 'both-kinds') assert.equal(copied, 'AMBIGUOUS_MANIFEST');
        else if (copied !== broken[tag].digest) {
          // Another registry takes what this one has taken.
          assert.fail(`${tag}: ${copied}`);
        }
      }
      const plan = await repository.planCleanup({ remove: { tags: ['old'] } });
      assert.deepEqual(
        plan.tags.filter(({ action }) => action === 'remove').map(({ tag }) => tag),
        ['old'],
      );
      const report = await plan.apply();
      assert.deepEqual(report.failed, []);
      assert.deepEqual(await tagsOf(server.url, 'broken/one'), [...taken, 'keep'].sort());
      for (const tag of taken) {
        const bytes = Buffer.from(await (await get(server.url, `broken/one/manifests/${tag}`)).arrayBuffer());
        assert.equal(digestOf(bytes), broken[tag].digest);
      }
      // Each of them can be removed.
      const all = await repository.planCleanup({ remove: { tags: ['*'] }, keep: { tags: ['keep'] } });
      const done = await all.apply();
      assert.deepEqual(done.failed, []);
      assert.deepEqual(await tagsOf(server.url, 'broken/one'), ['keep']);
    });

    test('deletions while others push leave no tag behind', LONG, async () => {
      const { push } = pusher(server.url);
      const olds = Array.from({ length: 48 }, (_, number) => small(`old${number}`));
      await Promise.all(olds.map((content, number) => push('race/one', content, `old-${number}`)));
      await push('race/one', kept, 'keep');
      const repository = client.repository('race/one');
      let isOver = false;
      const pushed = [];
      const others = (async () => {
        for (let number = 0; !isOver; number += 1) {
          const content = small(`new${number}`);
          await push('race/one', content, `new-${number}`);
          pushed.push([`new-${number}`, content.digest]);
        }
      })();
      const plan = await repository.planCleanup({ remove: { tags: ['old-*'] } });
      const reports = [await plan.apply()];
      isOver = true;
      await others;
      // Whatever is not gone is told; the same plan again does the rest.
      for (let round = 0; round < 5; round += 1) {
        const left = (await tagsOf(server.url, 'race/one')).filter((tag) => tag.startsWith('old-'));
        const claimed = left.filter((tag) => reports.at(-1).removed.includes(tag));
        assert.deepEqual(claimed, [], 'called removed, and still listed');
        if (left.length === 0) break;
        reports.push(await plan.apply());
      }
      const left = await tagsOf(server.url, 'race/one');
      assert.deepEqual(left, ['keep', ...pushed.map(([tag]) => tag)].sort());
      for (const [tag, digest] of pushed) {
        assert.equal(
          digestOf(Buffer.from(await (await get(server.url, `race/one/manifests/${tag}`)).arrayBuffer())),
          digest,
        );
      }
    });
  });
}

test('tags that lead nowhere are removed by name (distribution 2.8)', LONG, async () => {
  const server = await startDistribution();
  try {
    const { push } = pusher(server.url);
    const lost = small('lost');
    await push('dangling/one', kept, 'keep');
    await push('dangling/one', lost, 'lost');
    await push('dangling/one', lost, 'lost-too');
    const repository = new DockerRegistryClient(server.url).repository('dangling/one');
    const before = await repository.planCleanup({ remove: { tags: ['lost*'] } });
    await leaveDangling(server, 'dangling/one', lost);
    const by = await repository.planCleanup({ remove: { tags: ['lost*'] }, keep: { newest: 1 } });
    assert.ok(by.tags.every(({ action }) => action === 'keep'));
    const plan = await repository.planCleanup({ remove: { tags: ['lost'] } });
    const [, planned] = plan.tags;
    assert.deepEqual([planned.tag, planned.action, planned.digest], ['lost', 'remove', undefined]);
    const loaded = await repository.loadCleanupPlan(JSON.stringify(plan));
    assert.deepEqual((await loaded.apply()).removed, ['lost']);
    assert.deepEqual(await tagsOf(server.url, 'dangling/one'), ['keep', 'lost-too']);
    // A plan of before, carried out now.
    const report = await before.apply();
    assert.deepEqual([report.failed, report.remaining], [[], []]);
    assert.deepEqual(await tagsOf(server.url, 'dangling/one'), ['keep']);
  } finally {
    await server.stop();
  }
});
