// Referrers on real registries: ferro has the API, distribution 2.8 needs the tag.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { artifact, blob, image, index, layer, types } from '../../../www/registry/content.mjs';
import { startBehindNginx } from '../../registries/nginx.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, plain, realRegistries, refused } from '../support/support.mjs';

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

    test('pushArtifact(): files with names, a subject, a tag', SOON, async () => {
      const repository = await filled('refer/artifact');
      const text = new TextEncoder().encode('one');
      const pushed = await repository.pushArtifact({
        artifactType: 'application/vnd.example.sbom',
        files: [
          { title: 'one.txt', data: text, mediaType: 'text/plain', annotations: { a: 'b' } },
          { title: 'two.txt', data: new Blob(['t', 'wo']) },
          { data: new Blob(['three']).stream() },
        ],
        annotations: { 'org.opencontainers.image.created': '2026-01-02T03:04:05Z' },
        subject: 'latest',
        tag: 'sbom',
      });
      const { json, digest } = await repository.manifest('sbom');
      assert.equal(digest, pushed.digest);
      const file = (mediaType, content, annotations) => ({ ...blob(mediaType, content).descriptor, annotations });
      const title = (name) => ({ 'org.opencontainers.image.title': name });
      const plainBytes = 'application/octet-stream';
      assert.deepEqual(json, {
        schemaVersion: 2,
        mediaType: types.ociManifest,
        artifactType: 'application/vnd.example.sbom',
        config: blob(types.empty, '{}').descriptor,
        layers: [
          file('text/plain', 'one', { a: 'b', ...title('one.txt') }),
          file(plainBytes, 'two', title('two.txt')),
          blob(plainBytes, 'three').descriptor,
        ],
        subject: { mediaType: types.ociManifest, digest: subject.digest, size: subject.size },
        annotations: { 'org.opencontainers.image.created': '2026-01-02T03:04:05Z' },
      });
      for (const { digest: layerDigest, size } of json.layers) {
        const response = await fetch(`${server.url}/v2/${repository.name}/blobs/${layerDigest}`);
        assert.equal((await response.arrayBuffer()).byteLength, size);
      }
      const found = await repository.referrers(subject.digest, { artifactType: 'application/vnd.example.sbom' });
      assert.deepEqual(
        found.map((one) => one.digest),
        [digest],
      );

      const signed = await repository.pushArtifact({
        artifactType: 'application/signature',
        subject: await repository.image('latest'),
        config: { data: text, mediaType: 'text/x-config' },
      });
      const signature = await repository.manifest(signed.digest);
      assert.deepEqual(signature.config, blob('text/x-config', 'one').descriptor);
      assert.deepEqual(signature.layers, [blob(types.empty, '{}').descriptor]);
      assert.equal((await repository.referrers(subject.digest)).length, 2);
    });

    test('pushArtifact(): refusals', SOON, async () => {
      const repository = await filled('refer/refused');
      const push = (artifact) => repository.pushArtifact(artifact);
      const argument = (message) => ({ code: 'INVALID_ARGUMENT', message });
      await refused(() => push(), argument(/options\.artifactType/));
      await refused(() => push({ artifactType: 'no type' }), 'INVALID_ARGUMENT');
      const artifactType = 'a/b';
      await refused(() => push({ artifactType, files: 'x' }), argument(/options\.files: a list/));
      await refused(() => push({ artifactType, files: [{}] }), argument(/^options\.files\[0\]\.data: /));
      await refused(() => push({ artifactType, files: [{ name: 'x' }] }), argument(/options\.files\[0\]\.name/));
      await refused(() => push({ artifactType, config: { data: 7 } }), argument(/^options\.config\.data: /));
      await refused(() => push({ artifactType, annotations: { a: 1 } }), argument(/options\.annotations/));
      await refused(() => push({ artifactType, subject: 'missing' }), {
        code: 'NOT_FOUND',
        message: /nothing was pushed/,
      });
      await refused(() => push({ artifactType, tag: 'a b' }), 'INVALID_REFERENCE');
      const broken = new ReadableStream({ pull: () => Promise.reject(new Error('the disk is gone')) });
      const error = await push({ artifactType, files: [{ data: broken }] }).catch((reason) => reason);
      assert.equal(error.cause.message, 'the disk is gone');
    });

    test('an index can be a subject, and one can refer', SOON, async () => {
      const repository = await filled('refer/index');
      const multi = index([subject]);
      await push.push(repository.name, multi, 'multi');
      const signature = artifact({ artifactType: 'application/signature', subject: multi.descriptor });
      await add(repository, signature);
      const found = await repository.referrers(multi.digest);
      assert.deepEqual(
        found.map(({ digest }) => digest),
        [signature.digest],
      );
    });
  });
}

// B9: nginx puts pages in place of what distribution does not find, the referrers API included.
for (const variant of ['html-errors', 'html-200']) {
  test(`distribution behind nginx, ${variant}: the tag`, SOON, async () => {
    const server = await startBehindNginx(variant, await startDistribution());
    try {
      await pusher(server.registry.url).push('refer/pages', subject, 'latest');
      const repository = new DockerRegistryClient(server.url).repository('refer/pages');
      assert.deepEqual(await repository.referrers(subject.digest), []);
      const { digest } = await repository.pushArtifact({ artifactType: 'application/sbom', subject: 'latest' });
      assert.deepEqual(
        (await repository.referrers(subject.digest)).map((one) => one.digest),
        [digest],
      );
    } finally {
      await server.stop();
    }
  });
}

// GitLab: the tag sha256-<hex> is read as the digest. Here it is a tag, as some tools set it.
test('the subject under its own referrers tag', SOON, async () => {
  const server = await startDistribution();
  try {
    const multi = index([subject]);
    await pusher(server.url).push('refer/itself', multi, tagOf(multi.digest));
    const repository = new DockerRegistryClient(server.url).repository('refer/itself');
    assert.deepEqual(await repository.referrers(multi.digest), []);
    await refused(() => repository.pushArtifact({ artifactType: 'a/b', subject: multi.digest }), 'CONFLICT');
    const { digest } = await repository.manifest(tagOf(multi.digest));
    assert.equal(digest, multi.digest);
  } finally {
    await server.stop();
  }
});
