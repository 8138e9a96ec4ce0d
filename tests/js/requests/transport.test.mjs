// What a client asks of a registry: how much at a time, how often the same, and what it tells of it.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { image, index, layer } from '../../../www/registry/content.mjs';
import { content, json, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient, transportFetch } from '../support/packed.mjs';
import { SOON, bytesOf } from '../support/support.mjs';

const images = Array.from({ length: 40 }, (_, number) =>
  image([{ run: `COPY ${number} /`, layer: layer([{ path: 'n', content: `${number}` }]) }]),
);
const list = index(images.slice(0, 2));

let server;
before(async () => {
  server = await startScripted();
});
after(() => server.stop());

/** Answers after so many milliseconds, so that requests meet: the more of them, the later. */
function scriptAll(pause = 15) {
  const slowly = (handler) => (request, response) => setTimeout(() => handler(request, response), pause);
  const script = { '/v2/a/b/manifests/list': slowly(content(list)) };
  for (const [number, one] of images.entries()) {
    script[`/v2/a/b/manifests/t${number}`] = slowly(content(one));
    script[`/v2/a/b/manifests/${one.digest}`] = slowly(content(one));
    for (const { bytes, descriptor } of one.blobs)
      script[`/v2/a/b/blobs/${descriptor.digest}`] = slowly(content({ bytes }));
  }
  Object.assign(server, { script, requests: [], mostOpen: 0 });
}
const tagsOf = (count) => Array.from({ length: count }, (_, number) => `t${number}`);
const counted = (part) => server.requests.filter(({ url }) => url.includes(part)).length;

for (const [options, limit] of [
  [{}, 40],
  [{ concurrency: 1 }, 1],
  [{ concurrency: 3 }, 3],
  [{ concurrency: 20 }, 20],
]) {
  test(`requests at a time with ${JSON.stringify(options)}`, SOON, async () => {
    scriptAll(limit > 3 ? 150 : 15);
    // How far the default grows depends on when the responses arrive.
    const least = options.concurrency ?? 7;
    const assertMost = () => assert.ok(server.mostOpen >= least && server.mostOpen <= limit, `${server.mostOpen}`);
    const repository = new DockerRegistryClient(server.url, options).repository('a/b');
    const opened = await Promise.all(tagsOf(40).map((tag) => repository.image(tag)));
    assert.deepEqual(
      opened.map(({ digest }) => digest),
      images.map(({ digest }) => digest),
    );
    assertMost();
    const all = await Promise.all(tagsOf(40).map((tag) => repository.data(tag)));
    assert.deepEqual(
      all.map(({ digest }) => digest),
      images.map(({ digest }) => digest),
    );
    assertMost();
  });
}

test('streams that a caller holds open block nobody', SOON, async () => {
  scriptAll();
  const repository = new DockerRegistryClient(server.url, { concurrency: 2 }).repository('a/b');
  const streams = [];
  for (const one of images.slice(0, 5)) streams.push(await repository.blob(one.layers[0].descriptor.digest));
  for (const [number, stream] of streams.entries())
    assert.ok(images[number].layers[0].bytes.equals(await bytesOf(stream)));
});

test('what has a digest is asked for once', SOON, async () => {
  scriptAll();
  const repository = new DockerRegistryClient(server.url).repository('a/b');
  for (let round = 0; round < 3; round += 1) {
    await repository.manifest(images[0].digest);
    await (await repository.image(images[0].digest)).getJson();
  }
  assert.equal(counted(images[0].digest), 1);
  assert.equal(counted(images[0].id), 1);
  assert.equal(counted('/v2/'), server.requests.length);
  assert.equal(server.requests.filter(({ url }) => url === '/v2/').length, 0, 'the version decides nothing');
});

test('a tag is asked for every time, what it leads to is not', SOON, async () => {
  scriptAll();
  const repository = new DockerRegistryClient(server.url).repository('a/b');
  for (let round = 0; round < 3; round += 1) assert.equal((await repository.image('list')).digest, images[0].digest);
  assert.equal(counted('manifests/list'), 3);
  assert.equal(counted(images[0].digest), 1);
  assert.equal(counted(images[0].id), 1);
  // A tag that moved is seen at once.
  server.script['/v2/a/b/manifests/list'] = content(images[5]);
  assert.equal((await repository.image('list')).digest, images[5].digest);
});

test('what the cache gave cannot be changed by whoever got it', SOON, async () => {
  scriptAll();
  const repository = new DockerRegistryClient(server.url).repository('a/b');
  const first = await repository.manifest(images[0].digest);
  first.bytes.fill(0);
  try {
    first.json.layers.length = 0;
  } catch {
    // Frozen is as good.
  }
  const second = await repository.manifest(images[0].digest);
  assert.ok(images[0].bytes.equals(second.bytes));
  assert.equal(second.json.layers.length, 1);
});

test('cacheBytes: 0 keeps nothing', SOON, async () => {
  scriptAll();
  const repository = new DockerRegistryClient(server.url, { cacheBytes: 0 }).repository('a/b');
  for (let round = 0; round < 3; round += 1) await repository.manifest(images[0].digest);
  assert.equal(counted(images[0].digest), 3);
});

test('cacheBytes: what was used longest ago goes first', SOON, async () => {
  scriptAll();
  const [one, two, three] = images
    .slice(0, 3)
    .map(({ layers }) => image([{ run: 'x', layer: layers[0] }], { annotations: { filler: 'x'.repeat(100_000) } }));
  for (const each of [one, two, three]) server.script[`/v2/a/b/manifests/${each.digest}`] = content(each);
  const repository = new DockerRegistryClient(server.url, { cacheBytes: 250_000 }).repository('a/b');
  for (const { digest } of [one, two, one, three, one]) await repository.manifest(digest);
  assert.equal(counted(one.digest), 1);
  await repository.manifest(two.digest);
  assert.equal(counted(two.digest), 2);
});

test('two registries, two repositories: nothing is shared', SOON, async () => {
  scriptAll();
  const client = new DockerRegistryClient(server.url);
  await client.repository('a/b').manifest(images[0].digest);
  server.script[`/v2/c/d/manifests/${images[0].digest}`] = content(images[0]);
  await client.repository('c/d').manifest(images[0].digest);
  assert.equal(counted(images[0].digest), 2, 'who may read a/b may not be allowed to read c/d');
});

test('onRequest tells of every attempt', SOON, async () => {
  scriptAll();
  const events = [];
  const client = new DockerRegistryClient(server.url, { onRequest: (event) => events.push(event) });
  await client.repository('a/b').manifest('t0');
  await client
    .repository('a/b')
    .tags()
    .catch(() => {});
  assert.deepEqual(
    events.map(({ method, status }) => [method, status]),
    [
      ['GET', 200],
      ['GET', 404],
    ],
  );
  assert.ok(events[0].url.endsWith('/v2/a/b/manifests/t0'));
  assert.ok(events.every(({ duration }) => duration >= 0 && duration < 10_000));
  assert.equal(events.length, server.requests.length);
  const dead = new DockerRegistryClient('127.0.0.1:1', { onRequest: (event) => events.push(event) });
  await dead.checkStatus().catch(() => {});
  assert.deepEqual([events.at(-1).status, events.at(-1).error], [undefined, 'NETWORK']);
});

test('headers and an injected fetch', SOON, async () => {
  scriptAll();
  const seen = [];
  const fetch = (...args) => {
    seen.push(args);
    return transportFetch(...args);
  };
  const client = new DockerRegistryClient(server.url, { fetch, headers: { 'X-Mine': 'yes', 'user-agent': 'me' } });
  await client.repository('a/b').manifest('t0');
  assert.equal(seen.length, 1);
  assert.ok(server.requests.every(({ headers }) => headers['x-mine'] === 'yes' && headers['user-agent'] === 'me'));
  assert.match(server.requests.at(-1).headers.accept, /vnd\.oci\.image\.index/);
  server.script['/v2/_catalog'] = json({ repositories: [] });
  await client.repositories();
  assert.doesNotMatch(server.requests.at(-1).headers.accept, /manifest/);
});
