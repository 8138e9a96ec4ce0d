// describeTags(): many tags on real registries, and on one that counts what it is asked.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { digestOf, image, index, layer } from '../../../www/registry/content.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { content, error, json, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient, isRegistryError } from '../support/packed.mjs';
import { SOON, listOf, realRegistries, refused } from '../support/support.mjs';

const imageOf = (name, created, options) =>
  image([{ run: `COPY ${name} /`, layer: layer([{ path: name, content: name }]) }], { created, ...options });

const march = imageOf('march', '2026-03-01T00:00:00Z');
const may = imageOf('may', '2026-05-01T00:00:00Z');
const april = index([
  imageOf('april', '2026-04-01T00:00:00Z'),
  imageOf('april-arm', '2026-04-02T00:00:00Z', { platform: 'linux/arm64' }),
]);
const tags = { '1.9': march, '1.10': may, '1.10-rc1': april, latest: may, dev: april };

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let repository;
    let requests;
    before(async () => {
      server = await start();
      const { push } = pusher(server.url);
      for (const [tag, one] of Object.entries(tags)) await push('team/web', one, tag);
      requests = [];
      const client = new DockerRegistryClient(server.url, { onRequest: (request) => requests.push(request) });
      repository = client.repository('team/web');
    }, SOON);
    after(() => server.stop());

    test('every tag as data() tells it, in every order', SOON, async () => {
      for (const [order, expected] of Object.entries({
        version: ['1.10', '1.10-rc1', '1.9', 'dev', 'latest'],
        name: ['1.10', '1.10-rc1', '1.9', 'dev', 'latest'],
        newest: undefined,
        undefined: undefined,
      })) {
        const entries = await listOf(repository.describeTags(order === 'undefined' ? {} : { order }));
        const names = entries.map(({ tag }) => tag);
        if (expected) assert.deepEqual(names, expected, order);
        assert.deepEqual(names.toSorted(), Object.keys(tags).sort());
        for (const entry of entries) assert.deepEqual(entry, await repository.data(entry.tag));
        if (order === 'newest') {
          const dates = entries.map(({ created }) => created.getTime());
          assert.deepEqual(
            dates,
            dates.toSorted((a, b) => b - a),
          );
        }
      }
      const [only] = await listOf(repository.describeTags({ tags: ['dev'] }));
      assert.equal(only.digest, april.digest);
      assert.equal(only.platforms.length, 2);
    });

    test('what is known is asked for by HEAD alone', SOON, async () => {
      await listOf(repository.describeTags());
      requests = [];
      await listOf(repository.describeTags());
      const asked = requests.filter(({ url }) => !url.includes('/tags/list'));
      assert.deepEqual([...new Set(asked.map(({ method }) => method))], ['HEAD']);
      assert.equal(asked.length, Object.keys(tags).length);
    });

    test('a tag that is not there is an entry with an error', SOON, async () => {
      const entries = await listOf(repository.describeTags({ tags: ['gone', '1.9'], order: 'version' }));
      assert.equal(entries[0].digest, march.digest);
      assert.equal(entries[0].error, undefined);
      assert.deepEqual(Object.keys(entries[1]).sort(), ['error', 'tag']);
      assert.ok(isRegistryError(entries[1].error) && entries[1].error.status === 404);
    });

    test('progress, with the total from the beginning', SOON, async () => {
      for (const options of [{}, { order: 'newest' }, { tags: ['latest', 'dev'] }]) {
        const seen = [];
        const entries = await listOf(
          repository.describeTags({ ...options, onProgress: (progress) => seen.push(progress) }),
        );
        const total = entries.length;
        assert.deepEqual(
          seen,
          Array.from({ length: total + 1 }, (_, done) => ({ done, total })),
        );
      }
      await refused(() => repository.describeTags({ onProgress: 1 }), 'INVALID_ARGUMENT');
    });

    test('wrong arguments', SOON, async () => {
      for (const options of [
        { order: 'newest first' },
        { order: 1 },
        { tags: 'a' },
        { tags: [1] },
        { oder: 'name' },
        7,
      ]) {
        await refused(() => repository.describeTags(options), 'INVALID_ARGUMENT', JSON.stringify(options));
      }
      await refused(() => repository.describeTags({ tags: ['a/b'] }), 'INVALID_REFERENCE');
    });
  });
}

describe('five thousand tags', () => {
  const names = Array.from({ length: 5000 }, (_, number) => `1.${Math.floor(number / 100)}.${number % 100}`);
  const images = Array.from({ length: 40 }, (_, number) =>
    imageOf(`n${number}`, new Date(Date.UTC(2026, 0, 1 + number)).toISOString()),
  );
  const byTag = new Map(names.map((name, at) => [name, images[at % images.length]]));
  const of = (tag) => byTag.get(tag);
  let server;
  let list;
  before(async () => {
    list = { name: 'a/b', tags: names };
    const byDigest = new Map(images.flatMap((one) => [one, ...one.blobs].map((part) => [digestOf(part.bytes), part])));
    server = await startScripted((request, response) => {
      const path = request.url.split('?', 1)[0];
      const reference = path.slice(path.lastIndexOf('/') + 1);
      if (path === '/v2/') return json({})(request, response);
      if (path.endsWith('/tags/list')) return json(list)(request, response);
      const found = byDigest.get(reference) ?? of(reference);
      if (!found) return error(404, 'MANIFEST_UNKNOWN')(request, response);
      return content(found, { 'docker-content-digest': digestOf(found.bytes) })(request, response);
    });
  });
  after(() => server.stop());
  const client = () => new DockerRegistryClient(server.url);

  test('one manifest and one config for a digest; the highest version soon', { timeout: 60_000 }, async (context) => {
    server.requests.length = 0;
    const begun = performance.now();
    let first;
    const entries = [];
    for await (const entry of client().repository('a/b').describeTags({ order: 'version' })) {
      first ??= [entry.tag, performance.now() - begun, server.requests.length];
      entries.push(entry);
    }
    const time = performance.now() - begun;
    assert.equal(entries.length, names.length);
    assert.deepEqual([entries[0].tag, entries.at(-1).tag, first[0]], ['1.49.99', '1.0.0', '1.49.99']);
    for (const { tag, digest } of entries) assert.equal(digest, of(tag).digest);
    const count = (method, part) =>
      server.requests.filter((one) => one.method === method && one.url.includes(part)).length;
    assert.equal(count('GET', '/blobs/'), images.length);
    assert.ok(count('GET', '/manifests/') < 300, `${count('GET', '/manifests/')} GETs of manifests`);
    assert.ok(server.requests.length < names.length + 300);
    // Two requests for each tag of the window, and not for all.
    assert.ok(first[2] < 400, `${first[2]} requests until the first`);
    assert.ok(server.mostOpen <= 64);
    context.diagnostic(
      `${server.requests.length} requests, ${count('GET', '/manifests/')} of them GETs of manifests, ${Math.round(time)} ms; first after ${Math.round(first[1])} ms`,
    );
  });

  test('digests and dates that the list tells', { timeout: 60_000 }, async (context) => {
    const manifests = images.map((one, number) => [
      one.digest,
      {
        imageSizeBytes: '1',
        mediaType: one.mediaType,
        timeCreatedMs: `${Date.UTC(2026, 0, 1 + number)}`,
        timeUploadedMs: '1',
        tag: names.filter((_, at) => at % images.length === number),
      },
    ]);
    list = { ...list, child: [], manifest: Object.fromEntries(manifests) };
    server.requests.length = 0;
    const begun = performance.now();
    const entries = await listOf(client().repository('a/b').describeTags({ order: 'newest' }));
    context.diagnostic(`${server.requests.length} requests, ${Math.round(performance.now() - begun)} ms`);
    assert.equal(entries.length, names.length);
    assert.equal(entries[0].digest, images.at(-1).digest);
    assert.equal(entries.at(-1).digest, images[0].digest);
    // Without a Link a list of so round a length may have been cut: it is asked for once more.
    assert.equal(server.requests.length, 2 + 2 * images.length);
    list = { name: 'a/b', tags: names };
  });

  test('leaving early and aborting stop the requests', SOON, async () => {
    const settled = async () => {
      for (let before = -1; before !== server.requests.length; ) {
        before = server.requests.length;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      return server.requests.length;
    };
    server.requests.length = 0;
    for await (const entry of client().repository('a/b').describeTags({ order: 'name' })) {
      assert.equal(entry.tag, '1.0.0');
      break;
    }
    assert.ok((await settled()) < 300);
    assert.equal(server.open, 0);

    const controller = new AbortController();
    const reason = new Error('enough');
    const tagsSeen = [];
    await assert.rejects(
      async () => {
        for await (const { tag } of client().repository('a/b').describeTags({ signal: controller.signal })) {
          if (tagsSeen.push(tag) === 10) controller.abort(reason);
        }
      },
      (thrown) => thrown === reason,
    );
    assert.equal(tagsSeen.length, 10);
    await settled();
    assert.equal(server.open, 0);
  });
});
