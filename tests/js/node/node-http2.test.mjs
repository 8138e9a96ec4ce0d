// HTTP/2 in the transport of ./node: against servers of node:http2 that behave, and some that do not.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import http2 from 'node:http2';
import https from 'node:https';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, before, beforeEach, describe, test } from 'node:test';
import { createServer } from 'node:tls';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { createAuthority } from '../../registries/certificates.mjs';
import { startForwardProxy } from '../../registries/forward-proxy.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient, createFetch, packedFolder } from '../support/packed.mjs';
import { SOON, bytesOf, refused } from '../support/support.mjs';

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR, NGHTTP2_HTTP_1_1_REQUIRED, NGHTTP2_NO_ERROR, NGHTTP2_REFUSED_STREAM } =
  http2.constants;

let authority;
before(async () => {
  authority = await createAuthority();
}, SOON);

/** What each request is answered with: a function of the stream and its fields. */
let answer;
/** Requests as `HTTP version, method, path`, and the sessions and connections that they came over. */
let requests = [];
let sessions = [];
let sockets = [];
let connections = 0;
let servers = [];
let fetch;
beforeEach(() => {
  [requests, sessions, sockets, connections, servers] = [[], [], [], 0, []];
  answer = ok();
  fetch = createFetch({ ca: authority.ca, http2: true });
});
afterEach(async () => {
  for (const session of sessions) session.destroy();
  await fetch.close();
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
});

/** Starts a server and returns its URL. */
async function start({ allowHTTP1 = false, ...options } = {}) {
  const server = http2.createSecureServer({ ...authority.server, allowHTTP1, ...options });
  servers.push(server);
  server.on('secureConnection', (socket) => {
    connections += 1;
    sockets.push(socket);
  });
  server.on('session', (session) => sessions.push(session.on('error', () => {})));
  server.on('sessionError', () => {});
  server.on('stream', (stream, fields) => {
    stream.on('error', () => {});
    requests.push(`2 ${fields[':method']} ${fields[':path']}`);
    answer(stream, fields, requests.length);
  });
  const answerHttp1 = (request, response) => {
    if (request.httpVersion !== '1.1') return;
    requests.push(`1.1 ${request.method} ${request.url}`);
    response.end('{}');
  };
  if (allowHTTP1) server.on('request', answerHttp1);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `https://127.0.0.1:${server.address().port}`;
}

async function startHttp1(options, answered = (_, response) => response.end('{}')) {
  const server = https.createServer({ ...authority.server, ...options }, answered);
  server.on('secureConnection', () => {
    connections += 1;
  });
  servers.push(server.listen(0, '127.0.0.1'));
  await once(server, 'listening');
  return `https://127.0.0.1:${server.address().port}`;
}

const ok =
  (body = '{}', fields = {}) =>
  (stream) => {
    stream.respond({ ':status': 200, 'content-length': Buffer.byteLength(body), ...fields });
    stream.end(body);
  };
/** Answers the first requests one way, and the others with `{}`. */
const first =
  (count, other) =>
  (...call) =>
    (call[2] <= count ? other : ok())(...call);
const text = async (url, init) => (await fetch(`${url}/x`, init)).text();
/** The code that a stream was closed with. */
const closing = (stream) => new Promise((resolve) => stream.on('close', () => resolve(stream.rstCode)));
/** The server's own close() would end the stream first. */
function reset(stream, code) {
  const [kHandle] = Object.getOwnPropertySymbols(stream).filter(({ description }) => description === 'kHandle');
  stream[kHandle].rstStream(code);
}
const turn = (milliseconds = 20) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const fails = (promise, code) =>
  assert.rejects(promise, (error) => {
    assert.ok(error instanceof TypeError, error);
    assert.equal(error.cause.code, code);
    return true;
  });
const streamed = (pull) => ({ method: 'PUT', body: new ReadableStream({ pull }), duplex: 'half' });

describe('the server chooses', () => {
  test('HTTP/2: one connection for many requests', SOON, async () => {
    const url = await start();
    await Promise.all(Array.from({ length: 40 }, () => text(url)));
    for (let round = 0; round < 5; round += 1) await text(url);
    assert.equal(connections, 1);
    assert.deepEqual(new Set(requests), new Set(['2 GET /x']));
  });

  test('HTTP/1.1: the same connection goes on', SOON, async () => {
    const url = await startHttp1({ ALPNProtocols: ['http/1.1'] });
    assert.deepEqual([await text(url), await text(url)], ['{}', '{}']);
    assert.equal(connections, 1);
    await Promise.all([text(url), text(url)]);
    assert.equal(connections, 2);
  });

  test('nothing: HTTP/1.1', SOON, async () => {
    const url = await startHttp1({ ALPNProtocols: undefined });
    assert.deepEqual(await Promise.all([text(url), text(url), text(url)]), ['{}', '{}', '{}']);
  });

  test('and is not asked without the option', SOON, async () => {
    const url = await start({ allowHTTP1: true });
    const without = createFetch({ ca: authority.ca, http2: false });
    await (await without(`${url}/x`)).text();
    await without.close();
    assert.deepEqual(requests, ['1.1 GET /x']);
    await refused(async () => createFetch({ http2: 'no' }), { code: 'INVALID_ARGUMENT', message: /http2: a boolean/ });
  });

  test('HTTP/1.1 later, for one kind of request', SOON, async () => {
    const url = await start({ allowHTTP1: true });
    answer = (stream) => stream.close(NGHTTP2_HTTP_1_1_REQUIRED);
    assert.equal(await text(url), '{}');
    assert.deepEqual(requests, ['2 GET /x', '1.1 GET /x']);
  });

  test('through a proxy', SOON, async () => {
    const url = await start();
    const proxy = await startForwardProxy();
    const through = createFetch({ ca: authority.ca, http2: true, proxy: proxy.url });
    await Promise.all([1, 2, 3].map(async () => (await through(`${url}/x`)).text()));
    await through.close();
    await proxy.stop();
    assert.deepEqual(proxy.passed, [`CONNECT ${new URL(url).host}`]);
    assert.deepEqual(requests, ['2 GET /x', '2 GET /x', '2 GET /x']);
  });

  test('and asks for a certificate', SOON, async () => {
    const url = await start({ requestCert: true, rejectUnauthorized: true, ca: [authority.ca] });
    await assert.rejects(text(url));
    const known = createFetch({ ca: authority.ca, http2: true, ...authority.client });
    assert.equal((await known(`${url}/x`)).status, 200);
    await known.close();
    assert.deepEqual(requests, ['2 GET /x']);
  });
});

describe('requests', () => {
  test('have the fields of HTTP/2 only', SOON, async () => {
    const url = await start();
    const seen = [];
    answer = (stream, fields) => {
      seen.push(fields);
      stream.resume();
      ok()(stream);
    };
    await text(url, { headers: { 'x-name': 'caf\xe9', 'Keep-Alive': '5', te: 'gzip' } });
    await text(url, { method: 'POST' });
    await text(url, { method: 'PUT', body: 'äö' });
    const [fields] = seen;
    assert.equal(fields[':authority'], new URL(url).host);
    assert.equal(fields['x-name'], 'caf\xe9');
    for (const name of ['host', 'connection', 'keep-alive', 'te']) assert.equal(fields[name], undefined, name);
    assert.deepEqual(
      seen.map((each) => each['content-length']),
      [undefined, '0', '4'],
    );
  });

  test('stream their body, no faster than the server takes it', SOON, async () => {
    const url = await start();
    let pulled = 0;
    let stopped;
    answer = (stream) => {
      stopped = stream.pause();
    };
    const abort = new AbortController();
    const sent = fetch(`${url}/x`, {
      ...streamed((controller) => {
        pulled += 1;
        controller.enqueue(new Uint8Array(65_536));
      }),
      signal: abort.signal,
    });
    sent.catch(() => {});
    let before;
    do {
      before = pulled;
      await turn(100);
    } while (pulled !== before || !stopped);
    assert.ok(pulled < 200, `${pulled} pieces`);
    abort.abort();
    await assert.rejects(sent, { name: 'AbortError' });
    assert.equal(await closing(stopped), NGHTTP2_CANCEL);
  });

  test('whose body breaks off are not taken for whole', SOON, async () => {
    const url = await start();
    let isWhole = false;
    let rejected;
    answer = (stream) => {
      rejected = closing(stream);
      stream.on('end', () => {
        isWhole = true;
      });
      stream.resume();
    };
    let pulled = 0;
    const pull = (controller) => {
      if ((pulled += 1) > 1) controller.error(new Error('no'));
      else controller.enqueue(new Uint8Array(10));
    };
    await assert.rejects(fetch(`${url}/x`, streamed(pull)));
    await rejected;
    assert.equal(isWhole, false);
    answer = ok();
    assert.equal(await text(url), '{}');
    assert.equal(connections, 1);
  });

  for (const [what, code] of [
    ['an error', NGHTTP2_INTERNAL_ERROR],
    ['no error', NGHTTP2_NO_ERROR],
    ['a cancellation', NGHTTP2_CANCEL],
  ]) {
    test(`that are reset with ${what} before they are answered fail, however much of them is sent`, SOON, async () => {
      const url = await start();
      answer = (stream) => setTimeout(reset, 20, stream, code);
      const endless = streamed((controller) => controller.enqueue(new Uint8Array(65_536)));
      const large = { method: 'POST', body: new Uint8Array(10_000_000) };
      for (const init of [{}, { method: 'POST', body: 'abc' }, large, endless])
        await fails(text(url, init), 'ECONNRESET');
      answer = ok();
      assert.equal(await text(url), '{}');
      assert.equal(connections, 1);
    });
  }

  test('stop sending once the server has answered', SOON, async () => {
    const url = await start();
    answer = (stream) => {
      stream.respond({ ':status': 413 }, { endStream: true });
    };
    const pull = (controller) => turn(5).then(() => controller.enqueue(new Uint8Array(1000)));
    assert.equal((await fetch(`${url}/x`, streamed(pull))).status, 413);
    answer = ok();
    assert.equal(await text(url), '{}');
  });
});

describe('responses', () => {
  test('have no fields of HTTP/2 itself, and no trailers', SOON, async () => {
    const url = await start();
    answer = (stream) => {
      stream.additionalHeaders({ ':status': 103, 'link': '</a>' });
      stream.respond({ ':status': 200, 'x-name': 'caf\xe9', 'warning': ['1', '2'] }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'x-sum': '1' }));
      stream.end('all');
    };
    const response = await fetch(`${url}/x`);
    assert.equal(await response.text(), 'all');
    assert.equal(response.headers.get('x-name'), 'caf\xe9');
    assert.equal(response.headers.get('warning'), '1, 2');
    assert.deepEqual([...response.headers.keys()].sort(), ['date', 'warning', 'x-name']);
  });

  test('of all sizes, with and without a length, coded and not', SOON, async () => {
    const url = await start();
    for (const size of [0, 1, 20_000, 3_000_000]) {
      const body = 'y'.repeat(size);
      for (const [sent, fields] of [
        [body, {}],
        [body, { 'content-length': undefined }],
        [gzipSync(body), { 'content-encoding': 'gzip' }],
      ]) {
        answer = ok(sent, fields);
        assert.equal((await text(url)).length, size);
      }
    }
    assert.equal(connections, 1);
  });

  test('without a body', SOON, async () => {
    const url = await start();
    answer = (stream, fields) =>
      stream.respond({ ':status': fields[':method'] === 'HEAD' ? 200 : 204, 'x-length': '9' }, { endStream: true });
    assert.equal((await fetch(`${url}/x`, { method: 'HEAD' })).status, 200);
    assert.equal((await fetch(`${url}/x`)).status, 204);
  });

  test('with very many fields', SOON, async () => {
    const url = await start({ maxHeaderListPairs: 4_000 });
    answer = ok('{}', Object.fromEntries(Array.from({ length: 1_500 }, (_, number) => [`n${number}`, '1'])));
    assert.equal((await fetch(`${url}/x`)).headers.get('n1499'), '1');
  });

  test('whose fields are too large are errors', SOON, async () => {
    const url = await start();
    answer = (stream) => {
      stream.respond(
        Object.fromEntries([[':status', 200], ...Array.from({ length: 20 }, (_, n) => [`x${n}`, 'y'.repeat(10_000)])]),
      );
      stream.end('{}');
    };
    await assert.rejects(text(url), TypeError);
  });

  test('that end with their connection are errors', SOON, async () => {
    const url = await start();
    answer = (stream) => {
      stream.respond({ ':status': 200 });
      stream.write('{}');
      setTimeout(() => sockets.at(-1).destroy(), 30);
    };
    await fails(text(url), 'ECONNRESET');
    const client = new DockerRegistryClient(url, { fetch, retry: false, apiVersion: 2 });
    await refused(() => client.repository('a/b').tags(), { code: 'TRUNCATED' });
    assert.equal(connections, 2);
  });

  for (const [what, code] of [
    ['a reset', NGHTTP2_INTERNAL_ERROR],
    ['a reset without an error', NGHTTP2_NO_ERROR],
    ['a reset that cancels', NGHTTP2_CANCEL],
  ]) {
    for (const length of [undefined, 100]) {
      test(`that end with ${what} are errors, ${length ? 'with' : 'without'} a length`, SOON, async () => {
        const url = await start();
        answer = (stream) => {
          stream.respond({ ':status': 200, 'content-length': length });
          stream.write('{}');
          setTimeout(reset, 30, stream, code);
        };
        await fails(text(url), 'ECONNRESET');
        const client = new DockerRegistryClient(url, { fetch, retry: false, apiVersion: 2 });
        await refused(() => client.repository('a/b').tags(), { code: 'TRUNCATED' });
      });
    }
  }

  test('that are shorter or longer than they say are errors', SOON, async () => {
    const url = await start();
    for (const length of [1, 3]) {
      answer = (stream) => {
        stream.respond({ ':status': 200, 'content-length': length });
        stream.end('{}');
      };
      await assert.rejects(text(url), TypeError);
    }
  });

  test('are not read ahead of their reader, and do not stop each other', SOON, async () => {
    const url = await start();
    let sent = 0;
    answer = (stream, fields) => {
      if (fields[':path'] !== '/endless') return ok()(stream);
      stream.respond({ ':status': 200 });
      const more = () => {
        while (!stream.destroyed && stream.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      stream.on('drain', more);
      return more();
    };
    const bodies = await Promise.all([1, 2, 3, 4, 5, 6].map(async () => (await fetch(`${url}/endless`)).body));
    let before;
    do {
      before = sent;
      await turn(100);
    } while (sent !== before);
    assert.ok(sent < 60 << 20, `${sent} bytes`);
    assert.equal(await text(url), '{}');
    await Promise.all(bodies.map((body) => body.cancel()));
    await turn();
    assert.equal(connections, 1);
  });

  test('give bytes that may be transferred', SOON, async () => {
    const url = await start();
    answer = ok('y'.repeat(100_000), { 'content-length': undefined });
    const reader = (await fetch(`${url}/x`)).body.getReader();
    let length = 0;
    for (let read; !(read = await reader.read()).done; ) {
      length += read.value.length;
      structuredClone(read.value, { transfer: [read.value.buffer] });
    }
    assert.equal(length, 100_000);
  });
});

test('bodies over HTTP/1.1 and TLS are whole, and their bytes may be transferred', SOON, async () => {
  const url = await startHttp1({}, ({ url: path }, response) => {
    if (path !== '/chunked') response.setHeader('content-length', 1_000_000);
    for (let at = 0; at < 10; at += 1) response.write(Buffer.alloc(path === '/breaks' ? 90_000 : 100_000, at));
    if (path === '/breaks') setTimeout(() => response.destroy(), 30);
    else response.end();
  });
  for (const path of ['/length', '/chunked', '/breaks']) {
    const reader = (await fetch(url + path)).body.getReader();
    let length = 0;
    const read = async () => {
      for (let part; !(part = await reader.read()).done; ) {
        for (const byte of [0, part.value.length - 1])
          assert.equal(part.value[byte], Math.floor((length + byte) / (path === '/breaks' ? 90_000 : 100_000)));
        length += part.value.length;
        structuredClone(part.value, { transfer: [part.value.buffer] });
      }
    };
    if (path === '/breaks') await assert.rejects(read, TypeError);
    else await read();
    assert.equal(length, path === '/breaks' ? 900_000 : 1_000_000, path);
  }
});

describe('requests that no server has processed are sent again', () => {
  for (const method of ['GET', 'POST']) {
    const init = { method, ...(method === 'POST' && { body: 'abc' }) };

    test(`${method}, refused`, SOON, async () => {
      const url = await start();
      answer = first(2, (stream) => stream.close(NGHTTP2_REFUSED_STREAM));
      assert.equal(await text(url, init), '{}');
      assert.equal(requests.length, 3);
    });

    for (const code of [NGHTTP2_NO_ERROR, NGHTTP2_INTERNAL_ERROR]) {
      test(`${method}, above the last stream of GOAWAY ${code}`, SOON, async () => {
        const url = await start();
        assert.equal(await text(url), '{}');
        answer = first(2, (stream) => stream.session.goaway(code, stream.id - 2));
        assert.equal(await text(url, init), '{}');
        assert.equal(connections, 2);
      });
    }
  }

  test('but not for ever', SOON, async () => {
    const url = await start();
    answer = (stream) => stream.close(NGHTTP2_REFUSED_STREAM);
    await fails(text(url), 'ECONNRESET');
    assert.equal(requests.length, 6);
  });

  test('a streamed body is not', SOON, async () => {
    const url = await start();
    answer = (stream) => stream.close(NGHTTP2_REFUSED_STREAM);
    await fails(
      fetch(
        `${url}/x`,
        streamed((controller) => controller.close()),
      ),
      'ECONNRESET',
    );
    assert.equal(requests.length, 1);
  });

  test('those that were processed are not', SOON, async () => {
    const url = await start();
    answer = first(1, (stream) => {
      stream.session.goaway(NGHTTP2_NO_ERROR, stream.id);
      setTimeout(ok(), 50, stream);
    });
    assert.equal(await text(url), '{}', 'the session ends after them');
    answer = (stream) => stream.session.goaway(NGHTTP2_INTERNAL_ERROR, stream.id);
    await fails(text(url), 'ECONNRESET');
    answer = (stream) => stream.close(NGHTTP2_INTERNAL_ERROR);
    await fails(text(url), 'ECONNRESET');
    assert.equal(requests.length, 3);
  });
});

describe('sessions', () => {
  test('of a server that takes one request at a time', SOON, async () => {
    const url = await start({ settings: { maxConcurrentStreams: 1 } });
    let atOnce = 0;
    answer = (stream) => {
      const { session } = stream;
      session.streams = (session.streams ?? 0) + 1;
      atOnce = Math.max(atOnce, session.streams);
      setTimeout(() => {
        session.streams -= 1;
        ok()(stream);
      }, 30);
    };
    await text(url);
    await Promise.all([1, 2, 3, 4, 5].map(() => text(url)));
    assert.equal(atOnce, 1);
    assert.ok(connections > 1 && connections <= 5, `${connections} connections`);
  });

  for (const [method, isRepeated] of [
    ['GET', true],
    ['PUT', true],
    ['POST', false],
  ]) {
    test(`that were closed while idle: ${method} is ${isRepeated ? '' : 'not '}sent again`, SOON, async () => {
      const url = await start();
      await text(url);
      answer = first(2, () => sockets.at(-1).destroy());
      const again = text(url, { method, ...(method !== 'GET' && { body: 'abc' }) });
      if (isRepeated) assert.equal(await again, '{}');
      else await fails(again, 'ECONNRESET');
      assert.equal(requests.length, isRepeated ? 3 : 2);
    });
  }

  test('that are new are not tried again', SOON, async () => {
    const url = await start();
    answer = () => sockets[0].destroy();
    await assert.rejects(text(url), TypeError);
    assert.equal(requests.length, 1);
  });

  test('that were idle for long prove to be alive before a request that cannot be repeated', SOON, async (context) => {
    const url = await start();
    await text(url);
    let pings = 0;
    sessions[0].on('ping', () => {
      pings += 1;
    });
    const now = performance.now.bind(performance);
    context.mock.method(performance, 'now', () => now() + 10_000);
    answer = (stream) => {
      assert.equal(pings, 1);
      stream.resume();
      ok()(stream);
    };
    assert.equal(await text(url, { method: 'POST', body: 'abc' }), '{}');
    assert.equal(connections, 1);
  });

  test('end with an abort of what waits for them, and of nothing else', SOON, async () => {
    const url = await start();
    const abort = new AbortController();
    const given = fetch(`${url}/x`, { signal: abort.signal });
    const other = text(url);
    abort.abort();
    await assert.rejects(given, { name: 'AbortError' });
    assert.equal(await other, '{}');
    for (const begins of [false, true]) {
      let closed;
      answer = (stream) => {
        closed = closing(stream);
        if (begins) stream.respond({ ':status': 200 });
      };
      const controller = new AbortController();
      const hanging = fetch(`${url}/x`, { signal: controller.signal }).then((response) => response.text());
      hanging.catch(() => {});
      while (!closed) await turn();
      controller.abort();
      await assert.rejects(hanging, { name: 'AbortError' });
      assert.equal(await closed, NGHTTP2_CANCEL);
    }
    answer = ok();
    assert.equal(await text(url), '{}');
    assert.equal(connections, 1);
  });

  test('of a server that does not speak it, and one that never answers', SOON, async () => {
    const server = createServer({ ...authority.server, ALPNProtocols: ['h2'] }, (socket) => {
      sockets.push(socket.on('error', () => {}).resume());
      if (sockets.length === 1) socket.write('HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n');
    });
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const url = `https://127.0.0.1:${server.address().port}`;
    await assert.rejects(text(url), TypeError);
    const abort = new AbortController();
    const hanging = text(url, { signal: abort.signal });
    while (sockets.length < 2) await turn();
    abort.abort();
    await assert.rejects(hanging, { name: 'AbortError' });
    // It proves no life, so that the next request gets a connection of its own.
    const again = new AbortController();
    const other = text(url, { method: 'POST', body: 'abc', signal: again.signal });
    while (sockets.length < 3) await turn(100);
    again.abort();
    await assert.rejects(other, { name: 'AbortError' });
    for (const socket of sockets) socket.destroy();
  });

  test('that went silent, or read no further because of a malformed frame, are given up', SOON, async () => {
    const settings = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const windowUpdate = [0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    const dataOfNoStream = [0, 0, 1, 0, 0, 0, 0, 0, 0, 0];
    let hasAnswered = false;
    const server = createServer({ ...authority.server, ALPNProtocols: ['h2'] }, (socket) => {
      const last = sockets.push(socket.on('error', () => {})) === 1 ? windowUpdate : dataOfNoStream;
      socket.write(Uint8Array.from(settings));
      let received = 0;
      socket.on('data', ({ length }) => {
        // Its settings are shorter, and a request is longer.
        if (received < 100 && received + length >= 100) hasAnswered = socket.write(Uint8Array.from(last));
        received += length;
      });
    });
    servers.push(server.listen(0, '127.0.0.1'));
    await once(server, 'listening');
    const url = `https://127.0.0.1:${server.address().port}`;
    const abort = new AbortController();
    const hanging = text(url, { signal: abort.signal });
    while (!hasAnswered) await turn();
    await turn();
    abort.abort();
    await assert.rejects(hanging, { name: 'AbortError' });
    await fails(text(url), 'ETIMEDOUT');
    // Node 20 does not tell of the frame.
    await assert.rejects(text(url), TypeError);
    assert.equal(sockets.length, 2);
    for (const socket of sockets) socket.destroy();
  });

  test('that nobody needs do not keep the process alive', SOON, async () => {
    const url = await start();
    const file = join(packedFolder, 'ends-http2.mjs');
    writeFileSync(
      file,
      `import { createFetch } from 'docker-registry-client-wasm/node';
      const [url, ca] = process.argv.slice(2);
      const fetch = createFetch({ ca, http2: true });
      console.log(await (await fetch(url)).text());
      const signal = AbortSignal.timeout(100);
      await fetch(url.replace('/x', '/hangs'), { signal }).catch(({ name }) => console.log(name));`,
    );
    answer = (stream, fields) => {
      if (fields[':path'] === '/x') return ok()(stream);
      // It answers no PING any more.
      return sockets[0].pause();
    };
    const begun = performance.now();
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [file, `${url}/x`, authority.ca]);
    assert.deepEqual([stdout, stderr], ['{}\nTimeoutError\n', '']);
    assert.ok(performance.now() - begun < 20_000);
    assert.deepEqual(requests, ['2 GET /x', '2 GET /hangs']);
  });
});

test('a real registry: push, pull, copy, tag, delete', SOON, async (context) => {
  const { mock } = context.mock.method(http2, 'connect');
  syncBuiltinESMExports();
  context.after(() => {
    context.mock.restoreAll();
    syncBuiltinESMExports();
  });
  const registry = await startDistribution({ tls: authority.server });
  try {
    const client = new DockerRegistryClient(registry.url, { fetch });
    const repository = client.repository('over/http2');
    const layers = await Promise.all(
      Array.from({ length: 12 }, async (_, number) => {
        const bytes = Buffer.alloc(number * 100_000, number);
        const { digest } = await repository.pushBlob(new Blob([bytes]).stream());
        return { bytes, digest };
      }),
    );
    const read = await Promise.all(layers.map(async ({ digest }) => bytesOf(await repository.blob(digest))));
    for (const [number, { bytes }] of layers.entries()) assert.ok(bytes.equals(Buffer.from(read[number])));
    const [config, ...others] = layers;
    const described = ({ bytes, digest }, mediaType) => ({ mediaType, digest, size: bytes.length });
    const document = {
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      config: described(config, 'application/vnd.example.config'),
      layers: others.map((layer) => described(layer, 'application/octet-stream')),
    };
    await repository.pushManifest('one', document);
    await repository.tag('two', 'one');
    assert.deepEqual([...(await repository.tags())].sort(), ['one', 'two']);
    await repository.deleteBlob(others[0].digest);
    await refused(() => repository.blob(others[0].digest), 'BLOB_UNKNOWN');
    assert.ok(mock.calls.length === 1, `${mock.calls.length} sessions`);
  } finally {
    await fetch.close();
    await registry.stop();
  }
});
