// F01 to F13, F21: where a pull goes on after its connection broke, and what it does not take for the rest.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { digestOf, image, layer } from '../../../www/registry/content.mjs';
import { isOverHttp2 } from '../../registries/over-tls.mjs';
import { breaksOff, content, hangsInBody, inTurn, send, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, bytesOf, refused } from '../support/support.mjs';

const QUICK = { retry: { minDelay: 1, maxDelay: 20 } };
const status = (number, fields) => send('', { status: number, ...fields });

let server;
before(async () => {
  server = await startScripted();
});
after(() => server.stop());
beforeEach(() => (server.requests = []));

function open(options = QUICK) {
  const events = [];
  const onRequest = (event) => events.push(event);
  const client = new DockerRegistryClient(server.url, { apiVersion: 2, ...options, onRequest });
  const outcomes = () => events.map(({ status: number, error }) => number ?? error);
  return { events, outcomes, repository: client.repository('a/b') };
}

const KB = 1024;
// Bytes that no shift maps onto themselves, so that a wrong splice shows.
const numbers = Uint32Array.from({ length: KB * KB }, (_, number) => Math.imul(number, 2_654_435_761));
const bytes = Buffer.from(numbers.buffer);
const digest = digestOf(bytes);
const path = `/v2/a/b/blobs/${digest}`;
const partOf = (request) => {
  const found = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  return found && [Number(found[1]), found[2] === '' ? bytes.length - 1 : Number(found[2])];
};
const respond = (response, { status: number, from, to, ends = to, headers = {} }) => {
  response.writeHead(number, { 'content-length': to - from, ...headers });
  if (ends === to) return response.end(bytes.subarray(from, to));
  return response.write(bytes.subarray(from, ends), () => setTimeout(() => response.destroy(), 20));
};
/** As a registry does it; `most`: bytes after which the connection breaks. */
const serving =
  (most = Infinity) =>
  (request, response) => {
    const part = partOf(request);
    const [from, last] = part ?? [0, bytes.length - 1];
    const headers = part ? { 'content-range': `bytes ${from}-${last}/${bytes.length}` } : {};
    const to = last + 1;
    respond(response, { status: part ? 206 : 200, from, to, ends: Math.min(to, from + most), headers });
  };
const blobIs = (...handlers) => (server.script = { [path]: inTurn(...handlers) });
const ranges = () => server.requests.map(({ headers }) => headers.range);
const pull = async (opened = open(), options) => bytesOf(await opened.repository.blob(digest, options));
/** Like `refused`, for what may have given bytes before. */
const broken = (expected, opened) => refused(() => pull(opened), expected);

test('a blob that breaks off goes on where it broke', SOON, async () => {
  blobIs(serving(1_000_001), serving());
  const opened = open();
  const progress = [];
  assert.ok(bytes.equals(await pull(opened, { onProgress: ({ loaded }) => progress.push(loaded) })));
  const [first, second] = ranges();
  assert.deepEqual([first, server.requests.length], [undefined, 2]);
  assert.match(second, /^bytes=\d+-$/);
  assert.ok(partOf(server.requests[1])[0] <= 1_000_001);
  assert.deepEqual(
    progress,
    progress.toSorted((a, b) => a - b),
  );
  assert.equal(progress.at(-1), bytes.length);
  assert.deepEqual(opened.outcomes(), [200, 206]);
});

test('a blob that breaks off ten times after a megabyte each', SOON, async () => {
  const size = 12 * KB * KB;
  const long = Buffer.concat([bytes, bytes, bytes]).subarray(0, size);
  const name = digestOf(long);
  server.script = {
    [`/v2/a/b/blobs/${name}`]: (request, response) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? 'bytes=0-')[1]);
      const headers = { 'content-length': size - from };
      if (from > 0) headers['content-range'] = `bytes ${from}-${size - 1}/${size}`;
      response.writeHead(from > 0 ? 206 : 200, headers);
      const part = long.subarray(from, from + KB * KB + 70_000);
      response.write(part, () => setTimeout(() => response.destroy(), 30));
      if (from + part.length === size) response.end();
    },
  };
  const { repository } = open({ retry: { attempts: 3, minDelay: 1 } });
  const got = await bytesOf(await repository.blob(name));
  assert.equal(digestOf(got), name);
  assert.ok(server.requests.length >= 11, `${server.requests.length} requests`);
});

test('a blob that breaks off at the same place again and again', SOON, async () => {
  blobIs(serving(1000), serving(0));
  const opened = open();
  const failure = await broken('TRUNCATED', opened);
  assert.equal(failure.status, undefined);
  assert.equal(server.requests.length, 5);
});

test('a blob that breaks off, from a registry that is gone for a moment', SOON, async () => {
  blobIs(serving(1000), status(503), breaksOff, serving());
  const opened = open();
  assert.ok(bytes.equals(await pull(opened)));
  assert.deepEqual(opened.outcomes(), [200, 503, 'NETWORK', 206]);
});

test('a blob that breaks off, and retry: false', SOON, async () => {
  blobIs(serving(1000), serving());
  await broken('TRUNCATED', open({ retry: false }));
  assert.equal(server.requests.length, 1);
});

test('a blob whose rest comes as the whole: what was there is passed over', SOON, async () => {
  const whole = (_, response) => respond(response, { status: 200, from: 0, to: bytes.length });
  blobIs(serving(1_000_001), whole);
  assert.ok(bytes.equals(await pull()));
  blobIs(serving(1_000_001), (_, response) => {
    response.writeHead(200, { 'content-length': bytes.length });
    response.end(Buffer.alloc(bytes.length, 'x'));
  });
  await broken('DIGEST_MISMATCH');
});

test('a blob whose rest is refused with 416 comes whole', SOON, async () => {
  blobIs(serving(1000), status(416, { 'content-range': 'bytes */5' }), serving());
  assert.ok(bytes.equals(await pull()));
  assert.deepEqual([ranges()[0], ranges()[2]], [undefined, undefined]);
  blobIs(serving(1000), status(416));
  await broken({ status: 416 });
});

// node:http2 does not send the field twice; a client sees the values joined.
const twice = (value) => ({ 'content-range': isOverHttp2 ? `${value}, ${value}` : [value, value] });
const at = (first, last, total = bytes.length) => ({ 'content-range': `bytes ${first}-${last}/${total}` });
for (const [name, headers, expected] of [
  ['none', () => ({}), 'INVALID_RESPONSE'],
  ['one that starts elsewhere', (from) => at(from + 1, bytes.length - 1), 'INVALID_RESPONSE'],
  ['one that starts at 0', () => at(0, bytes.length - 1), 'INVALID_RESPONSE'],
  ['one that stops early', (from) => at(from, bytes.length - 2), 'INVALID_RESPONSE'],
  ['one of another length', (from) => at(from, bytes.length, bytes.length + 1), 'SIZE_MISMATCH'],
  ['one of nonsense', () => ({ 'content-range': 'bytes x-y/z' }), 'INVALID_RESPONSE'],
  ['two', (from) => twice(`bytes ${from}-4194303/4194304`), 'INVALID_RESPONSE'],
]) {
  test(`a blob whose rest has a wrong Content-Range: ${name}`, SOON, async () => {
    blobIs(serving(1000), (request, response) => {
      const [from] = partOf(request);
      respond(response, { status: 206, from, to: bytes.length, headers: headers(from) });
    });
    await broken(expected);
    assert.equal(server.requests.length, 2);
  });
}

// F07.
test('a blob that changes meanwhile', SOON, async () => {
  const changed = (request, response) => {
    const [from] = partOf(request) ?? [0];
    const headers = from > 0 ? at(from, bytes.length - 1) : {};
    response.writeHead(from > 0 ? 206 : 200, { 'content-length': bytes.length - from, ...headers });
    response.end(Buffer.alloc(bytes.length - from, 'x'));
  };
  blobIs(serving(1_000_001), changed);
  await broken('DIGEST_MISMATCH');
  assert.equal(server.requests.length, 2, 'a stream cannot take back what it gave');
});

test('a layer that changes meanwhile comes once more from its start: nobody has seen any of it', SOON, async () => {
  const one = image([{ run: 'COPY noise /', layer: layer([{ path: 'noise', content: bytes }]) }]);
  const [{ bytes: whole, descriptor }] = one.layers;
  const part = (ends) => (_, response) => {
    response.writeHead(200, { 'content-length': whole.length });
    return response.write(whole.subarray(0, ends), () => setTimeout(() => response.destroy(), 30));
  };
  const changed = (request, response) => {
    const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range)[1]);
    const rest = Buffer.alloc(whole.length - from, 'x');
    send(rest, { status: 206, ...at(from, whole.length - 1, whole.length) })(request, response);
  };
  const layerPath = `/v2/a/b/blobs/${descriptor.digest}`;
  for (const [last, isGood] of [
    [content({ bytes: whole }), true],
    [send(Buffer.alloc(whole.length, 'x')), false],
  ]) {
    server.script = {
      '/v2/a/b/manifests/x': content(one),
      [`/v2/a/b/blobs/${one.id}`]: content(one.blobs[0]),
      [layerPath]: inTurn(part(1_000_000), changed, last),
    };
    const opened = await open().repository.image('x');
    server.requests = [];
    if (isGood) assert.ok(whole.equals(await opened.getLayer()));
    else await refused(() => opened.getLayer(), 'DIGEST_MISMATCH');
    const [first, second, third, ...more] = ranges();
    assert.deepEqual([first, third, more], [undefined, undefined, []]);
    assert.match(second, /^bytes=\d+-$/);
  }
});

// F10, F11.
test('a blob that is encoded on its way is not taken up in its middle', SOON, async () => {
  const packed = gzipSync(bytes);
  const encoded = (most) => (request, response) => {
    assert.equal(request.headers.range, undefined);
    response.writeHead(200, { 'content-length': packed.length, 'content-encoding': 'gzip' });
    if (most === undefined) return response.end(packed);
    return response.write(packed.subarray(0, most), () => setTimeout(() => response.destroy(), 30));
  };
  blobIs(encoded(2_000_000), encoded());
  assert.ok(bytes.equals(await pull()));
  assert.equal(server.requests.length, 2);
});

test('a blob of which a part is wanted', SOON, async () => {
  blobIs(serving(500_000), serving());
  const range = [1_000_000, 1_999_999];
  assert.ok(bytes.subarray(1_000_000, 2_000_000).equals(await pull(open(), { range })));
  assert.equal(ranges()[0], 'bytes=1000000-1999999');
  assert.match(ranges()[1], /^bytes=1\d{6}-1999999$/);
});

// F13.
test('a blob that stops to come', SOON, async () => {
  blobIs(hangsInBody(bytes), serving());
  await broken('TIMEOUT', open({ ...QUICK, idleTimeout: 200 }));
});

test('a blob that is cancelled, or aborted, in the pause', SOON, async () => {
  blobIs(serving(1000));
  const { repository, events } = open({ retry: { minDelay: 20_000 } });
  const reader = (await repository.blob(digest)).getReader();
  await reader.read();
  const pending = reader.read();
  await sleep(100);
  await reader.cancel();
  assert.deepEqual(await pending, { value: undefined, done: true });
  const controller = new AbortController();
  const stream = await repository.blob(digest, { signal: controller.signal });
  setTimeout(() => controller.abort(new RangeError('mine')), 200);
  await assert.rejects(bytesOf(stream), RangeError);
  assert.equal(events.length, 2);
});

// F21.
test('a blob of no bytes', SOON, async () => {
  const name = digestOf('');
  server.script = { [`/v2/a/b/blobs/${name}`]: send('') };
  assert.equal((await bytesOf(await open().repository.blob(name))).length, 0);
});
