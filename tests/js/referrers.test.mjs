// Referrers on real registries: ferro has the API, distribution 2.8 needs the tag.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { artifact, blob, image, index, layer, types } from '../registries/content.mjs';
import { pusher } from '../registries/push.mjs';
import { DockerRegistryClient } from './packed.mjs';
import { SOON, plain, realRegistries } from './support.mjs';

const subject = image([{ run: 'x', layer: layer([{ path: 'x', content: 'x' }]) }]);
const refer = (artifactType, options) => artifact({ artifactType, subject: subject.descriptor, ...options });
const tagOf = (digest) => digest.replace(':', '-');

for (const [registryName, start] of Object.entries(realRegistries)) {
  const hasApi = registryName.startsWith('ferro');
  describe(registryName, () => {
    let server;
    let push;
    before(async () => {
      server = await start();
      push = pusher(server.url);
    }, SOON);
    after(() => server.stop());

    /** A repository of its own with the subject in it. */
    async function filled(name) {
      await push.push(name, subject, 'latest');
      return new DockerRegistryClient(server.url).repository(name);
    }
    async function add(repository, one) {
      for (const part of one.blobs) await push.blob(repository.name, part);
      return repository.pushManifest(one.digest, one.bytes);
    }
    async function indexAt(name, tag) {
      const url = `${server.url}/v2/${name}/manifests/${tag}`;
      const response = await fetch(url, { headers: { accept: types.ociIndex } });
      return response.ok ? response.json() : undefined;
    }

    // S29, S32, S34, S37, F89.
    test('pushed, listed, filtered, deleted', SOON, async () => {
      const repository = await filled('refer/all');
      assert.deepEqual(await repository.referrers(subject.digest), []);
      const sbom = refer('application/sbom', { annotations: { a: '1', b: '2' } });
      const signature = refer('application/signature');
      const byConfig = refer(undefined, { config: blob('application/by-config', '{"x":1}') });
      for (const one of [sbom, signature, byConfig]) await add(repository, one);
      await add(repository, sbom); // twice

      const found = await repository.referrers(subject.digest);
      const expected = [
        { ...sbom.descriptor, artifactType: 'application/sbom', annotations: { a: '1', b: '2' } },
        { ...signature.descriptor, artifactType: 'application/signature' },
        { ...byConfig.descriptor, artifactType: 'application/by-config' },
      ];
      const sorted = (list) => plain(list).sort((a, b) => (a.digest < b.digest ? -1 : 1));
      assert.deepEqual(sorted(found), sorted(expected));
      const sboms = await repository.referrers(subject.digest, { artifactType: 'application/sbom' });
      assert.deepEqual(sboms, [expected[0]]);
      assert.deepEqual(await repository.referrers(subject.digest, { artifactType: 'none' }), []);

      const kept = await indexAt(repository.name, tagOf(subject.digest));
      if (hasApi) assert.equal(kept, undefined);
      else assert.deepEqual([kept.mediaType, kept.manifests], [types.ociIndex, expected]);

      await repository.deleteManifest(sbom.digest);
      assert.deepEqual(sorted(await repository.referrers(subject.digest)), sorted(expected.slice(1)));
    });

    test('calls at the same time lose nothing', SOON, async () => {
      const repository = await filled('refer/many');
      const all = Array.from({ length: 4 }, (_, number) => refer('a/b', { annotations: { number: `${number}` } }));
      for (const one of all) for (const part of one.blobs) await push.blob(repository.name, part);
      await Promise.all(all.map((one) => repository.pushManifest(one.digest, one.bytes)));
      const found = (await repository.referrers(subject.digest)).map(({ digest }) => digest);
      assert.deepEqual(found.sort(), all.map(({ digest }) => digest).sort());
    });

    // S33.
    test('a tag that holds no index names no referrers', SOON, async () => {
      const repository = await filled('refer/garbage');
      await push.push(repository.name, subject, tagOf(subject.digest));
      assert.deepEqual(await repository.referrers(subject.digest), []);
      if (hasApi) return;
      const sbom = refer('application/sbom');
      const error = await add(repository, sbom).catch((reason) => reason);
      assert.equal(error.code, 'CONFLICT');
      assert.match(error.message, /is pushed, but not listed as a referrer/);
    });

    test('an index can be a subject, and one can refer', SOON, async () => {
      const repository = await filled('refer/index');
      const multi = index([subject]);
      await push.push(repository.name, multi, 'multi');
      const signature = artifact({ artifactType: 'application/signature', subject: multi.descriptor });
      await add(repository, signature);
      const found = await repository.referrers(multi.digest);
      assert.deepEqual(found.map(({ digest }) => digest), [signature.digest]);
    });
  });
}
