// The relay that slow links are measured with: if it lost order, delays or requests, the measurements would mean nothing.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent, request as send } from 'node:http';
import { connect } from 'node:net';
import { describe, test } from 'node:test';

import { elapsed, roundTrips } from '../../bench/wan/round-trips.mjs';
import { flow, link } from '../../registries/relay/flow.mjs';
import { bodyLength, messageReader } from '../../registries/relay/messages.mjs';
import { startRelay } from '../../registries/relay/relay.mjs';
import { breaksOff, hangs, json, startScripted } from '../../registries/scripted.mjs';

const SOON = { timeout: 20_000 };

/** A clock that only moves when told to. */
function manualClock() {
  let [time, tasks] = [0, []];
  const clock = {
    now: () => time,
    after: (milliseconds, task) => tasks.push({ at: time + Math.max(0, milliseconds), task }),
    advance(milliseconds) {
      const until = time + milliseconds;
      for (;;) {
        const next = Math.min(...tasks.map(({ at }) => at));
        if (next > until) break;
        time = Math.max(time, next);
        const due = tasks.filter(({ at }) => at <= time);
        tasks = tasks.filter(({ at }) => at > time);
        for (const { task } of due) task();
      }
      time = until;
    },
  };
  return clock;
}

/** Lets everything that needs no clock happen. */
async function settled() {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function until(condition, what) {
  for (let turn = 0; !condition(); turn += 1) {
    assert.ok(turn < 100_000, `never: ${what}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a flow', () => {
  const started = (options, more) => {
    const clock = manualClock();
    const out = [];
    const over = link({ delay: 25, clock, ...options });
    return { clock, out, over, way: flow(over, (item) => out.push(item) > 0, more) };
  };

  test('delivers in order, each item after the delay', () => {
    const { clock, out, way } = started();
    way.send('a');
    clock.advance(10);
    way.send('b');
    way.send('c');
    clock.advance(14);
    assert.deepEqual(out, []);
    clock.advance(1);
    assert.deepEqual(out, ['a']);
    clock.advance(9);
    assert.deepEqual(out, ['a']);
    clock.advance(1);
    assert.deepEqual(out, ['a', 'b', 'c']);
  });

  test('delivers at once without a delay', () => {
    const { out, way } = started({ delay: 0 });
    way.send('a');
    assert.deepEqual(out, ['a']);
  });

  test('lets nothing leave before its time', () => {
    const { clock, out, way } = started({}, { notBefore: 50 });
    way.send('a');
    clock.advance(74);
    assert.deepEqual(out, []);
    clock.advance(1);
    assert.deepEqual(out, ['a']);
  });

  test('limits no rate by its delay', () => {
    const { clock, out, way } = started();
    for (let piece = 0; piece < 1000; piece += 1) way.send(piece, 1_000_000);
    assert.equal(way.full, false);
    clock.advance(25);
    assert.deepEqual(
      out,
      Array.from({ length: 1000 }, (_, piece) => piece),
    );
  });

  test('shares the bandwidth of a link with the others', () => {
    const { clock, out, over, way } = started({ bandwidth: 1000 });
    const other = flow(over, (item) => out.push(item) > 0);
    assert.equal(way.send('a', 10), 10);
    assert.equal(other.send('b', 20), 30);
    assert.equal(way.send('c', 10), 40);
    clock.advance(35);
    assert.deepEqual(out, ['a']);
    clock.advance(20);
    assert.deepEqual(out, ['a', 'b']);
    clock.advance(10);
    assert.deepEqual(out, ['a', 'b', 'c']);
    clock.advance(1000);
    assert.equal(way.send('d', 10), clock.now() + 10);
  });

  test('waits for a receiver that is full, and says when it is not any more', () => {
    const clock = manualClock();
    const out = [];
    let resumed = 0;
    const way = flow(link({ delay: 5, clock }), (item) => out.push(item) % 2 === 0, { resumed: () => (resumed += 1) });
    for (const item of ['a', 'b', 'c', 'd']) way.send(item);
    clock.advance(5);
    assert.deepEqual([out, way.full, resumed], [['a'], true, 0]);
    way.resume();
    assert.deepEqual([out, way.full, resumed], [['a', 'b', 'c'], true, 0]);
    way.resume();
    assert.deepEqual([out, way.full, resumed], [['a', 'b', 'c', 'd'], false, 1]);
  });
});

describe('a reader of messages', () => {
  const read = (pieces) => {
    const seen = [];
    const reader = messageReader({
      onStart: () => seen.push('start'),
      onHead: (first, headers) => (seen.push(first), bodyLength(headers, 0)),
      onEnd: () => seen.push('end'),
    });
    for (const piece of pieces) reader(Buffer.from(piece));
    return seen;
  };
  const text = [
    'GET /a HTTP/1.1\r\nHost: b\r\n\r\n',
    'POST /b HTTP/1.1\r\ncontent-length: 21\r\n\r\nGET /c HTTP/1.1\r\n\r\n..',
    'PATCH /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\n\r\n0\r\n\r\nA\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n',
    'PUT /e HTTP/1.1\r\nContent-Length: 0\r\n\r\n',
  ].join('');
  const heads = ['GET /a HTTP/1.1', 'POST /b HTTP/1.1', 'PATCH /d HTTP/1.1', 'PUT /e HTTP/1.1'];
  const expected = heads.flatMap((head) => ['start', head, 'end']);

  test('finds each message, however the bytes are split', () => {
    for (const size of [1, 2, 3, 7, 64, text.length]) {
      const pieces = text.match(new RegExp(`[^]{1,${size}}`, 'g'));
      assert.deepEqual(read(pieces), expected, `${size} bytes at a time`);
    }
  });

  test('refuses what has no end of its head', () => {
    assert.throws(() => read(['x'.repeat(300_000)]), /no HTTP/);
  });
});

describe('the relay', () => {
  /** A scripted registry behind a relay, and a client with one kept-alive connection. */
  async function world(context, script, options) {
    const registry = await startScripted(script);
    const relay = await startRelay(registry.url, options);
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    context.after(async () => {
      agent.destroy();
      await relay.stop();
      await registry.stop();
    });
    const ask = (path, { method = 'GET', body } = {}) =>
      new Promise((resolve, reject) => {
        const request = send(`${relay.url}${path}`, { method, agent }, async (response) => {
          const pieces = [];
          for await (const piece of response) pieces.push(piece);
          resolve({ status: response.statusCode, body: Buffer.concat(pieces) });
        });
        request.once('error', reject);
        request.end(body);
      });
    return { registry, relay, ask };
  }

  test('takes a round trip to set up a connection, and one for each exchange', SOON, async (context) => {
    const clock = manualClock();
    const { registry, relay, ask } = await world(context, {}, { rtt: 100, clock });
    const first = ask('/v2/');
    await until(() => relay.log.length === 1, 'the request is noted');
    clock.advance(149);
    await settled();
    assert.equal(registry.requests.length, 0, 'the request is on its way');
    clock.advance(1);
    await until(() => registry.requests.length === 1, 'the request is there');
    await settled();
    assert.equal(relay.log[0].answered, undefined, 'the response is on its way');
    clock.advance(49);
    await settled();
    assert.equal(relay.log[0].answered, undefined);
    clock.advance(1);
    assert.equal((await first).status, 200);
    const second = ask('/v2/');
    await until(() => relay.log.length === 2, 'the second request is noted');
    clock.advance(50);
    await until(() => registry.requests.length === 2, 'the second request is there');
    await settled();
    clock.advance(50);
    assert.equal((await second).status, 200);
    assert.deepEqual(
      relay.log.map(({ opens, start, answered, end }) => [opens, start, answered, end]),
      [
        [true, 0, 200, 200],
        [false, 200, 300, 300],
      ],
    );
    assert.equal(roundTrips(relay.log), 3);
    assert.equal(elapsed(relay.log), 300);
  });

  test('notes each request with its response', SOON, async (context) => {
    const { registry, relay, ask } = await world(context, { '/v2/a/blobs/uploads/': json({}, { status: 202 }) });
    await ask('/v2/');
    await ask('/v2/', { method: 'HEAD' });
    await ask('/v2/a/blobs/uploads/?digest=x', { method: 'POST', body: 'content' });
    await ask('/v2/missing');
    assert.deepEqual(
      relay.log.map(({ method, path, status, registry: to }) => [method, path, status, to]),
      [
        ['GET', '/v2/', 200, registry.url],
        ['HEAD', '/v2/', 200, registry.url],
        ['POST', '/v2/a/blobs/uploads/?digest=x', 202, registry.url],
        ['GET', '/v2/missing', 404, registry.url],
      ],
    );
    assert.ok(relay.log.every(({ answered, end, sent, received }) => answered <= end && sent > 0 && received > 0));
  });

  test('changes no byte in either direction, nor their order', SOON, async (context) => {
    const sum = (bytes) => createHash('sha256').update(bytes).digest('hex');
    const content = randomBytes(20 * 1024 * 1024);
    let received;
    const script = async (request, response) => {
      const pieces = [];
      for await (const piece of request) pieces.push(piece);
      received = Buffer.concat(pieces);
      response.end(received);
    };
    for (const options of [{}, { rtt: 4 }, { rtt: 4, bandwidth: 200_000_000 }]) {
      const { ask, relay } = await world(context, script, options);
      const { body } = await ask('/', { method: 'PUT', body: content });
      assert.equal(sum(received), sum(content));
      assert.equal(sum(body), sum(content));
      const [{ sent, received: got }] = relay.log;
      assert.ok(sent > content.length && got > content.length);
    }
  });

  test('passes on that a client has gone', SOON, async (context) => {
    const { registry, relay } = await world(context, hangs, { rtt: 2 });
    const aborted = send(relay.url).once('error', () => {});
    aborted.end();
    await until(() => registry.requests.length === 1, 'the request is there');
    aborted.destroy();
    await until(() => registry.closedEarly === 1, 'the registry sees the connection closed');
    await until(() => relay.log[0].end !== undefined, 'the exchange has ended');
    assert.equal(relay.log[0].status, undefined);
  });

  test('passes on that the registry has gone', SOON, async (context) => {
    const { ask, relay } = await world(context, breaksOff, { rtt: 2 });
    await assert.rejects(ask('/'), { code: 'ECONNRESET' });
    await until(() => relay.log[0].end !== undefined, 'the exchange has ended');
    assert.equal(roundTrips(relay.log), 0, 'without a response there is no round trip');
  });

  test('refuses an attempt at TLS without noting it', SOON, async (context) => {
    const { relay, registry } = await world(context, {}, { rtt: 10_000 });
    const socket = connect(Number(new URL(relay.url).port), '127.0.0.1');
    socket.write(Buffer.from([0x16, 3, 1, 0, 5]));
    const [answer] = await once(socket, 'data');
    assert.match(String(answer), /^HTTP\/1.1 400 /);
    socket.destroy();
    assert.deepEqual([relay.log, registry.requests], [[], []]);
  });
});

describe('round trips', () => {
  const exchange = (start, answered, fields) => ({ start, answered, end: answered, opens: false, ...fields });

  test('are those of the longest chain', () => {
    assert.equal(roundTrips([]), 0);
    // Two at a time, three times.
    const pairs = [0, 10, 20].flatMap((at) => [exchange(at, at + 9), exchange(at + 1, at + 10)]);
    assert.equal(roundTrips(pairs), 3);
    assert.equal(roundTrips([exchange(0, 30), ...pairs, exchange(30, 40)]), 4);
  });

  test('count the set-up of a connection where it is in the chain', () => {
    const first = exchange(0, 20, { opens: true });
    assert.equal(roundTrips([first]), 2);
    assert.equal(roundTrips([first, exchange(20, 30), exchange(20, 40, { opens: true })]), 4);
  });

  test('leave out what was never answered', () => {
    assert.equal(roundTrips([exchange(0, undefined), exchange(5, 10)]), 1);
    assert.equal(elapsed([exchange(0, undefined), exchange(5, 10)]), 10);
    assert.equal(elapsed([]), 0);
  });
});
