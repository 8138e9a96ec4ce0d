// How many requests an operation makes of a real registry, counted by a relay in front of it: users over slow links wait for them.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { operations } from '../../bench/wan/operations.mjs';
import { startRelay } from '../../registries/relay/relay.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';

/** At most as many requests as this, of distribution 2.8. Whoever saves one lowers the number. */
const REQUESTS = {
  catalog: 1,
  tags: 1,
  digest: 1,
  manifest: 1,
  config: 2,
  describeTags: 402,
  inventory: 293,
  copyBetween: 87,
  copyWithin: 25,
  pull: 22,
  pullImage: 22,
  push: 65,
  tag: 3,
  untagFirst: 12,
  untagSecond: 8,
  cleanup: 516,
};

const log = [];
let registries;
let relays;
before(async () => {
  registries = await Promise.all([startDistribution(), startDistribution()]);
  relays = await Promise.all(registries.map(({ url }) => startRelay(url, { log })));
});
after(() => Promise.all([...relays, ...registries].map((one) => one.stop())));

/** "3 GET manifests" for each kind of request, the most frequent first. */
function kinds(exchanges) {
  const counts = new Map();
  for (const { method, path, status } of exchanges) {
    const [, what = path] = /\/(manifests|blobs\/uploads|blobs|tags\/list|_catalog|referrers)/.exec(path) ?? [];
    const kind = `${method} ${what} ${status}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].sort(([, a], [, b]) => b - a).map(([kind, count]) => `${count} ${kind}`);
}

describe('requests of', () => {
  for (const [at, [name, { title, prepare, run }]] of Object.entries(operations).entries()) {
    test(title, { timeout: 60_000 }, async (context) => {
      const prepared = await prepare(registries[0].url, at);
      const [from, to] = relays.map(({ url }) => url);
      const connect = (url = from) => new DockerRegistryClient(url);
      const mark = async () => log.splice(0);
      await mark();
      await run({ connect, from, to, mark }, prepared);
      const summary = kinds(log).join(', ');
      context.diagnostic(`${log.length} requests: ${summary}`);
      assert.ok(log.length <= REQUESTS[name], `${log.length} requests, not ${REQUESTS[name]}: ${summary}`);
    });
  }

  test('operations, all of which have a limit', () => {
    assert.deepEqual(Object.keys(REQUESTS), Object.keys(operations));
  });
});
