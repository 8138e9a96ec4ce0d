// The index of a layer: files are read with a part of the layer's bytes, which the index's hashes cover.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test, before, after } from 'node:test';
import { gzipSync } from 'node:zlib';

import { image, types } from '../../../www/registry/content.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { tar } from '../../../www/registry/tar.mjs';
import { content, startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { bytesOf, listOf, realRegistries, refused } from '../support/support.mjs';
import { layerOf } from './sample.mjs';

const LONG = { timeout: 60_000 };
const KIBI = 1024;
/** Half of each file can be compressed. */
const files = Array.from({ length: 64 }, (_, number) => ({
  path: `files/${number}`,
  content: Buffer.concat([randomBytes(128 * KIBI), Buffer.alloc(128 * KIBI, number)]),
}));
const archive = tar(files);
const other = layerOf(tar([{ path: 'other', content: 'other' }]));
const layers = {
  'one member of gzip': layerOf(archive),
  'a member for each MiB': layerOf(archive, {
    pack: (bytes) =>
      Buffer.concat(
        Array.from({ length: Math.ceil(bytes.length / 2 ** 20) }, (_, at) =>
          gzipSync(bytes.subarray(at * 2 ** 20, (at + 1) * 2 ** 20)),
        ),
      ),
  }),
  'no compression': layerOf(archive, { mediaType: types.ociRawLayer, pack: (bytes) => bytes }),
};

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let push;
    before(async () => {
      server = await start();
      ({ push } = pusher(server.url));
    }, LONG);
    after(() => server.stop());

    for (const [name, layer] of Object.entries(layers)) {
      test(name, LONG, async () => {
        await push('in/dexed', image([{ run: 'files', layer }]), 'latest');
        const requests = [];
        let read = 0;
        const open = () =>
          new DockerRegistryClient(server.url, {
            fetch: async (input, init) => {
              const response = await fetch(input, init);
              const url = String(input?.url ?? input);
              if (!url.endsWith(layer.descriptor.digest)) return response;
              requests.push(new Headers(init?.headers ?? input.headers).get('range'));
              const counted = new TransformStream({
                transform(chunk, controller) {
                  read += chunk.byteLength;
                  controller.enqueue(chunk);
                },
              });
              const { status, headers } = response;
              return Object.defineProperty(
                new Response(response.body.pipeThrough(counted), { status, headers }),
                'url',
                {
                  value: response.url,
                },
              );
            },
          })
            .repository('in/dexed')
            .image('latest');
        const check = async (one, number) =>
          assert.ok(files[number].content.equals(await one.readFile(`/files/${number}`)), `file ${number}`);

        const one = await open();
        await check(one, 3);
        assert.deepEqual(requests, [null]);
        read = 0;
        for (const number of [40, 0, 63]) await check(one, number);
        assert.ok(files[20].content.equals(await bytesOf(await one.fileStream('/files/20'))));
        assert.ok(
          requests.slice(1).every((range) => /^bytes=\d+-\d+$/.test(range)),
          String(requests),
        );
        // ferro sends the whole layer, whatever is asked.
        if (registryName.startsWith('distribution')) {
          assert.ok(read < layer.bytes.length / 2, `${read} of ${layer.bytes.length} bytes`);
        }
        const index = await one.layerIndex(0);
        assert.ok(index.length < layer.bytes.length / 20, `${index.length} of ${layer.bytes.length} bytes`);

        // A listing has no hashes: the first file after it brings them.
        const listed = await open();
        await listOf(listed.files());
        requests.length = 0;
        await check(listed, 3);
        await check(listed, 40);
        assert.deepEqual([requests.length, requests[0]], [2, null]);
        assert.match(requests[1], /^bytes=/);

        const another = await open();
        requests.length = 0;
        await another.useLayerIndex(0, index);
        assert.equal((await listOf(another.files({ filter: '/files/*' }))).length, 64);
        assert.deepEqual(requests, []);
        await check(another, 50);
        assert.match(requests[0], /^bytes=/);

        const damaged = Uint8Array.from(index);
        damaged[damaged.length >> 1] ^= 1;
        for (const bytes of [damaged, index.subarray(0, -1), new Uint8Array(), archive.subarray(0, 4096)]) {
          await refused(() => another.useLayerIndex(0, new Uint8Array(bytes)), 'LAYER_INDEX_INVALID');
        }
        await refused(() => another.useLayerIndex(1, index), 'INVALID_ARGUMENT');
        await refused(() => another.useLayerIndex(0, 'index'), { code: 'INVALID_ARGUMENT', message: /^index: / });
        await refused(() => another.useLayerIndex(0, index, { limits: { entries: 10 } }), 'TOO_LARGE');
        await push('in/dexed', image([{ run: 'other', layer: other }]), 'other');
        const foreign = await new DockerRegistryClient(server.url).repository('in/dexed').image('other');
        await refused(() => foreign.useLayerIndex(0, index), 'LAYER_INDEX_INVALID');
      });
    }
  });
}

test('a registry that ignores ranges, and one whose content has changed', LONG, async () => {
  const layer = layers['one member of gzip'];
  const one = image([{ run: 'files', layer }]);
  const blob = `/v2/a/b/blobs/${layer.descriptor.digest}`;
  const server = await startScripted({
    '/v2/a/b/manifests/1': content(one),
    [`/v2/a/b/blobs/${one.id}`]: content(one.blobs[0]),
    [blob]: content(layer),
  });
  try {
    const open = () => new DockerRegistryClient(server.url, { retry: false }).repository('a/b').image('1');
    const index = await (await open()).layerIndex(0);
    const found = await open();
    await found.useLayerIndex(0, index);
    assert.ok(files[33].content.equals(await found.readFile('files/33')));
    const changed = Buffer.from(layer.bytes);
    // Within the content of a file.
    changed[Math.floor(changed.length * 0.3)] ^= 0x10;
    server.script[blob] = content({ bytes: changed });
    const stream = await found.fileStream('files/19');
    const error = await bytesOf(stream).then(assert.fail, (reason) => reason);
    assert.equal(error.code, 'DIGEST_MISMATCH');
    assert.match(error.stack, /index\.test\.mjs/, 'the stack begins at the caller');
    const outcomes = await Promise.all(
      files.map(({ path, content: expected }) =>
        found.readFile(path).then(
          (bytes) => expected.equals(bytes),
          ({ code }) => code,
        ),
      ),
    );
    assert.ok(
      outcomes.every((outcome) => [true, 'DIGEST_MISMATCH', 'LAYER_INVALID', 'TRUNCATED'].includes(outcome)),
      String(outcomes),
    );
    assert.ok(outcomes.some((outcome) => outcome !== true));
  } finally {
    await server.stop();
  }
});
