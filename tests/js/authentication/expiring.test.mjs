// Credentials that were good once, dialogs that are cancelled, and forgetting: over real HTTP, with the packed package.
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';

import { digestOf } from '../../../www/registry/content.mjs';
import { asking, error, json, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const TAGS = '/v2/a/b/tags/list';
const EXPIRED = error(403, 'DENIED', 'Your authorization token has expired. Reauthenticate and try again.');

let registry;
let service;
before(async () => {
  [registry, service] = await Promise.all([startScripted(), startScripted()]);
});
after(() => Promise.all([registry.stop(), service.stop()]));
beforeEach(() => {
  Object.assign(registry, { requests: [] });
  Object.assign(service, { requests: [] });
});

const passwordOf = ({ headers }) =>
  Buffer.from(headers.authorization?.slice(6) ?? '', 'base64')
    .toString()
    .slice(4);

/** A registry that asks for Basic and lets in the password that is good now. */
function basic(state) {
  const letsIn = (request, response) => {
    const isGood = passwordOf(request) === state.good;
    return (isGood ? (request.method === 'HEAD' ? error(404, 'BLOB_UNKNOWN') : json({ tags: ['x'] })) : EXPIRED)(
      request,
      response,
    );
  };
  registry.script = (request, response) => asking('Basic realm="ecr"', letsIn)(request, response);
}

function asker(answer) {
  const asked = [];
  const client = new DockerRegistryClient(registry.url, {
    credentials: (challenge) => {
      asked.push(challenge);
      return answer(asked.length);
    },
  });
  return { asked, client, repository: client.repository('a/b') };
}
const numbered = (number) => ({ username: 'AWS', password: `p${number}` });

test('a password that has expired is asked for once more, by all calls together', SOON, async () => {
  const state = { good: 'p1' };
  basic(state);
  const { asked, repository } = asker(numbered);
  assert.deepEqual(await repository.tags(), ['x']);
  state.good = 'p2';
  const calls = Array.from({ length: 24 }, () => repository.tags());
  assert.ok((await Promise.all(calls)).every(([tag]) => tag === 'x'));
  assert.deepEqual(
    asked.map(({ refused: was }) => was),
    [undefined, true],
  );
  state.good = 'p3';
  assert.equal(await repository.headBlob(digestOf('x')), undefined);
  assert.equal(asked.length, 3);
});

test('the same password again: the registry’s own error, after one question', SOON, async () => {
  const state = { good: 'p1' };
  basic(state);
  const { asked, repository } = asker(() => numbered(1));
  await repository.tags();
  state.good = 'p2';
  await refused(() => repository.tags(), { code: 'DENIED', status: 403, message: /has expired/ });
  assert.equal(asked.length, 2);
});

for (const status of [400, 403]) {
  test(`a kept token that is answered with ${status}`, SOON, async () => {
    let number = 0;
    let good = 1;
    service.script = {
      '/token': (request, response) => json({ token: `t${++number}`, expires_in: 3600 })(request, response),
    };
    const letsIn = (request, response) =>
      (request.headers.authorization === `Bearer t${good}`
        ? json({ tags: ['x'] })
        : error(status, 'DENIED', 'expired'))(request, response);
    registry.script = { [TAGS]: asking(`Bearer realm="${service.url}/token"`, letsIn) };
    const repository = new DockerRegistryClient(registry.url).repository('a/b');
    await repository.tags();
    good = 2;
    assert.ok((await Promise.all(Array.from({ length: 24 }, () => repository.tags()))).every(([tag]) => tag === 'x'));
    assert.equal(number, 2);
    good = 0;
    await refused(() => repository.tags(), { status });
    assert.equal(number, 3);
  });
}

describe('a dialog that is cancelled', () => {
  for (const [how, cancel] of [
    ['undefined', () => undefined],
    [
      'a rejection',
      async () => {
        throw new Error('cancelled');
      },
    ],
  ]) {
    test(`${how}: the next call opens it again, the calls of one burst share it`, SOON, async () => {
      basic({ good: 'p3' });
      const { asked, repository } = asker((number) => (number < 3 ? cancel() : numbered(3)));
      for (const times of [1, 2]) {
        const calls = Array.from({ length: 24 }, () => refused(() => repository.tags(), {}));
        for (const { code } of await Promise.all(calls))
          assert.ok(['AUTH_REQUIRED', 'UNAUTHORIZED'].includes(code), code);
        assert.equal(asked.length, times);
      }
      assert.deepEqual(await repository.tags(), ['x']);
      assert.ok(asked.every((challenge) => !('refused' in challenge)));
    });
  }
});

test('forgetCredentials()', SOON, async () => {
  basic({ good: 'p1' });
  const { asked, client, repository } = asker(() => numbered(1));
  await repository.tags();
  assert.equal(client.forgetCredentials(), undefined);
  await repository.tags();
  await repository.tags();
  assert.deepEqual(
    asked.map(({ refused: was }) => was),
    [undefined, undefined],
  );
  // A dialog that is open meanwhile belongs to the calls that wait for it.
  const answers = [];
  const other = asker(() => new Promise((resolve) => answers.push(resolve)));
  const waiting = other.repository.tags();
  while (answers.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  other.client.forgetCredentials();
  answers[0](numbered(1));
  await waiting;
  const next = other.repository.tags();
  while (answers.length === 1) await new Promise((resolve) => setTimeout(resolve, 5));
  answers[1](numbered(1));
  await next;
});

/** A vanity host redirects to a registry that wants a token of its own service. */
describe('a registry elsewhere', () => {
  for (const status of [301, 302, 307, 308]) {
    test(`redirected to with ${status}`, SOON, async () => {
      const vanity = await startScripted();
      try {
        let isPublic = true;
        vanity.script = (request, response) => {
          response.writeHead(status, { location: registry.url + request.url }).end();
        };
        service.script = (request, response) =>
          (isPublic && !request.headers.authorization ? json({ token: 'anyone' }) : error(401, 'UNAUTHORIZED'))(
            request,
            response,
          );
        const uploads = '/v2/a/b/blobs/uploads/';
        const bearer = `Bearer realm="${service.url}/token",service="new",scope="repository:a/b:pull"`;
        registry.script = (request, response) => {
          const answers = {
            GET: json({ tags: ['x'] }),
            HEAD: error(404, 'BLOB_UNKNOWN'),
            POST: json({}, { status: 202, location: `${uploads}1` }),
            PUT: json({}, { status: 201 }),
          };
          return asking(bearer, answers[request.method])(request, response);
        };
        for (const options of [{}, { username: 'alice', password: 'SeCrEt' }]) {
          const client = new DockerRegistryClient(vanity.url, options);
          assert.deepEqual(await client.repository('a/b').tags(), ['x']);
          await client.repository('a/b').pushBlob(Buffer.from('blob'));
          const seen = [...registry.requests, ...service.requests].map(({ headers }) => headers.authorization);
          assert.ok(
            seen.every((value) => value === undefined || value === 'Bearer anyone'),
            String(seen),
          );
        }
        const methods = registry.requests.map(({ method }) => method);
        assert.ok(methods.includes('POST') && methods.includes('PUT'), String(methods));
        isPublic = false;
        const client = new DockerRegistryClient(vanity.url, { username: 'alice', password: 'SeCrEt' });
        const failure = await refused(() => client.repository('a/b').tags(), { status: 401 });
        assert.ok(failure.message.includes(`redirects to ${registry.url}`), failure.message);
      } finally {
        await vanity.stop();
      }
    });
  }
});
