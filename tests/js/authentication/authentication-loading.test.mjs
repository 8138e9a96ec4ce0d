// The code that authenticates is loaded when a registry challenges: on fresh instances of the package where the first attempt to
// load it fails.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';

import { error, json, startScripted } from '../../registries/scripted.mjs';
import { copyOfPackage } from '../support/copies.mjs';
import { again, clientWithout } from '../support/lazy.mjs';
import { SOON } from '../support/support.mjs';

const PASSWORD = { username: 'alice', password: 's3cret' };
const BASIC = 'Basic YWxpY2U6czNjcmV0';
const path = '/v2/old/web/tags/list';
const list = json({ name: 'old/web', tags: ['one'] });

/** A registry that lets in whoever sends this, and challenges others. */
const guarded = (authorization, challenge) => (request, response) => {
  if (request.url.startsWith('/token')) return json({ token: 'T' })(request, response);
  if (request.headers.authorization === authorization) return list(request, response);
  return error(401, 'UNAUTHORIZED', 'log in', { 'www-authenticate': challenge(request) })(request, response);
};

const basic = guarded(BASIC, () => 'Basic realm="x"');
const bearer = guarded('Bearer T', ({ headers }) => `Bearer realm="http://${headers.host}/token",service="s"`);
const open = { [path]: list };

describe('what needs the code that authenticates', () => {
  test('an anonymous token', SOON, async (t) => {
    const state = await clientWithout(t, 'auth', bearer);
    assert.deepEqual(await again(state, () => state.repository.tags()), ['one']);
  });

  test('a token given from the start, which the first request carries', SOON, async (t) => {
    const state = await clientWithout(
      t,
      'auth',
      guarded('Bearer abc', () => 'Basic'),
      { token: 'abc' },
    );
    assert.deepEqual(await again(state, () => state.repository.tags()), ['one']);
    assert.ok(state.server.requests.every(({ headers }) => headers.authorization === 'Bearer abc'));
  });

  for (const [what, options] of Object.entries({
    'a password': PASSWORD,
    'the credentials callback': { credentials: () => PASSWORD },
  })) {
    test(`${what}: the code is loaded with the first request, and again when that failed`, SOON, async (t) => {
      const state = await clientWithout(t, 'auth', basic, options);
      assert.equal(state.asked, 0);
      assert.deepEqual(await state.repository.tags(), ['one']);
      assert.equal(state.asked, 2);
      assert.deepEqual(
        state.server.requests.map(({ headers }) => headers.authorization),
        [undefined, BASIC],
      );
    });

    test(`${what} that no challenge asks for: a failed load goes unnoticed`, SOON, async (t) => {
      const state = await clientWithout(t, 'auth', open, options);
      for (let call = 0; call < 3; call += 1) assert.deepEqual(await state.repository.tags(), ['one']);
      assert.equal(state.asked, 1);
    });
  }

  test('nothing at a registry without authentication', SOON, async (t) => {
    const state = await clientWithout(t, 'auth', open);
    assert.deepEqual(await state.repository.tags(), ['one']);
    await state.repository.manifest('one').catch(() => {});
    assert.equal(state.asked, 0);
  });
});

/** A fresh instance that loads the code when `loads` says so, and how often it is asked to. */
async function instance(t, loads) {
  const server = await startScripted(bearer);
  t.after(() => server.stop());
  const copy = await copyOfPackage(t);
  const { default: init, DockerRegistryClient } = await copy.load('slim.js');
  const state = { server, asked: 0 };
  const auth = async () => {
    state.asked += 1;
    await loads(state);
    return readFile(copy.file('wasm/auth.wasm'));
  };
  await init(undefined, { auth });
  return Object.assign(state, { repository: () => new DockerRegistryClient(server.url).repository('old/web') });
}

test('concurrent calls and clients share a load', SOON, async (t) => {
  const state = await instance(t, () => {});
  const [one, other] = [state.repository(), state.repository()];
  const lists = await Promise.all([one, one, other, other].map((repository) => repository.tags()));
  assert.deepEqual(lists, Array(4).fill(['one']));
  assert.equal(state.asked, 1);
  // Each client has its own token.
  assert.equal(state.server.requests.filter(({ url }) => url.startsWith('/token')).length, 2);
});

test('an aborted call does not wait for the load, and others get it', SOON, async (t) => {
  const controller = new AbortController();
  let aborted;
  const state = await instance(t, async () => {
    controller.abort();
    await assert.rejects(aborted, { name: 'AbortError' });
  });
  const repository = state.repository();
  aborted = repository.tags({ signal: controller.signal });
  assert.deepEqual(await repository.tags(), ['one']);
  assert.equal(state.asked, 1);
});
