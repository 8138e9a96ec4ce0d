// Images with a SOCI index: large layers are read with single spans, verified by the digests of the ztoc; an index that nobody vouches for is
// not used.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { image, types } from '../../../www/registry/content.mjs';
import { tar } from '../../../www/registry/tar.mjs';
import { startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, bytesOf, listOf, refused } from '../support/support.mjs';
import { layerOf } from './sample.mjs';
import { servingIndex, sociIndex, ztocOf } from './soci.mjs';
import { fieldsOf, readsByRanges, serving } from './tables.mjs';

const LONG = { timeout: 60_000 };
const INDEX_DIGEST = 'com.amazon.soci.index-digest';
const entries = [
  { path: 'etc', type: 'folder' },
  { path: 'etc/os-release', content: 'ID=sample\nVERSION_ID=1\n' },
  { path: 'etc/link', type: 'symlink', target: 'os-release' },
  { path: 'etc/hard', type: 'hardlink', target: 'etc/os-release' },
  { path: 'data', type: 'folder', mode: 0o700 },
  ...Array.from({ length: 24 }, (_, number) => ({
    path: `data/${number}`,
    // Hexadecimal digits: blocks of deflate begin anywhere.
    content: randomBytes(64 * 1024 + number).toString('hex'),
    uid: number,
  })),
  { path: 'large', content: randomBytes(512 * 1024).toString('hex') },
  { path: 'empty' },
  { path: 'last', content: 'the end' },
];
const contentOf = (path) => Buffer.from(entries.find((entry) => entry.path === path).content ?? '');
const archive = tar(entries);
const layers = {
  gzip: layerOf(archive, { pack: (bytes) => gzipSync(bytes) }),
  tar: layerOf(archive, { mediaType: types.ociRawLayer, pack: (bytes) => bytes }),
};

/** An image of a layer with a SOCI index of version 1 or 2. `sends` is the layer that the registry sends. */
async function start(
  t,
  layer,
  { version = 'v2', ztoc, ztocs = [ztoc ?? ztocOf(layer, entries)], sends = layer, without } = {},
) {
  const made = version === 'v2' ? sociIndex(ztocs) : undefined;
  const annotations = made && { [INDEX_DIGEST]: made.digest };
  const one = image([{ run: 'files', layer }], { annotations });
  const index = made ?? sociIndex(ztocs, one);
  const state = serving(one, [sends]);
  Object.assign(state.script, servingIndex(index, 'a/b', state));
  for (const path of Object.keys(state.script)) if (without?.(path, index)) delete state.script[path];
  const server = await startScripted(state.script);
  t.after(() => server.stop());
  const open = () => new DockerRegistryClient(server.url, { retry: false }).repository('a/b').image('1');
  return Object.assign(state, { open, digest: index.digest });
}

for (const [name, layer] of Object.entries(layers)) {
  describe(`a layer of ${name}`, () => {
    const size = layer.bytes.length;

    test('the first file takes one span', LONG, async (t) => {
      const state = await start(t, layer);
      const one = await state.open();
      await readsByRanges(one, contentOf('etc/os-release'), state, size / 4);
      for (const { path, type = 'file' } of entries.filter((entry) => (entry.type ?? 'file') === 'file')) {
        assert.ok(contentOf(path).equals(await bytesOf(await one.fileStream(path))), `${type} ${path}`);
      }
      assert.ok(!state.ranges.includes(undefined));
      await refused(() => one.readFile('data/99'), 'NOT_FOUND');
    });

    test('a listing is that of the archive', LONG, async (t) => {
      const state = await start(t, layer);
      const [one, other] = [await state.open(), await state.open()];
      const list = (await listOf(one.files())).map(fieldsOf);
      assert.equal(state.sent, 0);
      assert.deepEqual(list, (await listOf(other.files({ tableOfContents: false }))).map(fieldsOf));
      assert.equal(list.length, entries.length);
      assert.equal((await listOf(one.layerFiles(0))).length, entries.length);
    });

    test('other bytes than the ztoc has digests of', LONG, async (t) => {
      const changed = { ...layer, bytes: Buffer.from(layer.bytes) };
      changed.bytes[Math.floor(size / 2)] ^= 0x40;
      const state = await start(t, layer, { sends: changed });
      const one = await state.open();
      assert.ok(contentOf('etc/os-release').equals(await one.readFile('etc/os-release')));
      let wrong = 0;
      for (const { path } of entries.filter((entry) => entry.path.startsWith('data/'))) {
        try {
          assert.ok(contentOf(path).equals(await one.readFile(path)), path);
        } catch (error) {
          assert.ok(['DIGEST_MISMATCH', 'LAYER_INVALID'].includes(error.code), error);
          wrong += 1;
        }
      }
      assert.ok(wrong > 0 && wrong < 12, String(wrong));
    });
  });
}

describe('an index that only refers to the image', () => {
  const layer = layers.gzip;

  test('is not used unless it is named', LONG, async (t) => {
    const state = await start(t, layer, { version: 'v1' });
    const one = await state.open();
    assert.ok(contentOf('data/3').equals(await one.readFile('data/3')));
    assert.deepEqual([state.ranges, state.ztocs], [[undefined], undefined]);
  });

  test('is used if it is named', LONG, async (t) => {
    const state = await start(t, layer, { version: 'v1' });
    const one = await state.open();
    const sociIndex = state.digest;
    assert.ok(contentOf('data/3').equals(await one.readFile('data/3', { sociIndex })));
    assert.ok(state.sent < layer.bytes.length / 3 && !state.ranges.includes(undefined));
    assert.equal((await listOf(one.files({ sociIndex }))).length, entries.length);
    // The next call without it reads the layer.
    assert.ok(contentOf('data/3').equals(await one.readFile('data/3')));
    assert.equal(state.ranges.at(-1), undefined);
  });

  test('an index that is none, or that there is not', SOON, async (t) => {
    const state = await start(t, layer, { version: 'v1' });
    const one = await state.open();
    for (const [sociIndex, code] of [
      [one.digest, 'LAYER_INDEX_INVALID'],
      [`sha256:${'0'.repeat(64)}`, 'NOT_FOUND_BY_SCRIPT'],
      ['sha256:1', 'INVALID_ARGUMENT'],
      [7, 'INVALID_ARGUMENT'],
    ]) {
      await refused(() => one.readFile('data/3', { sociIndex }), code);
    }
    const both = { sociIndex: state.digest, tableOfContents: false };
    await refused(() => one.readFile('data/3', both), 'INVALID_ARGUMENT');
    assert.equal(state.sent, 0);
  });
});

describe('the layer is read instead of', () => {
  const layer = layers.gzip;
  const ztoc = (change) => ({ ztoc: ztocOf(layer, entries, { change }) });
  for (const [what, options] of Object.entries({
    'a ztoc that ends early': { ztoc: ztocOf(layer, entries, { cut: 5000 }) },
    'no ztoc': { ztocs: [] },
    'a ztoc that is missing': { without: (path, index) => path.endsWith(index.blobs[1].descriptor.digest) },
    'an index that is missing': { without: (path, index) => path.endsWith(index.digest) },
    'a ztoc of a layer of another size': ztoc((said) => (said.size += 1)),
    'a ztoc with content behind the layer': ztoc(({ files }) => (files.at(-1).offset = 1e9)),
    'a ztoc with a kind that there is not': ztoc(({ files }) => (files[0].kind = 'door')),
    'a ztoc with a digest that is none': ztoc(({ digests }) => (digests[0] = 'sha256:1')),
  })) {
    test(what, SOON, async (t) => {
      const state = await start(t, layer, options);
      const one = await state.open();
      assert.ok(contentOf('data/9').equals(await one.readFile('data/9')));
      assert.equal(state.ranges.at(-1), undefined);
      assert.ok((await listOf(one.files())).every(({ path }) => path !== '/door'));
    });
  }

  test('a ztoc, with tableOfContents: false', SOON, async (t) => {
    const state = await start(t, layer);
    const one = await state.open();
    assert.ok(contentOf('data/9').equals(await one.readFile('data/9', { tableOfContents: false })));
    assert.deepEqual([state.ranges, state.ztocs], [[undefined], undefined]);
  });
});

test('a ztoc that has digests of other bytes: nothing is read', SOON, async (t) => {
  const change = ({ digests }) => digests.reverse();
  const state = await start(t, layers.gzip, { ztoc: ztocOf(layers.gzip, entries, { change }) });
  const one = await state.open();
  await refused(() => one.readFile('etc/os-release'), 'DIGEST_MISMATCH');
  const stream = await one.fileStream('large');
  await refused(() => bytesOf(stream), 'DIGEST_MISMATCH');
});
