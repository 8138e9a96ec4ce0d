// What is tried again, and when: over real connections that really break.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';

import { freePort } from '../../../www/registry/process.mjs';
import { breaksOff, hangs, inTurn, json, send, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient, packedModule } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const QUICK = { retry: { minDelay: 1, maxDelay: 20 } };
const TAGS = '/v2/a/b/tags/list';

let server;
before(async () => {
  server = await startScripted();
});
after(() => server.stop());
beforeEach(() => (server.requests = []));

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

  test('calls at once that wait for the version share its failure', SOON, async () => {
    server.script = { '/v2/': status(503) };
    const { client, repository, outcomes } = open({ apiVersion: undefined, retry: { attempts: 3, minDelay: 200 } });
    const start = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => refused(() => client.apiVersion(), { status: 503 })));
    assert.deepEqual(outcomes(), [503, 503, 503]);
    assert.ok(since(start) < 2000, `${since(start)} ms`);
    server.script = { [TAGS]: good };
    assert.deepEqual(await repository.tags(), ['x'], 'the next call asks anew');
  });

  test('calls at once try each for itself', SOON, async () => {
    let number = 0;
    server.script = { [TAGS]: (...args) => ((number += 1) % 3 ? good : status(503))(...args) };
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
    const source = `
      import { DockerRegistryClient } from ${JSON.stringify(packedModule)};
      const signal = AbortSignal.timeout(300);
      const client = new DockerRegistryClient(${JSON.stringify(server.url)}, { apiVersion: 2, retry: { minDelay: 25_000 }, signal });
      await client.repository('a/b').tags().catch((error) => console.log(error.name));`;
    const start = performance.now();
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', source]);
    assert.equal(stdout, 'TimeoutError\n');
    assert.ok(since(start) < 10_000, `${since(start)} ms`);
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
