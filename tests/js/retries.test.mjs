// What is tried again, when, and where a pull goes on: over real connections that really break.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { digestOf } from '../registries/content.mjs';
import { freePort } from '../registries/process.mjs';
import { breaksOff, hangs, hangsInBody, json, send, startScripted } from '../registries/scripted.mjs';
import { DockerRegistryClient, packedFolder } from './packed.mjs';
import { SOON, bytesOf, refused } from './support.mjs';

const QUICK = { retry: { minDelay: 1, maxDelay: 20 } };
const TAGS = '/v2/a/b/tags/list';

let server;
before(async () => {
  server = await startScripted();
});
after(() => server.stop());
beforeEach(() => (server.requests = []));

/** Answers one after the other; the last one from then on. */
const inTurn =
  (...handlers) =>
  (request, response) =>
    (handlers.length > 1 ? handlers.shift() : handlers[0])(request, response);
const good = json({ tags: ['x'] });
const status = (number, fields) => send('', { status: number, ...fields });

function tagsAre(...handlers) {
  server.script = { [TAGS]: inTurn(...handlers) };
}
function open(options = QUICK) {
  const events = [];
  const client = new DockerRegistryClient(server.url, {
    apiVersion: 2,
    ...options,
    onRequest: (event) => events.push(event),
  });
  const repository = client.repository('a/b');
  return { client, events, repository, tags: (call) => repository.tags(call), outcomes: () => events.map(outcome) };
}
const outcome = ({ status: number, error }) => number ?? error;
const since = (start) => performance.now() - start;

describe('answers for the moment', () => {
  for (const number of [408, 429, 500, 502, 503, 504]) {
    test(`${number}, then 200`, SOON, async () => {
      tagsAre(status(number), status(number), good);
      const { tags, outcomes } = open();
      assert.deepEqual(await tags(), ['x']);
      assert.deepEqual(outcomes(), [number, number, 200], 'each attempt is told of');
    });
  }

  test('a connection that goes before the answer', SOON, async () => {
    tagsAre(breaksOff, breaksOff, good);
    const { tags, outcomes } = open();
    assert.deepEqual(await tags(), ['x']);
    assert.deepEqual(outcomes(), ['NETWORK', 'NETWORK', 200]);
  });

  test('a body that breaks off', SOON, async () => {
    const body = Buffer.from('{"tags":["x"]}');
    const broken = (_, response) => {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 5), () => setTimeout(() => response.destroy(), 20));
    };
    tagsAre(broken, broken, send(body));
    const { tags, outcomes } = open();
    assert.deepEqual(await tags(), ['x']);
    assert.deepEqual(outcomes(), [200, 200, 200]);
  });

  // F66.
  test('for ever: five tries, the last answer told', SOON, async () => {
    tagsAre(json({ errors: [{ code: 'UNAVAILABLE', message: 'the database sleeps' }] }, { status: 503 }));
    const { tags, outcomes } = open();
    await refused(() => tags(), { code: 'UNAVAILABLE', status: 503, message: /the database sleeps/ });
    assert.deepEqual(outcomes(), Array(5).fill(503));
  });

  for (const number of [400, 401, 403, 404, 405, 410, 418, 501, 505]) {
    test(`${number} is no such answer`, SOON, async () => {
      tagsAre(status(number));
      const { tags, outcomes } = open();
      await refused(() => tags(), { status: number });
      assert.deepEqual(outcomes(), [number]);
    });
  }

  test('neither is what a time limit ended, nor a port where nobody listens', SOON, async () => {
    tagsAre(hangs);
    const { tags, outcomes } = open({ ...QUICK, timeout: 50 });
    await refused(() => tags(), 'TIMEOUT');
    assert.deepEqual(outcomes(), ['TIMEOUT']);
    const events = [];
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const dead = new DockerRegistryClient(nowhere, { onRequest: (event) => events.push(event) });
    await refused(() => dead.checkStatus(), 'NETWORK');
    assert.equal(events.length, 1);
  });

  test('retry: false tries once', SOON, async () => {
    for (const handler of [status(503), status(429, { 'retry-after': '0' }), breaksOff]) {
      tagsAre(handler);
      const { tags, outcomes } = open({ retry: false });
      await refused(() => tags(), {});
      assert.equal(outcomes().length, 1);
    }
  });

  test('retry.attempts', SOON, async () => {
    tagsAre(status(500));
    for (const attempts of [1, 2, 7]) {
      const { tags, outcomes } = open({ retry: { attempts, minDelay: 0 } });
      await refused(() => tags(), { status: 500 });
      assert.equal(outcomes().length, attempts);
    }
  });

  // Each still asks by itself, one after the other.
  test('calls at once that wait for the version share its failure', { ...SOON, todo: true }, async () => {
    server.script = { '/v2/': status(503) };
    const { repository, outcomes } = open({ apiVersion: undefined, retry: { attempts: 3, minDelay: 200 } });
    const start = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => refused(() => repository.tags(), { status: 503 })));
    assert.deepEqual(outcomes(), [503, 503, 503]);
    assert.ok(since(start) < 2000, `${since(start)} ms`);
    server.script = { [TAGS]: good };
    assert.deepEqual(await repository.tags(), ['x'], 'the next call asks anew');
  });

  test('calls at once try each for itself', SOON, async () => {
    let number = 0;
    server.script = { [TAGS]: (...args) => ((number += 1) % 2 ? status(503) : good)(...args) };
    const { tags } = open({ ...QUICK, concurrency: 1 });
    assert.ok((await Promise.all(Array.from({ length: 20 }, () => tags()))).every(([tag]) => tag === 'x'));
  });
});

// F63.
describe('Retry-After', () => {
  test('seconds', SOON, async () => {
    tagsAre(status(429, { 'retry-after': '1' }), good);
    const start = performance.now();
    assert.deepEqual(await open().tags(), ['x']);
    assert.ok(since(start) >= 1000 && since(start) < 5000, `${since(start)} ms`);
  });

  test('a date', SOON, async () => {
    // A date has whole seconds: at least one of the two has still to pass.
    tagsAre(status(503, { 'retry-after': new Date(Date.now() + 2000).toUTCString() }), good);
    const start = performance.now();
    assert.deepEqual(await open().tags(), ['x']);
    assert.ok(since(start) >= 500 && since(start) < 5000, `${since(start)} ms`);
  });

  for (const value of ['0', '-1', 'soon', '', '1.5', 'Mon, 01 Jan 1990 00:00:00 GMT', '99999999999999999999x']) {
    test(`"${value}" adds nothing`, SOON, async () => {
      tagsAre(status(429, { 'retry-after': value }), good);
      const start = performance.now();
      assert.deepEqual(await open().tags(), ['x']);
      assert.ok(since(start) < 1000, `${since(start)} ms`);
    });
  }

  for (const value of ['61', '99999999', new Date(Date.now() + 86_400_000).toUTCString()]) {
    test(`"${value}" is told at once`, SOON, async () => {
      tagsAre(status(429, { 'retry-after': value }));
      const { tags, outcomes } = open();
      const failure = await refused(() => tags(), { code: 'RATE_LIMITED', status: 429 });
      assert.ok(failure.retryAfter > 60_000);
      assert.deepEqual(outcomes(), [429]);
    });
  }
});

describe('a pause', () => {
  const LONG = { retry: { minDelay: 20_000 } };

  test('ends with the signal, at once', SOON, async () => {
    tagsAre(status(503));
    const { tags, events } = open(LONG);
    const controller = new AbortController();
    const pending = tags({ signal: controller.signal });
    pending.catch(() => {});
    while (events.length === 0) await sleep(5);
    const start = performance.now();
    controller.abort(new RangeError('mine'));
    await assert.rejects(pending, RangeError);
    assert.ok(since(start) < 200, `${since(start)} ms`);
    await sleep(50);
    assert.equal(events.length, 1);
  });

  test('takes no place from other calls', SOON, async () => {
    tagsAre(status(503));
    server.script['/v2/_catalog'] = json({ repositories: ['a/b'] });
    const { client, tags, events } = open({ ...LONG, concurrency: 1 });
    const controller = new AbortController();
    const pending = tags({ signal: controller.signal });
    pending.catch(() => {});
    while (events.length === 0) await sleep(5);
    assert.equal((await client.repositories()).size, 1);
    controller.abort();
    await assert.rejects(pending);
  });

  test('keeps no process alive once it is aborted', SOON, async () => {
    tagsAre(status(503));
    const file = join(packedFolder, 'paused.mjs');
    writeFileSync(
      file,
      `import { DockerRegistryClient } from 'docker-registry-client-wasm';
      const signal = AbortSignal.timeout(300);
      const client = new DockerRegistryClient(process.argv[2], { apiVersion: 2, retry: { minDelay: 25_000 }, signal });
      await client.repository('a/b').tags().catch((error) => console.log(error.name));`,
    );
    const start = performance.now();
    const { stdout } = await promisify(execFile)(process.execPath, [file, server.url]);
    assert.equal(stdout, 'TimeoutError\n');
    assert.ok(since(start) < 10_000, `${since(start)} ms`);
  });
});

// F01 to F08.
describe('a blob', () => {
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

  test('that breaks off goes on where it broke', SOON, async () => {
    blobIs(serving(1_000_001), serving());
    const opened = open();
    const progress = [];
    assert.ok(bytes.equals(await pull(opened, { onProgress: ({ loaded }) => progress.push(loaded) })));
    const [first, second] = ranges();
    assert.deepEqual([first, server.requests.length], [undefined, 2]);
    assert.match(second, /^bytes=\d+-$/);
    assert.ok(partOf(server.requests[1])[0] <= 1_000_001);
    assert.deepEqual(progress, progress.toSorted((a, b) => a - b));
    assert.equal(progress.at(-1), bytes.length);
    assert.deepEqual(opened.outcomes(), [200, 206]);
  });

  test('that breaks off ten times after a megabyte each', SOON, async () => {
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

  test('that breaks off at the same place again and again', SOON, async () => {
    blobIs(serving(1000), serving(0));
    const opened = open();
    const failure = await broken('TRUNCATED', opened);
    assert.equal(failure.status, undefined);
    assert.equal(server.requests.length, 5);
  });

  test('that breaks off, from a registry that is gone for a moment', SOON, async () => {
    blobIs(serving(1000), status(503), breaksOff, serving());
    const opened = open();
    assert.ok(bytes.equals(await pull(opened)));
    assert.deepEqual(opened.outcomes(), [200, 503, 'NETWORK', 206]);
  });

  test('that breaks off, and retry: false', SOON, async () => {
    blobIs(serving(1000), serving());
    await broken('TRUNCATED', open({ retry: false }));
    assert.equal(server.requests.length, 1);
  });

  test('whose rest comes as the whole: what was there is passed over', SOON, async () => {
    const whole = (_, response) => respond(response, { status: 200, from: 0, to: bytes.length });
    blobIs(serving(1_000_001), whole);
    assert.ok(bytes.equals(await pull()));
    blobIs(serving(1_000_001), (_, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.end(Buffer.alloc(bytes.length, 'x'));
    });
    await broken('DIGEST_MISMATCH');
  });

  test('whose rest is refused with 416 comes whole', SOON, async () => {
    blobIs(serving(1000), status(416, { 'content-range': 'bytes */5' }), serving());
    assert.ok(bytes.equals(await pull()));
    assert.deepEqual([ranges()[0], ranges()[2]], [undefined, undefined]);
    blobIs(serving(1000), status(416));
    await broken({ status: 416 });
  });

  const at = (first, last, total = bytes.length) => ({ 'content-range': `bytes ${first}-${last}/${total}` });
  for (const [name, headers, expected] of [
    ['none', () => ({}), 'INVALID_RESPONSE'],
    ['one that starts elsewhere', (from) => at(from + 1, bytes.length - 1), 'INVALID_RESPONSE'],
    ['one that starts at 0', () => at(0, bytes.length - 1), 'INVALID_RESPONSE'],
    ['one that stops early', (from) => at(from, bytes.length - 2), 'INVALID_RESPONSE'],
    ['one of another length', (from) => at(from, bytes.length, bytes.length + 1), 'SIZE_MISMATCH'],
    ['one of nonsense', () => ({ 'content-range': 'bytes x-y/z' }), 'INVALID_RESPONSE'],
    ['two', (from) => ({ 'content-range': Array(2).fill(`bytes ${from}-4194303/4194304`) }), 'INVALID_RESPONSE'],
  ]) {
    test(`whose rest has a wrong Content-Range: ${name}`, SOON, async () => {
      blobIs(serving(1000), (request, response) => {
        const [from] = partOf(request);
        respond(response, { status: 206, from, to: bytes.length, headers: headers(from) });
      });
      await broken(expected);
      assert.equal(server.requests.length, 2);
    });
  }

  // F07.
  test('that changes meanwhile', SOON, async () => {
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

  // F10, F11.
  test('that is encoded on its way is not taken up in its middle', SOON, async () => {
    const { gzipSync } = await import('node:zlib');
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

  test('of which a part is wanted', SOON, async () => {
    blobIs(serving(500_000), serving());
    const range = [1_000_000, 1_999_999];
    assert.ok(bytes.subarray(1_000_000, 2_000_000).equals(await pull(open(), { range })));
    assert.equal(ranges()[0], 'bytes=1000000-1999999');
    assert.match(ranges()[1], /^bytes=1\d{6}-1999999$/);
  });

  // F13.
  test('that stops to come', SOON, async () => {
    blobIs(hangsInBody(bytes), serving());
    await broken('TIMEOUT', open({ ...QUICK, idleTimeout: 200 }));
  });

  test('that is cancelled, or aborted, in the pause', SOON, async () => {
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
  test('of no bytes', SOON, async () => {
    const name = digestOf('');
    server.script = { [`/v2/a/b/blobs/${name}`]: send('') };
    assert.equal((await bytesOf(await open().repository.blob(name))).length, 0);
  });
});

test('options that are none', () => {
  for (const [retry, message] of [
    [true, /options\.retry: false or an object is needed, not true/],
    [null, /options\.retry/],
    [0, /options\.retry/],
    ['no', /options\.retry/],
    [[], /options\.retry/],
    [() => {}, /options\.retry/],
    [{ attempts: 0 }, /attempts: a whole number from 1 to 100/],
    [{ attempts: 101 }, /attempts/],
    [{ attempts: 1.5 }, /attempts/],
    [{ attempts: '3' }, /attempts/],
    [{ attempts: NaN }, /attempts/],
    [{ minDelay: -1 }, /minDelay: a number of milliseconds from 0 to/],
    [{ maxDelay: Infinity }, /maxDelay/],
    [{ maxDelay: null }, /maxDelay/],
    [{ retries: 3 }, /options\.retry\.retries: there is no such option/],
    [{ mindelay: 3 }, /did you mean "minDelay"/],
  ]) {
    assert.throws(
      () => new DockerRegistryClient('registry.example.com', { retry }),
      (error) => error.code === 'INVALID_ARGUMENT' && message.test(error.message),
      JSON.stringify(retry),
    );
  }
  const extremes = { attempts: 100, minDelay: 0, maxDelay: 2 ** 53 - 1 };
  for (const retry of [undefined, false, {}, { attempts: undefined }, extremes])
    new DockerRegistryClient('registry.example.com', { retry });
});
