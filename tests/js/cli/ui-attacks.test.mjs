// `ui`, and everybody who tries to use it without being asked to: other sites' pages, other programs, and the registry itself.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { asking, endless, error, json, redirect, send, startScripted } from '../../registries/scripted.mjs';
import { SOON } from '../support/support.mjs';
import { BASIC, ask, dockerConfig, open } from './ui.mjs';

const codeOf = ({ text }) => JSON.parse(text).errors[0].code;

describe('attacks', () => {
  let registry;
  let page;
  let port;
  let root;
  const ends = [];
  before(async () => {
    registry = await startScripted({ '/some/prefix/v2/': json({}) });
    page = await open({ after: (end) => ends.push(end) }, [`${registry.url}/some/prefix`, '--no-open'], {});
    ({ port, pathname: root } = new URL(page.url));
  });
  after(async () => {
    await Promise.all(ends.map((end) => end()));
    await registry.stop();
  });
  const forwarded = async (path, options) => {
    registry.requests = [];
    const answer = await ask(page.url, path, options);
    return [answer, registry.requests];
  };
  const below = (path) => `${root}registry${path}`;

  test('nothing without the token', SOON, async () => {
    const wrong = `/${'0'.repeat(48)}`;
    for (const start of ['', wrong, root.slice(0, -2), `${root.slice(0, -1)}0`]) {
      for (const path of ['/', '/config.json', '/app.js', '/registry/v2/', '/?token=x']) {
        const [{ status, text }, requests] = await forwarded(start + path);
        assert.deepEqual([status, requests], [403, []], start + path);
        assert.ok(!text.includes(root.slice(1, -1)));
      }
    }
    assert.equal((await ask(page.url, root)).status, 200);
  });

  test('no foreign Host, Origin or site', SOON, async () => {
    for (const headers of [
      { host: 'evil.example' },
      { host: `evil.example:${port}` },
      { host: '127.0.0.1' },
      { host: `127.0.0.1.evil.example:${port}` },
      { origin: 'http://evil.example' },
      { origin: `http://127.0.0.1:${Number(port) - 1}` },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      for (const path of [root, `${root}config.json`, below('/v2/')]) {
        const [{ status }, requests] = await forwarded(path, { headers });
        assert.deepEqual([status, requests], [403, []], JSON.stringify([path, headers]));
      }
    }
  });

  test('only loopback listens', SOON, async () => {
    const socket = net.connect({ host: '127.0.0.2', port });
    const [failure] = await once(socket, 'error');
    assert.equal(failure.code, 'ECONNREFUSED');
  });

  test('no path leads out of the folders or of the registry', SOON, async () => {
    for (const path of [
      '../package.json',
      '%2e%2e/package.json',
      '..%2fpackage.json',
      'wasm/..%2f..%2f..%2fpackage.json',
      'wasm/../../cli/main.js',
      '/etc/passwd',
      '%2fetc%2fpasswd',
      '..\\package.json',
      '%00',
      '%zz',
    ]) {
      const { status, text } = await ask(page.url, root + path);
      assert.equal(status, 404, path);
      assert.doesNotMatch(text, /root:|version|import/);
    }
    for (const path of [
      '/',
      '/v3/',
      '/../admin',
      '/v2/token?service=x',
      '/v2/auth/',
      '/v2/tags/list',
      '/v2/x/tags/../../auth/tags/x',
      '/v1/users/',
      '/v2/../admin',
      '/v2/%2e%2e/admin',
      '/v2/..%2fadmin',
      '/v2/x/tags/..%2f..%2f..%2fadmin',
      '/v2/%2e%2e%2fadmin',
      '/v2/x/tags/..\\admin',
      '/v2/x/tags/..%5cadmin',
      '//evil.example/v2/',
      '/\\evil.example/v2/',
      '/http://evil.example/v2/',
      '/@evil.example/v2/',
      '/v2/x/tags/%0d%0aX-Evil:%201',
      '/v2/x/tags/%00',
      '/v2/x/tags/%zz',
    ]) {
      const [{ status, text }, requests] = await forwarded(below(path));
      assert.deepEqual([status, JSON.parse(text).errors[0].code, requests], [400, 'UNSUPPORTED', []], path);
    }
    for (const path of ['http://evil.example/v2/', `http://127.0.0.1:${port}${below('/v2/')}`, '*'])
      assert.equal((await forwarded(path))[0].status, 400, path);
    const [, requests] = await forwarded(below('/v2//evil.example/tags/list?x=http://evil.example'));
    assert.deepEqual(
      requests.map(({ url }) => url),
      ['/some/prefix/v2//evil.example/tags/list?x=http://evil.example'],
    );
  });

  test('no changes, and no other methods', SOON, async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND']) {
      const [{ status }, requests] = await forwarded(below('/v2/x/manifests/y'), {
        method,
        headers: { origin: page.url.slice(0, -root.length) },
      });
      assert.deepEqual([status, requests], [['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) ? 403 : 405, []]);
    }
    for (const path of [root, `${root}config.json`])
      assert.notEqual((await ask(page.url, path, { method: 'DELETE' })).status, 204);
  });

  test('a line break in a header goes nowhere', SOON, async () => {
    registry.requests = [];
    const socket = net.connect({ host: '127.0.0.1', port });
    socket.end(
      `GET ${below('/v2/')} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAccept: a\rX-Evil: 1\r\nConnection: close\r\n\r\n`,
    );
    let text = '';
    for await (const part of socket) text += part;
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.deepEqual(registry.requests, []);
    registry.script = (request) =>
      request.socket.end('HTTP/1.1 200 OK\r\nContent-Type: a\rSet-Cookie: x=y\r\nContent-Length: 0\r\n\r\n');
    const [{ status, headers }] = await forwarded(below('/v2/x/tags/list'));
    assert.deepEqual([status, headers['set-cookie']], [502, undefined]);
  });

  test('header fields: what passes, what does not', SOON, async () => {
    registry.script = send('{}', {
      'docker-content-digest': 'sha256:x',
      'content-type': 'text/html',
      'link': '</some/prefix/v2/_catalog?last=x>; rel="next"',
      'location': 'http://evil.example/v2/x',
      'content-range': 'bytes 0-1/2',
      'set-cookie': 'a=b',
      'www-authenticate': 'Basic realm="x"',
      'x-docker-token': 'secret',
      'x-docker-endpoints': 'evil.example',
      'content-security-policy': 'script-src *',
      'access-control-allow-origin': '*',
      'refresh': '0; url=http://evil.example',
    });
    const sent = {
      range: 'bytes=0-1',
      accept: 'a/b',
      authorization: 'Basic eDp5',
      cookie: 'c=d',
      'x-docker-token': 'true',
    };
    const [{ headers }, [{ headers: seen }]] = await forwarded(below('/v2/x/tags/list'), { headers: sent });
    assert.deepEqual([seen.range, seen.accept, seen.host], ['bytes=0-1', 'a/b', new URL(registry.url).host]);
    for (const name of ['authorization', 'cookie', 'x-docker-token']) assert.equal(seen[name], undefined, name);
    assert.deepEqual(
      [headers['docker-content-digest'], headers['content-type'], headers['content-range'], headers.link],
      ['sha256:x', 'text/html', 'bytes 0-1/2', `<${below('/v2/_catalog?last=x')}>; rel="next"`],
    );
    assert.match(headers['content-security-policy'], /default-src 'none'.*sandbox/);
    for (const name of [
      'location',
      'set-cookie',
      'www-authenticate',
      'x-docker-token',
      'x-docker-endpoints',
      'access-control-allow-origin',
      'refresh',
    ])
      assert.equal(headers[name], undefined, name);
  });

  test('redirects are followed here, never to metadata', SOON, async () => {
    const storage = await startScripted(send('bytes', { 'content-type': 'a/b' }));
    try {
      registry.script = redirect(`${storage.url}/blob?signature=x`);
      const [{ status, text, headers }] = await forwarded(below('/v2/x/blobs/y'), { headers: { range: 'bytes=0-4' } });
      assert.deepEqual([status, text, headers.location], [200, 'bytes', undefined]);
      assert.equal(storage.requests[0].headers.range, 'bytes=0-4');
    } finally {
      await storage.stop();
    }
    for (const location of [
      'http://169.254.169.254/latest/meta-data',
      'http://[fe80::1]/',
      'http://2852039166/',
      'file:///etc/passwd',
    ]) {
      registry.script = redirect(location);
      const [answer, requests] = await forwarded(below('/v2/x/blobs/y'));
      assert.deepEqual([answer.status, requests.length], [502, 1], location);
      assert.doesNotMatch(answer.text, /root:/);
    }
    registry.script = redirect('http://169.254.169.254/');
    assert.equal(codeOf((await forwarded(below('/v2/x/blobs/y')))[0]), 'UNTRUSTED_LOCATION');
    registry.script = {};
  });

  test(
    'what the page gives up is given up towards the registry, which sends no faster than the page reads',
    SOON,
    async () => {
      const script = endless();
      registry.script = script;
      const early = registry.closedEarly;
      const controller = new AbortController();
      const response = await fetch(new URL(below('/v2/x/blobs/y'), page.url), { signal: controller.signal });
      await response.body.getReader().read();
      let sent = -1;
      for (let tries = 0; tries < 100 && sent !== script.sent(); tries += 1) {
        sent = script.sent();
        await sleep(200);
      }
      assert.ok(sent === script.sent() && sent < 64_000_000, `${script.sent()} bytes`);
      controller.abort();
      for (let tries = 0; tries < 100 && registry.closedEarly === early; tries += 1) await sleep(20);
      assert.ok(registry.closedEarly > early);
      registry.script = {};
    },
  );

  test("a token service that is not the registry's gets no login", SOON, async (t) => {
    registry.script = {
      '/v2/': json({}),
      '/v2/x/tags/list': error(401, 'UNAUTHORIZED', 'x', {
        'www-authenticate': 'Bearer realm="http://169.254.169.254/token",service="s"',
      }),
    };
    const { url } = await open(t, [registry.url, '--no-open'], await dockerConfig(t, registry.url));
    const answer = await ask(url, `${new URL(url).pathname}registry/v2/x/tags/list`);
    assert.deepEqual([answer.status, codeOf(answer)], [502, 'UNTRUSTED_REALM']);
    registry.script = {};
  });

  test('a registry that asks for Basic gets it, its storage does not', SOON, async (t) => {
    const storage = await startScripted(send('bytes'));
    t.after(storage.stop);
    registry.script = asking('Basic realm="x"', (request, response) =>
      (request.url === '/v2/' ? json({}) : redirect(`${storage.url}/blob`))(request, response),
    );
    const { url } = await open(t, [registry.url, '--no-open'], await dockerConfig(t, registry.url));
    registry.requests = [];
    for (let count = 0; count < 2; count += 1)
      assert.equal((await ask(url, `${new URL(url).pathname}registry/v2/x/blobs/y`)).text, 'bytes');
    assert.deepEqual(
      registry.requests.map(({ headers }) => headers.authorization),
      [undefined, `Basic ${BASIC}`, `Basic ${BASIC}`],
    );
    assert.deepEqual(
      storage.requests.map(({ headers }) => headers.authorization),
      [undefined, undefined],
    );
    registry.script = {};
  });
});
