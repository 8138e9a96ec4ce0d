// Bytes whose buffer is taken away while they are pushed, and whatever else a caller's objects throw: a typed rejection each,
// nothing that escapes, and never another blob than the one that was given.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { digestOf } from '../../../www/registry/content.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { error, send, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

let server;
let repository;
const escaped = [];
before(async () => {
  server = await startDistribution();
  repository = new DockerRegistryClient(server.url).repository('detached/bytes');
  // What the first call loads reads its arguments later.
  await repository.pushBlob(new Uint8Array());
  process.on('uncaughtExceptionMonitor', (thrown) => escaped.push(thrown));
  process.on('unhandledRejection', (reason) => escaped.push(reason));
}, SOON);
beforeEach(() => void (escaped.length = 0));
after(() => server.stop());

async function nothingEscaped() {
  await sleep(20);
  assert.deepEqual(escaped, []);
}

const take = (bytes) => structuredClone(bytes.buffer, { transfer: [bytes.buffer] });
const filled = (length) => new Uint8Array(length).map((_, at) => (at * 31) >> (at % 7));

/** A registry that does something with each request before it takes it. */
async function startUploads(meanwhile) {
  const parts = [];
  const scripted = await startScripted((request, response) => {
    if (request.url === '/v2/') return send('{}')(request, response);
    if (request.method === 'HEAD') return send('', { status: 404 })(request, response);
    meanwhile?.(request.method);
    // A small blob also comes with the POST, which this registry ignores.
    request.on('data', (part) => request.method !== 'POST' && parts.push(part));
    request.on('end', () => {
      const status = { POST: 202, PATCH: 202, PUT: 201, DELETE: 204 }[request.method] ?? 404;
      send('', { status, location: '/v2/a/b/blobs/uploads/1' })(request, response);
    });
  });
  const all = () => Buffer.concat(parts);
  return Object.assign(scripted, { all, repository: new DockerRegistryClient(scripted.url).repository('a/b') });
}

test('transferred at once, while it is looked for, and between two chunks', SOON, async () => {
  for (const at of ['now', 'POST', 'PATCH']) {
    for (const options of [{}, { chunkSize: 100_000 }]) {
      const bytes = filled(1_000_000);
      const uploads = await startUploads((method) => method === at && bytes.buffer.byteLength > 0 && take(bytes));
      const pushed = uploads.repository.pushBlob(bytes, options);
      if (at === 'now') take(bytes);
      // In one request nothing comes between.
      if (at === 'PATCH' && !options.chunkSize) assert.equal((await pushed).size, 1_000_000);
      else await refused(() => pushed, { code: 'SOURCE', message: /detached/ }, `${at} ${JSON.stringify(options)}`);
      await nothingEscaped();
      await uploads.stop();
    }
  }
});

test('also where the hash is computed here', SOON, async () => {
  const { getBuiltinModule } = process;
  process.getBuiltinModule = undefined;
  try {
    const here = new DockerRegistryClient(server.url).repository('detached/here');
    const bytes = filled(300_000);
    const pushed = here.pushBlob(bytes);
    take(bytes);
    await refused(() => pushed, { code: 'SOURCE', message: /detached/ });
    const whole = filled(300_000);
    assert.equal((await here.pushBlob(whole)).digest, digestOf(whole));
  } finally {
    process.getBuiltinModule = getBuiltinModule;
  }
  await nothingEscaped();
});

test('a stream that gives a detached chunk', SOON, async () => {
  const gone = (make) => {
    const chunk = make();
    take(chunk);
    return chunk;
  };
  const chunks = {
    Uint8Array: () => gone(() => new Uint8Array(10)),
    Uint16Array: () => gone(() => new Uint16Array(10)),
    DataView: () => gone(() => new DataView(new ArrayBuffer(10))),
    ArrayBuffer: () => gone(() => new Uint8Array(10)).buffer,
    'a view out of bounds': () => {
      const buffer = new ArrayBuffer(10, { maxByteLength: 20 });
      const view = new Uint8Array(buffer, 5, 5);
      buffer.resize(2);
      return view;
    },
  };
  for (const [what, chunk] of Object.entries(chunks)) {
    for (const stream of [
      new ReadableStream({
        pull(controller) {
          controller.enqueue(filled(100));
          controller.enqueue(chunk());
          controller.close();
        },
      }),
      (async function* pieces() {
        yield filled(100);
        yield chunk();
      })(),
    ]) {
      await refused(() => repository.pushBlob(stream), { code: 'SOURCE', message: /detached/ }, what);
    }
  }
  // Taken away between its arrival and its turn.
  const kept = [];
  async function* pieces() {
    for (let at = 0; at < 20; at += 1) {
      const piece = filled(500_000);
      kept.push(piece);
      yield piece;
      if (at === 10) take(kept[9]);
    }
  }
  const uploads = await startUploads();
  await refused(() => uploads.repository.pushBlob(pieces(), { chunkSize: 4 << 20 }), {
    code: 'SOURCE',
    message: /detached/,
  });
  await uploads.stop();
  await nothingEscaped();
});

test('what is no plain buffer goes up as it is', SOON, async () => {
  const content = filled(100);
  const shared = new Uint8Array(new SharedArrayBuffer(100));
  shared.set(content);
  const resizable = new Uint8Array(new ArrayBuffer(100, { maxByteLength: 200 }));
  resizable.set(content);
  const posing = Uint8Array.from(content);
  for (const name of ['byteLength', 'buffer', 'byteOffset', 'length', 'subarray', 'constructor']) {
    Object.defineProperty(posing, name, {
      get() {
        throw new Error(`the getter of ${name}`);
      },
    });
  }
  class Lying extends Uint8Array {
    get byteLength() {
      return 7;
    }

    subarray() {
      return new Uint8Array(3);
    }
  }
  const forms = { shared, resizable, posing, lying: new Lying(content), 'another view': new DataView(content.buffer) };
  for (const [what, bytes] of Object.entries(forms)) {
    async function* once() {
      yield bytes;
    }
    for (const options of [{}, { chunkSize: 30 }]) {
      assert.equal((await repository.pushBlob(bytes, options)).digest, digestOf(content), what);
      const uploads = await startUploads();
      assert.equal((await uploads.repository.pushBlob(once(), options)).digest, digestOf(content), what);
      assert.deepEqual(uploads.all(), Buffer.from(content), what);
      await uploads.stop();
    }
  }
  // It shrinks meanwhile: what was there when it was given goes up.
  const pushed = repository.pushBlob(resizable);
  resizable.buffer.resize(10);
  assert.equal((await pushed).digest, digestOf(content));
  await nothingEscaped();
});

test('sources that throw wherever they are asked', SOON, async () => {
  const boom = () => {
    throw new Error('boom');
  };
  const never = new Promise(() => {});
  const reader = (reader) => ({ locked: false, getReader: () => reader });
  const chunk = (value) => ({ read: async () => ({ done: false, value }), cancel: async () => {} });
  const thrower = { get: boom, has: boom, ownKeys: boom, getPrototypeOf: boom };
  const { proxy, revoke } = Proxy.revocable(new Uint8Array(3), {});
  revoke();
  for (const [what, source, code] of [
    [
      'a getter for getReader',
      {
        get getReader() {
          return boom();
        },
      },
      'INVALID_ARGUMENT',
    ],
    ['getReader', { locked: false, getReader: boom }, 'INVALID_ARGUMENT'],
    ['the iterator', { [Symbol.asyncIterator]: boom }, 'INVALID_ARGUMENT'],
    ['a proxy', new Proxy({}, thrower), 'INVALID_ARGUMENT'],
    ['a revoked proxy', proxy, 'INVALID_ARGUMENT'],
    ['read', reader({ read: boom, cancel: boom }), 'SOURCE'],
    ['no read', reader({}), 'SOURCE'],
    [
      'a getter for then',
      reader({
        read: () => ({
          get then() {
            return boom();
          },
        }),
        cancel: boom,
      }),
      'SOURCE',
    ],
    ['then', reader({ read: () => ({ then: boom }), cancel: () => ({ then: boom }) }), 'SOURCE'],
    [
      'done',
      reader({
        read: async () => ({
          get done() {
            return boom();
          },
        }),
        cancel: async () => boom(),
      }),
      'SOURCE',
    ],
    [
      'value',
      reader({
        read: async () => ({
          done: false,
          get value() {
            return boom();
          },
        }),
        cancel: async () => boom(),
      }),
      'SOURCE',
    ],
    ['a proxy as chunk', reader(chunk(new Proxy(new Uint8Array(3), thrower))), 'SOURCE'],
    ['a revoked proxy as chunk', reader(chunk(proxy)), 'SOURCE'],
    ['next', { [Symbol.asyncIterator]: () => ({ next: boom, return: boom }) }, 'SOURCE'],
    [
      'return',
      {
        [Symbol.asyncIterator]: () => ({
          next: async () => boom(),
          get return() {
            return boom();
          },
        }),
      },
      'SOURCE',
    ],
    ['a Blob that throws', { [Symbol.toStringTag]: 'Blob', size: 3, stream: boom }, 'INVALID_ARGUMENT'],
    [
      'a Blob with a size that is none',
      { [Symbol.toStringTag]: 'Blob', size: { valueOf: boom }, stream: () => reader(chunk(1)) },
      'SOURCE',
    ],
    ['a Blob with a large size', { [Symbol.toStringTag]: 'Blob', size: 10n, stream: () => reader(chunk(1)) }, 'SOURCE'],
  ]) {
    await refused(() => repository.pushBlob(source), code, what);
    await refused(() => repository.pushArtifact({ artifactType: 'a/b', files: [{ data: source }] }), code, what);
  }
  // A source that ends early, stopped by an abort: what its cancel() does is its own affair.
  for (const cancel of [boom, async () => boom(), () => never, () => 7, () => ({ then: boom })]) {
    const controller = new AbortController();
    const reading = repository.pushBlob(reader({ read: () => never, cancel }), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 30);
    await assert.rejects(reading, /enough/);
  }
  await nothingEscaped();
});

test('lists and bytes of other calls', SOON, async () => {
  const boom = () => {
    throw new Error('boom');
  };
  const trap = new Proxy([], { get: boom });
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  for (const list of [trap, proxy]) {
    await refused(() => repository.pushArtifact({ artifactType: 'a/b', files: list }), 'INVALID_ARGUMENT');
    await refused(() => repository.createIndex(list), 'INVALID_ARGUMENT');
    await refused(() => repository.blob(digestOf(''), { range: list }), 'INVALID_ARGUMENT');
    await refused(() => repository.planCleanup({ tags: list }), 'INVALID_ARGUMENT');
    await refused(() => repository.manifest('latest', list), 'INVALID_ARGUMENT');
    await refused(() => repository.manifest('latest', { accept: list }), 'INVALID_ARGUMENT');
  }
  const bytes = new TextEncoder().encode('{}');
  take(bytes);
  await refused(() => repository.pushManifest(bytes), 'INVALID_ARGUMENT');
  await nothingEscaped();
});

test('onProgress that throws, and a registry that refuses', SOON, async () => {
  const log = console.error;
  const told = [];
  console.error = (...all) => void told.push(all);
  try {
    const onProgress = () => {
      throw new Error('boom');
    };
    assert.equal((await repository.pushBlob(filled(10), { onProgress })).size, 10);
    assert.ok(told.length > 0);
  } finally {
    console.error = log;
  }
  const refusing = await startScripted((request, response) =>
    (request.url === '/v2/' ? send('{}') : error(400, 'NO'))(request, response),
  );
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(filled(1 << 20)),
    cancel: () => Promise.reject(new Error('boom')),
  });
  await refused(() => new DockerRegistryClient(refusing.url).repository('a/b').pushBlob(stream), { code: 'NO' });
  await refusing.stop();
  await nothingEscaped();
});
