// Indexes made of images on real registries, read back by plain fetch.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { artifact, attestation, digestOf, image, index, layer, types } from '../../../www/registry/content.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, realRegistries, refused } from '../support/support.mjs';

const make = (name, options) => image([{ run: name, layer: layer([{ path: name, content: name }]) }], options);
const amd64 = make('amd64');
const newer = make('newer amd64');
const arm64 = make('arm64', { platform: 'linux/arm64/v8' });
const windows = make('windows', { platform: 'windows/amd64:10.0.20348.1' });
const docker = { amd64: make('amd64', { docker: true }), arm: make('arm', { docker: true, platform: 'linux/arm/v7' }) };

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let repository;
    const name = 'team/multi';
    const attested = attestation(amd64);
    const based = index([amd64, attested, arm64], { annotations: { kept: 'yes', changed: 'no' } });
    before(async () => {
      server = await start();
      const push = pusher(server.url);
      const tags = { amd64, newer, arm64, windows, based, 'docker-amd64': docker.amd64, 'docker-arm': docker.arm };
      for (const [tag, content] of Object.entries(tags)) await push.push(name, content, tag);
      repository = new DockerRegistryClient(server.url).repository(name);
    }, SOON);
    after(() => server.stop());

    /** The document under a tag, which must be what the descriptor says. */
    async function documentOf(tag, { mediaType, digest, size }) {
      const response = await fetch(`${server.url}/v2/${name}/manifests/${tag}`, { headers: { accept: mediaType } });
      const bytes = Buffer.from(await response.arrayBuffer());
      assert.deepEqual(
        [digestOf(bytes), bytes.length, response.headers.get('content-type')],
        [digest, size, mediaType],
      );
      return JSON.parse(bytes);
    }

    test('of images: the platform is that of the config', SOON, async () => {
      const image = await repository.image('windows');
      const made = await repository.createIndex('all', ['amd64', arm64.digest, image, 'amd64']);
      assert.equal(made.mediaType, types.ociIndex);
      const entry = ({ descriptor }) => descriptor;
      assert.deepEqual(await documentOf('all', made), {
        schemaVersion: 2,
        mediaType: types.ociIndex,
        manifests: [entry(amd64), entry(arm64), entry(windows)],
      });
      assert.equal((await repository.image('all', { platform: 'linux/arm64' })).digest, arm64.digest);
      assert.equal(image.digest, windows.digest, 'the Image stays usable');
    });

    test("Docker's list of Docker's images", SOON, async () => {
      const made = await repository.createIndex('docker', ['docker-amd64', 'docker-arm']);
      const document = await documentOf('docker', made);
      assert.equal(document.mediaType, types.dockerList);
      assert.deepEqual(
        document.manifests.map(({ digest }) => digest),
        [docker.amd64.digest, docker.arm.digest],
      );
      const annotated = await repository.createIndex('annotated', ['docker-amd64'], { annotations: { a: 'b' } });
      assert.equal((await documentOf('annotated', annotated)).mediaType, types.ociIndex);
      assert.equal((await repository.createIndex('mixed', ['docker-arm', 'amd64'])).mediaType, types.ociIndex);
    });

    test('from another: entries added, replaced, left out', SOON, async () => {
      const digests = async (tag, made) => (await documentOf(tag, made)).manifests.map(({ digest }) => digest);
      // An attestation goes with its image; the later image of a platform takes the place of the earlier.
      const made = await repository.createIndex('next', ['newer', 'windows'], {
        base: 'based',
        annotations: { changed: 'yes', __proto__: 'x' },
      });
      const document = await documentOf('next', made);
      assert.deepEqual(
        document.manifests.map(({ digest }) => digest),
        [newer.digest, arm64.digest, windows.digest],
      );
      assert.deepEqual(document.annotations, { kept: 'yes', changed: 'yes' });
      const less = await repository.createIndex('less', [], { base: based.digest, remove: ['linux/arm64'] });
      assert.deepEqual(await digests('less', less), [amd64.digest, attested.digest]);
      const other = await repository.createIndex('other', [], { base: 'based', remove: [amd64.digest] });
      assert.deepEqual(await digests('other', other), [arm64.digest]);
      // An index among the images contributes its entries, as they stand there.
      const merged = await repository.createIndex('merged', ['windows', 'based']);
      assert.deepEqual((await documentOf('merged', merged)).manifests, [
        windows.descriptor,
        ...based.document.manifests,
      ]);
    });

    test('conditions', SOON, async () => {
      const create = (images, options) => repository.createIndex('guarded', images, options);
      const { digest } = await create(['amd64'], { noClobber: true });
      // Done before: no condition is in the way.
      for (const options of [{ noClobber: true }, { ifMatch: null }, { ifMatch: newer.digest }])
        assert.equal((await create(['amd64'], options)).digest, digest);
      for (const options of [{ noClobber: true }, { ifMatch: null }, { ifMatch: newer.digest }]) {
        const error = await refused(() => create(['arm64'], { base: 'guarded', ...options }), 'CONFLICT');
        assert.deepEqual([error.details.tag, error.details.actual], ['guarded', digest]);
      }
      assert.equal((await repository.manifest('guarded')).digest, digest);
      const more = await create(['arm64'], { base: 'guarded', ifMatch: digest });
      assert.equal((await repository.manifest('guarded')).digest, more.digest);
      for (const ifMatch of [undefined, 'x', 7])
        await refused(() => create(['arm64'], { ifMatch }), {
          code: 'INVALID_ARGUMENT',
          message: /^options\.ifMatch: /,
        });
    });

    test('refusals', SOON, async () => {
      const create = (...rest) => repository.createIndex('refused', ...rest);
      await refused(() => create([]), 'INVALID_ARGUMENT');
      await refused(() => create('amd64'), { code: 'INVALID_ARGUMENT', message: /^images: a list/ });
      await refused(() => create(['amd64', 7]), { code: 'INVALID_ARGUMENT', message: /^images\[1\]: / });
      await refused(() => create(['missing']), { status: 404 });
      await refused(() => create([], { base: 'amd64' }), { code: 'INVALID_ARGUMENT', message: /^options\.base: / });
      const absent = { base: 'based', remove: ['linux/s390x'] };
      await refused(() => create([], absent), { code: 'INVALID_ARGUMENT', message: /options\.remove: .*linux\/s390x/ });
      await refused(() => create([], { base: 'based', remove: ['sha256:1'] }), 'INVALID_REFERENCE');
      await refused(() => create(['amd64'], { annotations: { a: 1 } }), 'INVALID_ARGUMENT');
      assert.equal(await repository.headManifest('refused'), undefined);
    });

    test('an artifact keeps its type', SOON, async () => {
      const chart = artifact({ artifactType: 'application/chart' });
      await pusher(server.url).push(name, chart, 'chart');
      const made = await repository.createIndex('with-chart', ['amd64', 'chart']);
      const [, entry] = (await documentOf('with-chart', made)).manifests;
      assert.deepEqual(entry, { ...chart.descriptor, artifactType: 'application/chart' });
    });
  });
}
