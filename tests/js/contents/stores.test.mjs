// Stores of indexes: a second client requests only what it needs, and whatever a store does, what is read is right.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { image } from '../../../www/registry/content.mjs';
import { tar } from '../../../www/registry/tar.mjs';
import { startScripted } from '../../registries/scripted.mjs';
import { openBrowser } from '../package/support/browsers.mjs';
import { DockerRegistryClient, layerIndexFolder } from '../support/packed.mjs';
import { openPage, servePages } from '../support/pages.mjs';
import { SOON, bytesOf, listOf, refused } from '../support/support.mjs';
import { layerOf } from './sample.mjs';
import { serving } from './tables.mjs';

const files = [
  { path: 'text', content: 'some text' },
  ...Array.from({ length: 48 }, (_, number) => ({ path: `data/${number}`, content: randomBytes(128 * 1024) })),
];
const layer = layerOf(tar(files));
const one = image([{ run: 'files', layer }]);
const { digest } = layer.descriptor;

async function start(t) {
  const state = serving(one, [layer]);
  const server = await startScripted(state.script);
  t.after(() => server.stop());
  const open = (layerIndexes) =>
    new DockerRegistryClient(server.url, { retry: false, layerIndexes }).repository('a/b').image('1');
  return Object.assign(state, { open });
}

const content = (number) => files[number + 1].content;

test('a second client reads a file with a part of the layer', SOON, async (t) => {
  const state = await start(t);
  const store = new Map();
  const first = await state.open(store);
  // Any call that reads the layer indexes it.
  assert.equal((await listOf(first.files())).length, files.length);
  assert.deepEqual([[...store.keys()], state.ranges], [[digest], [undefined]]);
  assert.ok(store.get(digest).length < layer.bytes.length / 50);

  const second = await state.open(store);
  [state.sent, state.ranges] = [0, []];
  assert.equal((await listOf(second.files())).length, files.length);
  assert.equal(state.sent, 0);
  assert.ok(content(40).equals(await second.readFile('data/40')));
  assert.ok(state.sent < layer.bytes.length / 4, `${state.sent} of ${layer.bytes.length} bytes`);
  const before = state.sent;
  assert.deepEqual((await second.packages()).packages, []);
  assert.equal(state.sent, before, 'for databases that are not there nothing is read');
});

describe('stores that are of no use', () => {
  const garbage = (index) => index.map((byte, at) => (at > 20 ? byte ^ 1 : byte));
  const fails = () => Promise.reject(new Error('no room'));
  for (const [what, get] of Object.entries({
    'a get that rejects': fails,
    'a get that throws': () => {
      throw new Error('closed');
    },
    'something that is no index': () => 'index',
    null: () => null,
    'no bytes': () => new Uint8Array(),
    'a damaged index': garbage,
    'the index of another layer': (_, other) => other,
  })) {
    test(what, SOON, async (t) => {
      const state = await start(t);
      const index = await (await state.open()).layerIndex(0);
      const otherLayer = layerOf(tar([{ path: 'text', content: 'other text' }]));
      const elsewhere = serving(image([{ run: 'other', layer: otherLayer }]), [otherLayer]);
      const server = await startScripted(elsewhere.script);
      t.after(() => server.stop());
      const other = await (await new DockerRegistryClient(server.url).repository('a/b').image('1')).layerIndex(0);
      const stored = [];
      const set = (...given) => {
        stored.push(given);
        return fails();
      };
      const found = await state.open({ get: () => get(index, other), set });
      assert.equal(Buffer.from(await found.readFile('text')).toString(), 'some text');
      assert.ok(content(3).equals(await bytesOf(await found.fileStream('data/3'))));
      // What is right is stored in its place.
      assert.equal(stored[0][0], digest);
      await (await state.open()).useLayerIndex(0, stored[0][1]);
    });
  }

  test('one that does not answer', SOON, async (t) => {
    const state = await start(t);
    const never = () => new Promise(() => {});
    const found = await state.open({ get: never, set: never });
    assert.equal(Buffer.from(await found.readFile('text')).toString(), 'some text');
  });

  test('what is no store is refused', () => {
    for (const layerIndexes of [null, 1, 'folder', {}, { get() {} }, { get() {}, set: 1 }]) {
      assert.throws(() => new DockerRegistryClient('localhost:5000', { layerIndexes }), {
        code: 'INVALID_ARGUMENT',
        message: /options\.layerIndexes: an object with the functions get and set/,
      });
    }
  });
});

describe('a folder', () => {
  async function folder(t, options) {
    const parent = await mkdtemp(join(tmpdir(), 'indexes-'));
    t.after(() => rm(parent, { recursive: true }));
    const path = join(parent, 'new', 'folder');
    return { path, store: layerIndexFolder(path, options) };
  }
  const named = (number) => `sha256:${String(number).padStart(64, '0')}`;
  const fileOf = (path, name) => join(path, `${name.replace(':', '-')}.layer-index`);

  test('keeps indexes from one client to the next', SOON, async (t) => {
    const state = await start(t);
    const { path, store } = await folder(t);
    await (await state.open(store)).readFile('text');
    assert.deepEqual(await readdir(path), [`${digest.replace(':', '-')}.layer-index`]);
    const second = await state.open(layerIndexFolder(path));
    state.ranges = [];
    assert.ok(content(30).equals(await second.readFile('data/30')));
    assert.match(state.ranges.join(), /^bytes=\d+-\d+$/);
    await writeFile(fileOf(path, digest), 'garbage');
    const third = await state.open(layerIndexFolder(path));
    assert.ok(content(30).equals(await third.readFile('data/30')));
    assert.ok((await readFile(fileOf(path, digest))).length > 1000, 'the index is made anew');
  });

  test('forgets those that were not used for the longest time', SOON, async (t) => {
    const { path, store } = await folder(t, { maxBytes: 1000, maxFiles: 3 });
    const index = new Uint8Array(100);
    for (const number of [1, 2, 3]) {
      await store.set(named(number), index);
      await utimes(fileOf(path, named(number)), number, number);
    }
    await writeFile(join(path, 'other.txt'), 'not ours');
    assert.equal((await store.get(named(1))).length, 100);
    await store.set(named(4), index);
    const left = async () => (await readdir(path)).filter((name) => name.endsWith('.layer-index')).length;
    assert.equal(await left(), 3);
    assert.equal(await store.get(named(2)), undefined);
    assert.equal((await store.get(named(1))).length, 100);
    await store.set(named(5), new Uint8Array(950));
    assert.equal(await left(), 1);
    await store.set(named(6), new Uint8Array(1001));
    assert.equal(await store.get(named(6)), undefined);
    assert.deepEqual(
      (await readdir(path)).filter((name) => !name.endsWith('.layer-index')),
      ['other.txt'],
    );
  });

  test('refuses what it cannot use', SOON, async (t) => {
    const { store } = await folder(t);
    for (const wrong of ['../x', 'sha256:../../x', 'sha256', ''])
      await refused(() => store.get(wrong), 'INVALID_ARGUMENT');
    for (const path of [undefined, '', 1]) await refused(() => layerIndexFolder(path), { message: /^path: / });
    await refused(() => layerIndexFolder('x', { maxBytes: 0 }), { message: /^options\.maxBytes: / });
    await refused(() => layerIndexFolder('x', { size: 1 }), { message: /^options\.size: / });
  });

  test('that cannot be written: layers are read as without it', SOON, async (t) => {
    const state = await start(t);
    const { path } = await folder(t);
    const file = join(path, '..', '..', 'file');
    await writeFile(file, '');
    const found = await state.open(layerIndexFolder(join(file, 'folder')));
    assert.equal(Buffer.from(await found.readFile('text')).toString(), 'some text');
  });
});

for (const name of ['chrome', 'firefox'])
  test(`IndexedDB in a page of ${name}`, { timeout: 120_000 }, async (t) => {
    const pages = await servePages();
    t.after(() => pages.stop());
    const browser = await openBrowser(t, name);
    const inPage = await openPage(browser, pages.origin);
    const found = await inPage(async () => {
      const { layerIndexDatabase } = await import('/indexed-db.js');
      const store = layerIndexDatabase({ name: 'test', maxBytes: 1000 });
      const index = (value, length = 300) => new Uint8Array(length).fill(value);
      const results = [await store.get('sha256:1')];
      const pause = () => new Promise((resolve) => setTimeout(resolve, 5));
      for (const number of [1, 2, 3]) {
        await store.set(`sha256:${number}`, index(number));
        await pause();
      }
      await store.get('sha256:1');
      await pause();
      await store.set('sha256:4', index(4));
      await store.set('sha256:5', index(5, 1001));
      const again = layerIndexDatabase({ name: 'test' });
      for (const number of [1, 2, 3, 4, 5]) results.push((await again.get(`sha256:${number}`))?.[0] ?? null);
      return results.map((result) => result ?? null);
    });
    assert.deepEqual(found, [null, 1, null, 3, 4, null]);
  });
