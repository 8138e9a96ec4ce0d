// The V1 protocol on docker-registry 0.9.1: what a program written for V2 meets there.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { fillV1, v1Image, v1Samples } from '../../registries/v1-images.mjs';
import { startV1, startV1WithIndex } from '../../registries/v1-server.mjs';
import { credentials, startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, bytesOf, listOf, plain, refused } from '../support/support.mjs';

const tiny = v1Samples['acme/tiny'].latest;
const [top] = tiny.toReversed();
const ids = (images) => images.map(({ id }) => id);
const sizeOf = (images) => images.reduce((sum, { layer }) => sum + layer.length, 0);

describe('reading', () => {
  let server;
  let client;
  before(async () => {
    server = await startV1();
    await fillV1(server);
    client = new DockerRegistryClient(server.url);
  }, SOON);
  after(() => server.stop());

  test('the version is found out, and can be given', SOON, async () => {
    assert.equal(await client.apiVersion(), 1);
    await client.checkStatus();
    const seen = [];
    const told = new DockerRegistryClient(server.url, {
      apiVersion: 1,
      onRequest: ({ url }) => seen.push(new URL(url).pathname),
    });
    await told.checkStatus();
    assert.deepEqual(seen, ['/v1/_ping']);
  });

  test('repositories: a search for nothing finds them', SOON, async () => {
    const names = Object.keys(v1Samples).sort();
    assert.deepEqual((await listOf(client.catalog())).sort(), names);
    assert.deepEqual((await client.namespaces()).sort(), ['acme', 'library']);
    assert.deepEqual([...(await client.repositories('acme')).keys()].sort(), ['acme/large', 'acme/tiny']);
    assert.deepEqual([...(await client.repositories('library')).keys()], ['library/busybox']);
    const found = await client.search('tiny');
    assert.deepEqual(plain(found), [{ name: 'acme/tiny', description: '' }]);
    assert.deepEqual(await client.search('no such thing'), []);
  });

  test('tags', SOON, async () => {
    const repository = client.repository('acme/tiny');
    assert.deepEqual((await repository.tags()).sort(), ['1.0', 'latest', 'on-arm']);
    assert.deepEqual(await repository.tags({ filter: '1.*' }), ['1.0']);
    assert.deepEqual((await listOf(repository.eachTag())).sort(), ['1.0', 'latest', 'on-arm']);
    // Names without a namespace are in library.
    assert.deepEqual(await client.repository('busybox').tags(), ['latest']);
  });

  test('an image', SOON, async () => {
    const image = await client.repository('acme/tiny').image('latest');
    const { id, digest, verified, mediaType, size, created, platform, layers } = image;
    assert.deepEqual(
      [id, digest, verified, mediaType, size],
      [top.id, undefined, false, 'application/json', sizeOf(tiny)],
    );
    assert.deepEqual(
      [created, plain(platform)],
      [new Date('2015-04-03T10:20:30.123Z'), { os: 'linux', architecture: 'amd64' }],
    );
    const described = tiny.map((one) => ({
      mediaType: 'application/octet-stream',
      id: one.id,
      size: one.layer.length,
    }));
    assert.deepEqual(plain(layers), described);
    assert.equal(image.layers, layers);
    assert.ok(Object.isFrozen(layers) && Object.isFrozen(layers[0]));
    assert.deepEqual(await image.ancestry(), ids(tiny).toReversed());
    assert.deepEqual(plain(await image.getJson()), plain(top.document));
    assert.deepEqual(await image.getData('docker_version'), '1.5.0');
    assert.deepEqual(Object.keys((await image.getData('config')).Labels), ['__proto__']);
    assert.equal(await image.getData('nothing'), undefined);
    assert.deepEqual(
      plain(await image.history()),
      tiny.map(({ document }, at) => ({
        created: `${document.created.slice(0, 23)}Z`,
        createdBy: document.container_config.Cmd.join(' '),
        ...(document.author && { author: document.author }),
        emptyLayer: false,
        layer: described[at],
      })),
    );
    assert.match(await image.dockerfile(), /^ADD file:base.tar in \/\nRUN echo one > \/one\nCMD \["cat" "\/one"\]/);
  });

  test('an image by its id, and for a platform', SOON, async () => {
    const repository = client.repository('acme/tiny');
    assert.equal((await repository.image(top.id)).id, top.id);
    assert.deepEqual((await repository.image('on-arm', { platform: 'linux/arm' })).platform.architecture, 'arm');
    await refused(() => repository.image('on-arm', { platform: 'linux/amd64' }), 'NO_MATCHING_PLATFORM');
    // Without one that is named there is nothing to choose from, as of a single image of V2.
    assert.equal((await repository.image('on-arm')).platform.architecture, 'arm');
    await refused(() => repository.image('f'.repeat(64)), { code: 'NOT_FOUND', status: 404 });
    await refused(() => repository.image('no-such-tag'), { code: 'NOT_FOUND', status: 404, message: /Tag not found/ });
    await refused(() => client.repository('no/such').tags(), { code: 'NOT_FOUND', message: /Repository not found/ });
  });

  test('layers', SOON, async () => {
    const image = await client.repository('acme/tiny').image('latest');
    assert.ok(Buffer.from(await image.getLayer()).equals(top.layer));
    for (const [at, { id, layer }] of tiny.entries()) {
      assert.ok(Buffer.from(await image.getLayer(at)).equals(layer));
      assert.ok((await bytesOf(await image.layerStream(id))).equals(layer));
    }
    await refused(() => image.getLayer(3), 'INVALID_ARGUMENT');
    await refused(() => image.getLayer('f'.repeat(64)), 'INVALID_ARGUMENT');
    for (const id of ['../x', `sha256:${'f'.repeat(64)}`, ''])
      await refused(() => image.getLayer(id), 'INVALID_REFERENCE');
    const [large] = v1Samples['acme/large'].latest;
    const progress = [];
    const stream = await (await client.repository('acme/large').image('latest')).layerStream(0, {
      onProgress: (event) => progress.push(event),
    });
    assert.ok((await bytesOf(stream)).equals(large.layer));
    assert.deepEqual(plain(progress.at(-1)), { loaded: large.layer.length, total: large.layer.length });
  });

  test('a layer whose connection breaks goes on where it stopped', SOON, async () => {
    const [large] = v1Samples['acme/large'].latest;
    const ranges = [];
    // The first answer ends after a million bytes; the rest comes from the registry.
    const cut = async (url, init) => {
      const response = await fetch(url, init);
      if (!String(url).endsWith('/layer')) return response;
      const range = new Headers(init.headers).get('range');
      ranges.push([range, response.status, response.headers.get('content-range')]);
      if (range !== null) return response;
      const reader = response.body.getReader();
      let given = 0;
      const body = new ReadableStream({
        async pull(controller) {
          const { value } = await reader.read();
          const part = value.subarray(0, 1_000_000 - given);
          given += part.length;
          if (part.length > 0) controller.enqueue(part);
          if (given === 1_000_000) controller.error(new TypeError('the connection is lost'));
        },
      });
      return new Response(body, { status: response.status, headers: response.headers });
    };
    const client = new DockerRegistryClient(server.url, { fetch: cut, retry: { minDelay: 1 } });
    const image = await client.repository('acme/large').image('latest');
    assert.ok(Buffer.from(await image.getLayer()).equals(large.layer));
    const last = large.layer.length - 1;
    assert.equal(ranges.length, 2);
    assert.equal(ranges[1][1], 206);
    assert.match(ranges[1][0], new RegExp(`^bytes=\\d+-${last}$`));
  });

  test('tag data, one and many', SOON, async () => {
    const repository = client.repository('acme/tiny');
    const expected = {
      tag: '1.0',
      id: top.id,
      verified: false,
      mediaType: 'application/json',
      size: sizeOf(tiny),
      created: '2015-04-03T10:20:30.123Z',
      platforms: [{ os: 'linux', architecture: 'amd64' }],
    };
    const { tagJson, ...data } = plain(await repository.data('1.0'));
    assert.deepEqual(data, expected);
    const raw = await (await fetch(`${server.url}/v1/repositories/acme/tiny/tags/1.0/json`)).json();
    assert.deepEqual(tagJson, raw);
    const entries = await listOf(repository.describeTags({ order: 'newest' }));
    assert.deepEqual(entries.map(({ tag }) => tag).slice(-1), ['on-arm']);
    assert.deepEqual(plain(entries.find(({ tag }) => tag === '1.0')), { ...expected, tagJson });
    const [good, bad] = await listOf(repository.describeTags({ tags: ['latest', 'nope'], order: 'name' }));
    assert.deepEqual([good.id, bad.error.code], [top.id, 'NOT_FOUND']);
  });

  test('what was read of images is kept', SOON, async () => {
    const seen = [];
    const client = new DockerRegistryClient(server.url, { onRequest: ({ url }) => seen.push(new URL(url).pathname) });
    await listOf(client.repository('acme/tiny').describeTags());
    assert.equal(new Set(seen.filter((path) => /^\/v1\/images\/.*\/json$/.test(path))).size, 4);
    seen.length = 0;
    await client.repository('acme/tiny').image('latest');
    assert.deepEqual(
      seen.filter((path) => path.endsWith('/json')),
      [],
    );
  });

  test('what V1 has not is UNSUPPORTED, and named', SOON, async () => {
    const repository = client.repository('acme/tiny');
    const digest = `sha256:${'0'.repeat(64)}`;
    for (const [call, name] of [
      [() => repository.manifest('latest'), 'manifests'],
      [() => repository.headManifest('latest'), 'manifests'],
      [() => repository.image(digest), digest],
      [() => repository.blob(digest), 'blobs'],
      [() => repository.pushBlob(new Uint8Array(3)), 'blobs'],
      [() => repository.referrers(digest), 'referrers'],
      [() => repository.planCleanup({ remove: { tags: ['*'] } }), 'planCleanup'],
      [() => repository.createIndex('all', ['latest']), 'manifests'],
      [() => client.copy('acme/tiny:latest', 'acme/copy:1'), 'copy'],
      [async () => client.copy(await repository.image('latest'), 'acme/copy:1'), 'copy'],
    ]) {
      await refused(call, { code: 'UNSUPPORTED', message: new RegExp(`^${name}.*V1 protocol`) });
    }
  });
});

describe('changing', () => {
  let server;
  let repository;
  let client;
  before(async () => {
    server = await startV1();
    await fillV1(server, { 'acme/tiny': v1Samples['acme/tiny'] });
    client = new DockerRegistryClient(server.url);
    repository = client.repository('acme/tiny');
  }, SOON);
  after(() => server.stop());

  const idOf = async (tag) => (await fetch(`${server.url}/v1/repositories/acme/tiny/tags/${tag}`)).json();

  test('tags move by tag, id and image', SOON, async () => {
    await repository.tag('a', 'latest');
    assert.equal(await idOf('a'), top.id);
    const arm = await repository.image('on-arm');
    await repository.tag('a', arm);
    assert.equal(await idOf('a'), arm.id);
    await repository.tag('a', top.id, { ifMatch: arm.id });
    assert.equal(await idOf('a'), top.id);
    await refused(() => repository.tag('a', arm, { ifMatch: arm.id }), {
      code: 'CONFLICT',
      message: new RegExp(`points to ${top.id}`),
    });
    await refused(() => repository.tag('a', arm, { ifMatch: null }), 'CONFLICT');
    await refused(() => repository.tag({ from: arm, to: 'a', noClobber: true }), 'CONFLICT');
    await refused(() => repository.tag('a', arm, { ifMatch: 'x' }), 'INVALID_REFERENCE');
    await repository.tag({ from: top.id, to: 'a', noClobber: true });
    await repository.tag('a', 'latest', { ifMatch: arm.id });
    assert.equal(await idOf('a'), top.id);
    await refused(() => repository.tag('a', 'no-such-tag'), 'NOT_FOUND');
    await refused(() => repository.tag('a', 'f'.repeat(64)), { code: 'NOT_FOUND', message: /points to/ });
    // In V1 images are the registry's, not a repository's.
    await client.repository('other/place').tag('b', await repository.image('latest'));
    assert.deepEqual(await client.repository('other/place').tags(), ['b']);
    const elsewhere = new DockerRegistryClient(server.url).repository('acme/tiny');
    await refused(() => elsewhere.tag('a', arm), 'INVALID_ARGUMENT');
  });

  test('a tag goes alone', SOON, async () => {
    await repository.tag('gone', 'latest');
    await repository.untag('gone');
    const tags = await repository.tags();
    assert.ok(!tags.includes('gone') && tags.includes('latest'), tags.join());
    await refused(() => repository.untag('gone'), { code: 'NOT_FOUND', message: /Tag not found/ });
  });

  test('images are put, from bytes, files and streams', SOON, async () => {
    const images = v1Image('new', [
      { run: 'base', files: [{ path: 'a', content: 'a' }] },
      { run: 'middle', files: [{ path: 'b', content: 'b' }] },
      { run: 'top', files: [{ path: 'c', content: 'c'.repeat(100_000) }] },
    ]);
    const made = client.repository('made/here');
    const [base, middle, last] = images;
    await refused(() => made.pushImage(middle.document, middle.layer), { status: 400, message: /non existing parent/ });
    assert.equal(await made.pushImage(base.document, base.layer), base.id);
    assert.equal(await made.pushImage(new Uint8Array(middle.json), new Blob([middle.layer])), middle.id);
    const stream = new ReadableStream({
      start(controller) {
        for (let at = 0; at < last.layer.length; at += 50)
          controller.enqueue(new Uint8Array(last.layer.subarray(at, at + 50)));
        controller.close();
      },
    });
    await made.tag('latest', await made.pushImage(last.document, stream));
    const image = await made.image('latest');
    assert.deepEqual(await image.ancestry(), ids(images).toReversed());
    for (const [at, { layer }] of images.entries()) assert.ok(Buffer.from(await image.getLayer(at)).equals(layer));
    const response = await fetch(`${server.url}/v1/images/${last.id}/json`);
    assert.equal(response.headers.get('x-docker-checksum-payload'), last.checksum);
    assert.ok(Buffer.from(await response.arrayBuffer()).equals(last.json));
    assert.ok((await client.search('here')).some(({ name }) => name === 'made/here'));
    // The same again is nothing new; another one under that id is refused.
    assert.equal(await made.pushImage(base.document, base.layer), base.id);
    await refused(() => made.pushImage({ ...base.document, comment: 'another' }, base.layer), 'CONFLICT');
  });

  test('an image that was left half done is put whole', SOON, async () => {
    const [image] = v1Image('half', [{ run: 'half', files: [{ path: 'a', content: 'a' }] }]);
    const headers = { 'content-type': 'application/json' };
    await fetch(`${server.url}/v1/images/${image.id}/json`, { method: 'PUT', body: image.json, headers });
    const { status } = await fetch(`${server.url}/v1/images/${image.id}/json`);
    assert.equal(status, 400);
    assert.equal(await repository.pushImage(image.document, image.layer), image.id);
    assert.equal((await fetch(`${server.url}/v1/images/${image.id}/layer`)).status, 200);
  });

  test('a source that fails pushes nothing', SOON, async () => {
    const [image] = v1Image('broken', [{ run: 'broken', files: [] }]);
    const reason = new Error('the disk is gone');
    const stream = new ReadableStream({
      pull(controller) {
        controller.error(reason);
      },
    });
    const error = await refused(() => repository.pushImage(image.document, stream), 'SOURCE');
    assert.equal(error.cause, reason);
    assert.equal((await fetch(`${server.url}/v1/images/${image.id}/json`)).status, 404);
    for (const [json, layer, expected] of [
      [{}, image.layer, { code: 'INVALID_ARGUMENT', message: /^json: id: it is missing/ }],
      [{ id: '../x' }, image.layer, { code: 'INVALID_ARGUMENT', message: /^json: id: image id "\.\.\/x"/ }],
      [{ id: image.id, parent: 'x' }, image.layer, { code: 'INVALID_ARGUMENT', message: /^json: parent: / }],
      ['{}', image.layer, { code: 'INVALID_ARGUMENT', message: /^json: an object or a Uint8Array is needed/ }],
      [
        image.document,
        'text',
        { code: 'INVALID_ARGUMENT', message: /^layer: a Uint8Array, Blob or ReadableStream is needed/ },
      ],
      [image.document, undefined, { code: 'INVALID_ARGUMENT', message: /^layer: / }],
    ]) {
      await refused(() => repository.pushImage(json, layer), expected);
    }
  });

  test('a large layer is sent while it is read', SOON, async () => {
    const part = new Uint8Array(1 << 20).fill(7);
    const layer = Buffer.concat(Array.from({ length: 9 }, () => part));
    const [image] = v1Image('streamed', [{ run: 'streamed', files: [] }]);
    const streams = {
      whole: async function* () {
        for (let at = 0; at < 9; at += 1) yield part;
      },
      broken: async function* () {
        for (let at = 0; at < 9; at += 1) yield part;
        throw new Error('the disk is gone');
      },
    };
    const error = await refused(() => repository.pushImage(image.document, streams.broken()), 'SOURCE');
    assert.equal(error.cause.message, 'the disk is gone');
    assert.match(error.message, /is incomplete: call pushImage\(\) again$/);
    assert.equal((await fetch(`${server.url}/v1/images/${image.id}/json`)).status, 400, 'nobody gets half an image');
    await repository.tag('streamed', await repository.pushImage(image.document, streams.whole()));
    assert.ok(Buffer.from(await (await repository.image('streamed')).getLayer()).equals(layer));
  });

  test('a stream has to fit into memory where it cannot be sent', SOON, async () => {
    const [image] = v1Image('endless', [{ run: 'endless', files: [] }]);
    let cancelled = false;
    const mebibyte = new Uint8Array(1 << 20);
    const endless = new ReadableStream({
      pull: (controller) => controller.enqueue(mebibyte),
      cancel: () => {
        cancelled = true;
      },
    });
    // Of a fetch that is given it is not known whether it can send streams.
    const given = (...args) => fetch(...args);
    const repository = new DockerRegistryClient(server.url, { fetch: given }).repository('acme/tiny');
    await refused(() => repository.pushImage(image.document, endless), { code: 'TOO_LARGE', message: /268435456/ });
    assert.ok(cancelled);
    const large = { [Symbol.toStringTag]: 'Blob', size: 268_435_457, stream: () => new ReadableStream() };
    await refused(() => repository.pushImage(image.document, large), {
      code: 'TOO_LARGE',
      message: /it has 268435457 bytes/,
    });
    assert.equal((await fetch(`${server.url}/v1/images/${image.id}/json`)).status, 404);
  });

  test('a repository goes with all its tags', SOON, async () => {
    const gone = client.repository('to/delete');
    await gone.tag('one', top.id);
    await gone.tag('two', top.id);
    await gone.deleteRepository();
    await refused(() => gone.tags(), 'NOT_FOUND');
    await refused(() => gone.deleteRepository(), 'NOT_FOUND');
    assert.equal((await repository.image('latest')).id, top.id);
  });
});

describe('with an index that gives tokens', () => {
  let server;
  const [image] = v1Image('by token', [{ run: 'token', files: [{ path: 'a', content: 'a' }] }]);
  before(async () => {
    server = await startV1WithIndex();
    const authorization = `Basic ${btoa(`${credentials.username}:${credentials.password}`)}`;
    await fillV1(server, { 'acme/tiny': v1Samples['acme/tiny'] }, { authorization });
  }, SOON);
  after(() => server.stop());

  test('reading and writing', SOON, async () => {
    server.requests.length = 0;
    const client = new DockerRegistryClient(server.url, credentials);
    const repository = client.repository('acme/tiny');
    assert.deepEqual((await repository.tags()).sort(), ['1.0', 'latest', 'on-arm']);
    const found = await repository.image('latest');
    assert.ok(Buffer.from(await found.getLayer()).equals(top.layer));
    await repository.tag('again', found);
    assert.equal((await repository.data('again')).id, top.id);
    const made = client.repository('new/place');
    await made.tag('latest', await made.pushImage(image.document, image.layer));
    assert.deepEqual(await made.tags(), ['latest']);
    // The password goes to the index alone, and a token only to what it is for.
    for (const { method, url, authorization = '', cookie } of server.requests) {
      const isIndex = /^\/v1\/repositories\/[^/]+\/[^/]+\/(images)?$/.test(url);
      if (authorization.startsWith('Basic')) assert.ok(isIndex, `${method} ${url}`);
      if (authorization.startsWith('Token') && !isIndex) {
        const access = method === 'GET' ? 'read' : 'write';
        const [, namespace] = /repositories\/([^/]+)\//.exec(url) ?? ['', 'acme|new'];
        assert.match(
          authorization,
          new RegExp(`^Token signature=\\d+,repository="(${namespace})/.*",access=${access}$`),
        );
        assert.match(cookie, /^session=s\d+$/);
      }
    }
  });

  test('a token that is good no more is had anew', SOON, async () => {
    const repository = new DockerRegistryClient(server.url, credentials).repository('acme/tiny');
    await repository.tags();
    server.revoke();
    assert.ok((await repository.tags()).includes('latest'));
  });

  test('without credentials, and with wrong ones', SOON, async () => {
    for (const options of [undefined, { ...credentials, password: 'wrong' }]) {
      const client = new DockerRegistryClient(server.url, options);
      await refused(() => client.repository('acme/tiny').tags(), { code: 'AUTH_REQUIRED', status: 401 });
    }
  });

  test('what another host is said to have is asked for here', SOON, async () => {
    const seen = [];
    const elsewhere = await startV1WithIndex({ endpoints: 'evil.example.com, 10.0.0.1:5000' });
    try {
      const authorization = `Basic ${btoa(`${credentials.username}:${credentials.password}`)}`;
      await fillV1(elsewhere, { 'acme/tiny': v1Samples['acme/tiny'] }, { authorization });
      const onRequest = ({ url }) => seen.push(new URL(url).host);
      const client = new DockerRegistryClient(elsewhere.url, { ...credentials, onRequest });
      assert.equal((await client.repository('acme/tiny').image('latest')).id, top.id);
      assert.deepEqual([...new Set(seen)], [new URL(elsewhere.url).host]);
    } finally {
      await elsewhere.stop();
    }
  });

  test('the host that an index names is gone to where the user trusts it', SOON, async () => {
    // The index on one port, and what it names, the same registry, by another name.
    const { port } = new URL(server.url);
    const index = await startV1WithIndex({ endpoints: `localhost:${port}` });
    try {
      const seen = [];
      const onRequest = ({ url }) => seen.push(new URL(url).host);
      const options = { ...credentials, onRequest, trustedRealms: ['localhost'] };
      const authorization = `Basic ${btoa(`${credentials.username}:${credentials.password}`)}`;
      await fillV1(index, { 'acme/tiny': v1Samples['acme/tiny'] }, { authorization });
      // The named one does not know the token: that it was asked is what counts.
      await refused(() => new DockerRegistryClient(index.url, options).repository('acme/tiny').tags(), 'AUTH_REQUIRED');
      assert.ok(seen.includes(`localhost:${port}`), seen.join());
    } finally {
      await index.stop();
    }
  });
});

test('what only V1 has is UNSUPPORTED on V2, and named', SOON, async () => {
  const server = await startDistribution();
  try {
    const client = new DockerRegistryClient(server.url);
    const repository = client.repository('a/b');
    await refused(() => client.search('x'), { code: 'UNSUPPORTED', message: /^search\(\): .*catalog\(\)/ });
    await refused(() => repository.deleteRepository(), {
      code: 'UNSUPPORTED',
      message: /^deleteRepository\(\): .*untag\(\)/,
    });
    const json = { id: 'a'.repeat(64) };
    await refused(() => repository.pushImage(json, new Uint8Array(1)), {
      code: 'UNSUPPORTED',
      message: /^pushImage\(\): .*pushBlob\(\)/,
    });
  } finally {
    await server.stop();
  }
});
