// `npm start`: what it serves, whom it refuses, and that nothing of it is left behind.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import http from 'node:http';
import { after, before, describe, test } from 'node:test';
import { join } from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

import { root } from '../../xtask/ensure.mjs';
import { fileSamples } from '../../www/registry/sample-files.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { json, send, startScripted, truncated } from '../registries/scripted.mjs';
import { startSite } from '../../www/server/site.mjs';
import { DockerRegistryClient } from './support/packed.mjs';
import { SOON } from './support/support.mjs';

/** A request as no fetch sends it: with any Host, and a path that nobody has tidied up. */
function ask(url, { path = '/', method = 'GET', headers = {} } = {}) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const request = http.request({ hostname, port, path, method, headers, agent: false }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, text: Buffer.concat(parts).toString() }),
      );
    });
    request.on('error', reject).end();
  });
}

describe('npm start', () => {
  const BUILD_TOO = { timeout: 600_000 };
  /** Starts it; it goes away with the test, however that ends. */
  function serve(context, ...args) {
    const child = spawn(process.execPath, [join(root, 'www', 'serve.mjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    context.after(() => child.kill('SIGKILL'));
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    const address = new Promise((resolve, reject) => {
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', (part) => {
          output += part;
          const [, found] = output.match(/The page: (\S+)\n/) ?? [];
          if (found) resolve(found);
        });
      }
      ended.then(() => reject(new Error(`it ended without an address:\n${output}`)));
    });
    return { child, address, ended };
  }
  const childrenOf = (pid) =>
    spawnSync('ps', ['-o', 'pid=', '--ppid', `${pid}`], { encoding: 'utf8' })
      .stdout.split('\n')
      .map(Number)
      .filter(Boolean);
  const lives = (pid) => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };

  for (const signal of ['SIGINT', 'SIGTERM']) {
    test(`builds, fills a registry, serves; ${signal} ends all of it`, BUILD_TOO, async (context) => {
      const { child, ended, ...started } = serve(context, '--port', '0');
      const address = await started.address;

      const page = await ask(address);
      assert.equal(page.status, 200);
      assert.match(page.headers['content-type'], /^text\/html/);
      const config = JSON.parse((await ask(address, { path: '/config.json' })).text);
      assert.equal(config.registry, '/registry');
      assert.match(config.name, /^http:\/\/127\.0\.0\.1:\d+$/);
      for (const [path, type] of [
        ['/app.js', 'text/javascript; charset=utf-8'],
        ['/style.css', 'text/css; charset=utf-8'],
        ['/wasm/core.wasm', 'application/wasm'],
      ])
        assert.equal((await ask(address, { path })).headers['content-type'], type);
      assert.equal((await ask(address, { headers: { host: 'evil.example' } })).status, 403);

      const client = new DockerRegistryClient(new URL('/registry', address));
      assert.deepEqual(
        [...(await client.repositories()).keys()].sort(),
        Object.keys({ ...samples, ...fileSamples }).sort(),
      );
      assert.deepEqual((await client.repository('team/web').tags()).sort(), Object.keys(samples['team/web']).sort());

      const servers = childrenOf(child.pid);
      assert.equal(servers.length, 1, 'the registry runs');
      child.kill(signal);
      assert.deepEqual(await ended, { code: 0, signal: null });
      assert.deepEqual(servers.filter(lives), []);
      await assert.rejects(ask(address));
      await assert.rejects(fetch(config.name));
    });
  }

  test('another registry, on the next free port', BUILD_TOO, async (context) => {
    const registry = await startScripted({ '/v2/_catalog': json({ repositories: ['x/y'] }) });
    const busy = await startScripted();
    try {
      const { child, ended, ...started } = serve(context, '--registry', registry.url, '--port', new URL(busy.url).port);
      const address = await started.address;
      assert.notEqual(address, `${busy.url}/`);
      assert.equal(JSON.parse((await ask(address, { path: '/config.json' })).text).name, registry.url);
      assert.deepEqual(await new DockerRegistryClient(new URL('/registry', address)).namespaces(), ['x']);
      assert.deepEqual(childrenOf(child.pid), [], 'no registry is started');
      child.kill('SIGINT');
      assert.deepEqual(await ended, { code: 0, signal: null });
    } finally {
      await Promise.all([registry.stop(), busy.stop()]);
    }
  });

  for (const [args, word] of [
    [['--port', 'x'], 'port'],
    [['--port', '70000'], '65535'],
    [['--registry', 'ftp://x'], 'http'],
    [['--registry', 'https://user:secret@x'], 'password'],
    [['--registry', 'http://'], 'URL'],
    [['--nonsense'], 'nonsense'],
    [['what'], 'what'],
  ]) {
    test(`bad arguments are explained: ${args.join(' ')}`, SOON, () => {
      const { status, stderr } = spawnSync(process.execPath, [join(root, 'www', 'serve.mjs'), ...args], {
        encoding: 'utf8',
      });
      assert.equal(status, 2);
      assert.ok(stderr.includes(word) && stderr.includes('--registry URL') && !stderr.includes('    at '), stderr);
      assert.doesNotMatch(stderr, /secret/);
    });
  }
});

describe('the site', () => {
  let registry;
  let site;
  before(async () => {
    registry = await startScripted();
    site = await startSite({ registry: `${registry.url}/some/prefix` });
  });
  after(() => Promise.all([site.stop(), registry.stop()]));

  test('a foreign Host, Origin or site is refused', SOON, async () => {
    registry.requests = [];
    const port = new URL(site.url).port;
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `127.0.0.1.evil.example:${port}`]) {
      for (const path of ['/', '/config.json', '/registry/v2/'])
        assert.equal((await ask(site.url, { path, headers: { host } })).status, 403);
    }
    for (const headers of [
      { origin: 'http://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]) {
      assert.equal((await ask(site.url, { path: '/registry/v2/', headers })).status, 403);
      assert.equal((await ask(site.url, { path: '/registry/v2/x', method: 'DELETE', headers })).status, 403);
    }
    assert.deepEqual(registry.requests, []);
    for (const host of [`127.0.0.1:${port}`, `localhost:${port}`])
      assert.equal((await ask(site.url, { path: '/config.json', headers: { host } })).status, 200);
  });

  test('no path leads out of the built page', SOON, async () => {
    for (const path of [
      '/../package.json',
      '/../../etc/passwd',
      '/%2e%2e/package.json',
      '/..%2fpackage.json',
      '/wasm/../../package.json',
      '/wasm/..%2f..%2f..%2fpackage.json',
      '/wasm/%2e%2e%2f%2e%2e%2fCargo.toml',
      '//etc/passwd',
      '/%00',
      '/%zz',
      '/..\\package.json',
      '/server',
      '/wasm',
      '/.gitignore',
      '/wasm/%2e%2e/%2e%2e/.git/config',
    ]) {
      const { status, text } = await ask(site.url, { path });
      assert.equal(status, 404, path);
      assert.doesNotMatch(text, /root:|scripts|\[package\]/);
    }
    assert.equal((await ask(site.url, { path: '/', method: 'POST' })).status, 405);
    assert.equal((await ask(site.url, { path: 'http://evil.example/registry/v2/' })).status, 400);
  });

  test('files are compressed as the browser takes them', SOON, async () => {
    const plain = await ask(site.url, { path: '/app.js' });
    assert.equal(plain.headers['content-encoding'], undefined);
    for (const [accepted, encoding, decode] of [
      ['gzip, deflate, br', 'br', brotliDecompressSync],
      ['gzip, deflate', 'gzip', gunzipSync],
      ['br;q=0, GZIP;q=0.5', 'gzip', gunzipSync],
    ]) {
      const { hostname, port } = new URL(site.url);
      const { headers, body } = await new Promise((resolve, reject) => {
        const options = { hostname, port, path: '/app.js', headers: { 'accept-encoding': accepted }, agent: false };
        http
          .get(options, async (response) => {
            resolve({ headers: response.headers, body: Buffer.concat(await response.toArray()) });
          })
          .on('error', reject);
      });
      assert.deepEqual([headers['content-encoding'], headers.vary], [encoding, 'accept-encoding']);
      assert.equal(Number(headers['content-length']), body.length);
      assert.ok(body.length * 2 < plain.text.length);
      assert.equal(decode(body).toString(), plain.text);
    }
    for (const accepted of ['identity', 'br;q=0', 'brotli', ''])
      assert.equal(
        (await ask(site.url, { path: '/app.js', headers: { 'accept-encoding': accepted } })).headers[
          'content-encoding'
        ],
        undefined,
      );
  });

  test('the proxy reaches that one registry, under its prefix', SOON, async () => {
    for (const [path, expected] of [
      ['/registry/v2/', '/some/prefix/v2/'],
      ['/registry/v2/a%2Fb?n=1&last=x%20y', '/some/prefix/v2/a%2Fb?n=1&last=x%20y'],
      ['/registry/../../admin', '/some/prefix/admin'],
      ['/registry/%2e%2e/admin', '/some/prefix/admin'],
      ['/registry//evil.example/v2/', '/some/prefix//evil.example/v2/'],
    ]) {
      registry.requests = [];
      await ask(site.url, { path });
      assert.deepEqual(
        registry.requests.map(({ url }) => url),
        [expected],
      );
    }
    registry.requests = [];
    assert.equal((await ask(site.url, { path: '/registryx/v2/' })).status, 404);
    assert.deepEqual(registry.requests, []);
  });

  test('header fields: what passes, what does not', SOON, async () => {
    registry.requests = [];
    registry.script = send('{}', {
      'docker-content-digest': 'sha256:x',
      'set-cookie': 'a=b',
      'access-control-allow-origin': '*',
      'keep-alive': 'timeout=99',
    });
    const sent = {
      authorization: 'Basic eDp5',
      accept: 'a/b',
      range: 'bytes=0-1',
      cookie: 'c=d',
      origin: site.url,
      referer: site.url,
      'proxy-authorization': 'x',
      connection: 'close, x-hop',
      'x-hop': '1',
      te: 'trailers',
      'sec-fetch-site': 'same-origin',
    };
    const { headers } = await ask(site.url, { path: '/registry/v2/', headers: sent });
    const [{ headers: seen }] = registry.requests;
    assert.deepEqual(
      [seen.authorization, seen.accept, seen.range, seen.host],
      ['Basic eDp5', 'a/b', 'bytes=0-1', new URL(registry.url).host],
    );
    for (const name of ['cookie', 'origin', 'referer', 'proxy-authorization', 'x-hop', 'te', 'sec-fetch-site'])
      assert.equal(seen[name], undefined, name);
    assert.equal(headers['docker-content-digest'], 'sha256:x');
    for (const name of ['set-cookie', 'access-control-allow-origin']) assert.equal(headers[name], undefined, name);
    assert.notEqual(headers['keep-alive'], 'timeout=99');
  });

  test('Location and Link lead back to the proxy', SOON, async () => {
    const prefix = `${registry.url}/some/prefix`;
    for (const [address, expected] of [
      [`${prefix}/v2/x?_state=a%2Bb`, '/registry/v2/x?_state=a%2Bb'],
      ['/some/prefix/v2/x', '/registry/v2/x'],
      ['/v2/x', '/registry/v2/x'],
      ['https://storage.example/x?y', 'https://storage.example/x?y'],
    ]) {
      registry.script = send('', {
        status: 202,
        location: address,
        link: `<${address}>; rel="next", <${address}>; rel="last"`,
      });
      const { headers } = await ask(site.url, { path: '/registry/v2/a' });
      assert.equal(headers.location, expected);
      assert.equal(headers.link, `<${expected}>; rel="next", <${expected}>; rel="last"`);
    }
  });

  test('bodies stream both ways', SOON, async () => {
    const body = Buffer.alloc(3_000_000, 'x');
    registry.script = (request, response) => request.pipe(response.writeHead(200, { 'content-type': 'text/x' }));
    const response = await fetch(`${site.url}/registry/v2/echo`, { method: 'PUT', body });
    assert.ok(body.equals(Buffer.from(await response.arrayBuffer())));
    registry.script = truncated(body);
    await assert.rejects(async () => (await fetch(`${site.url}/registry/v2/`)).arrayBuffer(), TypeError);
    const early = registry.closedEarly;
    registry.script = () => {};
    await assert.rejects(fetch(`${site.url}/registry/v2/`, { signal: AbortSignal.timeout(100) }));
    for (let attempt = 0; attempt < 100 && registry.closedEarly === early; attempt += 1)
      await new Promise((resolve) => setTimeout(resolve, 10));
    assert.ok(registry.closedEarly > early, 'what the page gives up is given up towards the registry');
  });

  test('its token service is reached through it too, no other', SOON, async () => {
    const tokens = await startScripted(() => {});
    tokens.script = json({ token: 'x' });
    const challenge = async (realm) => {
      registry.script = send('', {
        status: 401,
        'www-authenticate': `Bearer realm="${realm}",service="s",scope="a:b:c"`,
      });
      return (await ask(site.url, { path: '/registry/v2/' })).headers['www-authenticate'];
    };
    const here = `${site.url}/registry/~token`;
    assert.equal(await challenge(`${tokens.url}/token?a=b`), `Bearer realm="${here}",service="s",scope="a:b:c"`);
    const { status, text } = await ask(site.url, {
      path: '/registry/~token?service=s&scope=x&scope=y',
      headers: { authorization: 'Basic eDp5', cookie: 'c=d' },
    });
    assert.deepEqual([status, JSON.parse(text)], [200, { token: 'x' }]);
    const [{ url, headers }] = tokens.requests;
    assert.deepEqual([url, headers.host], ['/token?a=b&service=s&scope=x&scope=y', new URL(tokens.url).host]);
    assert.deepEqual([headers.authorization, headers.cookie], ['Basic eDp5', undefined]);
    for (const realm of ['https://auth.example/token', 'ftp://127.0.0.1/token', 'token'])
      assert.equal(await challenge(realm), `Bearer realm="${realm}",service="s",scope="a:b:c"`);
    assert.equal(
      (await ask(site.url, { path: '/registry/~token', headers: { origin: 'http://evil.example' } })).status,
      403,
    );
    await tokens.stop();
  });

  test('a registry that cannot be reached', SOON, async () => {
    const other = await startSite({ registry: 'http://127.0.0.1:1' });
    const { status, text } = await ask(other.url, { path: '/registry/v2/' });
    assert.equal(status, 502);
    assert.match(JSON.parse(text).errors[0].message, /ECONNREFUSED/);
    await other.stop();
  });
});
