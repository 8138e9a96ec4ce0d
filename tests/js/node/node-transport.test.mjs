// The transport of ./node at the level of connections: against a server that writes its bytes by hand.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';

import { DockerRegistryClient, createFetch } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const server = createServer();
/** What each request is answered with: bytes, or a function of the socket and the request. */
let answers = [];
let requests = [];
let sockets = [];
let url;
let fetch;
before(async () => {
  server.on('connection', (socket) => {
    sockets.push(socket.setNoDelay());
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let end; (end = whole(text)) > 0; text = text.slice(end)) {
        const request = text.slice(0, end);
        requests.push(request);
        const answer = answers.length > 1 ? answers.shift() : answers[0];
        if (typeof answer === 'function') answer(socket, request);
        else socket.write(Buffer.concat([answer].flat().map((part) => Buffer.from(part))));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${server.address().port}`;
});
after(() => server.close());
beforeEach(() => {
  [answers, requests, sockets] = [[], [], []];
  fetch = createFetch();
});
afterEach(async () => {
  await fetch.close();
  for (const socket of sockets) socket.destroy();
});

/** Where the first request in the text ends; 0 if it is not whole. */
function whole(text) {
  const head = text.indexOf('\r\n\r\n') + 4;
  if (head < 4) return 0;
  const length = /^content-length: (\d+)\r$/im.exec(text.slice(0, head))?.[1];
  if (length !== undefined) return text.length >= head + Number(length) ? head + Number(length) : 0;
  if (!/^transfer-encoding: chunked\r$/im.test(text.slice(0, head))) return head;
  const end = text.indexOf('0\r\n\r\n', head);
  return end < 0 ? 0 : end + 5;
}

const ok = (body = '{}', ...fields) =>
  Buffer.concat([
    Buffer.from(
      ['HTTP/1.1 200 OK', `content-length: ${Buffer.byteLength(body)}`, ...fields, '', ''].join('\r\n'),
      'latin1',
    ),
    Buffer.from(body),
  ]);
const text = async (init, path = '/x') => (await fetch(`${url}${path}`, init)).text();
const fails = (promise, code) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof TypeError, error);
    if (code) assert.equal(error.cause.code, code);
    return true;
  });
const turn = (milliseconds = 20) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('requests', () => {
  test('have one of each field, and a length for bytes and for nothing', SOON, async () => {
    answers = [ok()];
    await text();
    await text({ method: 'POST' });
    await text({ method: 'PUT', body: 'äö', headers: { 'content-length': '4', accept: 'text/plain' } });
    await text({ method: 'DELETE' });
    await text({ method: 'PATCH', body: new Blob(['abc']) });
    for (const request of requests) {
      const names = [...request.split('\r\n\r\n')[0].matchAll(/^([^:\r\n]+): /gm)].map(([, name]) =>
        name.toLowerCase(),
      );
      assert.equal(new Set(names).size, names.length, request);
      for (const name of ['host', 'accept', 'user-agent', 'accept-encoding']) assert.ok(names.includes(name), request);
    }
    const lengths = requests.map((request) => /content-length: (\d+)/i.exec(request)?.[1]);
    assert.deepEqual(lengths, [undefined, '0', '4', undefined, '3']);
  });

  test('ask for a part of the bytes as they are, not of compressed ones', SOON, async () => {
    answers = [ok()];
    await text();
    await text({ headers: { range: 'bytes=0-1' } });
    const asked = requests.map((request) => /accept-encoding: (.*)\r/i.exec(request)[1]);
    assert.deepEqual(asked, ['gzip, br', 'identity']);
  });

  test('stream a body in chunks, and break it off if its source does', SOON, async () => {
    answers = [ok()];
    const pieces = ['one', 'two'];
    const pull = (controller) =>
      pieces.length > 0 ? controller.enqueue(Buffer.from(pieces.shift())) : controller.close();
    await text({ method: 'POST', body: new ReadableStream({ pull }), duplex: 'half' });
    assert.match(requests[0], /transfer-encoding: chunked[^]*3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/i);
    const failing = new ReadableStream({ pull: (controller) => controller.error(new Error('no')) });
    await assert.rejects(text({ method: 'POST', body: failing, duplex: 'half' }));
    assert.equal(requests.length, 1, 'the server got no end of it');
  });

  test('take no more of a source than the server takes', SOON, async () => {
    const piece = new Uint8Array(65_536);
    let pulled = 0;
    const pull = (controller) => {
      pulled += 1;
      controller.enqueue(piece);
    };
    const abort = new AbortController();
    const sent = fetch(`${url}/x`, {
      method: 'POST',
      body: new ReadableStream({ pull }, { highWaterMark: 0 }),
      duplex: 'half',
      signal: abort.signal,
    });
    sent.catch(() => {});
    const [socket] = await once(server, 'connection');
    socket.pause();
    let before;
    do {
      before = pulled;
      await turn(100);
    } while (pulled !== before);
    assert.ok(pulled < 200, `${pulled} pieces`);
    abort.abort();
    await assert.rejects(sent, { name: 'AbortError' });
  });

  test('stop sending once the server has answered, and leave the connection', SOON, async () => {
    server.once('connection', (socket) =>
      socket.once('data', () => socket.write('HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n')),
    );
    answers = [ok()];
    const body = new ReadableStream({
      pull: (controller) => turn(5).then(() => controller.enqueue(new Uint8Array(1000))),
    });
    assert.equal((await fetch(`${url}/x`, { method: 'POST', body, duplex: 'half' })).status, 413);
    assert.equal(await text(), '{}');
    assert.equal(sockets.length, 2);
  });
});

describe('responses', () => {
  for (const [what, answer, expected = '{}'] of [
    ['100 before them', ['HTTP/1.1 100 Continue\r\n\r\n', ok()]],
    ['103 before them', ['HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n', ok()]],
    ['trailers', ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\nx-sum: 1\r\n\r\n']],
    ['an offer to upgrade', [ok('{}', 'connection: upgrade', 'upgrade: h2c')]],
    ['gzip', [ok(gzipSync('{}'), 'content-encoding: gzip')]],
    ['x-gzip', [ok(gzipSync('{}'), 'Content-Encoding: X-GZIP')]],
    ['two codings', [ok(brotliCompressSync(gzipSync('{}')), 'content-encoding: gzip, br')]],
    ['deflate', [ok(deflateSync('{}'), 'content-encoding: deflate')]],
    ['a coding of nothing', [ok('', 'content-encoding: gzip')], ''],
    ['an unknown coding', [ok('{}', 'content-encoding: zap')]],
  ]) {
    test(`with ${what}`, SOON, async () => {
      answers = [answer];
      assert.equal(await text(), expected);
      assert.equal(await text(), expected);
    });
  }

  test('without a body', SOON, async () => {
    answers = [
      'HTTP/1.1 204 No Content\r\n\r\n',
      'HTTP/1.1 304 Not Modified\r\ncontent-length: 9\r\n\r\n',
      ok('abc').subarray(0, -3),
    ];
    for (const [method, status] of [
      ['GET', 204],
      ['GET', 304],
      ['HEAD', 200],
    ]) {
      const response = await fetch(`${url}/x`, { method });
      assert.deepEqual([response.status, response.body], [status, null]);
    }
    assert.equal(sockets.length, 1);
  });

  test('until the connection ends', SOON, async () => {
    answers = [(socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nall')];
    assert.equal(await text(), 'all');
  });

  test('their fields: repeated, with bytes beyond ASCII, and very many', SOON, async () => {
    const many = Array.from({ length: 1_500 }, (_, number) => `n${number}: 1`);
    answers = [ok('{}', 'link: <a>', 'link: <b>', 'x-name: caf\xe9', ...many)];
    const { headers } = await fetch(`${url}/x`);
    assert.equal(headers.get('link'), '<a>, <b>');
    assert.equal(headers.get('x-name'), 'caf\xe9');
    assert.equal(headers.get('n1499'), '1');
  });

  for (const [what, answer, code] of [
    ['that are too large in their fields', ok('{}', `x: ${'y'.repeat(100_000)}`), 'HPE_HEADER_OVERFLOW'],
    ['of another protocol', 'SSH-2.0-OpenSSH_9.9\r\n', undefined],
    [
      'that switch the protocol',
      'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n',
      undefined,
    ],
    ['that end in their fields', (socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-'), 'ECONNRESET'],
    ['that never begin', (socket) => socket.end(), 'ECONNRESET'],
  ]) {
    test(`${what} are errors`, SOON, async () => {
      answers = [answer];
      await fails(text(), code);
      const client = new DockerRegistryClient(url, { fetch, retry: false });
      await refused(() => client.checkStatus(), 'NETWORK');
    });
  }

  for (const [what, answer] of [
    ['that break off', (socket) => socket.end(ok('{}').subarray(0, -1))],
    [
      'that break off in a chunk',
      (socket) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nab'),
    ],
    ['whose chunks are none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n'],
    ['whose gzip is none', ok('{}', 'content-encoding: gzip')],
    ['whose gzip breaks off', ok(gzipSync('{}').subarray(0, 12), 'content-encoding: gzip')],
    ['with too many codings', ok(gzipSync('{}'), `content-encoding: ${'gzip, '.repeat(6)}`)],
  ]) {
    test(`${what} are errors`, SOON, async () => {
      answers = [answer];
      await fails(text());
      const client = new DockerRegistryClient(url, { fetch, retry: false, apiVersion: 2 });
      const error = await client
        .repository('a/b')
        .tags()
        .then(
          () => assert.fail('no error'),
          (reason) => reason,
        );
      assert.ok(['TRUNCATED', 'NETWORK'].includes(error.code), error.message);
    });
  }

  test('that inflate to a gigabyte are read only as far as somebody wants', SOON, async () => {
    const bomb = Buffer.concat(Array.from({ length: 64 }, () => gzipSync(Buffer.alloc(16 << 20))));
    answers = [ok(bomb, 'content-encoding: gzip')];
    const before = process.memoryUsage().rss;
    const client = new DockerRegistryClient(url, { fetch, retry: false, apiVersion: 2 });
    await refused(() => client.repository('a/b').tags(), 'TOO_LARGE');
    const reader = (await fetch(`${url}/x`)).body.getReader();
    for (let round = 0; round < 10; round += 1) assert.equal((await reader.read()).done, false);
    await turn(200);
    assert.ok(process.memoryUsage().rss - before < 400 << 20, 'not all of it was inflated');
    await reader.cancel();
  });

  test('are not read ahead of their reader', SOON, async () => {
    let sent = 0;
    answers = [
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        const more = () => {
          while (!socket.destroyed && socket.write(Buffer.alloc(65_536))) sent += 65_536;
        };
        socket.on('drain', more);
        more();
      },
    ];
    const { body } = await fetch(`${url}/x`);
    let before;
    do {
      before = sent;
      await turn(100);
    } while (sent !== before);
    assert.ok(sent < 32 << 20, `${sent} bytes`);
    await body.cancel();
    await turn();
    assert.ok(sockets[0].destroyed);
  });

  test('give bytes that may be transferred', SOON, async () => {
    answers = ['HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n', ok('cd')];
    const reader = (await fetch(`${url}/x`)).body.getReader();
    const { value } = await reader.read();
    structuredClone(value, { transfer: [value.buffer] });
    assert.deepEqual([...(await reader.read()).value], [98]);
    await reader.cancel();
  });
});

describe('connections', () => {
  test('are used again, and do not gather listeners', SOON, async (context) => {
    const warnings = [];
    const warned = (warning) => warnings.push(warning);
    process.on('warning', warned);
    context.after(() => process.off('warning', warned));
    answers = [ok()];
    for (let round = 0; round < 40; round += 1) await text();
    assert.equal(sockets.length, 1);
    await turn();
    assert.deepEqual(warnings, []);
  });

  /** The server closes each connection at the second request, without an answer. */
  const closesWhenUsedAgain = () => {
    answers = [ok(), (socket) => socket.destroy(), ok('"again"')];
  };

  for (const method of ['GET', 'HEAD', 'PUT', 'DELETE']) {
    test(`that were closed while idle: ${method} is sent again`, SOON, async () => {
      closesWhenUsedAgain();
      await text();
      assert.equal((await fetch(`${url}/x`, { method, body: method === 'PUT' ? 'abc' : undefined })).status, 200);
      assert.equal(requests.length, 3);
      assert.equal(sockets.length, 2);
    });
  }

  for (const [what, init] of [
    ['POST', () => ({ method: 'POST', body: 'abc' })],
    ['PATCH', () => ({ method: 'PATCH', body: 'abc' })],
    ['a streamed PUT', () => ({ method: 'PUT', body: new Blob(['abc']).stream(), duplex: 'half' })],
  ]) {
    test(`that were closed while idle: ${what} is not sent again`, SOON, async () => {
      closesWhenUsedAgain();
      await text();
      await fails(text(init()));
      assert.equal(requests.length, 2);
    });
  }

  test('that are new are not tried again, nor those that began to answer', SOON, async () => {
    answers = [(socket) => socket.destroy()];
    await fails(text(), 'ECONNRESET');
    assert.equal(requests.length, 1);
    answers = [ok(), (socket) => socket.end('HTTP/1.1 2')];
    await text();
    await fails(text(), 'ECONNRESET');
    assert.equal(requests.length, 3);
  });

  test('with bytes that nobody asked for are not used again', SOON, async () => {
    answers = [(socket) => socket.write(Buffer.concat([ok(), Buffer.from('HTTP/1.1 200 OK\r\n')])), ok('"mine"')];
    assert.equal(await text(), '{}');
    assert.equal(await text(), '"mine"');
    answers = [
      (socket) => {
        socket.write(ok('').toString().replace('content-length: 0', 'content-length: 6'));
        setTimeout(() => socket.write('"body"'), 10);
      },
      ok('"mine"'),
    ];
    assert.equal((await fetch(`${url}/x`, { method: 'HEAD' })).status, 200);
    await once(sockets.at(-1), 'close');
    assert.equal(await text(), '"mine"');
  });

  test('are kept no longer than the server says', SOON, async () => {
    answers = [ok('{}', 'keep-alive: timeout=1, max=5')];
    await text();
    await once(sockets[0], 'close');
    assert.equal(sockets.length, 1);
  });

  for (const [what, answer] of [
    ['before an answer', () => {}],
    ['in the fields', (socket) => socket.write('HTTP/1.1 200 OK\r\n')],
    ['in the body', (socket) => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nab')],
  ]) {
    test(`end with an abort ${what}`, SOON, async () => {
      answers = [answer];
      const abort = new AbortController();
      const reason = new Error('enough');
      const called = text({ signal: abort.signal });
      await turn(50);
      abort.abort(reason);
      await assert.rejects(called, (error) => error === reason);
      await turn(50);
      assert.ok(sockets.every((socket) => socket.destroyed));
    });
  }

  test('go to addresses of IPv6 too', SOON, async (context) => {
    const other = createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end(ok('"six"'))));
    other.listen(0, '::1');
    const isThere = await once(other, 'listening').then(
      () => true,
      () => false,
    );
    context.after(() => other.close());
    if (isThere) assert.equal(await (await fetch(`http://[::1]:${other.address().port}/`)).text(), '"six"');
    else await fails(fetch('http://[::1]:1/'));
  });

  test('none is made for what was aborted before', SOON, async () => {
    await assert.rejects(text({ signal: AbortSignal.abort() }), { name: 'AbortError' });
    assert.equal(sockets.length, 0);
  });
});

describe('redirects', () => {
  const to = (status, location, ...fields) =>
    [`HTTP/1.1 ${status} Go`, `location: ${location}`, 'content-length: 0', ...fields, '', ''].join('\r\n');

  test('are followed, shown or refused as the caller wants', SOON, async () => {
    answers = [to(302, '/y'), ok()];
    const response = await fetch(`${url}/x#part`);
    assert.deepEqual([response.url, response.redirected, response.status], [`${url}/y`, true, 200]);
    answers = [to(302, '/y')];
    const shown = await fetch(`${url}/x`, { redirect: 'manual' });
    assert.deepEqual([shown.status, shown.headers.get('location')], [302, '/y']);
    await fails(fetch(`${url}/x`, { redirect: 'error' }));
    requests = [];
    await fails(fetch(`${url}/x`));
    assert.equal(requests.length, 21);
    answers = [to(302, 'ftp://x/')];
    await fails(fetch(`${url}/x`));
  });

  test('keep the method where they must, and the body', SOON, async () => {
    for (const [status, method, expected] of [
      [301, 'POST', 'GET'],
      [302, 'PUT', 'PUT'],
      [303, 'PUT', 'GET'],
      [303, 'HEAD', 'HEAD'],
      [307, 'POST', 'POST'],
      [308, 'POST', 'POST'],
    ]) {
      answers = [to(status, '/y'), ok('')];
      requests = [];
      await fetch(`${url}/x`, { method, body: method === 'HEAD' ? undefined : 'abc' });
      assert.ok(requests[1].startsWith(`${expected} /y `), requests[1]);
      assert.equal(requests[1].endsWith('abc'), expected !== 'GET' && expected !== 'HEAD');
    }
  });

  test('lead no credentials to another origin', SOON, async () => {
    const other = url.replace('127.0.0.1', 'localhost');
    answers = [to(302, `${other}/y`), ok()];
    await text({ headers: { authorization: 'Basic x', cookie: 'a', 'x-kept': '1' } });
    assert.match(requests[1], /x-kept: 1/);
    assert.doesNotMatch(requests[1], /authorization|cookie/i);
  });
});
