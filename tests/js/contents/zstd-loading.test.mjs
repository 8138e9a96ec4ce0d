// The decoder of zstd is loaded when the first bytes of a layer need it: on fresh instances of the package where the first attempt to load
// it fails.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { image } from '../../../www/registry/content.mjs';
import { tar } from '../../../www/registry/tar.mjs';
import { content } from '../../registries/scripted.mjs';
import { again, clientWithout } from '../support/lazy.mjs';
import { SOON, bytesOf, listOf } from '../support/support.mjs';
import { layerOf, zstd } from './sample.mjs';

const files = [
  { path: 'first', content: 'the first file' },
  { path: 'large', content: Buffer.alloc(300_000, 'large') },
];
const archive = tar(files);
const packed = layerOf(archive, { mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd', pack: zstd });

/** The script of a registry with an image of these layers. */
function withLayers(...layers) {
  const one = image(layers.map((layer) => ({ run: 'files', layer })));
  const blobs = [...one.blobs, ...layers];
  return {
    '/v2/old/web/manifests/1': content(one),
    ...Object.fromEntries(
      blobs.map((blob) => [`/v2/old/web/blobs/${blob.descriptor.digest}`, content({ bytes: blob.bytes })]),
    ),
  };
}

describe('what needs the decoder of zstd', () => {
  for (const [what, call] of Object.entries({
    'readFile()': (one) => one.readFile('large'),
    'fileStream()': async (one) => bytesOf(await one.fileStream('large')),
    'exportTar()': async (one) => (await bytesOf(await one.exportTar())).subarray(2048, 302_048),
  })) {
    test(what, SOON, async (t) => {
      const state = await clientWithout(t, 'zstd', withLayers(packed));
      const one = await state.repository.image('1');
      assert.equal(state.asked, 0);
      const bytes = await again(state, () => call(one));
      if (what !== 'exportTar()') assert.ok(files[1].content.equals(bytes));
      assert.equal(Buffer.from(bytes).length, 300_000);
    });
  }

  test('a listing', SOON, async (t) => {
    const state = await clientWithout(t, 'zstd', withLayers(packed));
    const one = await state.repository.image('1');
    const list = await again(state, () => listOf(one.layerFiles(0)));
    assert.deepEqual(
      list.map(({ path }) => path),
      ['/first', '/large'],
    );
  });

  test('a file that is read with a stored index', SOON, async (t) => {
    const script = withLayers(packed);
    const other = await clientWithout(t, 'legacy', script);
    const index = await (await other.repository.image('1')).layerIndex(0);
    const state = await clientWithout(t, 'zstd', script);
    const one = await state.repository.image('1');
    await one.useLayerIndex(0, index);
    assert.equal(state.asked, 0);
    assert.ok(files[1].content.equals(await again(state, () => one.readFile('large'))));
  });

  test('nothing in layers of gzip and plain ones, whatever their media types say', SOON, async (t) => {
    const { mediaType } = packed.descriptor;
    const layers = [layerOf(archive, { mediaType }), layerOf(archive, { mediaType, pack: (bytes) => bytes })];
    const state = await clientWithout(t, 'zstd', withLayers(...layers));
    const one = await state.repository.image('1');
    assert.equal(Buffer.from(await one.readFile('first')).toString(), 'the first file');
    assert.equal((await listOf(one.files())).length, 2);
    assert.equal(state.asked, 0);
  });
});
