// What an application can make of an error: a reason in one sentence, and facts to put into words of its own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { asking, error, json, send, startScripted } from '../../registries/scripted.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

let server;
let repository;
before(async () => {
  server = await startDistribution();
  await fill(server, { 'team/web': samples['team/web'] });
  repository = new DockerRegistryClient(server.url).repository('team/web');
}, SOON);
after(() => server.stop());

const OTHER = `sha256:${'0'.repeat(64)}`;

/** A repository of a scripted registry. */
async function scripted(script, use, options) {
  const registry = await startScripted(script);
  try {
    return await use(new DockerRegistryClient(registry.url, { retry: false, ...options }).repository('a/b'));
  } finally {
    await registry.stop();
  }
}

test('the platforms that there are', SOON, async () => {
  const platform = 'linux/s390x';
  const { reason, details, message } = await refused(
    () => repository.image('latest', { platform }),
    'NO_MATCHING_PLATFORM',
  );
  assert.equal(reason, `no image for ${platform}`);
  assert.equal(details.platform, platform);
  assert.ok(details.available.includes('linux/arm64/v8') || details.available.includes('linux/arm64'), message);
  assert.ok(Object.isFrozen(details) && Object.isFrozen(details.available));
});

test('the digests that contradict each other', SOON, async () => {
  const { digest } = await repository.manifest('latest');
  await refused(() => repository.tag('latest', '1.0.0', { ifMatch: OTHER }), {
    code: 'CONFLICT',
    reason: `the tag latest points to ${digest}, not to ${OTHER}`,
    details: { tag: 'latest', expected: OTHER, actual: digest },
  });
  await refused(() => repository.tag('latest', '1.0.0', { ifMatch: null }), {
    code: 'CONFLICT',
    details: { tag: 'latest', actual: digest },
  });
  await scripted({ [`/v2/a/b/manifests/${OTHER}`]: json({ schemaVersion: 2 }) }, async (other) => {
    const { details } = await refused(() => other.manifest(OTHER), 'DIGEST_MISMATCH');
    assert.equal(details.expected, OTHER);
    assert.match(details.actual, /^sha256:[0-9a-f]{64}$/);
  });
});

test('what depends on a manifest', SOON, async () => {
  const { digest } = await repository.manifest('2.0.0');
  const { reason, details } = await refused(() => repository.deleteManifest(digest), 'IN_USE');
  assert.ok(reason.startsWith(`${digest} is in use by tags`) && !reason.includes('force'), reason);
  assert.deepEqual(details.tags.toSorted(), ['2.0.0', 'latest']);
  assert.deepEqual(
    { parents: details.parents, referrers: details.referrers, unread: details.unread },
    {
      parents: [],
      referrers: [],
      unread: [],
    },
  );
});

test('limits', SOON, async () => {
  const many = json({ name: 'a/b', tags: ['a', 'b', 'c'] });
  await scripted(
    { '/v2/a/b/tags/list': many },
    (other) => refused(() => other.tags(), { code: 'TOO_LARGE', details: { limit: 2 } }),
    { maxItems: 2 },
  );
  await scripted(
    { '/v2/a/b/tags/list': () => {} },
    (other) =>
      refused(() => other.tags(), { code: 'TIMEOUT', reason: 'no response within 200 ms', details: { limit: 200 } }),
    { timeout: 200 },
  );
});

test('the host to trust', SOON, async () => {
  const challenge = 'Bearer realm="https://tokens.example.net/token",service="x"';
  const options = { username: 'alice', password: 'secret' };
  await scripted(
    { '/v2/a/b/tags/list': asking(challenge, send('{}')) },
    async (other) => {
      const { details, reason } = await refused(() => other.tags(), 'UNTRUSTED_REALM');
      assert.deepEqual(details, { host: 'tokens.example.net' });
      assert.equal(reason, "the registry's token service belongs to another domain, tokens.example.net");
    },
    options,
  );
});

test('a status has a reason of the client, whatever the registry says', SOON, async () => {
  for (const [status, reason] of [
    [403, 'the registry denies access'],
    [404, 'the registry does not have it, or hides it from this account'],
    [429, 'the registry limits the number of requests'],
    [502, 'the registry fails with status 502'],
    [418, 'the registry refuses the request with status 418'],
  ]) {
    const says = error(status, 'CODE', 'see https://example.com/help. Really.');
    await scripted({ '/v2/a/b/tags/list': says }, (other) => refused(() => other.tags(), { code: 'CODE', reason }));
  }
});
