// From an index to the image for a platform, on real registries; and what is no image.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { fill, takenBy } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { unusual } from '../../registries/unusual-images.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, imagesIn, plain, realRegistries, refused } from '../support/support.mjs';

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let client;
    before(async () => {
      server = await start();
      await fill(
        server,
        takenBy(server, {
          ...unusual,
          'team/web': samples['team/web'],
          'team/windows/service': samples['team/windows/service'],
        }),
      );
      client = new DockerRegistryClient(server.url);
    }, SOON);
    after(() => server.stop());

    const [amd64, arm64, arm] = imagesIn(samples['team/web'].latest);
    const web = (platform) => client.repository('team/web').image('latest', platform && { platform });

    for (const [platform, expected] of [
      [undefined, amd64],
      ['linux/amd64', amd64],
      ['linux/x86_64', amd64],
      ['linux/arm64/v8', arm64],
      ['linux/arm64', arm64],
      ['linux/aarch64', arm64],
      ['linux/arm/v7', arm],
      // An older core cannot run v7 code; a newer one can.
      ['linux/arm/v8', arm],
    ]) {
      test(`${platform ?? 'no platform'} → ${expected.config.architecture}`, SOON, async () => {
        const image = await web(platform);
        assert.equal(image.digest, expected.digest);
        assert.equal(image.id, expected.id);
      });
    }

    test('a platform the index does not have', SOON, async () => {
      for (const platform of ['linux/riscv64', 'windows/amd64', 'linux/arm/v6', 'unknown/unknown']) {
        await refused(() => web(platform), { code: 'NO_MATCHING_PLATFORM', message: /linux\/amd64/ });
      }
      const others = client.repository('unusual/other-platforms');
      await refused(() => others.image('index'), { code: 'NO_MATCHING_PLATFORM', message: /linux\/arm64/ });
      await refused(() => others.image('none'), 'NO_MATCHING_PLATFORM');
    });

    test("the client's platform, and the call's before it", SOON, async () => {
      const onArm = new DockerRegistryClient(server.url, { platform: 'linux/arm64' }).repository('team/web');
      assert.equal((await onArm.image('latest')).digest, arm64.digest);
      assert.equal((await onArm.image('latest', { platform: 'linux/amd64' })).digest, amd64.digest);
    });

    if (registryName.startsWith('distribution')) {
      test('Windows, by OS version', SOON, async () => {
        const [older, newer] = imagesIn(samples['team/windows/service'].ltsc);
        const image = (platform) => client.repository('team/windows/service').image('ltsc', { platform });
        assert.equal((await image('windows/amd64:10.0.17763.5329')).digest, older.digest);
        assert.equal((await image('windows/amd64:10.0.20348.1')).digest, newer.digest);
        assert.equal((await image('windows/amd64:10.0.20348.1')).platform.osVersion, '10.0.20348.2227');
        await refused(async () => (await image('windows/amd64:10.0.20348.1')).getLayer(0), {
          status: 404,
          message: /foreign/,
        });
      });
    }

    test('indexes within indexes', SOON, async () => {
      const [inner] = imagesIn(unusual['unusual/nested'].three);
      assert.equal((await client.repository('unusual/nested').image('two')).digest, inner.digest);
      assert.equal((await client.repository('unusual/nested').image('three')).digest, inner.digest);
    });

    test('entries that do not tell their platform', SOON, async () => {
      const [x86, arm] = imagesIn(unusual['unusual/no-platform'].index);
      const repository = client.repository('unusual/no-platform');
      assert.equal((await repository.image('index')).digest, x86.digest);
      assert.equal((await repository.image('index', { platform: 'linux/arm64' })).digest, arm.digest);
    });

    test('an index that lost one of its images', SOON, async () => {
      const { latest } = samples['team/web'];
      await fill(server, { 'team/lossy': { latest } });
      const gone = await fetch(`${server.url}/v2/team/lossy/manifests/${arm64.digest}`, { method: 'DELETE' });
      assert.equal(gone.status, 202);
      const lossy = client.repository('team/lossy');
      assert.equal((await lossy.image('latest')).digest, amd64.digest);
      const named = new RegExp(
        `^index ${latest.digest}: .*${arm64.digest} is listed for linux/arm64(/v8)?, but the registry does not have it`,
      );
      await refused(() => lossy.image('latest', { platform: 'linux/arm64' }), { status: 404, message: named });
      await refused(() => client.copy('team/lossy:latest', 'team/other:latest'), { status: 404, message: named });
    });

    test('an attestation is never the answer', SOON, async () => {
      const { latest } = unusual['unusual/attested'];
      const data = await client.repository('unusual/attested').data('latest');
      assert.equal(data.platforms.length, latest.children.length - 1);
      assert.ok(data.platforms.every(({ os }) => os === 'linux'));
    });

    test('a single image and a platform', SOON, async () => {
      const { '1.0.0': single } = samples['team/web'];
      const repository = client.repository('team/web');
      assert.equal((await repository.image('1.0.0', { platform: 'linux/amd64' })).digest, single.digest);
      await refused(() => repository.image('1.0.0', { platform: 'linux/arm64' }), 'NO_MATCHING_PLATFORM');
    });

    test('an artifact has layers, and no image config', SOON, async () => {
      const artifact = unusual['unusual/artifact'].signature;
      const image = await client.repository('unusual/artifact').image('signature');
      assert.equal(image.digest, artifact.digest);
      assert.equal(image.platform, undefined);
      assert.equal(image.created, undefined);
      assert.ok(artifact.blobs[1].bytes.equals(await image.getLayer(0)));
      for (const ask of [() => image.history(), () => image.ancestry(), () => image.dockerfile()])
        await refused(ask, 'UNSUPPORTED');
      const layerless = await client.repository('unusual/artifact').image('layerless');
      assert.deepEqual([layerless.size, plain(layerless.layers)], [0, []]);
      await refused(() => layerless.getLayer(), 'INVALID_ARGUMENT');
    });

    test('the history as a Dockerfile', SOON, async () => {
      const image = await client.repository('unusual/history').image('latest');
      const lines = (await image.dockerfile()).trim().split('\n');
      assert.ok(lines.includes('ADD file:abc in /'), lines.join('\n'));
      assert.ok(lines.includes('CMD ["sh"]'));
      assert.ok(lines.some((line) => line.startsWith('RUN') && line.endsWith('make install')));
      assert.ok(lines.includes('ENTRYPOINT ["/b"]'));
      // A line break within an entry must not start an instruction of its own.
      const second = lines.findIndex((line) => line.includes('echo two'));
      assert.ok(lines[second - 1].endsWith('\\') || lines[second].startsWith('RUN'), lines.join('\n'));
    });

    test('names that are special to JavaScript are data', SOON, async () => {
      const image = await client.repository('unusual/prototype').image('latest');
      const { Labels } = await image.getData('config');
      assert.deepEqual(Object.entries(Labels).sort(), [
        ['__proto__', 'polluted'],
        ['constructor', 'Object'],
        ['toString', 'x'],
      ]);
      const manifest = await client.repository('unusual/prototype').manifest('latest');
      assert.deepEqual(Object.entries(manifest.annotations).sort(), [
        ['__proto__', 'polluted'],
        ['constructor', 'Object'],
      ]);
      assert.equal(await image.getData('__proto__'), undefined);
      assert.equal({}.polluted, undefined);
    });
  });
}
