// Abort, in every state a call can be in: it rejects with the signal's own reason, its request stops, and the instance
// goes on working.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { image, layer } from '../../../www/registry/content.mjs';
import { isOverHttp2 } from '../../registries/over-tls.mjs';
import { content, hangs, hangsInBody, json, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, bytesOf, listOf } from '../support/support.mjs';

const good = image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: 'x'.repeat(1000) }]) }]);
const [
  {
    descriptor: { digest },
  },
] = good.layers;

let server;
let client;
let repository;
const answering = {
  '/v2/_catalog': json({ repositories: ['a/b'] }),
  '/v2/a/b/tags/list': json({ tags: ['good'] }),
  '/v2/a/b/manifests/good': content(good),
  [`/v2/a/b/blobs/${good.id}`]: content(good.blobs[0]),
  [`/v2/a/b/blobs/${digest}`]: content(good.layers[0]),
};
before(async () => {
  server = await startScripted();
  // Every request is one that must be aborted: nothing comes from the cache.
  client = new DockerRegistryClient(server.url, { cacheBytes: 0 });
  repository = client.repository('a/b');
});
afterEach(async () => {
  server.script = answering;
  assert.deepEqual(await repository.tags(), ['good'], 'the instance goes on working');
  await until(() => server.open === 0, 'a request is still open');
  if (isOverHttp2) assert.equal(server.connections, 1, 'the session goes on');
});
after(() => server.stop());

async function until(condition, message) {
  for (let attempt = 0; attempt < 200 && !condition(); attempt += 1) await sleep(10);
  assert.ok(condition(), message);
}

/** Every call that takes a signal. */
const calls = {
  apiVersion: (options) => new DockerRegistryClient(server.url).apiVersion(options),
  checkStatus: (options) => client.checkStatus(options),
  namespaces: (options) => client.namespaces(options),
  repositories: (options) => client.repositories(undefined, options),
  catalog: (options) => listOf(client.catalog(options)),
  tags: (options) => repository.tags(options),
  eachTag: (options) => listOf(repository.eachTag(options)),
  data: (options) => repository.data('good', options),
  image: (options) => repository.image('good', options),
  manifest: (options) => repository.manifest('good', options),
  headManifest: (options) => repository.headManifest('good', options),
  headBlob: (options) => repository.headBlob(digest, options),
  pushBlob: (options) => repository.pushBlob(new Uint8Array(10), options),
  mountBlob: (options) => repository.mountBlob(digest, 'c/d', options),
  deleteBlob: (options) => repository.deleteBlob(digest, options),
  blob: async (options) => bytesOf(await repository.blob(digest, options)),
};

const reasons = {
  default: undefined,
  'an Error': new RangeError('mine'),
  'a text': 'a text',
  'a number': 0,
  null: null,
};

/** The reason itself, not a copy of it and not a RegistryError around it. */
async function rejectsWith(signal, promise) {
  const outcome = await promise.then(
    () => assert.fail('not aborted'),
    (reason) => ({ reason }),
  );
  assert.equal(outcome.reason, signal.reason);
}

describe('before the start: no request is made', () => {
  for (const [name, call] of Object.entries(calls)) {
    test(name, SOON, async () => {
      server.script = answering;
      for (const reason of Object.values(reasons)) {
        server.requests.length = 0;
        const signal = AbortSignal.abort(reason);
        await rejectsWith(signal, call({ signal }));
        assert.deepEqual(server.requests, []);
      }
    });
  }
});

describe('while waiting for headers', () => {
  for (const [name, call] of Object.entries(calls)) {
    test(name, SOON, async () => {
      let answer;
      server.script = (request, response) => {
        answer = () => response.writeHead(404).end();
        hangs(request, response);
      };
      const controller = new AbortController();
      const seen = server.requests.length;
      const pending = call({ signal: controller.signal });
      pending.catch(() => {});
      await until(() => server.requests.length > seen, 'no request came');
      controller.abort(new RangeError('mine'));
      await rejectsWith(controller.signal, pending);
      // The upload that a registry may have begun can be cancelled only once it has said where it is.
      if (name === 'mountBlob') answer();
      await until(() => server.open === 0, 'the request goes on');
    });
  }

  test('with any reason', SOON, async () => {
    server.script = hangs;
    for (const reason of Object.values(reasons)) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(reason), 50);
      await rejectsWith(controller.signal, repository.tags({ signal: controller.signal }));
    }
  });

  test('AbortSignal.timeout', SOON, async () => {
    server.script = hangs;
    const signal = AbortSignal.timeout(50);
    await rejectsWith(signal, repository.manifest('good', { signal }));
    assert.equal(signal.reason.name, 'TimeoutError');
  });
});

describe('in the body', () => {
  const bodies = {
    repositories: ['/v2/_catalog', Buffer.from('{"repositories":["a/b"]}')],
    tags: ['/v2/a/b/tags/list', Buffer.from('{"tags":["good"]}')],
    manifest: ['/v2/a/b/manifests/good', good.bytes, good.mediaType],
    image: ['/v2/a/b/manifests/good', good.bytes, good.mediaType],
    data: [`/v2/a/b/blobs/${good.id}`, good.blobs[0].bytes],
    blob: [`/v2/a/b/blobs/${digest}`, good.layers[0].bytes],
  };
  for (const [name, [path, body, type = 'application/octet-stream']] of Object.entries(bodies)) {
    test(name, SOON, async () => {
      const before = server.closedEarly;
      server.script = { ...answering, [path]: hangsInBody(body, { 'content-type': type }) };
      const controller = new AbortController();
      const pending = calls[name]({ signal: controller.signal });
      pending.catch(() => {});
      await until(() => server.requests.at(-1)?.url.startsWith(path) && server.open === 1, 'the body did not begin');
      await sleep(30);
      controller.abort(new RangeError('mine'));
      await rejectsWith(controller.signal, pending);
      await until(() => server.closedEarly > before, 'the request goes on');
    });
  }
});

describe('on an iterator', () => {
  test('between two pages', SOON, async () => {
    const controller = new AbortController();
    server.script = {
      ...answering,
      '/v2/_catalog': json({ repositories: ['a', 'b'] }, { link: '</v2/_catalog?last=b>; rel="next"' }),
    };
    const iterator = client.catalog({ signal: controller.signal });
    assert.deepEqual(await iterator.next(), { value: 'a', done: false });
    assert.deepEqual(await iterator.next(), { value: 'b', done: false });
    const seen = server.requests.length;
    controller.abort(new RangeError('mine'));
    await rejectsWith(controller.signal, iterator.next());
    assert.equal(server.requests.length, seen);
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  });

  test('return() ends it', SOON, async () => {
    server.script = answering;
    const iterator = repository.eachTag();
    assert.equal(iterator[Symbol.asyncIterator](), iterator);
    assert.equal((await iterator.next()).value, 'good');
    assert.equal((await iterator.return()).done, true);
    assert.deepEqual(await iterator.next(), { value: undefined, done: true });
  });
});

describe('on a stream', () => {
  const open = (options) => repository.blob(digest, options);
  const halting = () =>
    (server.script = { ...answering, [`/v2/a/b/blobs/${digest}`]: hangsInBody(good.layers[0].bytes) });

  test('after its first bytes', SOON, async () => {
    halting();
    const controller = new AbortController();
    const reader = (await open({ signal: controller.signal })).getReader();
    assert.ok((await reader.read()).value.length > 0);
    const pending = reader.read();
    pending.catch(() => {});
    controller.abort(new RangeError('mine'));
    await rejectsWith(controller.signal, pending);
    await rejectsWith(controller.signal, reader.closed);
    await until(() => server.open === 0, 'the request goes on');
  });

  test('that nobody reads', SOON, async () => {
    halting();
    const controller = new AbortController();
    const stream = await open({ signal: controller.signal });
    controller.abort(new RangeError('mine'));
    await until(() => server.open === 0, 'the request goes on');
    await rejectsWith(controller.signal, bytesOf(stream));
  });

  test('cancel() stops the request', SOON, async () => {
    halting();
    const stream = await open();
    await stream.cancel('enough');
    await until(() => server.open === 0, 'the request goes on');
  });

  test("a layer's stream and its bytes", SOON, async () => {
    server.script = answering;
    const opened = await repository.image('good');
    halting();
    for (const read of [
      (options) => opened.getLayer(0, options),
      async (options) => bytesOf(await opened.layerStream(0, options)),
    ]) {
      const controller = new AbortController();
      setTimeout(() => controller.abort(new RangeError('mine')), 50);
      await rejectsWith(controller.signal, read({ signal: controller.signal }));
    }
  });

  test('after the end an abort changes nothing', SOON, async () => {
    server.script = answering;
    const controller = new AbortController();
    const bytes = await bytesOf(await open({ signal: controller.signal }));
    controller.abort();
    assert.ok(bytes.equals(good.layers[0].bytes));
  });
});

describe('everything at once', () => {
  test("the client's signal", SOON, async () => {
    server.script = hangs;
    const controller = new AbortController();
    const all = new DockerRegistryClient(server.url, { signal: controller.signal });
    const pending = [all.checkStatus(), all.repositories(), all.repository('a/b').tags(), listOf(all.catalog())];
    pending.forEach((one) => one.catch(() => {}));
    setTimeout(() => controller.abort(new RangeError('mine')), 50);
    for (const one of pending) await rejectsWith(controller.signal, one);
    await rejectsWith(controller.signal, all.checkStatus());
  });

  test('one call of many, and those that wait for their turn', SOON, async () => {
    const narrow = new DockerRegistryClient(server.url, { concurrency: 1, apiVersion: 2, cacheBytes: 0 });
    server.script = { ...answering, '/v2/a/b/tags/list': hangs };
    const [first, second] = [new AbortController(), new AbortController()];
    const hanging = narrow.repository('a/b').tags({ signal: first.signal });
    const waiting = narrow.repository('a/b').manifest('good', { signal: second.signal });
    const patient = narrow.repository('a/b').manifest('good');
    hanging.catch(() => {});
    waiting.catch(() => {});
    await sleep(50);
    second.abort(new RangeError('second'));
    await rejectsWith(second.signal, waiting);
    first.abort(new RangeError('first'));
    await rejectsWith(first.signal, hanging);
    assert.equal((await patient).digest, good.digest);
  });

  test('one of two first calls, of which the second waits for the first', SOON, async () => {
    const list = '/v2/a/b/tags/list';
    server.script = {
      ...answering,
      [list]: (request, response) => setTimeout(() => json({ tags: ['good'] })(request, response), 200),
    };
    const fresh = new DockerRegistryClient(server.url);
    const controller = new AbortController();
    const impatient = fresh.repository('a/b').tags({ signal: controller.signal });
    const patient = fresh.repository('a/b').tags();
    impatient.catch(() => {});
    await sleep(50);
    controller.abort(new RangeError('mine'));
    await rejectsWith(controller.signal, impatient);
    assert.deepEqual(await patient, ['good']);
  });
});
