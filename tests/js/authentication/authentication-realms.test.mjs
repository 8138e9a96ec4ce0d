// Token services: which are asked, with what, and what becomes of their answers.
import assert from 'node:assert/strict';
import { text } from 'node:stream/consumers';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { freePort } from '../../../www/registry/process.mjs';
import { endless, error, hangs, html, json, redirect, send, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { assertImpersonal, assertSilent, watchConsole } from './secrets.mjs';
import { SOON, refused } from '../support/support.mjs';

const ALICE = { username: 'alice', password: 'PaSsWoRd' };
const BASIC = `Basic ${btoa('alice:PaSsWoRd')}`;

let registry;
let service;
before(async () => {
  service = await startScripted();
  registry = await startScripted();
});
after(() => Promise.all([registry.stop(), service.stop()]));
beforeEach(() => {
  service.script = { '/token': json({ token: 'ToKeN' }) };
  for (const server of [registry, service]) server.requests = [];
  demands(`Bearer realm="${service.url}/token",service="it"`);
});

/** The registry asks everyone with this challenge; `accepts` says which tokens let in. */
function demands(challenge, accepts = () => true) {
  const guarded = (then) => (request, response) => {
    const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1];
    if (token !== undefined && accepts(token, request)) return then(request, response);
    return error(401, 'UNAUTHORIZED', 'log in', challenge && { 'www-authenticate': challenge })(request, response);
  };
  registry.script = { '/v2/': guarded(json({})), '/v2/a/b/tags/list': guarded(json({ tags: ['x'] })) };
}
const open = (options = {}) => new DockerRegistryClient(registry.url, options);
const tags = (options) => open(options).repository('a/b').tags();
const asked = () => service.requests.map(({ url }) => url);

describe('a service that cannot be reached', () => {
  for (const [name, realm] of [
    ['nothing listens there', async () => `http://127.0.0.1:${await freePort()}/token`],
    ['a name that is good in a cluster only', async () => 'http://auth.registry.svc.cluster.invalid/token'],
  ]) {
    test(name, SOON, async () => {
      const told = await realm();
      demands(`Bearer realm="${told}",service="it"`);
      const options = { retry: { attempts: 1 } };
      const failure = await refused(() => tags(options), 'NETWORK');
      for (const part of [told, registry.url, 'authServiceUrl'])
        assert.ok(failure.message.includes(part), failure.message);
      const { text } = await open(options).diagnose();
      assert.match(text, /authentication failed: the token service .*authServiceUrl/);
      assert.deepEqual(await tags({ authServiceUrl: `${service.url}/token` }), ['x']);
    });
  }
});

// F58.
describe('answers that are none', () => {
  for (const [name, answer, expected] of [
    ['{}', json({}), { code: 'INVALID_RESPONSE', message: /neither token nor access_token/ }],
    ['an empty token', json({ token: '' }), { code: 'INVALID_RESPONSE' }],
    ['a token that is no text', json({ token: { a: 'ToKeN' } }), { code: 'INVALID_RESPONSE' }],
    ['null', send('null'), { code: 'INVALID_RESPONSE' }],
    ['a list', send('["ToKeN"]'), { code: 'INVALID_RESPONSE' }],
    ['nothing', send(''), { code: 'INVALID_RESPONSE' }],
    ['half an object', send('{"token":"ToKeN'), { code: 'INVALID_RESPONSE' }],
    ['invalid UTF-8', send(Buffer.from([0x7b, 0xff, 0x7d])), { code: 'INVALID_RESPONSE' }],
    ['HTML', html, { code: 'INVALID_RESPONSE', message: /not a JSON object/ }],
    [
      'a token with a line break',
      json({ token: 'ToKeN\r\nX-Evil: 1' }),
      { message: /characters that no header field allows/ },
    ],
    ['a token with a space', json({ token: 'ToKeN ToKeN' }), { code: 'INVALID_RESPONSE' }],
    ['a token beyond ASCII', json({ token: 'ToKeN✓' }), { code: 'INVALID_RESPONSE' }],
    ['10 MB', send(JSON.stringify({ token: 'x'.repeat(10_000_000) })), { code: 'TOO_LARGE' }],
    ['no end', endless({ 'content-type': 'application/json' }), { code: 'TOO_LARGE' }],
    ['no answer', hangs, { code: 'TIMEOUT' }],
    ['204', send('', { status: 204 }), { code: 'INVALID_RESPONSE' }],
    ['400', json({ error: 'invalid_scope', error_description: 'no such scope' }, { status: 400 }), { status: 400 }],
    ['403', error(403, 'DENIED', 'go away'), { status: 403, code: 'DENIED', message: /go away/ }],
    ['404', error(404, 'NOT_FOUND'), { status: 404 }],
    ['500 for ever', send('', { status: 500 }), { status: 500, code: 'HTTP_ERROR' }],
    ['429', send('', { status: 429, 'retry-after': '100' }), { code: 'RATE_LIMITED', retryAfter: 100_000 }],
    ['a challenge', error(401, 'X', 'y', { 'www-authenticate': 'Bearer realm="http://x/"' }), { status: 401 }],
    ['a redirect to itself', redirect('/token'), { code: 'INVALID_RESPONSE', message: /redirects in a row/ }],
    ['a redirect to nowhere', redirect(undefined), { status: 307 }],
    ['a redirect to a file', redirect('file:///etc/passwd'), {}],
  ]) {
    test(name, SOON, async (context) => {
      const said = watchConsole(context);
      const events = [];
      service.script = { '/token': answer };
      const onRequest = (event) => events.push(event);
      const client = open({ ...ALICE, onRequest, timeout: 300, retry: { attempts: 2, minDelay: 1 } });
      const failure = await refused(() => client.repository('a/b').tags(), expected, name);
      assert.ok(failure.url.startsWith(`${service.url}/token`), failure.url);
      assert.ok(asked().length <= 11, `${asked().length} requests`);
      assertSilent([failure, client, ...events, said], ['PaSsWoRd', 'ToKeN']);
      assert.deepEqual(said, []);
      assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined));
      // The next call tries anew.
      service.script = { '/token': json({ token: 'ToKeN' }) };
      assert.deepEqual(await client.repository('a/b').tags(), ['x']);
    });
  }
});

describe('lifetimes that are none are a minute', () => {
  for (const [name, fields] of [
    ['absent', {}],
    ['-1', { expires_in: -1 }],
    ['0', { expires_in: 0 }],
    ['a text', { expires_in: '300' }],
    ['null', { expires_in: null }],
    ['issued in 2099', { issued_at: '2099-01-01T00:00:00Z' }],
    ['issued in the year 1', { issued_at: '0001-01-01T00:00:00Z', expires_in: 60 }],
    ['issued never', { issued_at: 7 }],
  ]) {
    test(name, SOON, async () => {
      service.script = { '/token': json({ token: 'ToKeN', ...fields }) };
      const client = open();
      for (let call = 0; call < 3; call += 1) await client.repository('a/b').tags();
      assert.equal(asked().length, 1);
    });
  }
  test('beyond all numbers', SOON, async () => {
    service.script = { '/token': send('{"token":"ToKeN","expires_in":1e300,"expires_in2":1}') };
    assert.deepEqual(await tags(), ['x']);
    service.script = { '/token': send('{"access_token":"ToKeN","expires_in":99999999999999999999}') };
    assert.deepEqual(await tags(), ['x']);
  });
});

// F53.
describe('a registry that is never content', () => {
  test('401 with a challenge, again and again', SOON, async () => {
    demands(`Bearer realm="${service.url}/token",service="it",error="invalid_token"`, () => false);
    await refused(() => tags(ALICE), { status: 401, code: 'UNAUTHORIZED' });
    assert.equal(asked().length, 1);
    assert.equal(registry.requests.length, 2, 'the version, and the call with a token');
  });

  test('insufficient_scope: the scope it names is asked for as well, once', SOON, async () => {
    const scope = 'repository:a/b:pull repository:base:pull';
    demands(
      `Bearer realm="${service.url}/token",service="it",scope="${scope}",error="insufficient_scope"`,
      (token) => token === 'wide',
    );
    service.script = (request, response) =>
      json({ token: request.url.includes('base') ? 'wide' : 'narrow' })(request, response);
    const client = open(ALICE);
    assert.deepEqual(await client.repository('a/b').tags(), ['x']);
    assert.deepEqual(
      service.requests.map(({ url }) => new URL(url, service.url).searchParams.getAll('scope')),
      [['repository:a/b:pull', 'repository:base:pull']],
    );
    assert.deepEqual(await client.repository('a/b').tags(), ['x']);
    assert.ok(registry.requests.length <= 5, `${registry.requests.length} requests`);
  });

  test('ever more scopes', SOON, async () => {
    let number = 0;
    registry.script = (request, response) => {
      const scope = `repository:r${(number += 1)}:pull`;
      const challenge = `Bearer realm="${service.url}/token",scope="${scope}"`;
      return error(401, 'UNAUTHORIZED', 'more', { 'www-authenticate': challenge })(request, response);
    };
    await refused(() => tags(ALICE), { status: 401 });
    assert.ok(asked().length <= 3, `${asked().length} token requests`);
  });

  // F54.
  for (const challenge of [undefined, '', 'Negotiate', 'Digest realm="x", nonce="y"', 'Bearer', 'x'.repeat(7000)]) {
    test(`401 with ${String(challenge).slice(0, 20)}`, SOON, async () => {
      demands(challenge);
      const failure = await refused(() => tags(ALICE), {});
      assert.ok(failure.status === 401 || failure.code === 'UNTRUSTED_REALM', failure.message);
      assert.deepEqual(asked(), []);
      assert.ok(registry.requests.every(({ headers }) => headers.authorization === undefined));
    });
  }

  // F55.
  test('several challenges: the first that this client speaks', SOON, async () => {
    demands([`Negotiate`, `Digest realm="a, Bearer realm=b", Bearer realm="${service.url}/token", Basic realm="x"`]);
    assert.deepEqual(await tags(ALICE), ['x']);
    assert.equal(service.requests[0].headers.authorization, BASIC);
  });
});

describe('calls that share a request for a token', () => {
  const slowly = (milliseconds) => (request, response) =>
    setTimeout(() => json({ token: 'ToKeN' })(request, response), milliseconds);

  test('outlive the one that began it', SOON, async () => {
    service.script = { '/token': slowly(300) };
    const repository = open().repository('a/b');
    const controller = new AbortController();
    const first = repository.tags({ signal: controller.signal });
    const others = Array.from({ length: 10 }, () => repository.tags());
    first.catch(() => {});
    while (asked().length === 0) await sleep(5);
    controller.abort(new RangeError('mine'));
    await assert.rejects(first, RangeError);
    assert.ok((await Promise.all(others)).every(([tag]) => tag === 'x'));
    assert.equal(asked().length, 2);
  });

  test('share its failure', SOON, async () => {
    service.script = { '/token': error(403, 'DENIED') };
    const repository = open().repository('a/b');
    const calls = Array.from({ length: 10 }, () => refused(() => repository.tags(), 'DENIED'));
    await Promise.all(calls);
    // The first call goes alone, as it shows what the registry asks for.
    assert.ok(asked().length <= 2, `${asked().length} requests for a token`);
  });

  test('are as patient as each of them is', SOON, async () => {
    service.script = { '/token': slowly(300) };
    const repository = open({ apiVersion: 2 }).repository('a/b');
    const impatient = refused(() => repository.tags({ timeout: 100 }), 'TIMEOUT');
    while (asked().length === 0) await sleep(5);
    const alike = refused(() => repository.tags({ timeout: 100 }), 'TIMEOUT');
    await sleep(5);
    const patient = [repository.tags(), repository.tags({ timeout: 10_000 })];
    await Promise.all([impatient, alike]);
    assert.deepEqual(await Promise.all(patient), [['x'], ['x']]);
    assert.equal(asked().length, 2);
  });
});

describe('whom to trust', () => {
  const elsewhere = () => service.url.replace('127.0.0.1', 'localhost');

  test('another domain gets no credentials', SOON, async () => {
    demands(`Bearer realm="${elsewhere()}/token",service="it"`);
    for (const options of [ALICE, { identityToken: 'IdEnTiTy' }, { credentials: async () => ALICE }]) {
      const client = open(options);
      const failure = await refused(() => client.repository('a/b').tags(), 'UNTRUSTED_REALM');
      assert.match(failure.message, /trustedRealms \(\["localhost"\]\)/);
      assertSilent([failure, client], ['PaSsWoRd', 'IdEnTiTy']);
    }
    assert.deepEqual(service.requests, []);
    assertImpersonal(registry, ['PaSsWoRd', 'IdEnTiTy']);
  });

  test('but is asked by nobody in particular', SOON, async () => {
    demands(`Bearer realm="${elsewhere()}/token",service="it"`);
    assert.deepEqual(await tags({ headers: { 'x-api-key': 'ApIkEy' } }), ['x']);
    assertImpersonal(service, ['ApIkEy']);
  });

  test('trustedRealms names it', SOON, async () => {
    demands(`Bearer realm="${elsewhere()}/token",service="it"`);
    const { port } = new URL(service.url);
    for (const trustedRealms of [['localhost'], ['example.com', `LOCALHOST:${port}`]]) {
      service.requests = [];
      assert.deepEqual(await tags({ ...ALICE, trustedRealms }), ['x']);
      assert.equal(service.requests[0].headers.authorization, BASIC);
    }
    service.requests = [];
    for (const trustedRealms of [[], ['localhost:1'], ['sub.localhost'], ['ocalhost']])
      await refused(() => tags({ ...ALICE, trustedRealms }), 'UNTRUSTED_REALM');
    assert.deepEqual(service.requests, []);
  });

  test('authServiceUrl stands in for what the registry names', SOON, async () => {
    const hostile = await startScripted();
    demands(`Bearer realm="${hostile.url}/token",service="it"`);
    assert.deepEqual(await tags({ ...ALICE, authServiceUrl: `${elsewhere()}/token?account=a` }), ['x']);
    await hostile.stop();
    assert.deepEqual(hostile.requests, []);
    assert.equal(service.requests[0].headers.authorization, BASIC);
    const query = new URL(asked()[0], service.url).searchParams;
    assert.deepEqual(
      [...query],
      [
        ['account', 'a'],
        ['service', 'it'],
        ['scope', 'repository:a/b:pull'],
      ],
    );
  });

  test('authServiceUrl may say how the registry is called there', SOON, async () => {
    for (const options of [ALICE, { identityToken: 'IdEnTiTy' }]) {
      service.requests = [];
      service.script = async (request, response) => {
        service.form = new URLSearchParams(await text(request));
        return json({ token: 'ToKeN' })(request, response);
      };
      await tags({ ...options, authServiceUrl: `${service.url}/token?a=b&service=m%C3%ADne+%26%2b&c` });
      const { searchParams } = new URL(asked()[0], service.url);
      const name = 'míne &+';
      if (options === ALICE) assert.deepEqual(searchParams.getAll('service'), [name]);
      else assert.deepEqual([service.form.get('service'), searchParams.has('service')], [name, false]);
      assert.deepEqual([searchParams.get('a'), searchParams.get('c')], ['b', '']);
      // A name that is nothing is none.
      service.requests = [];
      await tags({ ...ALICE, authServiceUrl: `${service.url}/token?service=` });
      assert.deepEqual(new URL(asked()[0], service.url).searchParams.getAll('service'), ['it']);
    }
  });

  test('a redirect of the token service takes no password along', SOON, async () => {
    const other = await startScripted({ '/token': json({ token: 'ToKeN' }) });
    service.script = { '/token': redirect(`${other.url}/token`) };
    assert.deepEqual(await tags({ ...ALICE, headers: { 'x-api-key': 'ApIkEy' } }), ['x']);
    assertImpersonal(other, ['PaSsWoRd', BASIC, 'ApIkEy']);
    // What has its secret in the body goes nowhere else at all.
    other.requests = [];
    const client = open({ identityToken: 'IdEnTiTy' });
    const failure = await refused(() => client.repository('a/b').tags(), 'UNTRUSTED_LOCATION');
    assertSilent([failure, client], ['IdEnTiTy']);
    await other.stop();
    assert.deepEqual(other.requests, []);
  });

  test('the token service gets no header fields of the registry', SOON, async () => {
    assert.deepEqual(await tags({ headers: { 'x-api-key': 'ApIkEy' } }), ['x']);
    assertImpersonal(service, ['ApIkEy']);
    assert.equal(registry.requests.at(-1).headers['x-api-key'], 'ApIkEy');
  });
});
