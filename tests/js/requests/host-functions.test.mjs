// Functions and objects of the caller that misbehave: callbacks, fetch, its bodies, signals. Each call ends with a typed rejection or goes
// on; nothing is thrown past it.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createContext, runInContext } from 'node:vm';

import { image, layer } from '../../../www/registry/content.mjs';
import { asking, content, json, send, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient, isRegistryError } from '../support/packed.mjs';
import { SOON, bytesOf, refused } from '../support/support.mjs';

const one = image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: '1'.repeat(10_000) }]) }]);
const [{ bytes, descriptor }] = one.layers;
const BLOB = `/v2/a/b/blobs/${descriptor.digest}`;
const escaped = [];
for (const event of ['unhandledRejection', 'uncaughtException']) process.on(event, (reason) => escaped.push(reason));

let server;
before(async () => {
  server = await startScripted();
});
after(() => server.stop());
beforeEach((context) => {
  escaped.length = 0;
  context.mock?.method(console, 'error', () => {});
  server.script = {
    '/v2/': json({}, { warning: '299 - "hear, hear"' }),
    '/v2/a/b/tags/list': json({ tags: ['x'] }, { warning: '299 - "hear, hear"' }),
    '/v2/a/b/manifests/x': content(one),
    [BLOB]: send(bytes),
  };
});

const open = (options) =>
  new DockerRegistryClient(server.url, { retry: false, timeout: 2_000, idleTimeout: 500, ...options }).repository(
    'a/b',
  );
async function nothingEscapes() {
  await sleep(50);
  assert.deepEqual(escaped, []);
}

const foreign = createContext({});
const thrower = () => {
  throw new Error('mine');
};
/** Whatever a callback may do. */
const callbacks = {
  throws: thrower,
  'throws undefined': () => {
    throw undefined;
  },
  rejects: async () => thrower(),
  'rejects in another realm': runInContext('async () => { throw new Error("theirs"); }', foreign),
  'gives a thenable that throws': () => ({ then: thrower }),
  'gives a thenable that rejects': () => ({ then: (_, reject) => reject(new Error('mine')) }),
  'gives a getter that throws': () => ({
    get then() {
      return thrower();
    },
  }),
  'gives what throws on everything': () => new Proxy({}, { get: thrower, getPrototypeOf: thrower }),
  'never settles': () => new Promise(() => {}),
};

describe('callbacks', () => {
  for (const [what, callback] of Object.entries(callbacks)) {
    test(what, SOON, async (context) => {
      context.mock.method(console, 'error', () => {});
      const repository = open({ onRequest: callback, onWarning: callback });
      assert.deepEqual(await repository.tags(), ['x']);
      assert.deepEqual(await bytesOf(await repository.blob(descriptor.digest, { onProgress: callback })), bytes);
      await repository.getLayer?.('x', { onProgress: callback });
      await nothingEscapes();
    });
  }

  test('a console that throws', SOON, async (context) => {
    context.mock.method(console, 'error', thrower);
    assert.deepEqual(await open({ onRequest: thrower, onWarning: async () => thrower() }).tags(), ['x']);
    await nothingEscapes();
  });

  test('that call the client', SOON, async () => {
    const client = new DockerRegistryClient(server.url, {
      onRequest: () => client.forgetCredentials(),
      onWarning: () =>
        void client
          .repository('a/b')
          .tags()
          .catch(() => {}),
    });
    assert.deepEqual(await client.repository('a/b').tags(), ['x']);
    await nothingEscapes();
  });
});

describe('thenables', () => {
  const answer = () => fetch(`${server.url}/v2/a/b/tags/list`);
  for (const [what, fetched] of Object.entries({
    'calls back twice, and later again': (init) => ({
      then(resolve, reject) {
        answer(init).then((response) => {
          resolve(response);
          reject(new Error('no'));
          setTimeout(() => (resolve(response), reject(new Error('no'))), 20);
        });
      },
    }),
    'calls back at once': () => ({ then: (_, reject) => reject(new Error('no')) }),
    'calls back and throws': () => ({ then: (_, reject) => (reject(new Error('no')), thrower()) }),
    'throws': () => ({ then: thrower }),
    'a promise whose then is its own': () =>
      Object.assign(Promise.resolve(), { then: (_, reject) => (reject(1), setTimeout(() => reject(2))) }),
    'a promise whose constructor throws': () => {
      const promise = Promise.reject(new Error('no'));
      promise.catch(() => {});
      return Object.defineProperty(promise, 'constructor', { get: thrower });
    },
  })) {
    test(what, SOON, async () => {
      await open({ fetch: fetched })
        .tags()
        .catch((error) => assert.ok(isRegistryError(error), error));
      await open({ credentials: fetched, fetch: undefined })
        .tags()
        .catch((error) => assert.ok(isRegistryError(error), error));
      await nothingEscapes();
    });
  }

  test('of credentials', SOON, async () => {
    server.script['/v2/a/b/tags/list'] = asking('Basic realm="x"', json({ tags: ['x'] }));
    const credentials = () => ({
      then(resolve, reject) {
        resolve({ username: 'alice', password: 'x' });
        setTimeout(() => reject(new Error('late')), 10);
      },
    });
    assert.deepEqual(await open({ credentials }).tags(), ['x']);
    await nothingEscapes();
  });
});

describe('bodies', () => {
  const detached = (view = new Uint8Array(10)) => (structuredClone(view.buffer, { transfer: [view.buffer] }), view);
  const response = (body) => ({ status: 200, type: 'basic', url: '', headers: new Headers(), body });
  const reading = (read) => response({ getReader: () => ({ read, cancel: async () => {} }) });
  const chunks =
    (...values) =>
    () =>
      reading(async () => (values.length > 0 ? { done: false, value: values.shift() } : { done: true }));
  for (const [what, fetched] of Object.entries({
    'a detached chunk': () => chunks(detached())(),
    'a detached buffer': () => chunks(detached().buffer)(),
    'a detached view of data': () => {
      const buffer = new ArrayBuffer(10);
      const view = new DataView(buffer);
      structuredClone(buffer, { transfer: [buffer] });
      return chunks(view)();
    },
    'a chunk that is detached while it is in use': () => {
      const view = new Uint8Array(bytes);
      queueMicrotask(() => queueMicrotask(() => structuredClone(view.buffer, { transfer: [view.buffer] })));
      return chunks(view, new Uint8Array(3))();
    },
    'a text': chunks('text'),
    'a number': chunks(5),
    'null': chunks(null),
    'a list': chunks([1, 2, 3]),
    'a view that lies': () => chunks(Object.defineProperty(new Uint8Array(3), 'byteLength', { value: 1e9 }))(),
    'a chunk whose getter throws': () =>
      reading(async () => ({
        done: false,
        get value() {
          return thrower();
        },
      })),
    'a result whose getter throws': () =>
      reading(async () => ({
        get done() {
          return thrower();
        },
      })),
    'a result that is none': () => reading(async () => undefined),
    'a result that throws on everything': () => reading(async () => new Proxy({}, { get: thrower })),
    'a read that throws': () => reading(thrower),
    'a read that gives no promise': () => reading(() => 5),
    'a read that never ends': () => reading(() => new Promise(() => {})),
    'a read that calls back twice': () =>
      reading(() => ({ then: (resolve) => (resolve({ done: false, value: 'x' }), resolve(1)) })),
    'a reader that throws': () => response({ getReader: thrower }),
    'a reader that is none': () => response({ getReader: () => null }),
    'a reader whose cancel throws': () =>
      response({ getReader: () => ({ read: () => new Promise(() => {}), cancel: thrower }) }),
    'a body that throws': () => ({
      ...response(null),
      get body() {
        return thrower();
      },
    }),
    'a status that throws': () => ({
      headers: new Headers(),
      body: null,
      get status() {
        return thrower();
      },
    }),
    'headers that throw': () => ({
      status: 200,
      body: null,
      get headers() {
        return thrower();
      },
    }),
    'headers that cannot be listed': () => ({ ...response(null), headers: { forEach: thrower, get: thrower } }),
    'a response that throws on everything': () => new Proxy({}, { get: thrower }),
    'an arrayBuffer that is detached': () => ({ ...response({}), arrayBuffer: async () => detached().buffer }),
    'an arrayBuffer that is none': () => ({ ...response({}), arrayBuffer: async () => ({}) }),
    'an arrayBuffer that throws': () => ({ ...response({}), arrayBuffer: thrower }),
    'empty chunks without end': () => reading(async () => ({ done: false, value: new Uint8Array() })),
    'bytes without end': () => reading(async () => ({ done: false, value: new Uint8Array(65_536) })),
  })) {
    test(what, SOON, async () => {
      const repository = open({ fetch: async () => fetched() });
      await refused(() => repository.tags(), {}, what);
      await refused(() => repository.manifest('x'), {}, what);
      await refused(async () => bytesOf(await repository.blob(descriptor.digest)), {}, what);
      await refused(async () => (await repository.image('x')).getLayer(), {}, what);
      await nothingEscapes();
    });
  }
});

describe('signals', () => {
  /** One that keeps its listeners whatever it is told, and may call them at any time. */
  const keeping = (more = {}) => {
    const listeners = [];
    return {
      aborted: false,
      reason: undefined,
      listeners,
      addEventListener: (_, listener) => listeners.push(listener),
      removeEventListener() {},
      ...more,
    };
  };

  test('listeners that are called after the call', SOON, async () => {
    const signal = keeping();
    assert.deepEqual(await open().tags({ signal }), ['x']);
    assert.ok(signal.listeners.length > 0);
    for (let round = 0; round < 2; round += 1) for (const listener of signal.listeners) listener();
    assert.deepEqual(await open().tags({ signal }), ['x']);
    await nothingEscapes();
  });

  test('listeners that are called twice, and at once', SOON, async () => {
    const signal = keeping({ addEventListener: (_, listener) => (listener(), listener()) });
    assert.deepEqual(await open().tags({ signal }), ['x']);
    const aborting = keeping();
    server.script['/v2/a/b/tags/list'] = () => {};
    const waiting = open().tags({ signal: aborting });
    await sleep(100);
    Object.assign(aborting, { aborted: true, reason: new RangeError('mine') });
    for (const listener of [...aborting.listeners, ...aborting.listeners]) listener();
    await assert.rejects(waiting, RangeError);
    await nothingEscapes();
  });

  test('methods that throw', SOON, async () => {
    for (const name of ['addEventListener', 'removeEventListener']) {
      assert.deepEqual(await open().tags({ signal: keeping({ [name]: thrower }) }), ['x']);
    }
    let looks = 0;
    const signal = Object.defineProperty(keeping(), 'aborted', { get: () => (looks++ > 0 ? thrower() : false) });
    assert.deepEqual(await open().tags({ signal }), ['x']);
    await nothingEscapes();
  });
});

test('a host whose bytes are of another class than the global one, as in tests with a DOM', SOON, async () => {
  const own = globalThis.Uint8Array;
  const digest = `/v2/a/b/blobs/${one.document.config.digest}`;
  server.script[digest] = send(one.blobs.find(({ descriptor }) => digest.endsWith(descriptor.digest)).bytes);
  globalThis.Uint8Array = runInContext('Uint8Array', foreign);
  try {
    const image = await open().image('x');
    const index = Buffer.from(await image.layerIndex(0));
    assert.ok(!(index instanceof globalThis.Uint8Array));
    await image.useLayerIndex(0, index);
    assert.equal((await image.readFile(Buffer.from('/one'))).length, 10_000);
    const layerIndexes = { get: () => index, set: () => assert.fail('it is there') };
    const stored = await open({ layerIndexes }).image('x');
    // The layer cannot be read again.
    delete server.script[BLOB];
    const paths = [];
    for await (const { path } of stored.files()) paths.push(path);
    assert.deepEqual(paths, ['/one']);
  } finally {
    globalThis.Uint8Array = own;
  }
  await nothingEscapes();
});
