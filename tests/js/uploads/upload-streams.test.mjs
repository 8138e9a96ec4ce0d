// Uploads that are sent while their bytes are read: before real registries, and before a proxy that has its ways with them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { digestOf, image, layer } from '../../../www/registry/content.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { noise } from '../../../www/registry/sample-images.mjs';
import { send, startScripted } from '../../registries/scripted.mjs';
import { startFerro } from '../../registries/servers.mjs';
import { proxyTo } from '../../../www/server/proxy.mjs';
import { DockerRegistryClient, openFetch, transportFetch } from '../support/packed.mjs';
import { SOON, realRegistries, refused } from '../support/support.mjs';

const MIB = 1 << 20;
const BYTES = Buffer.concat([noise(9 * MIB), Buffer.from('streamed')]);
const DIGEST = digestOf(BYTES);

const streamOf = (bytes) => {
  const state = {};
  let at = 0;
  const pull = (controller) =>
    at < bytes.length ? controller.enqueue(bytes.subarray(at, (at += 65_536))) : controller.close();
  return Object.assign(new ReadableStream({ pull, cancel: (reason) => void (state.cancelled = { reason }) }), {
    state,
  });
};
const isStreamed = ({ method, headers }) =>
  method === 'PATCH' && headers['content-length'] === undefined && headers['content-range'] === undefined;

/** The registry of all tests, each of which has a repository of its own. */
let distribution;
let repositories = 0;
before(async () => {
  distribution = await realRegistries['distribution 2.8']();
}, SOON);
after(() => distribution.stop());

/** A registry behind what treats streamed requests as `faults` say, one after the other. */
async function startBehind(context, faults = [], registry = distribution) {
  const pass = proxyTo(new URL(registry.url), '');
  const front = await startScripted((request, response) => {
    const fault = isStreamed(request) && faults.shift();
    return fault ? fault(request, response, pass) : pass(request, response);
  });
  context.after(() => front.stop());
  const methods = () => front.requests.map((one) => (isStreamed(one) ? 'STREAM' : one.method)).join(' ');
  const options = { apiVersion: 2, retry: { minDelay: 1, maxDelay: 5 } };
  const name = `a/b${(repositories += 1)}`;
  const repository = (more) => new DockerRegistryClient(front.url, { ...options, ...more }).repository(name);
  const isThere = async () => {
    const response = await fetch(`${registry.url}/v2/${name}/blobs/${DIGEST}`);
    return response.ok && digestOf(Buffer.from(await response.arrayBuffer())) === DIGEST;
  };
  return { registry, front, methods, repository, isThere, options };
}

/** What the middle of a body comes to. */
const amid = (bytes, then) => (request, response, pass) => {
  let count = 0;
  request.on('data', (chunk) => {
    if ((count += chunk.length) >= bytes && count - chunk.length < bytes) then(request, response);
  });
  if (pass) pass(request, response);
};
const breaks = (bytes) => amid(bytes, (request) => request.socket.destroy());

for (const [name, start] of Object.entries(realRegistries)) {
  test(`${name}: in one request`, SOON, async (context) => {
    const registry = name.startsWith('distribution') ? distribution : await start();
    if (registry !== distribution) context.after(() => registry.stop());
    const { methods, repository, isThere } = await startBehind(context, [], registry);
    const told = [];
    const onProgress = ({ loaded }) => told.push(loaded);
    const pushed = await repository().pushBlob(streamOf(BYTES), { onProgress });
    assert.deepEqual([pushed.digest, pushed.size, methods()], [DIGEST, BYTES.length, 'POST STREAM PUT']);
    assert.ok(await isThere());
    assert.deepEqual(
      told,
      told.toSorted((a, b) => a - b),
    );
    assert.equal(told.at(-1), BYTES.length);
  });
}

test('by a fetch that can, and by one that does not say so', SOON, async (context) => {
  const made = openFetch();
  context.after(() => made.close());
  const plain = (input, init) => transportFetch(input, init);
  for (const [given, expected] of [
    [made, 'POST STREAM PUT'],
    [plain, 'POST PATCH PATCH PATCH PUT'],
  ]) {
    const { methods, repository, isThere } = await startBehind(context);
    await repository({ fetch: given }).pushBlob(new Blob([BYTES]));
    assert.equal(methods(), expected);
    assert.ok(await isThere());
  }
});

describe('refused', () => {
  for (const status of [307, 400, 401, 411, 413]) {
    for (const bytes of [0, 1, MIB]) {
      test(`${status} after ${bytes} bytes`, SOON, async (context) => {
        const refuse = send('no', { status, location: '/elsewhere', connection: 'close' });
        const fault = bytes === 0 ? refuse : (request, response) => amid(bytes, refuse)(request, response);
        const { methods, repository, isThere } = await startBehind(context, [fault]);
        const pushed = await repository().pushBlob(streamOf(BYTES));
        assert.equal(pushed.digest, DIGEST);
        assert.ok(await isThere(), methods());
        assert.match(methods(), /^POST STREAM GET (PATCH PATCH PATCH|STREAM) PUT$/);
      });
    }
  }

  test('for good', SOON, async (context) => {
    const denied = send('{"errors":[{"code":"DENIED","message":"quota exceeded"}]}', {
      status: 403,
      'content-type': 'application/json',
    });
    const { front, repository, isThere } = await startBehind(context);
    const pass = front.script;
    front.script = (request, response) =>
      request.method === 'PATCH' ? denied(request.resume(), response) : pass(request, response);
    const source = streamOf(BYTES);
    const error = await refused(() => repository().pushBlob(source), { code: 'DENIED', status: 403 });
    assert.match(error.message, /quota exceeded/);
    assert.ok(source.state.cancelled, 'the stream is let go of');
    assert.equal(await isThere(), false);
  });
});

describe('connections that break', () => {
  for (const bytes of [1, 5 * MIB, 8 * MIB]) {
    test(`after ${bytes} bytes`, SOON, async (context) => {
      // distribution forgets the upload: a file can be sent again, and of a stream what is still in hand.
      for (const form of [() => streamOf(BYTES), () => new Blob([BYTES])]) {
        const { methods, repository, isThere } = await startBehind(context, [breaks(bytes)]);
        const pushed = await repository().pushBlob(form());
        assert.equal(pushed.digest, DIGEST, methods());
        assert.ok(await isThere());
      }
    });
  }

  test('after more than is kept of a stream', SOON, async (context) => {
    const { methods, repository } = await startBehind(context, [breaks(18 * MIB), breaks(18 * MIB)]);
    const long = Buffer.concat([BYTES, BYTES, BYTES]);
    const error = await refused(() => repository().pushBlob(streamOf(long)), 'NETWORK');
    assert.match(error.message, /the registry no longer knows of it; with a chunkSize, less would be sent again/);
    assert.equal((await repository().pushBlob(new Blob([long]))).size, long.length, methods());
  });

  test('a copy asks its source again', { timeout: 60_000 }, async (context) => {
    const source = await startFerro();
    context.after(() => source.stop());
    const made = image([{ run: 'COPY big /', layer: layer([{ path: 'big', content: BYTES }]) }]);
    for (const { bytes } of made.blobs)
      await new DockerRegistryClient(source.url).repository('from/here').pushBlob(bytes);
    await pusher(source.url).tagAs('from/here', made, 'latest');
    const { front, registry, options } = await startBehind(context, [breaks(5 * MIB)]);
    const from = { repository: new DockerRegistryClient(source.url).repository('from/here'), reference: 'latest' };
    const { digest } = await new DockerRegistryClient(front.url, options).copy(from, 'to/there:latest');
    const { layers } = await new DockerRegistryClient(registry.url).repository('to/there').image('latest');
    const pulled = await new DockerRegistryClient(registry.url).repository('to/there').blob(layers[0].digest);
    let size = 0;
    for await (const chunk of pulled) size += chunk.length; // verified as it comes
    assert.deepEqual([size, digest], [layers[0].size, (await from.repository.headManifest('latest')).digest]);
  });
});

test('nobody takes the bytes', SOON, async (context) => {
  const hung = [];
  const { methods, repository } = await startBehind(context, [(request) => hung.push(request.pause())]);
  const source = streamOf(Buffer.alloc(64 * MIB));
  await refused(() => repository({ idleTimeout: 300 }).pushBlob(source), 'TIMEOUT');
  assert.ok(source.state.cancelled);
  assert.equal(hung.length, 1);
  for (let round = 0; round < 100 && !methods().endsWith('DELETE'); round += 1) await sleep(50);
  assert.equal(methods(), 'POST STREAM DELETE');
});

test('aborted in the middle', SOON, async (context) => {
  const bytes = Buffer.alloc(64 * MIB);
  for (const start of [1, 2 * MIB, 6 * MIB]) {
    const controller = new AbortController();
    const reason = new Error('enough');
    let hasEnded;
    const ended = new Promise((resolve) => (hasEnded = resolve));
    const abort = (request, response, pass) => {
      request.once('close', hasEnded);
      amid(start, () => controller.abort(reason))(request, response, pass);
    };
    const { methods, repository } = await startBehind(context, [abort]);
    const source = streamOf(bytes);
    await assert.rejects(repository().pushBlob(source, { signal: controller.signal }), reason);
    await ended;
    assert.ok(source.state.cancelled);
    for (let round = 0; round < 100 && !methods().endsWith('DELETE'); round += 1) await sleep(50);
    assert.equal(methods(), 'POST STREAM DELETE');
    assert.equal(await repository().headBlob(digestOf(bytes)), undefined);
  }
});
