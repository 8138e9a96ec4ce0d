// planCleanup() and apply() on real registries; what is left is read back by fetch alone.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

import { artifact, blob, digestOf, image, index, layer, types } from '../../../www/registry/content.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient, isRegistryError } from '../support/packed.mjs';
import { packedFolder } from '../support/packed.mjs';
import { SOON, realRegistries, refused } from '../support/support.mjs';
import { tagsOf } from '../support/tags.mjs';

const LONG = { timeout: 60_000 };
const ACCEPT = [types.ociManifest, types.ociIndex, types.dockerManifest, types.dockerList].join(', ');
const day = (number) => new Date(Date.UTC(2026, 0, number)).toISOString();
const base = layer([{ path: 'base', content: 'the same everywhere' }]);
const imageOf = (name, created, options) =>
  image(
    [
      { run: 'ADD base', layer: base },
      { run: `COPY ${name}`, layer: layer([{ path: name, content: name }]) },
    ],
    {
      created,
      ...options,
    },
  );

/** A repository with shared digests, shared children, a nested index and, by the tag schema, referrers. */
function fixture() {
  const old = imageOf('old', day(1));
  const shared = imageOf('shared', day(2));
  const amd = imageOf('amd', day(3));
  const arm = imageOf('arm', day(3), { platform: 'linux/arm64' });
  const oldIndex = index([old, amd, arm]);
  const newIndex = index([amd, imageOf('s390x', day(9), { platform: 'linux/s390x' })]);
  const nested = index([newIndex, shared]);
  const signatureOf = (name, subject) =>
    artifact({
      artifactType: 'application/x.signature',
      layers: [blob('application/x.signature', name)],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
    });
  const signature = signatureOf('of old', oldIndex);
  const kept = signatureOf('of nested', nested);
  const tagOf = ({ digest }) => digest.replace(':', '-');
  return {
    tags: {
      '1.0': oldIndex,
      '1.0-again': oldIndex,
      '1.0-amd64': amd,
      '2.0': nested,
      latest: nested,
      'pr-1': shared,
      'pr-2': imageOf('pr-2', day(5)),
      [tagOf(oldIndex)]: index([signature]),
      [tagOf(nested)]: index([kept]),
    },
    signature,
    kept,
    oldIndex,
    old,
    arm,
    tagOf,
  };
}

/** All that pulling needs, by fetch: throws where something is missing. */
async function pull(url, repository, reference) {
  const get = async (path, headers) => {
    const response = await fetch(new URL(`/v2/${repository}/${path}`, url), { headers });
    assert.equal(response.status, 200, `${path}: ${response.status}`);
    return Buffer.from(await response.arrayBuffer());
  };
  const bytes = await get(`manifests/${reference}`, { accept: ACCEPT });
  const { config, layers = [], manifests = [] } = JSON.parse(bytes);
  for (const { digest } of [config, ...layers].filter(Boolean)) {
    assert.equal(digestOf(await get(`blobs/${digest}`)), digest);
  }
  for (const { digest } of manifests) await pull(url, repository, digest);
  return digestOf(bytes);
}
const isThere = async (url, repository, reference) =>
  (
    await fetch(new URL(`/v2/${repository}/manifests/${reference}`, url), {
      headers: { accept: ACCEPT },
      method: 'HEAD',
    })
  ).status === 200;
/** Waits until a repository's tags have not changed for a while. */
async function throughWith(url, repository) {
  for (let before; ; ) {
    const now = (await tagsOf(url, repository)).join();
    if (now === before) return;
    before = now;
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
/** Every tag that is left pulls as what it was. */
async function allComplete(url, repository, tags) {
  const left = await tagsOf(url, repository);
  for (const tag of left) assert.equal(await pull(url, repository, tag), tags[tag]?.digest, tag);
  return left;
}

async function filled(url, repository, made = fixture()) {
  const { push } = pusher(url);
  await push(repository, made.signature, made.signature.digest).catch(() => undefined);
  for (const [tag, content] of Object.entries(made.tags)) await push(repository, content, tag);
  return made;
}

const removed = ({ tags, digests }) => [tags, digests].map((list) => list.filter(({ action }) => action === 'remove'));

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let client;
    before(async () => {
      server = await start();
      client = new DockerRegistryClient(server.url);
    }, SOON);
    after(() => server.stop());

    test('a plan changes nothing, apply() does what it says', LONG, async () => {
      const made = await filled(server.url, 'clean/one');
      const repository = client.repository('clean/one');
      const plan = await repository.planCleanup({ remove: { tags: ['1.*', /^pr-/] }, keep: { tags: ['pr-2'] } });
      assert.deepEqual(await allComplete(server.url, 'clean/one', made.tags), Object.keys(made.tags).sort());

      const [tags, digests] = removed(plan);
      const goes = ['1.0', '1.0-again', '1.0-amd64', 'pr-1', made.tagOf(made.oldIndex)].sort();
      assert.deepEqual(
        tags.map(({ tag }) => tag),
        goes,
      );
      // amd is in an index that stays, the shared image in another.
      const gone = [made.oldIndex, made.old, made.arm, made.signature, made.tags[made.tagOf(made.oldIndex)]];
      assert.deepEqual(digests.map(({ digest }) => digest).sort(), gone.map(({ digest }) => digest).sort());
      const amd = plan.digests.find(({ digest }) => digest === made.tags['1.0-amd64'].digest);
      assert.deepEqual([amd.action, amd.tags], ['keep', ['1.0-amd64']]);
      assert.equal(amd.neededBy.length, 1);
      const tag = (name) => plan.tags.find((one) => one.tag === name);
      assert.deepEqual(tag('pr-2').reasons, ['keep.tags']);
      assert.deepEqual(tag('1.0').reasons, ['remove.tags']);
      assert.ok(plan.createdAt instanceof Date);
      // No rule depends on ages, so no config is read.
      assert.deepEqual([tag('pr-2').created, tag('pr-2').size > 0], [undefined, true]);
      assert.deepEqual(plan.policy, { remove: { tags: ['1.*', '/^pr-/'] }, keep: { tags: ['pr-2'] } });
      assert.equal(JSON.parse(JSON.stringify(plan)).tags.length, plan.tags.length);
      const sizes = gone.map(({ size, document: { config, layers = [] } }) => [
        size,
        ...[config, ...layers].filter((one) => one && one.digest !== base.descriptor.digest).map((one) => one.size),
      ]);
      const empties = (made.signature.document.config.size ?? 0) * 1;
      const sum = sizes.flat().reduce((total, size) => total + size, 0);
      // The signature's empty config is also that of the one that stays.
      assert.equal(plan.freed, sum - empties);

      const steps = [];
      const report = await plan.apply({ onProgress: (step) => steps.push(step) });
      assert.deepEqual(report.failed, []);
      assert.deepEqual([report.skipped, report.remaining], [[], []]);
      assert.deepEqual(report.removed.toSorted(), [...goes, ...gone.map(({ digest }) => digest)].sort());
      assert.equal(steps.length, report.removed.length);
      assert.deepEqual(
        [steps.at(-1).done, steps.at(-1).total, steps.at(-1).outcome],
        [steps.length, steps.length, 'removed'],
      );

      const left = await allComplete(server.url, 'clean/one', made.tags);
      assert.deepEqual(
        left,
        Object.keys(made.tags)
          .filter((name) => !goes.includes(name))
          .sort(),
      );
      for (const { digest } of gone) assert.equal(await isThere(server.url, 'clean/one', digest), false, digest);
      await pull(server.url, 'clean/one', made.kept.digest);

      const again = await plan.apply();
      assert.deepEqual([again.failed, again.skipped, again.remaining], [[], [], []]);
      const anew = await repository.planCleanup({ remove: { tags: ['1.*', /^pr-/] }, keep: { tags: ['pr-2'] } });
      assert.deepEqual(removed(anew), [[], []]);
    });

    test('what changed since the plan is left alone', LONG, async () => {
      const made = await filled(server.url, 'clean/two');
      const { tagAs, push } = pusher(server.url);
      const plan = await client.repository('clean/two').planCleanup({ remove: { tags: ['1.0*', 'pr-2'] } });
      // One tag moves, and a new index needs what the old one had.
      await tagAs('clean/two', made.tags['pr-1'], 'pr-2');
      const newcomer = index([made.arm]);
      await push('clean/two', newcomer, 'new');
      const report = await plan.apply();
      assert.deepEqual(report.failed, []);
      const skipped = Object.fromEntries(report.skipped.map(({ what, why }) => [what, why]));
      assert.match(skipped['pr-2'], new RegExp(made.tags['pr-1'].digest));
      assert.ok(skipped[made.arm.digest], JSON.stringify(report));
      const tags = { ...made.tags, new: newcomer, 'pr-2': made.tags['pr-1'] };
      const left = await allComplete(server.url, 'clean/two', tags);
      assert.ok(left.includes('new') && left.includes('pr-2') && !left.includes('1.0'));
    });

    test('killed in the middle, and done again', LONG, async () => {
      const policy = { keep: { newest: 1 }, remove: { tags: ['v*'] } };
      const images = Array.from({ length: 7 }, (_, number) => imageOf(`v${number}`, day(1 + number)));
      const tags = Object.fromEntries(images.map((one, number) => [`v${number}`, number % 2 ? one : index([one])]));
      tags.twin = tags.v2;
      for (const deletions of [1, 2, 4]) {
        const repository = `clean/killed-${deletions}`;
        await filled(server.url, repository, { tags, signature: images[0] });
        const child = spawn(
          process.execPath,
          [
            fileURLToPath(new URL('cleanup-killed.mjs', import.meta.url)),
            server.url,
            repository,
            JSON.stringify(policy),
            deletions,
          ],
          { env: { ...process.env, PACKED_PACKAGE: packedFolder }, stdio: 'inherit' },
        );
        const [, signal] = await new Promise((resolve) => child.once('exit', (...how) => resolve(how)));
        assert.equal(signal, 'SIGKILL');
        // distribution goes on with what it was asked for: first the manifest goes, then its tags.
        const areThere = async () => {
          const tags = await tagsOf(server.url, repository);
          return (await Promise.all(tags.map((tag) => isThere(server.url, repository, tag)))).every(Boolean);
        };
        for (let tries = 0; tries < 100 && !(await areThere()); tries += 1) await sleep(50);
        const between = await tagsOf(server.url, repository);
        assert.ok(between.includes('v6') && between.includes('twin'), between.join());
        for (const tag of between) {
          const digest = await pull(server.url, repository, tag);
          // Of an untag() that was killed the throw-away may stand there; the next one ends that.
          if (tag !== 'v2') assert.equal(digest, tags[tag].digest, tag);
        }
        const report = await (
          await client.repository(repository).planCleanup({ ...policy, keep: { tags: ['v6'] } })
        ).apply();
        assert.deepEqual([report.failed, report.remaining], [[], []]);
        assert.deepEqual(await allComplete(server.url, repository, tags), ['twin', 'v6']);
      }
    });

    test('policies that are none', SOON, async () => {
      const repository = client.repository('clean/none');
      for (const [policy, message] of [
        [undefined, /^policy/],
        [{}, /^policy\.remove: /],
        [{ keep: { newest: 3 } }, /^policy\.remove: /],
        [{ remove: {} }, /^policy\.remove: /],
        [{ remove: { tags: [] } }, /^policy\.remove: /],
        [{ remove: { tags: '*' } }, /^policy\.remove\.tags: /],
        [{ remove: { tags: [1] } }, /^policy\.remove\.tags\[0\]: /],
        [{ remove: { olderThan: 'yesterday' } }, /^policy\.remove\.olderThan: "yesterday"/],
        [{ remove: { olderThan: -1 } }, /^policy\.remove\.olderThan: /],
        [{ remove: { olderThan: 30 } }, /^policy\.remove\.olderThan: .* write "30d" for days/],
        [{ remove: { olderThan: new Date(NaN) } }, /^policy\.remove\.olderThan: /],
        [{ remove: { tag: ['*'] } }, /^policy\.remove\.tag: .*"tags"/],
        [{ remove: { tags: ['*'] }, keep: { newest: 1.5 } }, /^policy\.keep\.newest: /],
        [{ remove: { tags: ['*'] }, keep: { semver: {} } }, /^policy\.keep\.semver: /],
        [{ remove: { tags: ['*'] }, keep: { semver: { highest: 1, per: 'patch' } } }, /^policy\.keep\.semver\.per: /],
        [{ remove: { tags: ['*'] }, untagged: 'no' }, /^policy\.untagged: /],
        // What came out undefined must not turn into no limit.
        [{ remove: { tags: ['*'] }, keep: undefined }, /^policy\.keep: undefined/],
        [{ remove: { tags: ['*'], olderThan: undefined } }, /^policy\.remove\.olderThan: undefined/],
      ]) {
        await refused(
          () => repository.planCleanup(policy),
          { code: 'INVALID_ARGUMENT', message },
          JSON.stringify(policy),
        );
      }
    });
  });
}

test('where nothing is deleted, nothing is changed', LONG, async () => {
  const server = await startDistribution({ settings: { storage: { delete: { enabled: false } } } });
  try {
    const made = await filled(server.url, 'clean/off');
    const repository = new DockerRegistryClient(server.url).repository('clean/off');
    for (const remove of [{ tags: ['pr-2'] }, { tags: ['pr-1'] }, { tags: ['*'] }]) {
      const plan = await repository.planCleanup({ remove });
      assert.ok(removed(plan)[0].length > 0);
      const error = await refused(() => plan.apply(), 'UNSUPPORTED');
      assert.match(error.message, /storage\.delete\.enabled/);
      assert.deepEqual(await allComplete(server.url, 'clean/off', made.tags), Object.keys(made.tags).sort());
    }
  } finally {
    await server.stop();
  }
});

test('an abort between deletions leaves the rest, and is no report', LONG, async () => {
  const server = await startDistribution();
  try {
    const images = Array.from({ length: 14 }, (_, number) => imageOf(`a${number}`, day(1 + number)));
    const tags = Object.fromEntries(images.map((one, number) => [`a${number}`, one]));
    await filled(server.url, 'clean/abort', { tags, signature: images[0] });
    const plan = await new DockerRegistryClient(server.url)
      .repository('clean/abort')
      .planCleanup({ remove: { tags: ['*'] } });
    const controller = new AbortController();
    const reason = new Error('enough');
    const gone = [];
    const onProgress = ({ done, what, outcome }) => {
      if (outcome === 'removed') gone.push(what);
      if (done >= 4) controller.abort(reason);
    };
    await assert.rejects(plan.apply({ signal: controller.signal, onProgress }), (thrown) => thrown === reason);
    // The registry still works on what it was asked for.
    await throughWith(server.url, 'clean/abort');
    const left = await allComplete(server.url, 'clean/abort', tags);
    // What was told is done; of the eight that were on their way nobody knows; the rest was not begun.
    assert.ok(gone.length >= 4 && gone.every((what) => !left.includes(what)), gone.join());
    assert.ok(left.length >= 14 - gone.length - 8 && left.length <= 14 - 2, left.join());
    const report = await plan.apply();
    assert.equal(report.removed.length, 28);
    assert.ok(!report.failed.some(isRegistryError));
    assert.deepEqual(await tagsOf(server.url, 'clean/abort'), []);
  } finally {
    await server.stop();
  }
});
