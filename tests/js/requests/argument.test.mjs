// `details.argument`: which argument or option cannot be used.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { send, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient, RegistryError, connect, createFetch, parseReference } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const client = new DockerRegistryClient('localhost:1');
const repository = client.repository('a/b');
const artifactType = 'a/b';

for (const [argument, call] of Object.entries({
  'options.concurrency': () => new DockerRegistryClient('localhost:1', { concurrency: 0 }),
  'options.retry.attempts': () => new DockerRegistryClient('localhost:1', { retry: { attempts: 0 } }),
  'options.api_timeout': () => new DockerRegistryClient('localhost:1', { api_timeout: 3 }),
  options: () => new DockerRegistryClient('localhost:1', 3),
  tag: () => repository.data(7),
  'options.signal': () => repository.tags({ signal: 7 }),
  'options.ifMatch': () => repository.tag('a', 'b', { ifMatch: undefined }),
  'images[1]': () => repository.createIndex('a', ['b', 7]),
  source: () => client.copy(7, 'a:b'),
  'options.files[0].data': () => repository.pushArtifact({ artifactType, files: [{ data: 7 }] }),
  'options.platforms': () => client.copy('a:b', 'c:d', { platforms: ['?'] }),
  reference: () => parseReference(7),
  json: () => RegistryError.from(7),
  'options.ca': () => createFetch({ ca: 7 }),
  'options.proxi': () => connect('localhost:1', { proxi: 'x' }),
})) {
  test(argument, SOON, async () => {
    const error = await refused(call, 'INVALID_ARGUMENT');
    assert.deepEqual({ ...error.details }, { argument }, error.message);
    assert.ok(error.message.startsWith(`${argument}: `), error.message);
    assert.ok(Object.isFrozen(error.details));
    assert.deepEqual(RegistryError.from(structuredClone(error.toJSON())).details, { argument });
  });
}

test('other errors have none', SOON, async () => {
  const refusal = { errors: [{ code: 'INVALID_ARGUMENT', message: 'tag: it is not allowed' }] };
  const registry = await startScripted(
    send(JSON.stringify(refusal), { status: 400, 'content-type': 'application/json' }),
  );
  try {
    const error = await refused(
      () => new DockerRegistryClient(registry.url).repository('a').tags(),
      'INVALID_ARGUMENT',
    );
    assert.deepEqual([error.status, { ...error.details }], [400, {}]);
  } finally {
    await registry.stop();
  }
  const error = await refused(() => repository.data('no tag'), 'INVALID_REFERENCE');
  assert.deepEqual({ ...error.details }, {});
});
