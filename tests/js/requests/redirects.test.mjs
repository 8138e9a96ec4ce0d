// Servers that point elsewhere: what those elsewhere get to see, and that no error, event or object holds a secret.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';

import { image, layer } from '../../../www/registry/content.mjs';
import { asking, content, error, json, redirect, send, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { assertImpersonal, assertSilent, watchConsole } from '../authentication/secrets.mjs';
import { SOON, bytesOf, listOf, refused } from '../support/support.mjs';

const good = image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: '1' }]) }]);
const [{ bytes, descriptor }] = good.layers;
const BLOB = `/v2/a/b/blobs/${descriptor.digest}`;
const TAGS = '/v2/a/b/tags/list';

const SECRETS = ['PaSsWoRd', 'ToKeN', 'IdEnTiTy', 'ApIkEy', 'CoOkIe'];
const FIELDS = { 'x-api-key': 'ApIkEy', cookie: 'session=CoOkIe' };
/** Everyone who may have something to give away. */
const visitors = {
  nobody: {},
  'a password': { username: 'alice', password: 'PaSsWoRd' },
  'a token': { token: 'ToKeN' },
  'an identity token': { identityToken: 'IdEnTiTy' },
  'a callback': { credentials: async () => ({ username: 'alice', password: 'PaSsWoRd' }) },
};

let registry;
let service;
let elsewhere;
before(async () => {
  [registry, service, elsewhere] = await Promise.all([startScripted(), startScripted(), startScripted()]);
});
after(() => Promise.all([registry, service, elsewhere].map((server) => server.stop())));

const opened = [];
let said;
beforeEach((context) => {
  for (const server of [registry, service, elsewhere]) Object.assign(server, { script: {}, requests: [] });
  service.script = { '/token': json({ access_token: 'ToKeN', refresh_token: 'IdEnTiTy' }) };
  opened.length = 0;
  said = watchConsole(context);
});
afterEach(() => {
  for (const { client, events, failures } of opened) assertSilent([client, ...events, ...failures], SECRETS);
  assert.deepEqual(said, []);
});

function open(options = {}, host = registry.url) {
  const [events, failures] = [[], []];
  const client = new DockerRegistryClient(host, {
    headers: FIELDS,
    retry: { attempts: 2, minDelay: 1 },
    onRequest: (event) => events.push(event),
    onWarning: (text) => events.push(text),
    ...options,
  });
  opened.push({ client, events, failures });
  const repository = client.repository('a/b');
  const failing = async (call, expected, what) => {
    const failure = await refused(() => call(repository, client), expected, what);
    failures.push(failure);
    return failure;
  };
  return { client, repository, failing };
}
const bearer = () => `Bearer realm="${service.url}/token",service="it"`;
const guarded = (then) => asking(bearer(), then);
/** The registry, which asks for a token, and answers this for a path. */
const registryIs = (answers) => {
  registry.script = { '/v2/': guarded(json({})) };
  for (const [path, then] of Object.entries(answers)) registry.script[path] = guarded(then);
};

// F16.
describe('a redirect to another origin', () => {
  for (const [who, options] of Object.entries(visitors)) {
    for (const status of [301, 302, 303, 307, 308]) {
      test(`${status}, ${who}`, SOON, async () => {
        elsewhere.script = { '/storage': send(bytes), '/list': json({ tags: ['x'] }) };
        registryIs({
          [BLOB]: redirect(`${elsewhere.url}/storage?X-Signature=SiGnEd`, status),
          [TAGS]: redirect(`${elsewhere.url}/list`, status),
        });
        const { repository } = open(options);
        assert.ok(bytes.equals(await bytesOf(await repository.blob(descriptor.digest))));
        assert.deepEqual(await repository.tags(), ['x']);
        assert.equal((await repository.headBlob(descriptor.digest)).size, bytes.length);
        assert.equal(elsewhere.requests.length, 3);
        assertImpersonal(elsewhere, SECRETS);
      });
    }
  }

  test('and back: what was taken off stays off', SOON, async () => {
    elsewhere.script = { '/back': redirect(`${registry.url}/v2/back`) };
    registryIs({ [BLOB]: redirect(`${elsewhere.url}/back`) });
    registry.script['/v2/back'] = send(bytes);
    const { repository } = open(visitors['a password']);
    assert.ok(bytes.equals(await bytesOf(await repository.blob(descriptor.digest))));
    assertImpersonal({ requests: registry.requests.filter(({ url }) => url === '/v2/back') }, SECRETS);
    assertImpersonal(elsewhere, SECRETS);
  });

  test('that breaks off: the rest is asked of the registry again', SOON, async () => {
    const size = bytes.length;
    elsewhere.script = {
      '/storage': (request, response) => {
        const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
        if (from === undefined) {
          response.writeHead(200, { 'content-length': size });
          return response.write(bytes.subarray(0, 50), () => setTimeout(() => response.destroy(), 20));
        }
        response.writeHead(206, {
          'content-length': size - from,
          'content-range': `bytes ${from}-${size - 1}/${size}`,
        });
        return response.end(bytes.subarray(from));
      },
    };
    registryIs({ [BLOB]: redirect(`${elsewhere.url}/storage?X-Signature=SiGnEd`) });
    const { repository } = open(visitors['a password']);
    assert.ok(bytes.equals(await bytesOf(await repository.blob(descriptor.digest))));
    assert.deepEqual(
      elsewhere.requests.map(({ headers }) => headers.range),
      [undefined, 'bytes=50-'],
    );
    assertImpersonal(elsewhere, SECRETS);
  });

  test('whose signature shows nowhere', SOON, async () => {
    elsewhere.script = { '/storage': error(403, 'ExpiredToken') };
    registryIs({ [BLOB]: redirect(`${elsewhere.url}/storage?X-Amz-Signature=SiGnEd&X-Amz-Credential=SiGnEd`) });
    const { client, failing } = open(visitors['a password']);
    const failure = await failing((repository) => repository.blob(descriptor.digest), { status: 403 });
    assertSilent([failure, client, ...opened[0].events], ['SiGnEd']);
  });

  // F61.
  for (const challenge of ['Basic realm="give"', () => `Bearer realm="${elsewhere.url}/token"`, bearer]) {
    test(`whose host has its own challenge: ${String(challenge)}`, SOON, async () => {
      const told = typeof challenge === 'string' ? challenge : challenge();
      elsewhere.script = { '/storage': error(401, 'UNAUTHORIZED', 'give', { 'www-authenticate': told }) };
      for (const options of Object.values(visitors)) {
        registryIs({ [BLOB]: redirect(`${elsewhere.url}/storage`) });
        const { failing } = open(options);
        const before = elsewhere.requests.length;
        await failing((repository) => repository.blob(descriptor.digest), { status: 401 });
        assert.equal(elsewhere.requests.length, before + 1);
      }
      assertImpersonal(elsewhere, SECRETS);
    });
  }

  test('of the question for the version: whoever is there has no say in how the registry is asked', SOON, async () => {
    elsewhere.script = error(401, 'UNAUTHORIZED', 'give', { 'www-authenticate': 'Basic realm="x"' });
    registry.script = { '/v2/': redirect(`${elsewhere.url}/v2/`), [TAGS]: json({ tags: ['x'] }) };
    for (const options of Object.values(visitors).filter(({ token }) => !token)) {
      const { repository } = open(options);
      assert.deepEqual(await repository.tags(), ['x']);
    }
    assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined));
    assertImpersonal(elsewhere, SECRETS);
  });

  test('with a cookie to set', SOON, async () => {
    elsewhere.script = { '/storage': send(bytes, { 'set-cookie': 'a=b' }) };
    registryIs({ [BLOB]: redirect(`${elsewhere.url}/storage`) });
    const { repository } = open({ headers: {} });
    for (let round = 0; round < 2; round += 1) await bytesOf(await repository.blob(descriptor.digest));
    assert.ok(elsewhere.requests.every(({ headers }) => headers.cookie === undefined));
  });
});

// F17.
describe('redirects that lead nowhere', () => {
  for (const [name, answer, expected] of [
    ['to itself', redirect(BLOB), { code: 'INVALID_RESPONSE', message: /more than 10 redirects/ }],
    ['without a Location', redirect(undefined), { status: 307 }],
    ['with an empty Location', redirect(''), {}],
    ['to javascript:', redirect('javascript:alert(1)'), {}],
    ['to a file', redirect('file:///etc/passwd'), {}],
    ['to data:', redirect('data:text/plain,x'), {}],
    ['with a name and password', redirect('http://alice:HuSh@127.0.0.1/'), {}],
    ['with spaces', redirect('http://a b/'), {}],
    ['to a port that is none', redirect('http://127.0.0.1:99999/'), {}],
    ['300', redirect('/v2/', 300), { status: 300 }],
    ['304', redirect('/v2/', 304), { status: 304 }],
  ]) {
    test(name, SOON, async () => {
      registryIs({ [BLOB]: answer });
      const { failing } = open(visitors['a password']);
      const failure = await failing((repository) => repository.blob(descriptor.digest), expected, name);
      assertSilent([failure], ['HuSh']);
      assert.ok(registry.requests.length <= 14, `${registry.requests.length} requests`);
    });
  }

  test('thirty in a row between two hosts', SOON, async () => {
    elsewhere.script = redirect(`${registry.url}/v2/again`);
    registryIs({ [BLOB]: redirect(elsewhere.url) });
    registry.script['/v2/again'] = redirect(elsewhere.url);
    const { failing } = open(visitors['a password']);
    await failing((repository) => repository.blob(descriptor.digest), 'INVALID_RESPONSE');
    assertImpersonal(elsewhere, SECRETS);
  });
});

// F71.
test('a Link to elsewhere', SOON, async () => {
  const { host, port } = new URL(elsewhere.url);
  const lead = (link) =>
    registryIs({ [TAGS]: json({ tags: ['x'] }, { link: `<${link}/v2/a/b/tags/list?n=1>; rel="next"` }) });
  for (const link of [elsewhere.url, `//${host}`, `http://localhost:${port}`]) {
    for (const [who, options] of Object.entries(visitors)) {
      lead(link);
      await open(options).failing((repository) => listOf(repository.eachTag()), {}, `${link}, ${who}`);
    }
  }
  // No URL that a Link may have: the list ends where nothing comes after its last item.
  lead(`http://x:y@${host}`);
  const { repository } = open();
  assert.deepEqual(await listOf(repository.eachTag()), ['x']);
  assert.deepEqual(elsewhere.requests, []);
});

// F56, F57.
describe('a realm', () => {
  const named = (realm) => (realm === undefined ? 'Bearer service="it"' : `Bearer realm="${realm}",service="it"`);
  for (const realm of [
    undefined,
    '',
    '/token',
    'token',
    '//elsewhere.example/token',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'ftp://127.0.0.1/token',
    'data:application/json,{}',
    'http://alice:HuSh@127.0.0.1/token',
    'http://127.0.0.1:99999/token',
    'http://[::1/token',
    'http://a b/token',
    'HuSh',
  ]) {
    test(`${realm} is refused`, SOON, async () => {
      for (const options of [visitors.nobody, visitors['a password'], visitors['an identity token']]) {
        registry.script = asking(named(realm), json({}));
        const { failing } = open(options);
        const failure = await failing((_, client) => client.checkStatus(), 'UNTRUSTED_REALM');
        if (realm?.includes('@')) assertSilent([failure], ['HuSh']);
      }
      assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined));
    });
  }

  /** A `fetch` of the wide world: what goes out by https, without any of it. */
  function world(answers) {
    const requests = [];
    const fetch = async (url, { method, headers, body }) => {
      requests.push({ method, url, headers, body });
      const { origin, pathname } = new URL(url);
      const answer = answers[origin + pathname] ?? answers[origin];
      return answer?.({ url, headers }) ?? new Response('{}', { status: 404 });
    };
    const to = (origin) => requests.filter(({ url }) => url.startsWith(origin));
    return { fetch, requests, to };
  }
  const response = (document, init) => () => new Response(document && JSON.stringify(document), init);
  const demand = (realm) => response({}, { status: 401, headers: { 'www-authenticate': named(realm) } });
  const REGISTRY = 'https://registry.example.com';

  for (const realm of [
    'http://registry.example.com/token',
    'http://auth.example.com/token',
    'http://127.0.0.1/token',
    'https://127.0.0.1/token',
    'https://localhost/token',
    'https://10.0.0.1/token',
    'https://169.254.169.254/latest/meta-data',
    'https://[::1]/token',
    'https://[::ffff:169.254.169.254]/token',
    'https://0x7f.1/token',
    'https://2130706433/token',
    'https://0.0.0.0/token',
  ]) {
    test(`${realm} is refused by a client of an https registry`, SOON, async () => {
      for (const options of Object.values(visitors).filter(({ token }) => !token)) {
        const { fetch, requests, to } = world({ [REGISTRY]: demand(realm) });
        const { failing } = open({ ...options, fetch }, REGISTRY);
        await failing((_, client) => client.checkStatus(), 'UNTRUSTED_REALM');
        assert.equal(to(REGISTRY).length, requests.length);
      }
    });
  }

  test('of another domain gets nothing, of the same domain the password', SOON, async () => {
    const ok = response({ token: 'ToKeN' });
    for (const [realm, isTrusted] of [
      ['https://evil.example.org', false],
      ['https://example.com.evil.org', false],
      ['https://notexample.com', false],
      ['https://auth.example.com', true],
      ['https://example.com', true],
      ['https://registry.example.com:8443', true],
    ]) {
      const answers = {
        [REGISTRY]: ({ headers }) => (headers.authorization ? response({})() : demand(`${realm}/token`)()),
        [realm]: ok,
      };
      const { fetch, to } = world(answers);
      const { client, failing } = open({ ...visitors['a password'], fetch }, REGISTRY);
      if (isTrusted) await client.checkStatus();
      else await failing(() => client.checkStatus(), 'UNTRUSTED_REALM');
      const sent = to(`${realm}/`).filter(({ url }) => !url.startsWith(`${REGISTRY}/`));
      assert.deepEqual(
        sent.map(({ headers }) => headers.authorization),
        isTrusted ? [`Basic ${btoa('alice:PaSsWoRd')}`] : [],
        realm,
      );
      assert.ok(sent.every(({ headers }) => headers['x-api-key'] === undefined));
    }
  });

  // F18, F19.
  for (const location of [
    'http://registry.example.com/x',
    'http://storage.example.org/x',
    'https://127.0.0.1/x',
    'https://169.254.169.254/x',
    'https://[::1]/x',
    'https://10.0.0.1/x',
    'https://0.0.0.0/x',
    'https://localhost/x',
  ]) {
    test(`a redirect to ${location} is refused by a client of an https registry`, SOON, async () => {
      const { fetch, requests, to } = world({ [REGISTRY]: response(null, { status: 307, headers: { location } }) });
      const { failing } = open({ ...visitors['a token'], apiVersion: 2, fetch }, REGISTRY);
      const failure = await failing((repository) => repository.tags(), 'UNTRUSTED_LOCATION');
      assert.match(failure.message, /redirect/);
      assert.equal(to(REGISTRY).length, requests.length);
    });
  }

  test('a fetch that follows by itself, to a place it must not', SOON, async () => {
    const followed = Object.defineProperty(new Response('{"tags":["x"]}'), 'url', { value: 'http://10.0.0.1/x' });
    const { failing } = open({ ...visitors['a token'], apiVersion: 2, fetch: async () => followed }, REGISTRY);
    await failing((repository) => repository.tags(), 'UNTRUSTED_LOCATION');
  });
});

test('nothing is wrong with any of this in an honest registry', SOON, async () => {
  registryIs({
    '/v2/a/b/manifests/x': content(good),
    [`/v2/a/b/blobs/${good.id}`]: content(good.blobs[0]),
    [BLOB]: send(bytes),
  });
  for (const options of Object.values(visitors)) {
    const { repository } = open(options);
    assert.ok(bytes.equals(await (await repository.image('x')).getLayer()));
  }
  assert.ok(registry.requests.every(({ headers }) => headers['x-api-key'] === 'ApIkEy'));
});
