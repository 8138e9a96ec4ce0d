// What `onProgress` of pushArtifact() is told: the bytes of the config and of all files.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { noise } from '../../../www/registry/sample-images.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { installed, onTerminal } from '../cli/cli.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const artifactType = 'application/vnd.example.thing';

describe('progress of pushArtifact()', () => {
  let server;
  let repository;
  before(async () => {
    server = await startDistribution();
    repository = new DockerRegistryClient(server.url).repository('team/notes');
  }, SOON);
  after(() => server.stop());

  async function progressOf(artifact) {
    const told = [];
    await repository.pushArtifact({ artifactType, ...artifact, onProgress: (one) => told.push({ ...one }) });
    assert.ok(told.every(({ loaded }, index) => loaded >= (told[index - 1]?.loaded ?? 0)));
    return told.at(-1);
  }
  const streamed = (bytes) => new Blob([bytes]).stream();

  test('files and a config, in chunks', SOON, async () => {
    const files = [noise(90_000), noise(70_001)].map((data) => ({ data }));
    const told = await progressOf({ files, config: { data: noise(10) }, chunkSize: 20_000 });
    assert.deepEqual(told, { loaded: 160_011, total: 160_011 });
  });

  test('files that are there already count as well', SOON, async () => {
    const files = [{ data: noise(50_000) }, { data: noise(5) }];
    await repository.pushArtifact({ artifactType, files });
    assert.deepEqual(await progressOf({ files }), { loaded: 50_005, total: 50_005 });
  });

  test('a stream has no length', SOON, async () => {
    const told = await progressOf({ files: [{ data: streamed(noise(30_000)) }, { data: noise(7) }] });
    assert.deepEqual(told, { loaded: 30_007 });
  });

  test('nothing to push', SOON, async () => assert.deepEqual(await progressOf({}), { loaded: 0, total: 0 }));

  test('what is no function is refused', SOON, () =>
    refused(() => repository.pushArtifact({ artifactType, onProgress: 1 }), {
      code: 'INVALID_ARGUMENT',
      message: /^options\.onProgress: /,
    }),
  );

  test('drc artifact push shows it on a terminal, and removes it', SOON, async () => {
    const place = `${new URL(server.url).host}/team/notes:1`;
    const { code, out } = await onTerminal(
      `artifact push ${place} package.json --artifact-type a/b`,
      [],
      {},
      installed,
    );
    assert.equal(code, 0, out);
    assert.match(out, /\rpushing █*░* +\d+ %.* of .*\x1b\[K[^]*\r\x1b\[K\S+\/team\/notes:1@sha256:/);
  });
});
