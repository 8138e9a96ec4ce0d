// Bad input from the caller, and hosts that are no registry: a typed error (or plain data), never a hang, never a trap, and
// the same instance goes on working.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';

import { image, layer } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { freePort } from '../../../www/registry/process.mjs';
import { unusual } from '../../registries/unusual-images.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { html, json, send, startScripted } from '../../registries/scripted.mjs';
import {
  DockerRegistryClient,
  Image,
  RegistryError,
  Repository,
  createFetch,
  isRegistryError,
} from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const good = image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: '1' }]) }]);

describe('hosts', () => {
  test('wrong host', SOON, async () => {
    await refused(() => new DockerRegistryClient('no-such-host.invalid').checkStatus(), {
      code: 'NETWORK',
      status: undefined,
      method: 'GET',
    });
  });

  test('dead port', SOON, async () => {
    const dead = `127.0.0.1:${await freePort()}`;
    await refused(() => new DockerRegistryClient(dead).apiVersion(), { code: 'NETWORK', message: /ECONNREFUSED/ });
    await refused(() => new DockerRegistryClient(dead).repositories(), 'NETWORK');
    await refused(() => new DockerRegistryClient(dead).repository('a/b').tags(), 'NETWORK');
  });

  test('ports that fetch blocks', SOON, async () => {
    for (const port of [25, 6000, 6667, 10080]) {
      const client = new DockerRegistryClient(`http://127.0.0.1:${port}`);
      const message = new RegExp(
        `^127\\.0\\.0\\.1:${port} cannot be reached: fetch blocks port ${port}\\b.*another port`,
      );
      await refused(() => client.checkStatus(), { code: 'NETWORK', message });
      const { reachable, text } = await client.diagnose();
      assert.equal(reachable, false);
      assert.match(text, /fetch blocks port/);
    }
    const { fetch, port } = { fetch: createFetch(), port: 6000 };
    const error = await refused(
      () => new DockerRegistryClient(`127.0.0.1:${port}`, { fetch }).checkStatus(),
      'NETWORK',
    );
    assert.doesNotMatch(error.message, /blocks/, 'the transport of ./node connects to any port');
    await fetch.close();
  });

  test('with the path of its API, and as skopeo and helm write them', SOON, async () => {
    const server = await startScripted();
    const { host } = new URL(server.url);
    try {
      for (const written of [`${server.url}/v2/`, `${host}/v2`, `docker://${host}`, `oci://${host}/`]) {
        server.requests = [];
        const client = new DockerRegistryClient(written);
        assert.equal(client.host, server.url);
        await client.checkStatus();
        assert.ok(
          server.requests.every(({ url }) => url === '/v2/'),
          written,
        );
      }
    } finally {
      await server.stop();
    }
  });

  for (const host of [
    '',
    ' ',
    'ftp://registry.example',
    'javascript:alert(1)',
    'http://',
    'http://user:secret@registry.example',
    'registry.example:99999',
    'registry example',
    'http://registry.example/?a=b',
    'http://registry.example\\@evil.example',
    null,
    undefined,
    7,
    {},
  ]) {
    test(`no host: ${JSON.stringify(host) ?? host}`, SOON, async () => {
      const { message } = await refused(() => new DockerRegistryClient(host), 'INVALID_ARGUMENT');
      assert.doesNotMatch(message, /secret/);
    });
  }
});

describe('a host that is no registry', () => {
  let server;
  before(async () => (server = await startScripted(html)));
  after(() => server.stop());

  test('HTML with status 200', SOON, async () => {
    const client = new DockerRegistryClient(server.url);
    await refused(() => client.checkStatus(), { code: 'INVALID_RESPONSE', status: 200, message: /HTML/ });
    await refused(() => client.apiVersion(), 'INVALID_RESPONSE');
    await refused(() => client.repositories(), 'INVALID_RESPONSE');
    const repository = client.repository('a/b');
    for (const ask of [
      () => repository.tags(),
      () => repository.data('x'),
      () => repository.image('x'),
      () => repository.manifest('x'),
    ]) {
      await refused(ask, 'INVALID_RESPONSE');
    }
  });

  test('HTML behind a /v2/ that looks right', SOON, async () => {
    server.script = (request, response) => (request.url === '/v2/' ? json({}) : html)(request, response);
    const client = new DockerRegistryClient(server.url);
    await client.checkStatus();
    await refused(() => client.repositories(), 'INVALID_RESPONSE');
    await refused(() => client.repository('a/b').tags(), 'INVALID_RESPONSE');
    await refused(() => client.repository('a/b').manifest('x'), 'INVALID_RESPONSE');
    server.script = {};
    await client.checkStatus();
  });

  test('a login page says who answers', SOON, async () => {
    const page = (status) =>
      send('<html><head><title>Corporate login</title></head></html>', {
        status,
        'content-type': 'text/html',
        server: 'gate/1',
      });
    const who = /an HTML page "Corporate login" \(text\/html\) from gate\/1/;
    const client = new DockerRegistryClient(server.url);
    for (const status of [200, 403, 404, 502]) {
      server.script = page(status);
      await refused(() => client.checkStatus(), { message: who });
    }
    server.script = (request, response) => (request.url === '/v2/' ? json({}) : page(200))(request, response);
    await client.checkStatus();
    await refused(() => client.repository('a/b').tags(), {
      code: 'INVALID_RESPONSE',
      message: /the response is .*text\/html.* from gate\/1/,
    });
  });

  test('neither /v2/ nor /v1/_ping', SOON, async () => {
    server.script = send('not found', { status: 404, server: 'files/1' });
    const client = new DockerRegistryClient(server.url);
    await refused(() => client.apiVersion(), { code: 'INVALID_RESPONSE', message: /path prefix.*files\/1/ });
  });

  test('V1 is recognised, and what it has not is named', SOON, async () => {
    server.script = (request, response) =>
      (request.url === '/v1/_ping' ? json({}) : send('', { status: 404 }))(request, response);
    const client = new DockerRegistryClient(server.url);
    assert.equal(await client.apiVersion(), 1);
    const repository = client.repository('a/b');
    for (const [call, name] of [
      [() => repository.manifest('latest'), /^manifests: /],
      [() => repository.headBlob(`sha256:${'0'.repeat(64)}`), /^blobs: /],
      [() => repository.planCleanup({ remove: { tags: ['*'] } }), /^planCleanup\(\): /],
      [() => client.copy('a/b:latest', 'c/d:latest'), /^copy\(\) from here: /],
    ]) {
      await refused(call, { code: 'UNSUPPORTED', message: name });
    }
  });

  test('only a 404 leads to V1', SOON, async () => {
    for (const status of [403, 500, 503]) {
      server.requests.length = 0;
      server.script = send('', { status });
      await refused(() => new DockerRegistryClient(server.url).apiVersion(), { status });
      assert.deepEqual([...new Set(server.requests.map(({ url }) => url))], ['/v2/']);
    }
  });
});

describe('on a real registry', () => {
  let server;
  let client;
  before(async () => {
    server = await startDistribution();
    await fill(server, { 'a/b': { latest: good }, 'unusual/prototype': unusual['unusual/prototype'] });
    client = new DockerRegistryClient(server.url);
  }, SOON);
  afterEach(async () =>
    assert.deepEqual(await client.repository('a/b').tags(), ['latest'], 'the instance goes on working'),
  );
  after(() => server.stop());

  test('unknown repository', SOON, async () => {
    const repository = client.repository('no/such');
    const failure = await refused(() => repository.tags(), { code: 'NAME_UNKNOWN', status: 404, method: 'GET' });
    assert.equal(failure.errors[0].code, 'NAME_UNKNOWN');
    assert.deepEqual({ ...failure.errors[0].detail }, { name: 'no/such' });
    assert.ok(failure.url.startsWith(`${server.url}/v2/no/such/tags/list`));
    await refused(() => repository.image('latest'), { status: 404 });
  });

  test('unknown tag, unknown digest, unknown blob', SOON, async () => {
    const repository = client.repository('a/b');
    const nothing = `sha256:${'0'.repeat(64)}`;
    for (const ask of ['data', 'image', 'manifest'])
      await refused(() => repository[ask]('no-such-tag'), { code: 'MANIFEST_UNKNOWN', status: 404 });
    await refused(() => repository.manifest(nothing), { code: 'MANIFEST_UNKNOWN', status: 404 });
    await refused(() => repository.blob(nothing), { code: 'BLOB_UNKNOWN', status: 404 });
    const opened = await repository.image('latest');
    await refused(() => opened.getLayer(5), { code: 'INVALID_ARGUMENT', message: /1 layer/ });
    await refused(() => opened.getLayer(-1), 'INVALID_ARGUMENT');
    await refused(() => opened.getLayer(nothing), 'INVALID_ARGUMENT');
    await refused(() => opened.getLayer('not a digest'), 'INVALID_REFERENCE');
  });

  test('bad grammar is refused before any request', SOON, async () => {
    const seen = [];
    const watched = new DockerRegistryClient(server.url, { onRequest: (event) => seen.push(event) });
    const names = [
      '',
      '/',
      'a//b',
      '/a',
      'a/',
      'A/b',
      'a/B',
      'a b',
      'a/../b',
      '..',
      'a?b',
      'a#b',
      'a%2fb',
      'a/-b',
      'a/b-',
      'a..b',
      'a___b',
      'ä/b',
      'a\0b',
      '__proto__',
      'x'.repeat(256),
    ];
    for (const name of names) await refused(() => watched.repository(name), 'INVALID_REFERENCE');
    await refused(() => watched.repository('a/bCd'), { code: 'INVALID_REFERENCE', message: /C/ });
    const repository = watched.repository('a/b');
    const references = [
      '',
      '.a',
      '-a',
      'a b',
      'a/b',
      'x'.repeat(129),
      'ä',
      'a\n',
      'sha256:',
      'sha256:abc',
      `sha256:${'A'.repeat(64)}`,
      'sha256:../../x',
      `sha256:${'0'.repeat(64)}/x`,
      '@',
      ':',
    ];
    for (const reference of references) {
      for (const ask of ['image', 'manifest', 'headManifest'])
        await refused(() => repository[ask](reference), 'INVALID_REFERENCE');
    }
    await refused(() => repository.data(`sha256:${'0'.repeat(64)}`), 'INVALID_REFERENCE');
    for (const digest of ['latest', '', 'sha256:abc', 'md5']) {
      await refused(() => repository.blob(digest), 'INVALID_REFERENCE');
      await refused(() => repository.headBlob(digest), 'INVALID_REFERENCE');
    }
    assert.deepEqual(seen, []);
  });

  test("repository('a/b', 'c')", SOON, async () => {
    const { message } = await refused(() => client.repository('a/b', 'c'), {});
    assert.match(message, /a\/b/);
    await refused(() => client.repository('b', 'C'), 'INVALID_REFERENCE');
    await refused(() => client.repository('b', ''), 'INVALID_REFERENCE');
  });

  test('wrong option types: the client', SOON, async () => {
    const wrong = {
      apiVersion: [0, 3, '2', true, 1.5],
      username: [1, {}],
      password: [1, []],
      token: [1, {}],
      timeout: ['5', -1, NaN, Infinity, {}],
      idleTimeout: ['x', -1],
      fetch: ['fetch', {}, 1],
      headers: ['x', 1, { a: 1 }, { 'bad name': 'x' }, { a: 'b\nc: d' }],
      concurrency: [0, -1, 1.5, '6', NaN],
      platform: [1, '', 'a/b/c/d/e', 'linux/', {}],
      maxPages: [0, -1, 'x', 1.5],
      maxItems: [-1, 'x', NaN],
      cacheBytes: [-1, '1', NaN, 2 ** 60],
      signal: [1, {}, 'abort'],
      onRequest: [1, {}, 'log'],
    };
    for (const [name, values] of Object.entries(wrong)) {
      for (const value of values.filter((one) => one !== undefined)) {
        const { message } = await refused(
          () => new DockerRegistryClient(server.url, { [name]: value }),
          'INVALID_ARGUMENT',
          `${name}: ${String(value)}`,
        );
        assert.match(message, new RegExp(name), `the message names the option: ${message}`);
      }
    }
    for (const options of ['x', 1, true])
      await refused(() => new DockerRegistryClient(server.url, options), 'INVALID_ARGUMENT');
    await refused(
      () => new DockerRegistryClient(server.url, { username: 'a', password: 'b', token: 'c' }),
      'INVALID_ARGUMENT',
    );
  });

  test('wrong option types: the calls', SOON, async () => {
    const repository = client.repository('a/b');
    const opened = await repository.image('latest');
    const { digest } = opened.layers[0];
    for (const call of [
      () => client.repository(1),
      () => client.repository(null),
      () => client.repository('a', 1),
      () => client.repositories(1),
      () => client.catalog({ pageSize: -1 }).next(),
      () => client.catalog({ pageSize: '9' }).next(),
      () => client.catalog({ last: 1 }).next(),
      () => repository.eachTag({ last: {} }).next(),
      () => client.checkStatus({ signal: 1 }),
      () => client.checkStatus({ timeout: 'x' }),
      () => client.checkStatus('x'),
      () => repository.tags({ filter: 1 }),
      () => repository.tags({ filter: {} }),
      () => repository.image(1),
      () => repository.image('latest', { platform: 1 }),
      () => repository.image('latest', { platform: 'linux/amd64/v1/x' }),
      () => repository.manifest('latest', { accept: 'x' }),
      () => repository.manifest('latest', { accept: [1] }),
      () => repository.manifest('latest', { accept: ['a\nb'] }),
      () => repository.blob(digest, { range: [1] }),
      () => repository.blob(digest, { range: [5, 1] }),
      () => repository.blob(digest, { range: [-1, 1] }),
      () => repository.blob(digest, { range: [0, 1.5] }),
      () => repository.blob(digest, { range: '0-1' }),
      () => repository.blob(digest, { onProgress: 1 }),
      () => opened.getLayer(1.5),
      () => opened.getLayer({}),
      () => opened.getLayer(true),
      () => opened.getLayer(NaN),
      () => opened.getData(1),
      () => opened.getData(),
    ]) {
      const { code, message } = await refused(call, {}, String(call));
      assert.ok(['INVALID_ARGUMENT', 'INVALID_REFERENCE'].includes(code), `${call}: ${code} ${message}`);
    }
  });

  test('a rejection, never a throw, from what returns a promise', SOON, async () => {
    const repository = client.repository('a/b');
    for (const promise of [
      repository.tags({ filter: 1 }),
      repository.image(''),
      client.checkStatus({ signal: 1 }),
      repository.blob('x'),
    ]) {
      assert.ok(promise instanceof Promise);
      await refused(() => promise, {});
    }
  });

  test('the classes', SOON, async () => {
    for (const make of [() => new Repository(), () => new Image(), () => DockerRegistryClient('x')])
      assert.throws(make);
    const failure = await refused(() => client.repository('A'), 'INVALID_REFERENCE');
    assert.ok(failure.stack.includes('INVALID_REFERENCE') || failure.stack.includes('RegistryError'));
    for (const other of [undefined, null, 1, 'x', {}, new Error('x'), { name: 'RegistryError' }]) {
      assert.equal(isRegistryError(other), false);
    }
    assert.equal(Object.prototype.toString.call(failure), '[object Error]');
    assert.ok(failure instanceof RegistryError);
  });

  test('callbacks that throw do no harm', SOON, async () => {
    const angry = new DockerRegistryClient(server.url, {
      onRequest: () => {
        throw new Error('from onRequest');
      },
    });
    assert.deepEqual(await angry.repository('a/b').tags(), ['latest']);
  });

  test('__proto__ as a label and as a repository name', SOON, async () => {
    const opened = await client.repository('unusual/prototype').image('latest');
    const { Labels } = await opened.getData('config');
    assert.equal(Object.getOwnPropertyDescriptor(Labels, '__proto__').value, 'polluted');
    await refused(() => client.repository('__proto__'), 'INVALID_REFERENCE');
    await refused(() => client.repository('x', '__proto__'), 'INVALID_REFERENCE');
    assert.equal((await client.repositories('__proto__')).size, 0);
  });

  test('objects that are freed while they work', SOON, async () => {
    const repository = client.repository('a/b');
    const pending = repository.tags();
    repository.free();
    assert.deepEqual(await pending, ['latest']);
    await assert.rejects(async () => repository.tags(), Error);
  });
});
