// inventory() and usage(): what repositories hold, on real registries, compared with what was pushed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { attestation, image, index, layer } from '../../../www/registry/content.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { fillV1, v1Samples } from '../../registries/v1-images.mjs';
import { startV1 } from '../../registries/v1-server.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, listOf, realRegistries, refused } from '../support/support.mjs';

const shared = layer([{ path: 'shared', content: 'of all' }]);
const imageOf = (name, created, options) =>
  image(
    [
      { run: 'COPY shared /', layer: shared },
      { run: `COPY ${name} /`, layer: layer([{ path: name, content: name }]) },
    ],
    {
      created,
      ...options,
    },
  );

const march = imageOf('march', '2026-03-01T00:00:00Z');
const may = imageOf('may', '2026-05-01T00:00:00Z');
const arm = imageOf('april-arm', '2026-04-02T00:00:00Z', { platform: 'linux/arm64' });
const april = index([imageOf('april', '2026-04-01T00:00:00Z'), arm, attestation(arm)]);
const undated = ['1', '2'].map((name) => imageOf(`undated-${name}`, '1970-01-01T00:00:00Z'));

const CONTENT = {
  'team/web': { 1.9: march, '1.10': may, latest: may, dev: april },
  'team/same': { stable: may, newest: may },
  'team/multi': { only: april },
  'team/undated': { a: undated[0], b: undated[1] },
  solo: { only: march },
};
const TAGLESS = 'team/tagless';
const DENIED = '{"errors":[{"code":"DENIED","message":"no"}]}';

/** Every piece of content once, by digest. */
function sizesOf(roots, sizes = new Map()) {
  for (const { digest, bytes, blobs, children } of roots) {
    sizes.set(digest, bytes.length);
    for (const { descriptor } of blobs) sizes.set(descriptor.digest, descriptor.size);
    sizesOf(children, sizes);
  }
  return sizes;
}
const sizeOf = (roots) => [...sizesOf(roots).values()].reduce((sum, size) => sum + size, 0);
const created = (text) => new Date(text);

const expected = (name, newest, tags = CONTENT[name]) => ({
  name,
  tags: Object.keys(tags).length,
  ...(newest && { newest }),
  size: sizeOf(Object.values(tags)),
  unread: [],
});
const EXPECTED = [
  expected('team/web', { tag: '1.10', digest: may.digest, created: created('2026-05-01') }),
  expected('team/same', { tag: 'newest', digest: may.digest }),
  expected('team/multi', { tag: 'only', digest: april.digest }),
  expected('team/undated'),
  expected('solo', { tag: 'only', digest: march.digest }),
  expected(TAGLESS, undefined, {}),
];
const sorted = (entries) => entries.toSorted((a, b) => (a.name < b.name ? -1 : 1));

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let requests;
    let client;
    /** Others have an empty list for a repository that does not exist. */
    const knowsNames = registryName.startsWith('distribution');
    before(async () => {
      server = await start();
      const { push } = pusher(server.url);
      for (const [name, tags] of Object.entries(CONTENT)) {
        for (const [tag, one] of Object.entries(tags)) await push(name, one, tag);
      }
      await push(TAGLESS, march, march.digest);
      requests = [];
      client = connect();
    }, SOON);
    after(() => server.stop());

    const connect = (options) =>
      new DockerRegistryClient(server.url, {
        onRequest: ({ method, url }) => requests.push(`${method} ${url}`),
        ...options,
      });
    const counted = async (call) => {
      requests.length = 0;
      const result = await call();
      return [result, requests.length];
    };

    test('the inventory of all repositories', SOON, async () => {
      const inventory = connect().inventory();
      const [entries, made] = await counted(() => listOf(inventory));
      assert.deepEqual(sorted(entries), sorted(EXPECTED));
      const all = Object.values(CONTENT).flatMap(Object.values);
      assert.deepEqual(inventory.totals, {
        repositories: EXPECTED.length,
        failed: 0,
        tags: all.length,
        size: sizeOf(all),
      });
      // The catalog, the tags of each repository, each tag, the three entries of the index once; and the configs of images that
      // are compared: march, may, april's image (whose manifest may have been read in another repository), and two undated ones.
      assert.ok(made <= 1 + EXPECTED.length + all.length + 3 + 1 + 5, requests.join('\n'));
      assert.equal(new Set(requests).size, made, 'nothing is asked for twice');
    });

    test('usage() of one repository', SOON, async () => {
      for (const entry of EXPECTED) {
        if (entry.name === TAGLESS) continue;
        assert.deepEqual(await client.repository(entry.name).usage(), entry);
      }
      if (knowsNames) await refused(() => client.repository('no/such').usage(), { code: 'NAME_UNKNOWN', status: 404 });
    });

    test('fewer requests with less to know', SOON, async () => {
      const usage = (name, options) => counted(() => connect().repository(name).usage(options));
      const [bare, one] = await usage('team/web', { sizes: false, dates: false });
      assert.deepEqual([bare, one], [{ name: 'team/web', tags: 4, unread: [] }, 1]);
      const [single, alone] = await usage('solo', { sizes: false });
      assert.deepEqual([single, alone], [{ name: 'solo', tags: 1, newest: { tag: 'only' }, unread: [] }, 1]);
      const [dated, three] = await usage('solo', { sizes: false, dates: true });
      assert.deepEqual(dated.newest, { tag: 'only', digest: march.digest, created: created('2026-03-01') });
      assert.equal(three, 3);
      const [cheap, some] = await usage('team/web', { sizes: false });
      assert.deepEqual(cheap, { name: 'team/web', tags: 4, newest: EXPECTED[0].newest, unread: [] });
      // The tags, four manifests, the index's image, three configs.
      assert.ok(some <= 9, requests.join('\n'));
      const [sized] = await usage('team/web', { dates: false });
      assert.deepEqual(sized, { name: 'team/web', tags: 4, size: EXPECTED[0].size, unread: [] });
    });

    test('some of the repositories', SOON, async () => {
      const names = async (options) =>
        (await listOf(client.inventory({ sizes: false, dates: false, ...options }))).map(({ name }) => name).sort();
      assert.deepEqual(
        await names({ namespace: 'team' }),
        EXPECTED.map(({ name }) => name)
          .filter((name) => name !== 'solo')
          .sort(),
      );
      assert.deepEqual(await names({ namespace: 'library' }), ['solo']);
      assert.deepEqual(await names({ filter: 'team/m*' }), ['team/multi']);
      assert.deepEqual(await names({ filter: /^solo$|same/ }), ['solo', 'team/same']);
      assert.deepEqual(await names({ namespace: 'team', filter: '*lo*' }), []);
      assert.deepEqual((await names({ concurrency: 1 })).length, EXPECTED.length);
    });

    test('progress, with the total from the beginning', SOON, async () => {
      const seen = [];
      const inventory = client.inventory({ onProgress: (progress) => seen.push(progress) });
      const { value } = await inventory.next();
      assert.equal(inventory.totals.repositories >= 1, true, value.name);
      await listOf(inventory);
      assert.deepEqual(seen[0], { done: 0, total: EXPECTED.length });
      assert.deepEqual(
        seen.map(({ done }) => done),
        seen.map((_, at) => at),
      );
      assert.deepEqual(seen.at(-1), { done: EXPECTED.length, total: EXPECTED.length });
    });

    test('a repository that fails, and a manifest that does', SOON, async () => {
      const faulty = (isBad, status) =>
        connect({
          retry: false,
          fetch: async (input, init) => {
            const url = String(input.url ?? input);
            if (isBad(url)) return new Response(status === 403 ? DENIED : 'broken', { status });
            return fetch(input, init);
          },
        });
      const denied = faulty((url) => url.includes('team/same/tags/list'), 403).inventory();
      const [failed] = (await listOf(denied)).filter(({ error }) => error);
      assert.deepEqual([failed.name, failed.error.code, failed.error.status], ['team/same', 'DENIED', 403]);
      assert.deepEqual(Object.keys(failed), ['name', 'error']);
      assert.equal(denied.totals.failed, 1);
      assert.equal(denied.totals.repositories, EXPECTED.length);

      const broken = faulty((url) => url.endsWith('team/web/manifests/1.9'), 500);
      const usage = await broken.repository('team/web').usage();
      assert.deepEqual(
        usage.unread.map(({ name }) => name),
        ['1.9'],
      );
      assert.equal(usage.tags, 4);
      assert.equal(usage.size, sizeOf([may, april]));
      const child = faulty((url) => url.endsWith(arm.digest), 500);
      const partial = await child.repository('team/multi').usage();
      assert.deepEqual(
        partial.unread.map(({ name }) => name),
        [arm.digest],
      );
      const config = faulty((url) => url.includes('team/web/blobs/'), 500);
      const ageless = await config.repository('team/web').usage();
      assert.deepEqual([ageless.newest, ageless.size, ageless.unread.length], [undefined, EXPECTED[0].size, 3]);

      const limited = faulty((url) => url.includes('team/same/'), 429).inventory();
      await refused(() => listOf(limited), { status: 429 });
      await refused(() => listOf(faulty((url) => url.includes('_catalog'), 403).inventory()), { status: 403 });
    });

    test('leaving the loop and aborting end all requests', SOON, async () => {
      for await (const { name } of client.inventory()) {
        assert.ok(name);
        break;
      }
      const reason = new Error('enough');
      const controller = new AbortController();
      const inventory = client.inventory({ signal: controller.signal });
      await inventory.next();
      controller.abort(reason);
      await assert.rejects(listOf(inventory), reason);
      await assert.rejects(client.repository('team/web').usage({ signal: controller.signal }), reason);
    });

    test('bad input', SOON, async () => {
      for (const [options, message] of [
        [{ sizes: 'no' }, /^options\.sizes: true or false is needed/],
        [{ dates: 1 }, /^options\.dates: true or false is needed/],
        [{ size: true }, /did you mean "sizes"/],
      ]) {
        await refused(() => client.repository('solo').usage(options), { code: 'INVALID_ARGUMENT', message });
        await refused(() => client.inventory(options), { code: 'INVALID_ARGUMENT', message });
      }
      for (const [options, message] of [
        [{ namespace: 7 }, /^options\.namespace: a string/],
        [{ filter: 7 }, /^options\.filter: a string or a regular expression/],
        [{ concurrency: 0 }, /^options\.concurrency: a whole number from 1 to 1024/],
        [{ concurrency: 1025 }, /^options\.concurrency/],
        [{ onProgress: true }, /^options\.onProgress: a function/],
        ['team', /^options: an object/],
      ]) {
        await refused(() => client.inventory(options), { code: 'INVALID_ARGUMENT', message });
      }
    });

    test('a repository without tags has none', SOON, async () => {
      assert.deepEqual(await client.repository(TAGLESS).tags(), []);
      assert.deepEqual(await listOf(client.repository(TAGLESS).eachTag()), []);
      assert.deepEqual(await listOf(client.repository(TAGLESS).describeTags()), []);
      assert.deepEqual(await client.repository(TAGLESS).usage(), EXPECTED.at(-1));
      for (const name of !knowsNames ? [] : ['team/tagles', 'team/tagless0', 'team/tagless/x', 'tagless']) {
        await refused(() => client.repository(name).tags(), { code: /NAME_UNKNOWN|NOT_FOUND/, status: 404 });
      }
    });
  });
}

test('a V1 registry', { timeout: 120_000 }, async (t) => {
  const server = await startV1();
  t.after(() => server.stop());
  await fillV1(server);
  const client = new DockerRegistryClient(server.url);
  const inventory = client.inventory();
  const entries = await listOf(inventory);
  assert.deepEqual(entries.map(({ name }) => name).sort(), Object.keys(v1Samples).sort());
  for (const { name, tags, size, error } of entries) {
    assert.equal(error, undefined, name);
    assert.equal(tags, Object.keys(v1Samples[name]).length);
    const layers = new Map();
    for (const tag of await client.repository(name).tags()) {
      for (const layer of (await client.repository(name).image(tag)).layers) layers.set(layer.id, layer.size);
    }
    const sizes = [...layers.values()];
    assert.equal(size, sizes.includes(undefined) ? undefined : sizes.reduce((sum, one) => sum + one, 0), name);
  }
  assert.equal(inventory.totals.tags, Object.values(v1Samples).flatMap(Object.keys).length);
});
