// The `credentials` callback: when it is asked, with what, and whatever it may give or do.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { asking, error, json, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { assertSilent } from './secrets.mjs';
import { SOON, refused } from '../support/support.mjs';

const ALICE = { username: 'alice', password: 'SeCrEt' };
const BASIC = `Basic ${btoa('alice:SeCrEt')}`;
const unhandled = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

let registry;
let service;
before(async () => {
  service = await startScripted();
  registry = await startScripted();
});
after(() => Promise.all([registry.stop(), service.stop()]));
beforeEach(() => {
  const tags = json({ tags: ['x'] });
  /** Takes any token that the service gave to somebody. */
  const named = (request, response) =>
    (request.headers.authorization === 'Bearer named' ? tags : asking(undefined, error(401, 'UNAUTHORIZED')))(
      request,
      response,
    );
  const demand = `Bearer realm="${service.url}/token?key=HuSh",service="the registry"`;
  const withDemand = (request, response) => {
    response.setHeader('www-authenticate', demand);
    return named(request, response);
  };
  registry.script = {
    '/v2/': asking(demand, json({})),
    '/v2/a/b/tags/list': withDemand,
    '/v2/c/d/tags/list': withDemand,
  };
  service.script = (request, response) => {
    const { authorization } = request.headers;
    if (authorization === undefined && request.method === 'GET') return json({ token: 'nobody' })(request, response);
    const isRight = authorization === BASIC || request.method === 'POST';
    return (isRight ? json({ token: 'named' }) : error(401, 'UNAUTHORIZED', 'wrong'))(request, response);
  };
  Object.assign(registry, { requests: [] });
  Object.assign(service, { requests: [] });
});

const client = (callback, options = {}) =>
  new DockerRegistryClient(registry.url, { credentials: callback, ...options });
const tags = (callback, options) => client(callback, options).repository('a/b').tags();

describe('asked', () => {
  test('with exactly this', SOON, async () => {
    const asked = [];
    await tags((...args) => asked.push(args) && ALICE);
    assert.equal(asked.length, 1);
    assert.equal(asked[0].length, 1);
    const [[challenge]] = asked;
    assert.equal(Object.getPrototypeOf(challenge), Object.prototype);
    assert.deepEqual(challenge, {
      registry: registry.url,
      scheme: 'bearer',
      // A query value may be a secret of the service's.
      realm: `${service.url}/token?key=…`,
      service: 'the registry',
      scopes: ['repository:a/b:pull'],
    });
  });

  test('for Basic', SOON, async () => {
    const asked = [];
    registry.script = { '/v2/': asking('Basic realm="my realm"', json({})) };
    await client((challenge) => asked.push(challenge) && ALICE).checkStatus();
    assert.deepEqual(asked, [{ registry: registry.url, scheme: 'basic', realm: 'my realm', scopes: [] }]);
    assert.equal(registry.requests.at(-1).headers.authorization, BASIC);
  });

  test('not before the registry asks', SOON, async () => {
    registry.script = { '/v2/a/b/tags/list': json({ tags: ['x'] }) };
    assert.deepEqual(await tags(() => assert.fail('asked')), ['x']);
  });

  test('once for twenty calls, synchronously and after a while', SOON, async () => {
    for (const answer of [() => ALICE, async () => ALICE, () => sleep(100, ALICE)]) {
      let asked = 0;
      const one = client(() => (asked++, answer()));
      const calls = Array.from({ length: 20 }, () => one.repository('a/b').tags());
      assert.ok((await Promise.all(calls)).every(([tag]) => tag === 'x'));
      assert.equal(asked, 1);
      await one.repository('c/d').tags();
      assert.equal(asked, 1, 'what it gave is kept');
    }
  });

  test('nothing given: as nobody, and asked again by the next call where nobody is refused', SOON, async () => {
    for (const nothing of [() => undefined, () => null, async () => undefined]) {
      const asked = [];
      const one = client(({ scopes }) => (asked.push(scopes), nothing()));
      for (const name of ['a/b', 'a/b', 'c/d', 'a/b'])
        await refused(() => one.repository(name).tags(), { status: 401, code: 'UNAUTHORIZED' });
      assert.deepEqual(
        asked.flat(),
        ['a/b', 'a/b', 'c/d', 'a/b'].map((name) => `repository:${name}:pull`),
      );
    }
    assert.ok(service.requests.every(({ headers }) => headers.authorization === undefined));
  });

  test('again after what it gave was refused, by the next call', SOON, async () => {
    const answers = [{ ...ALICE, password: 'WrOnG' }, ALICE];
    const one = client(() => answers.shift());
    const failure = await refused(() => one.repository('a/b').tags(), { status: 401 });
    assertSilent([failure, one], ['WrOnG', 'SeCrEt']);
    assert.deepEqual(await one.repository('a/b').tags(), ['x']);
    assert.deepEqual(await one.repository('a/b').tags(), ['x']);
  });

  test('a refusal that comes late takes nothing away that is newer', SOON, async () => {
    let refusals = 0;
    const answer = service.script;
    service.script = (request, response) => {
      const isWrong = request.headers.authorization !== BASIC;
      // The first comes at once, the second when the right password is there.
      return setTimeout(() => answer(request, response), isWrong && (refusals += 1) > 1 ? 400 : 0);
    };
    let asked = 0;
    const one = client(() => ((asked += 1) === 1 ? { ...ALICE, password: 'WrOnG' } : ALICE));
    const calls = ['a/b', 'c/d'].map((name) => one.repository(name).tags());
    await refused(() => Promise.race(calls), { status: 401 });
    assert.deepEqual(await one.repository('a/b').tags(), ['x']);
    // Whoever was refused late tries with what is newer.
    const ends = await Promise.allSettled(calls);
    assert.deepEqual(ends.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
    assert.deepEqual(await one.repository('c/d').tags(), ['x']);
    assert.equal(asked, 2);
  });

  test('a token, an identity token', SOON, async () => {
    assert.deepEqual(await tags(() => ({ token: 'named' })), ['x']);
    assert.equal(service.requests.length, 0);
    assert.deepEqual(await tags(() => ({ identityToken: 'IdEnTiTy' })), ['x']);
    assert.equal(service.requests[0].method, 'POST');
  });
});

describe('misbehaving', () => {
  for (const [name, callback, expected] of [
    [
      'throws an Error',
      () => {
        throw new Error('no keychain');
      },
      { code: 'AUTH_REQUIRED', message: /no keychain/ },
    ],
    [
      'rejects with an Error',
      async () => {
        throw new TypeError('no keychain');
      },
      { message: /no keychain/ },
    ],
    [
      'throws a text',
      () => {
        throw 'a text';
      },
      { code: 'AUTH_REQUIRED', message: /a text/ },
    ],
    [
      'throws undefined',
      () => {
        throw undefined;
      },
      { code: 'AUTH_REQUIRED' },
    ],
    ['rejects with null', () => Promise.reject(null), { code: 'AUTH_REQUIRED' }],
    [
      'throws what throws',
      () => {
        throw {
          get message() {
            throw 1;
          },
        };
      },
      { code: 'AUTH_REQUIRED' },
    ],
    ['gives a text', () => 'RuBbIsH', { message: /a string: an object is needed/ }],
    ['gives a number', () => 5, { message: /5: an object is needed/ }],
    ['gives true', async () => true, { message: /an object is needed/ }],
    ['gives a function', () => () => ALICE, { message: /an object is needed|none of username/ }],
    ['gives a symbol', () => Symbol('RuBbIsH'), { message: /an object is needed/ }],
    ['gives an empty object', () => ({}), { message: /none of username and password, token, identityToken/ }],
    ['gives a list', () => ['alice', 'RuBbIsH'], { message: /none of/ }],
    ['gives no password', () => ({ username: 'alice' }), { message: /password: it is missing/ }],
    ['gives no name', () => ({ password: 'RuBbIsH' }), { message: /username: it is missing/ }],
    ['gives a name with a colon', () => ({ username: 'RuB:bIsH', password: 'x' }), { message: /colon/ }],
    ['gives a name with a newline', () => ({ username: 'a\r\nb', password: 'x' }), { message: /control/ }],
    [
      'gives a password that is no text',
      () => ({ ...ALICE, password: 5 }),
      { message: /password that is not a string/ },
    ],
    ['gives a name that is null', () => ({ ...ALICE, username: null }), { message: /username that is not a string/ }],
    ['gives a token with a newline', () => ({ token: 'RuBbIsH\nx: y' }), { message: /token: it is empty, or has/ }],
    ['gives an empty token', () => ({ token: '' }), { message: /token: it is empty/ }],
    ['gives an empty identity token', () => ({ identityToken: '' }), { message: /identityToken: it is empty/ }],
    ['gives two ways at once', () => ({ ...ALICE, token: 'RuBbIsH' }), { message: /only one of/ }],
    [
      'gives what cannot be read',
      () => ({
        get username() {
          throw 'RuBbIsH';
        },
      }),
      { message: /cannot be read/ },
    ],
    [
      'gives what throws on everything',
      () =>
        new Proxy(
          {},
          {
            get() {
              throw 1;
            },
          },
        ),
      {},
    ],
    [
      'gives a revoked proxy',
      () => {
        const { proxy, revoke } = Proxy.revocable({}, {});
        revoke();
        return proxy;
      },
      {},
    ],
    [
      'gives a thenable that throws',
      () => ({
        then() {
          throw new Error('thrown');
        },
      }),
      { message: /thrown/ },
    ],
  ]) {
    test(name, SOON, async () => {
      const one = client(callback);
      const failure = await refused(() => one.repository('a/b').tags(), expected, name);
      if (!expected.code) assert.ok(['INVALID_ARGUMENT', 'AUTH_REQUIRED'].includes(failure.code), failure.code);
      assertSilent([failure, one], ['RuBbIsH']);
      assert.deepEqual(service.requests, []);
      // It goes on, and asks again.
      await refused(() => one.repository('a/b').tags(), expected, name);
    });
  }

  test('a password beyond Latin-1, an inherited one, one with surplus fields', SOON, async () => {
    registry.script = { '/v2/': asking('Basic realm="x"', json({})) };
    for (const given of [
      { username: 'jürgen', password: '✓:\u0000\n' },
      Object.create({ username: 'jürgen', password: '✓:\u0000\n' }),
      { username: 'jürgen', password: '✓:\u0000\n', note: 1, token: undefined },
    ]) {
      await client(() => given).checkStatus();
      const [, encoded] = registry.requests.at(-1).headers.authorization.split(' ');
      assert.equal(Buffer.from(encoded, 'base64').toString(), 'jürgen:✓:\u0000\n');
    }
  });

  test('never answers: an abort ends the wait, and the next call shares the question', SOON, async () => {
    const asked = [];
    const one = client(() => new Promise((resolve) => asked.push(resolve)));
    const controller = new AbortController();
    const waiting = one.repository('a/b').tags({ signal: controller.signal });
    waiting.catch(() => {});
    while (asked.length === 0) await sleep(5);
    controller.abort(new RangeError('mine'));
    await assert.rejects(waiting, RangeError);
    const next = one.repository('a/b').tags();
    await sleep(50);
    assert.equal(asked.length, 1);
    asked[0](ALICE);
    assert.deepEqual(await next, ['x']);
  });

  test('rejects after everybody has gone', SOON, async () => {
    let reject;
    const one = client(() => new Promise((_, fail) => (reject = fail)));
    const controller = new AbortController();
    const waiting = one.repository('a/b').tags({ signal: controller.signal });
    waiting.catch(() => {});
    while (reject === undefined) await sleep(5);
    controller.abort();
    await assert.rejects(waiting);
    reject(new Error('too late'));
    await sleep(50);
    assert.deepEqual(unhandled, []);
  });

  test('a dialog may take longer than a request', SOON, async () => {
    assert.deepEqual(await tags(() => sleep(300, ALICE), { timeout: 100 }), ['x']);
  });

  test('calls the client, which must not be waited for', SOON, async () => {
    const inner = [];
    const one = client(() => {
      inner.push(one.repository('c/d').tags(), one.checkStatus());
      return ALICE;
    });
    assert.deepEqual(await one.repository('a/b').tags(), ['x']);
    assert.deepEqual(await Promise.all(inner), [['x'], undefined]);
  });

  test('waits for the client that waits for it: an abort ends that too', SOON, async () => {
    const controller = new AbortController();
    const one = client(
      async () => {
        await one.repository('c/d').tags();
        return ALICE;
      },
      { signal: controller.signal },
    );
    const waiting = one.repository('a/b').tags();
    waiting.catch(() => {});
    await sleep(200);
    controller.abort(new RangeError('mine'));
    await assert.rejects(waiting, RangeError);
  });
});

test('what the options may hold', () => {
  for (const [options, message] of [
    [{ credentials: 'alice' }, /options\.credentials: a function is needed/],
    [{ credentials: ALICE }, /options\.credentials: a function is needed/],
    [{ username: 'alice' }, /options\.password: it is missing/],
    [{ password: 'SeCrEt' }, /options\.username: it is missing/],
    [{ ...ALICE, token: 'SeCrEt' }, /options\.token: give only one/],
    [{ ...ALICE, identityToken: 'SeCrEt' }, /options\.identityToken: give only one/],
    [{ token: 'SeC\nrEt' }, /options\.token/],
    [{ identityToken: '' }, /options\.identityToken: it is empty/],
    [{ identityToken: 5 }, /options\.identityToken/],
    [{ username: 'a:b', password: 'SeCrEt' }, /options\.username/],
    [{ authServiceUrl: 'auth.example.com' }, /options\.authServiceUrl/],
    [{ authServiceUrl: 'ftp://auth.example.com' }, /options\.authServiceUrl/],
    [{ authServiceUrl: 'https://alice:SeCrEt@auth.example.com' }, /options\.authServiceUrl/],
    [{ trustedRealms: 'auth.example.com' }, /options\.trustedRealms/],
    [{ trustedRealms: ['https://auth.example.com'] }, /options\.trustedRealms/],
    [{ trustedRealms: ['*.example.com'] }, /options\.trustedRealms/],
    [{ trustedRealms: [5] }, /options\.trustedRealms/],
    [{ headers: { Authorization: 'Bearer SeCrEt' } }, /options\.headers/],
  ]) {
    let failure;
    try {
      new DockerRegistryClient('registry.example.com', options);
    } catch (thrown) {
      failure = thrown;
    }
    assert.equal(failure?.code, 'INVALID_ARGUMENT', JSON.stringify(options));
    assert.match(failure.message, message);
    assertSilent([failure], ['SeCrEt']);
  }
});
