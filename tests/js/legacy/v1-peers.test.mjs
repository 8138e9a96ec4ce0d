// The clients of V1's time on the same registry: docker-registry-client 0.5.2 (Python), whose successor this package is, and
// docker-registry-client 3.4.0 (npm). The same questions have the same answers, key by key.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { ensureNpmPeer, ensureV1Registry } from '../../registries/programs.mjs';
import { fillV1, v1Samples } from '../../registries/v1-images.mjs';
import { startV1 } from '../../registries/v1-server.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { bytesOf, plain } from '../support/support.mjs';

const LONG = { timeout: 120_000 };
let server;
let client;
before(async () => {
  server = await startV1();
  await fillV1(server);
  client = new DockerRegistryClient(server.url);
}, LONG);
after(() => server.stop());

const all = Object.entries(v1Samples).flatMap(([repository, tags]) =>
  Object.keys(tags).map((tag) => [repository, tag]),
);

test('the Python library', LONG, async () => {
  const { bin } = await ensureV1Registry();
  const script = fileURLToPath(new URL('../../registries/v1/ancestor.py', import.meta.url));
  const env = { PATH: process.env.PATH, NO_PROXY: '127.0.0.1' };
  for (const [name, tag] of all) {
    const { stdout } = await promisify(execFile)(join(bin, 'python'), [script, server.url, name, tag], { env });
    const theirs = JSON.parse(stdout);
    const repository = client.repository(name);
    const image = await repository.image(tag);
    assert.equal(await client.apiVersion(), theirs.version);
    assert.deepEqual(plain(await client.search('')), theirs.search.results);
    assert.deepEqual((await client.namespaces()).sort(), theirs.namespaces.sort());
    assert.deepEqual([...(await client.repositories()).keys()].sort(), theirs.repositories);
    assert.deepEqual((await repository.tags()).sort(), theirs.tags.sort());
    assert.deepEqual(plain((await repository.data(tag)).tagJson), theirs.data);
    assert.equal(image.id, theirs.image);
    assert.deepEqual(plain(await image.getJson()), theirs.json);
    for (const [field, value] of Object.entries(theirs.json)) {
      assert.deepEqual(plain(await image.getData(field)), value, field);
    }
    assert.deepEqual(await image.ancestry(), theirs.ancestry);
  }
});

test('the npm package', LONG, async () => {
  const { createClientV1 } = createRequire(import.meta.url)(await ensureNpmPeer());
  for (const [name, tag] of all) {
    const peer = createClientV1({ name: `${new URL(server.url).host}/${name}`, scheme: 'http' });
    const ask = (method, ...args) => promisify(peer[method].bind(peer))(...args);
    try {
      const repository = client.repository(name);
      const image = await repository.image(tag);
      const tags = await ask('listRepoTags');
      assert.deepEqual((await repository.tags()).sort(), Object.keys(tags).sort());
      assert.equal(image.id, tags[tag]);
      assert.equal(image.id, await ask('getImgId', { tag }));
      assert.deepEqual(await image.ancestry(), await ask('getImgAncestry', { imgId: image.id }));
      assert.deepEqual(plain(await image.getJson()), plain(await ask('getImgJson', { imgId: image.id })));
      const stream = await ask('getImgLayerStream', { imgId: image.id });
      const theirs = [];
      for await (const chunk of stream) theirs.push(chunk);
      assert.ok((await bytesOf(await image.layerStream())).equals(Buffer.concat(theirs)));
      const { results } = await ask('search', { term: 'tiny' });
      assert.deepEqual(plain(await client.search('tiny')), plain(results));
    } finally {
      peer.close();
    }
  }
});
