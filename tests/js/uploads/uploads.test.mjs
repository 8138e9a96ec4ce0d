// Blobs pushed to real registries, read back by plain fetch and by skopeo; then the faults that no real registry shows.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { openAsBlob } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { digestOf, image, layer } from '../../../www/registry/content.mjs';
import { find } from '../../../www/registry/programs.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { noise } from '../../../www/registry/sample-images.mjs';
import { isOverHttp2 } from '../../registries/over-tls.mjs';
import { send, startScripted } from '../../registries/scripted.mjs';
import { credentials, startDistribution, startFerro, startTokenRegistry } from '../../registries/servers.mjs';
import { proxyTo } from '../../../www/server/proxy.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const CHUNK = 4 << 20;
const MIB = 1 << 20;
const octets = (bytes) => ({ mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length });

/** A stream of a blob in pieces; `state.cancelled` once somebody cancelled it. */
function streamOf(bytes, piece = 65_536) {
  let at = 0;
  const state = { cancelled: undefined };
  const stream = new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return controller.close();
      controller.enqueue(bytes.subarray(at, (at += piece)));
    },
    cancel(reason) {
      state.cancelled = { reason };
    },
  });
  return Object.assign(stream, { state });
}

/** Digest of what a registry has, by plain fetch. */
async function readBack(url, name, digest, headers = {}) {
  const response = await fetch(`${url}/v2/${name}/blobs/${digest}`, { headers });
  assert.equal(response.status, 200);
  const hash = createHash('sha256');
  for await (const chunk of response.body) hash.update(chunk);
  return `sha256:${hash.digest('hex')}`;
}

const basic = `Basic ${Buffer.from(`${credentials.username}:${credentials.password}`).toString('base64')}`;

const registries = {
  'distribution 2.8': async () => ({ ...(await startDistribution()), options: {}, headers: {} }),
  'distribution 2.8, basic': async () => ({
    ...(await startDistribution({ auth: 'basic' })),
    options: credentials,
    headers: { authorization: basic },
  }),
  // It has neither TLS nor HTTP/2.
  ...(!isOverHttp2 && { 'ferro (OCI 1.1)': async () => ({ ...(await startFerro()), options: {}, headers: {} }) }),
};

for (const [registryName, start] of Object.entries(registries)) {
  describe(registryName, () => {
    let server;
    let client;
    before(async () => {
      server = await start();
      client = new DockerRegistryClient(server.url, server.options);
    }, SOON);
    after(() => server.stop());
    const back = (name, digest) => readBack(server.url, name, digest, server.headers);

    for (const length of [0, 1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK]) {
      test(`${length} bytes, as bytes, Blob and stream`, SOON, async () => {
        const bytes = noise(length);
        const forms = {
          bytes: () => new Uint8Array(bytes),
          buffer: () => new Uint8Array(bytes).buffer,
          blob: () => new Blob([bytes]),
          file: () => new File([bytes], 'layer.tar'),
          stream: () => streamOf(bytes),
          iterable: () =>
            Readable.from(
              length === 0 ? [] : [bytes.subarray(0, 1), bytes.subarray(1)].filter((part) => part.length > 0),
            ),
          words: () => new Uint16Array(new Uint8Array(bytes).buffer, 0, length >> 1),
        };
        for (const [name, form] of Object.entries(forms)) {
          if (name === 'words' && length % 2 === 1) continue;
          const progress = [];
          const repository = client.repository(`by/${name}`);
          const pushed = await repository.pushBlob(form(), { onProgress: (one) => progress.push({ ...one }) });
          assert.deepEqual({ ...pushed }, octets(bytes), name);
          assert.equal(await back(`by/${name}`, pushed.digest), pushed.digest, name);
          assert.deepEqual(progress.at(-1), { digest: pushed.digest, loaded: length, total: length });
          const loaded = progress.map((one) => one.loaded);
          assert.deepEqual(
            loaded,
            loaded.toSorted((a, b) => a - b),
          );
        }
      });
    }

    test('chunks of any size', SOON, async () => {
      const bytes = noise(50_001);
      for (const chunkSize of [1000, 25_000, 25_001, 50_000, 50_001, 50_002]) {
        for (const data of [bytes, streamOf(bytes, 777)]) {
          const repository = client.repository(`chunks/of-${chunkSize}`);
          const pushed = await repository.pushBlob(data, { chunkSize, mediaType: 'text/x.one+two' });
          assert.deepEqual({ ...pushed }, { ...octets(bytes), mediaType: 'text/x.one+two' });
          assert.equal(await back(`chunks/of-${chunkSize}`, pushed.digest), pushed.digest);
          await repository.deleteBlob(pushed.digest).catch((error) => assert.equal(error.code, 'UNSUPPORTED'));
        }
      }
    });

    test('64 MiB, and one byte more', { timeout: 120_000 }, async () => {
      for (const length of [64 * MIB, 64 * MIB + 1]) {
        const bytes = Buffer.alloc(length, `${length} `);
        const pushed = await client.repository('big/blob').pushBlob(bytes);
        assert.deepEqual({ ...pushed }, octets(bytes));
        assert.equal(await back('big/blob', pushed.digest), pushed.digest);
      }
    });

    test('a file', SOON, async () => {
      const folder = await mkdtemp(join(tmpdir(), 'uploads-'));
      const bytes = noise(2 * CHUNK + 5);
      await writeFile(join(folder, 'layer'), bytes);
      const pushed = await client.repository('a/file').pushBlob(await openAsBlob(join(folder, 'layer')));
      await rm(folder, { recursive: true });
      assert.equal(await back('a/file', pushed.digest), digestOf(bytes));
    });

    test('what is there is not sent, nor a stream read', SOON, async () => {
      const requests = [];
      const onRequest = ({ method }) => requests.push(method);
      const repository = new DockerRegistryClient(server.url, {
        ...server.options,
        apiVersion: 2,
        onRequest,
      }).repository('by/bytes');
      const bytes = noise(CHUNK);
      await repository.pushBlob(bytes);
      assert.ok(
        requests.every((method) => method === 'HEAD'),
        requests.join(),
      );
      const stream = streamOf(bytes);
      await repository.pushBlob(stream, { digest: digestOf(bytes) });
      assert.ok(
        requests.every((method) => method === 'HEAD'),
        requests.join(),
      );
      assert.ok(stream.state.cancelled, 'a stream that nobody reads is let go of');
    });

    test('other bytes than announced', SOON, async () => {
      const digest = digestOf('other');
      const repository = client.repository('other/bytes');
      for (const data of [noise(10), new Blob([noise(10)]), streamOf(noise(3 * CHUNK))]) {
        await refused(() => repository.pushBlob(data, { digest }), 'DIGEST_MISMATCH');
      }
      assert.equal(await repository.headBlob(digest), undefined);
      assert.equal(await repository.headBlob(digestOf(noise(10))), undefined);
    });

    test('sha512', SOON, async () => {
      const bytes = noise(1000);
      const digest = `sha512:${createHash('sha512').update(bytes).digest('hex')}`;
      try {
        const pushed = await client.repository('long/digests').pushBlob(bytes, { digest });
        assert.deepEqual({ ...pushed }, { ...octets(bytes), digest });
      } catch (error) {
        // ferro knows one algorithm.
        assert.ok(registryName.startsWith('ferro') && error.code === 'DIGEST_INVALID', error.stack);
      }
    });

    test('mounted, and deleted', SOON, async () => {
      const { digest } = await client.repository('mount/from').pushBlob(noise(2000));
      const into = client.repository('mount/into');
      const mounted = await into.mountBlob(digest, 'mount/from');
      assert.equal(mounted, !registryName.startsWith('ferro'));
      if (mounted) assert.equal(await back('mount/into', digest), digest);
      assert.equal(await into.mountBlob(digestOf('nowhere'), 'mount/from'), false);
      assert.equal(await client.repository('mount/other').mountBlob(digest, 'not/there'), false);
      const from = client.repository('mount/from');
      await from.deleteBlob(digest);
      assert.equal(await from.headBlob(digest), undefined);
      if (mounted) assert.equal(await back('mount/into', digest), digest);
      await refused(() => from.deleteBlob(digest), { status: 404 });
    });

    test('aborted at any moment, nothing is committed', { timeout: 60_000 }, async () => {
      // ferro has one store for all repositories.
      const bytes = Buffer.concat([noise(3 * CHUNK), Buffer.from('here alone')]);
      const repository = client.repository('never/there');
      for (const patience of [0, 1, 3, 6, 10, 15, 20, 30, 40, 60]) {
        const reason = new Error('enough');
        const controller = new AbortController();
        const timer = setTimeout(() => controller.abort(reason), patience);
        const stream = streamOf(bytes);
        const done = await repository.pushBlob(stream, { signal: controller.signal, chunkSize: 1 << 16 }).then(
          (pushed) => pushed,
          (error) => assert.equal(error, reason),
        );
        clearTimeout(timer);
        if (done) break;
        assert.ok(stream.state.cancelled, 'the stream is let go of');
        assert.equal(await repository.headBlob(digestOf(bytes)), undefined);
      }
      const pushed = await repository.pushBlob(streamOf(bytes));
      assert.equal(await back('never/there', pushed.digest), pushed.digest, 'the client goes on working');
    });

    test('an image of pushed blobs is one to skopeo', SOON, async () => {
      const made = image([{ run: 'COPY big /', layer: layer([{ path: 'big', content: noise(CHUNK * 2) }]) }]);
      const repository = client.repository('by/skopeo');
      for (const blob of made.blobs) await repository.pushBlob(streamOf(blob.bytes, 10_000));
      await pusher(server.url, { authorization: server.headers.authorization }).tagAs('by/skopeo', made, 'latest');
      const folder = await mkdtemp(join(tmpdir(), 'skopeo-'));
      const source = `docker://${new URL(server.url).host}/by/skopeo:latest`;
      const login = server.options.username ? ['--src-creds', `${credentials.username}:${credentials.password}`] : [];
      await promisify(execFile)(find('skopeo'), [
        'copy',
        '--src-tls-verify=false',
        ...login,
        source,
        `dir:${folder}/image`,
      ]);
      await rm(folder, { recursive: true });
    });
  });
}

test('tokens that expire in the middle', { timeout: 60_000 }, async () => {
  const server = await startTokenRegistry({}, { lifetime: 60 });
  try {
    const statuses = [];
    const onRequest = ({ method, status }) => statuses.push(`${method} ${status}`);
    const repository = new DockerRegistryClient(server.url, { ...credentials, onRequest }).repository('priv/big');
    const bytes = noise(1_000_000);
    let pieces = 0;
    async function* slowly() {
      for (let at = 0; at < bytes.length; at += 100_000) {
        // The next token is refused as expired.
        if ((pieces += 1) === 3) server.tokens.age = 1000;
        if (pieces === 4) server.tokens.age = 0;
        yield bytes.subarray(at, at + 100_000);
      }
    }
    const pushed = await repository.pushBlob(slowly(), { chunkSize: 100_000 });
    assert.deepEqual({ ...pushed }, octets(bytes));
    assert.equal((await repository.headBlob(pushed.digest)).size, bytes.length);
    assert.equal(server.tokens.requests.filter(({ url }) => url.includes('priv')).length <= 3, true);
    // A mount takes one token for both repositories.
    const before = server.tokens.issued;
    const other = new DockerRegistryClient(server.url, credentials).repository('priv/other');
    assert.equal(await other.mountBlob(pushed.digest, 'priv/big'), true);
    assert.equal(server.tokens.issued - before, 1);
    assert.equal(
      await new DockerRegistryClient(server.url, { username: 'bob', password: 'hunter2' })
        .repository('priv/bob')
        .mountBlob(pushed.digest, 'priv/big'),
      false,
      'bob may not push',
    );
  } finally {
    await server.stop();
  }
});

test('a read-only registry', SOON, async () => {
  const server = await startDistribution({ settings: { storage: { maintenance: { readonly: { enabled: true } } } } });
  try {
    const repository = new DockerRegistryClient(server.url).repository('a/b');
    const error = await refused(() => repository.pushBlob(noise(10)), { code: 'UNSUPPORTED', status: 405 });
    assert.match(error.message, /read-only/);
    assert.equal(await repository.mountBlob(digestOf('x'), 'c/d'), false);
    await refused(() => repository.deleteBlob(digestOf('x')), 'UNSUPPORTED');
  } finally {
    await server.stop();
  }
});

describe('bad input', () => {
  let server;
  let repository;
  before(async () => {
    server = await startScripted();
    repository = new DockerRegistryClient(server.url).repository('a/b');
  });
  after(() => server.stop());

  const detached = new Uint8Array(10);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const locked = new ReadableStream();
  locked.getReader();
  const read = async () => {
    const stream = streamOf(noise(10), 5);
    const reader = stream.getReader();
    await reader.read();
    reader.releaseLock();
    return stream;
  };
  for (const [title, make, why] of [
    ['undefined', () => undefined, /not undefined/],
    ['null', () => null, /not null/],
    ['a string', () => 'text', /TextEncoder/],
    ['a number', () => 7, /not 7/],
    ['an array', () => [1, 2], /not an array/],
    ['an object', () => ({}), /not an object/],
    ['a Response', () => new Response('x'), /its body is a stream/],
    ['a detached array', () => detached, /detached/],
    ['a detached buffer', () => detached.buffer, /detached/],
    ['a locked stream', () => locked, /locked/],
    ['a stream that was read from', read, /read from already/],
    [
      'what throws',
      () => ({
        get body() {
          throw new Error('no');
        },
      }),
      /cannot be read/,
    ],
  ]) {
    test(title, SOON, async () => {
      const data = await make();
      const error = await refused(() => repository.pushBlob(data), 'INVALID_ARGUMENT', title);
      assert.match(error.message, /^data: /);
      assert.match(error.message, why);
      assert.equal(server.requests.length, 0);
    });
  }

  for (const [options, why] of [
    [{ chunkSize: 0 }, /options\.chunkSize/],
    [{ chunkSize: 1.5 }, /options\.chunkSize/],
    [{ chunkSize: 2 ** 40 }, /268435456/],
    [{ mediaType: 'layer' }, /type\/subtype/],
    [{ mediaType: 'a/b; c=d' }, /without parameters/],
    [{ digest: 'sha256:x' }, /digest/],
    [{ chunksize: 1 }, /did you mean "chunkSize"/],
    [{ onProgress: 1 }, /onProgress/],
  ]) {
    test(JSON.stringify(options), SOON, async () => {
      const stream = streamOf(noise(10));
      const error = await refused(() => repository.pushBlob(stream, options), {});
      assert.match(error.message, why);
      assert.ok(!stream.locked, "the stream is still the caller's");
      assert.equal(server.requests.length, 0);
    });
  }

  test('names and digests', SOON, async () => {
    await refused(() => repository.mountBlob('latest', 'c/d'), 'INVALID_REFERENCE');
    await refused(() => repository.mountBlob(digestOf(''), 'C'), 'INVALID_REFERENCE');
    await refused(() => repository.mountBlob(digestOf('')), 'INVALID_ARGUMENT');
    await refused(() => repository.deleteBlob('sha256:x'), 'INVALID_REFERENCE');
    assert.equal(server.requests.length, 0);
  });
});

describe('faults', () => {
  let server;
  let registry;
  before(async () => {
    registry = await startDistribution();
    server = await startScripted();
  }, SOON);
  after(() => Promise.all([registry.stop(), server.stop()]));

  const client = (options) =>
    new DockerRegistryClient(server.url, { apiVersion: 2, retry: { minDelay: 1, maxDelay: 5 }, ...options });

  for (const [title, source, cause] of [
    ['errors', (bytes, cause) => streamFailing(bytes, (controller) => controller.error(cause)), true],
    ['gives text', (bytes) => streamFailing(bytes, (controller) => controller.enqueue('text')), false],
    ['gives null', (bytes) => streamFailing(bytes, (controller) => controller.enqueue(null)), false],
  ]) {
    for (const length of [0, CHUNK, 2 * CHUNK + 5]) {
      test(`a stream ${title} after ${length} bytes`, SOON, async () => {
        const why = new Error('the disk is gone');
        const requests = [];
        const onRequest = ({ method, status }) => requests.push(`${method} ${status}`);
        const repository = new DockerRegistryClient(registry.url, { apiVersion: 2, onRequest }).repository('a/b');
        const error = await refused(() => repository.pushBlob(source(noise(length), why)), 'SOURCE');
        assert.equal(error.cause, cause ? why : undefined);
        // Nobody waits for the cancellation. distribution itself forgets an upload whose body does not come to its end.
        const isCancelled = () => length < CHUNK || /^DELETE (204|404)$/.test(requests.at(-1));
        for (let round = 0; round < 100 && !isCancelled(); round += 1) await sleep(50);
        assert.ok(isCancelled() && !requests.some((request) => request.startsWith('PUT')), requests.join());
      });
    }
  }

  test('no Location', SOON, async () => {
    server.script = (request, response) =>
      send('', { status: request.method === 'HEAD' ? 404 : 202 })(request, response);
    await refused(() => client().repository('a/b').pushBlob(noise(10)), 'INVALID_RESPONSE');
  });

  test('a full disk', SOON, async () => {
    const answers = {
      HEAD: send('', { status: 404 }),
      POST: send('', { status: 202, location: '/u' }),
      DELETE: send('', { status: 204 }),
    };
    const full = send('{"errors":[{"code":"UNKNOWN","message":"no space left on device"}]}', { status: 500 });
    server.script = (request, response) => (answers[request.method] ?? full)(request.resume(), response);
    const error = await refused(() => client().repository('a/b').pushBlob(noise(10)), { status: 500 });
    assert.match(error.message, /no space left on device/);
  });

  test('503 now and then', SOON, async () => {
    const busy = send('', { status: 503 });
    const pass = proxyTo(new URL(registry.url), '');
    let count = 0;
    server.script = (request, response) =>
      (count += 1) % 3 === 0 ? busy(request.resume(), response) : pass(request, response);
    const bytes = noise(300_000);
    const pushed = await client().repository('now/and-then').pushBlob(streamOf(bytes), { chunkSize: 100_000 });
    assert.equal(await readBack(registry.url, 'now/and-then', pushed.digest), digestOf(bytes));
  });
});

function streamFailing(bytes, fail) {
  let at = 0;
  return new ReadableStream({
    pull(controller) {
      if (at >= bytes.length) return fail(controller);
      controller.enqueue(bytes.subarray(at, (at += 65_536)));
    },
  });
}
