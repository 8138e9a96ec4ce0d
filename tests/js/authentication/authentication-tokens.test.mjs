// Bearer tokens: distribution as it is, with a token server whose tokens it checks.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { proxyTo } from '../../../www/server/proxy.mjs';
import { image, layer } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { startScripted } from '../../registries/scripted.mjs';
import { credentials, startDistribution, startTokenRegistry } from '../../registries/servers.mjs';
import { users } from '../../registries/token-server.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { assertSilent, watchConsole } from './secrets.mjs';
import { SOON, bytesOf, refused } from '../support/support.mjs';

const one = image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: '1' }]) }]);
// gzip finds nothing to shorten in it.
const numbers = Uint32Array.from({ length: 500_000 }, (_, number) => Math.imul(number, 2_654_435_761));
const noise = Buffer.from(numbers.buffer);
const large = image([{ run: 'COPY noise /', layer: layer([{ path: 'noise', content: noise }]) }]);

/** Seconds for which distribution takes a token beyond its end. */
const LEEWAY = 60;

let plain;
let basic;
let registry;
let tokens;
before(async () => {
  plain = await startDistribution();
  await fill(plain, {
    'public/one': { latest: one },
    'private/one': { latest: one },
    'private/two': { latest: one },
    'private/large': { latest: large },
  });
  registry = await startTokenRegistry({ data: plain.data });
  ({ tokens } = registry);
  basic = await startDistribution({ data: plain.data, auth: 'basic' });
}, SOON);
after(async () => {
  await Promise.all([registry.stop(), basic.stop()]);
  await plain.stop();
});
beforeEach(() => {
  Object.assign(tokens, { requests: [], lifetime: 60, age: 0, refused: 0, reshape: (answer) => answer });
});

/** A client, and what it asked: "GET /v2/ 401", the token service as "token". */
function open(options = {}, url = registry.url) {
  const events = [];
  const client = new DockerRegistryClient(url, { ...options, onRequest: (event) => events.push(event) });
  const lines = () =>
    events.map(({ method, url: asked, status }) => {
      const { origin, pathname } = new URL(asked);
      return `${method} ${origin === new URL(tokens.url).origin ? 'token' : pathname} ${status}`;
    });
  return { client, events, lines, repository: (name) => client.repository(name) };
}
const queries = () => tokens.requests.map(({ url }) => new URL(url, tokens.url).searchParams);
const scopes = () => queries().map((query) => query.getAll('scope').join(' '));
/** What docker login leaves behind. */
async function refreshToken(user = 'alice') {
  const query = new URLSearchParams({ service: 'test bed', offline_token: 'true', client_id: 'test' });
  const headers = { authorization: `Basic ${btoa(`${user}:${users[user]}`)}` };
  const answer = await (await fetch(`${tokens.realm}?${query}`, { headers })).json();
  tokens.requests = [];
  return answer.refresh_token;
}

describe('who may what', () => {
  test('without credentials: what is public', SOON, async () => {
    const { client, repository } = open();
    const opened = await repository('public/one').image('latest');
    assert.equal(opened.digest, one.digest);
    assert.ok(one.layers[0].bytes.equals(await opened.getLayer()));
    assert.equal(tokens.requests.length, 1);
    assert.deepEqual(Object.fromEntries(queries()[0]), { service: 'test bed', scope: 'repository:public/one:pull' });
    assert.equal(tokens.requests[0].headers.authorization, undefined);
    await client.checkStatus();
  });

  test('without credentials: what is not public is asked for once', SOON, async () => {
    const { repository, lines } = open();
    await refused(() => repository('private/one').tags(), { code: 'UNAUTHORIZED', status: 401 });
    const refusal = 'GET /v2/private/one/tags/list 401';
    assert.deepEqual(lines(), [refusal, 'GET token 200', refusal]);
  });

  test('with a password, which only the token service gets', SOON, async () => {
    const { events, repository } = open(credentials);
    const opened = await repository('private/one').image('latest');
    assert.ok(one.layers[0].bytes.equals(await opened.getLayer()));
    assert.deepEqual(
      tokens.requests.map(({ headers }) => headers.authorization),
      [`Basic ${btoa('alice:secret')}`],
    );
    assertSilent(events, ['secret', btoa('alice:secret')]);
  });

  test('bob may pull, but not see the catalog', SOON, async () => {
    const bob = { username: 'bob', password: users.bob };
    const { client, repository, lines } = open(bob);
    assert.deepEqual(await repository('private/one').tags(), ['latest']);
    const before = lines().length;
    await refused(() => client.repositories(), { status: 401, code: 'UNSUPPORTED' });
    assert.deepEqual(
      lines().slice(before),
      ['GET token 200', 'GET /v2/_catalog 401', 'GET /v2/ 200'],
      'whoever is let in elsewhere is not shown the catalog',
    );
    assert.equal(scopes().at(-1), 'registry:catalog:*');
    assert.deepEqual(await repository('private/one').tags(), ['latest'], 'nothing is lost by it');
  });

  test('alice may', SOON, async () => {
    const { client } = open(credentials);
    assert.deepEqual(
      [...(await client.repositories()).keys()],
      ['private/large', 'private/one', 'private/two', 'public/one'],
    );
    await client.checkStatus();
    assert.deepEqual(scopes(), ['registry:catalog:*'], 'any token lets in');
  });

  test('a wrong password', SOON, async (context) => {
    const said = watchConsole(context);
    const { client, events, repository, lines } = open({ username: 'alice', password: 'WrOnG+/=?pass' });
    const expected = { status: 401, method: 'GET', message: /incorrect username or password/ };
    const failures = [
      await refused(() => client.checkStatus(), expected),
      await refused(() => repository('private/one').tags(), expected),
      await refused(() => repository('private/one').blob(one.layers[0].descriptor.digest), expected),
    ];
    assert.equal(failures[0].code, 'AUTH_REQUIRED');
    assert.ok(failures[0].url.startsWith(tokens.realm));
    assert.equal(tokens.refused, 3, 'once for each call');
    assert.ok(lines().every((line) => line.endsWith('401')));
    assertSilent([...failures, client, repository('a/b'), ...events, said], ['WrOnG+/=?pass']);
    assert.deepEqual(said, []);
  });
});

describe('an identity token', () => {
  test('is exchanged by POST', SOON, async () => {
    const identityToken = await refreshToken();
    const { events, client, repository } = open({ identityToken });
    assert.deepEqual(await repository('private/one').tags(), ['latest']);
    assert.deepEqual(
      tokens.requests.map(({ method }) => method),
      ['POST'],
    );
    assert.deepEqual(Object.fromEntries(tokens.requests[0].form), {
      grant_type: 'refresh_token',
      client_id: 'docker-registry-client-wasm',
      service: 'test bed',
      scope: 'repository:private/one:pull',
      refresh_token: identityToken,
    });
    assert.equal(tokens.requests[0].url, '/token');
    assert.equal(tokens.requests[0].headers.authorization, undefined);
    assertSilent([...events, client], [identityToken]);
  });

  for (const post of [404, 405]) {
    test(`by GET where POST gives ${post}`, SOON, async (context) => {
      const other = await startTokenRegistry({ data: plain.data }, { post });
      context.after(() => other.stop());
      const query = new URLSearchParams({ service: 'test bed', offline_token: 'true' });
      const headers = { authorization: `Basic ${btoa('bob:hunter2')}` };
      const { refresh_token: identityToken } = await (
        await fetch(`${other.tokens.realm}?${query}`, { headers })
      ).json();
      other.tokens.requests = [];
      const { repository } = open({ identityToken }, other.url);
      assert.deepEqual(await repository('private/one').tags(), ['latest']);
      assert.deepEqual(
        other.tokens.requests.map(({ method }) => method),
        ['POST', 'GET'],
      );
      const { url, headers: sent } = other.tokens.requests[1];
      assert.ok(!url.includes(identityToken));
      assert.equal(sent.authorization, `Basic ${btoa(`<token>:${identityToken}`)}`);
    });
  }

  test('that was revoked', SOON, async () => {
    const identityToken = await refreshToken();
    tokens.revoke();
    const { client, events, repository } = open({ identityToken });
    const failure = await refused(() => repository('private/one').tags(), { status: 401, method: 'POST' });
    assert.equal(tokens.requests.length, 1, 'no way round by GET');
    assertSilent([failure, client, ...events], [identityToken]);
  });

  test('that is replaced by a new one', SOON, async () => {
    const [first, second] = [await refreshToken(), await refreshToken()];
    tokens.reshape = (answer) => ({ ...answer, refresh_token: second });
    const { repository } = open({ identityToken: first });
    await repository('private/one').tags();
    await repository('private/two').tags();
    assert.deepEqual(
      tokens.requests.map(({ form }) => form.get('refresh_token')),
      [first, second],
    );
  });
});

describe('how many requests', () => {
  const layerOf = async (repository) => (await repository.image('latest')).getLayer();
  const manifests = (name) => `GET /v2/${name}/manifests/latest 200`;
  const blob = (name, digest) => `GET /v2/${name}/blobs/${digest} 200`;
  const whole = (name) => [manifests(name), blob(name, one.id), blob(name, one.layers[0].descriptor.digest)];
  const jobs = {
    apiVersion: [({ client }) => client.apiVersion(), () => [], { token: false }],
    tags: [({ repository }, name) => repository(name).tags(), (name) => [`GET /v2/${name}/tags/list 200`]],
    image: [({ repository }, name) => repository(name).image('latest'), (name) => whole(name).slice(0, 2)],
    layer: [({ repository }, name) => layerOf(repository(name)), whole],
  };
  for (const [job, [task, expected, { token = true } = {}]] of Object.entries(jobs)) {
    for (const [who, name, options, server] of [
      ['nobody, a registry that asks nothing', 'private/one', {}, () => plain],
      ['a password, Basic', 'private/one', credentials, () => basic],
      ['nobody', 'public/one', {}, () => registry],
      ['a password', 'private/one', credentials, () => registry],
    ]) {
      test(`${job}, ${who}`, SOON, async () => {
        const opened = open(options, server().url);
        await task(opened, name);
        const asked = token && server() === registry ? ['GET token 200'] : [];
        // The first request shows what the registry asks for; it is /v2/ only where the version is asked for.
        const [first = 'GET /v2/ 200'] = expected(name);
        const tried = server() === plain ? [] : [first.replace(/200$/, '401')];
        const done = server() === plain && token === false ? [first] : expected(name);
        assert.deepEqual(opened.lines(), [...tried, ...asked, ...done]);
        // The second time: no more than the job itself.
        const before = opened.lines().length;
        await task(opened, name);
        assert.ok(opened.lines().length - before <= expected(name).length);
        assert.ok(!opened.lines().slice(before).includes('GET token 200'));
      });
    }
  }

  test('one token for a hundred calls', SOON, async () => {
    for (const options of [credentials, { ...credentials, apiVersion: 2 }, { ...credentials, concurrency: 1 }]) {
      tokens.requests = [];
      const { lines, repository } = open(options);
      const all = await Promise.all(Array.from({ length: 100 }, () => repository('private/one').tags()));
      assert.ok(all.every(([tag]) => tag === 'latest'));
      assert.equal(tokens.requests.length, 1);
      assert.equal(lines().filter((line) => line.endsWith('200')).length, 101);
      // No call but the first tries without a token.
      if (!options.apiVersion) assert.equal(lines().filter((line) => line.endsWith('401')).length, 1);
    }
  });

  test('a token for each repository, used again', SOON, async () => {
    const { repository } = open(credentials);
    for (const name of ['private/one', 'private/two', 'private/one', 'private/two']) await repository(name).tags();
    assert.deepEqual(scopes(), ['repository:private/one:pull', 'repository:private/two:pull']);
  });

  test('clients share nothing', SOON, async () => {
    await open(credentials).repository('private/one').tags();
    await refused(() => open().repository('private/one').tags(), { status: 401 });
  });
});

// F59.
describe('what outlives its token', () => {
  const SECONDS = 2;
  /** The next tokens are good for so many seconds, and say that they are good for a minute. */
  const shortly = () => Object.assign(tokens, { age: tokens.lifetime + LEEWAY - SECONDS });
  const expired = async () => {
    await sleep(SECONDS * 1000 + 1100);
    tokens.age = 0;
  };

  test('calls: the one that is refused is repeated, no other', SOON, async () => {
    const { lines, repository } = open(credentials);
    shortly();
    for (let call = 0; call < 3; call += 1) await repository('private/one').tags();
    await expired();
    const before = lines().length;
    for (let call = 0; call < 3; call += 1) await repository('private/one').tags();
    const [refusal, success] = [401, 200].map((status) => `GET /v2/private/one/tags/list ${status}`);
    assert.deepEqual(lines().slice(before), [refusal, 'GET token 200', success, success, success]);
  });

  test('a hundred calls at once share the new token', SOON, async () => {
    const { lines, repository } = open({ ...credentials, concurrency: 20 });
    shortly();
    await repository('private/one').tags();
    await expired();
    const before = lines().length;
    await Promise.all(Array.from({ length: 100 }, () => repository('private/one').tags()));
    const since = lines().slice(before);
    assert.equal(since.filter((line) => line.startsWith('GET token')).length, 1);
    assert.equal(since.filter((line) => line.endsWith('list 200')).length, 100);
    assert.ok(since.filter((line) => line.endsWith('401')).length <= 100);
  });

  test('a blob whose connection breaks after that', SOON, async (context) => {
    const forward = proxyTo(new URL(registry.url), '');
    const ranges = [];
    const proxy = await startScripted((request, response) => {
      if (request.url.includes('/blobs/')) {
        ranges.push([request.headers.range, request.headers.authorization]);
        if (ranges.length === 1) cut(response, 500_000);
      }
      forward(request, response);
    });
    context.after(() => proxy.stop());
    // Half of the pause is chance: the shortest there is outlasts the token.
    const { lines, repository } = open({ ...credentials, retry: { minDelay: 8000 } }, proxy.url);
    shortly();
    const { digest } = large.layers[0].descriptor;
    const reading = bytesOf(await repository('private/large').blob(digest));
    await expired();
    assert.ok(large.layers[0].bytes.equals(await reading));
    const [first, second, third] = ranges;
    assert.equal(first[0], undefined);
    assert.match(second[0], /^bytes=\d+-$/);
    assert.deepEqual([second[0], second[1]], [third[0], first[1]]);
    assert.notEqual(third[1], second[1]);
    assert.deepEqual(
      lines()
        .slice(2)
        .map((line) => line.split(' ').at(-1)),
      ['200', '401', '200', '206'],
    );
  });

  test('tokens that say so are not used to their last moment', SOON, async () => {
    tokens.reshape = ({ expires_in: _, ...answer }) => answer;
    const { repository } = open(credentials);
    await repository('private/one').tags();
    await repository('private/one').tags();
    assert.equal(tokens.requests.length, 1, 'a minute, where nothing is said');
  });
});

/** Lets so many bytes of a body pass, then breaks the connection. */
function cut(response, length) {
  const write = response.write.bind(response);
  let left = length;
  response.write = (chunk, ...rest) => {
    if (left <= 0) return false;
    const part = chunk.subarray(0, left);
    left -= part.length;
    if (left > 0) return write(chunk, ...rest);
    write(part, () => setTimeout(() => response.destroy(), 20));
    return false;
  };
}
