// Small blobs in one POST, at real registries: one that creates them (ferro), and one that ignores the bytes (distribution 2.8).
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { digestOf } from '../../../www/registry/content.mjs';
import { startRelay } from '../../registries/relay/relay.mjs';
import { startDistribution, startFerro } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';

const KIB = 1024;
const sizes = [20, 64 * KIB, 300 * KIB, 2048 * KIB];
const blobs = sizes.map((size, at) => new Uint8Array(size).fill(at + 1));

for (const [name, start, expected] of [
  ['ferro', startFerro, ['POST', 'POST', 'POST', 'POST PUT']],
  ['distribution 2.8', startDistribution, ['POST PUT', 'POST PUT', 'POST PUT', 'POST PUT']],
]) {
  test(`requests of small blobs: ${name}`, { timeout: 60_000 }, async (context) => {
    const registry = await start();
    context.after(() => registry.stop());
    const log = [];
    const relay = await startRelay(registry.url, { log });
    context.after(() => relay.stop());
    const repository = new DockerRegistryClient(relay.url).repository('some/where');
    const seen = [];
    for (const bytes of blobs) {
      log.length = 0;
      const { digest, size } = await repository.pushBlob(bytes);
      assert.deepEqual([digest, size], [digestOf(bytes), bytes.length]);
      const sent = log.filter(({ method }) => method === 'POST' || method === 'PUT').map(({ method }) => method);
      seen.push(sent.join(' '));
      const response = await fetch(`${registry.url}/v2/some/where/blobs/${digest}`);
      assert.deepEqual(Buffer.from(await response.arrayBuffer()), Buffer.from(bytes));
    }
    assert.deepEqual(seen, expected);
    // The whole of an artifact, with a client that knows nothing yet.
    log.length = 0;
    const other = new DockerRegistryClient(relay.url).repository('some/where/else');
    const files = blobs.slice(0, 2).map((bytes, at) => ({ data: bytes, title: `${at}.bin` }));
    const pushed = await other.pushArtifact({ artifactType: 'application/vnd.example', files, tag: 'v1' });
    const puts = log.filter(({ method, path }) => method === 'PUT' && path.includes('/blobs/uploads/')).length;
    assert.equal(puts, name === 'ferro' ? 0 : 3);
    assert.equal((await other.manifest('v1')).digest, pushed.digest);
  });
}
