// Tables of contents that layers bring along: files are listed and read with ranges of a layer's bytes, and verified; whatever is wrong
// with a table, nothing wrong is listed or read.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { digestOf, image, types } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { find } from '../../../www/registry/programs.mjs';
import { tar } from '../../../www/registry/tar.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { startScripted } from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, bytesOf, forEachRegistry, listOf, refused } from '../support/support.mjs';
import { layerOf, run } from './sample.mjs';
import { chunked, estargz, fieldsOf, readsByRanges, serving } from './tables.mjs';

const LONG = { timeout: 60_000 };
const STARGZ = 'containerd.io/snapshot/stargz/toc.digest';
/** Bytes of a piece in the library's layer. */
const CHUNK = 20_000;
const entries = [
  { path: 'etc', type: 'folder' },
  { path: 'etc/os-release', content: 'ID=sample\nVERSION_ID=1\n' },
  { path: 'etc/link', type: 'symlink', target: 'os-release' },
  { path: 'etc/hard', type: 'hardlink', target: 'etc/os-release' },
  { path: 'data', type: 'folder', mode: 0o700 },
  ...Array.from({ length: 32 }, (_, number) => ({
    path: `data/${number}`,
    content: randomBytes(256 * 1024),
    uid: number,
  })),
  { path: 'empty' },
];
const contentOf = (path) => Buffer.from(entries.find((entry) => entry.path === path).content);
const small = entries.slice(0, 7);
const formats = { eStargz: estargz, 'zstd:chunked': chunked };

async function start(t, layer) {
  const one = image([{ run: 'files', layer }]);
  const state = serving(one, [layer]);
  const server = await startScripted(state.script);
  t.after(() => server.stop());
  const open = (options) =>
    new DockerRegistryClient(server.url, { retry: false, ...options }).repository('a/b').image('1');
  return Object.assign(state, { open, url: server.url });
}

for (const [name, write] of Object.entries(formats)) {
  describe(name, () => {
    const layer = write(entries);
    const size = layer.bytes.length;

    test('the first file takes less than a hundredth of the layer', LONG, async (t) => {
      const state = await start(t, layer);
      const one = await state.open();
      await readsByRanges(one, contentOf('etc/os-release'), state, size / 100);
      const before = state.sent;
      assert.ok(contentOf('data/7').equals(await bytesOf(await one.fileStream('data/7'))));
      assert.ok(state.sent - before < 270_000, `${state.sent - before} bytes`);
      assert.equal((await one.readFile('empty')).length, 0);
      await refused(() => one.readFile('data/99'), 'NOT_FOUND');
      await refused(() => one.readFile('data'), 'INVALID_ARGUMENT');
    });

    test('a listing is that of the archive', LONG, async (t) => {
      const state = await start(t, layer);
      const [one, other] = [await state.open(), await state.open()];
      const list = (await listOf(one.files())).map(fieldsOf);
      assert.ok(state.sent < size / 100, `${state.sent} of ${size} bytes`);
      const archive = (await listOf(other.files({ tableOfContents: false }))).map(fieldsOf);
      assert.deepEqual(
        list,
        archive.filter((line) => !line.startsWith('["/stargz.index.json"')),
      );
      assert.equal(list.length, entries.length);
      // What needs the archive reads it, whatever was listed before.
      const all = await listOf(one.layerFiles(0));
      assert.equal(all.length, archive.length);
      assert.ok((await bytesOf(await one.exportTar())).length >= 32 * 256 * 1024);
    });

    test('the archive is read if that is wanted', LONG, async (t) => {
      const state = await start(t, layer);
      const one = await state.open();
      assert.ok(contentOf('data/0').equals(await one.readFile('data/0', { tableOfContents: false })));
      assert.deepEqual(state.ranges, [undefined]);
      await refused(() => one.readFile('data/0', { tableOfContents: 'no' }), 'INVALID_ARGUMENT');
    });

    const lie = { content: Buffer.from('ID=wrong!\nVERSION_ID=9\n') };
    for (const [what, options] of Object.entries({
      'another digest than the manifest has': { digest: `sha256:${'0'.repeat(64)}` },
      'a digest that is none': { digest: 'sha256:1' },
      'content behind the layer': { change: (table) => void (table[1].offset = 1e9) },
      'no hash of a file': {
        change: (table) => {
          delete table[1].digest;
          delete table[1].chunkDigest;
        },
      },
      'a kind that there is not': { change: (table) => void (table[0].type = 'door') },
    })) {
      test(`a table with ${what}: the layer is read`, SOON, async (t) => {
        const wrong = write(small, options);
        const state = await start(t, wrong);
        const one = await state.open();
        assert.ok(contentOf('etc/os-release').equals(await one.readFile('etc/os-release')));
        assert.equal(state.ranges.at(-1), undefined);
        const other = await state.open();
        const paths = (await listOf(other.files())).map(({ path }) => path);
        assert.ok(paths.includes('/data/0') && !paths.includes('/door'), paths);
      });
    }

    test('a table that has the hash of other content: nothing is read', SOON, async (t) => {
      const change = (table) =>
        Object.assign(table[1], { digest: digestOf(lie.content), chunkDigest: digestOf(lie.content) });
      const state = await start(t, write(small, { change }));
      const one = await state.open();
      await refused(() => one.readFile('etc/os-release'), 'DIGEST_MISMATCH');
      const stream = await one.fileStream('etc/os-release');
      await refused(() => bytesOf(stream), 'DIGEST_MISMATCH');
      const bytes = await one.readFile('etc/os-release', { tableOfContents: false });
      assert.ok(contentOf('etc/os-release').equals(bytes));
    });

    test('a registry whose bytes are others', SOON, async (t) => {
      const good = write(small);
      const changed = { ...good, bytes: Buffer.from(good.bytes) };
      // Within the content of data/0.
      changed.bytes[Math.floor(good.bytes.length / 4)] ^= 0x40;
      const one = image([{ run: 'files', layer: good }]);
      const state = serving(one, [changed]);
      const server = await startScripted(state.script);
      t.after(() => server.stop());
      const found = await new DockerRegistryClient(server.url, { retry: false }).repository('a/b').image('1');
      assert.ok(contentOf('etc/os-release').equals(await found.readFile('etc/os-release')));
      const { code } = await found.readFile('data/0').then(
        () => assert.fail('it was read'),
        (error) => error,
      );
      assert.ok(['DIGEST_MISMATCH', 'LAYER_INVALID', 'TRUNCATED'].includes(code), code);
    });

    test('limits', SOON, async (t) => {
      const state = await start(t, write(small));
      const one = await state.open();
      await refused(() => one.readFile('etc/os-release', { limits: { entries: 2 } }), 'TOO_LARGE');
      await refused(() => one.readFile('data/0', { limits: { size: 100_000 } }), 'TOO_LARGE');
    });
  });
}

test('an image with the same layer and another table gets its own', SOON, async (t) => {
  const good = estargz(small);
  const lying = image([{ run: 'files', layer: estargz(small, { digest: `sha256:${'1'.repeat(64)}` }) }]);
  const one = image([{ run: 'files', layer: good }]);
  const state = serving(one, [good]);
  const { '/v2/a/b/manifests/1': manifest, ...others } = serving(lying, []).script;
  const server = await startScripted({ ...others, ...state.script, '/v2/a/b/manifests/2': manifest });
  t.after(() => server.stop());
  const repository = new DockerRegistryClient(server.url).repository('a/b');
  await (await repository.image('1')).readFile('etc/os-release');
  assert.ok(state.ranges.every((range) => range !== undefined));
  await (await repository.image('2')).readFile('etc/os-release');
  assert.equal(state.ranges.at(-1), undefined);
});

const images = {
  'in/star': { one: image([{ run: 'files', layer: estargz(entries) }]) },
  'in/chunked': { one: image([{ run: 'files', layer: chunked(entries) }]) },
};

forEachRegistry(images, async (t, registry) => {
  for (const repository of Object.keys(images)) {
    await t.test(repository, LONG, async () => {
      const one = await new DockerRegistryClient(registry.url).repository(repository).image('one');
      // ferro sends the whole layer, whatever is asked.
      for (const path of ['etc/os-release', 'data/31', 'data/0']) {
        assert.ok(contentOf(path).equals(await one.readFile(path)), path);
      }
      assert.ok((await listOf(one.files())).some(({ path }) => path === '/data/31'));
    });
  }
});

test('eStargz as the library of stargz-snapshotter writes it', LONG, async (t) => {
  const registry = await startDistribution();
  t.after(() => registry.stop());
  const bytes = readFileSync(new URL('../../vectors/toc/estargz.tar.gz', import.meta.url));
  const archive = gunzipSync(bytes);
  const table = archive.subarray(archive.indexOf('{'), archive.lastIndexOf('}') + 1);
  const layer = layerOf(archive, { pack: () => bytes, annotations: { [STARGZ]: digestOf(table) } });
  await fill(registry, { 'in/star': { one: image([{ run: 'files', layer }]) } });
  const requests = [];
  const noting = (input, init) => {
    const request = new Request(input, init);
    if (request.url.endsWith(layer.descriptor.digest)) requests.push(request.headers.get('range'));
    return fetch(input, init);
  };
  const open = () => new DockerRegistryClient(registry.url, { fetch: noting }).repository('in/star').image('one');
  const [one, other] = [await open(), await open()];

  const list = await listOf(one.files());
  assert.ok(!requests.includes(null), String(requests));
  const [plain, tabled] = [await listOf(other.files({ tableOfContents: false })), list].map((entries) =>
    // eStargz rounds times.
    entries.map((entry) => fieldsOf({ ...entry, mtime: undefined })),
  );
  assert.deepEqual(
    tabled,
    plain.filter((line) => !line.startsWith('["/stargz.index.json"')),
  );
  const kinds = ['file', 'hardlink', 'symlink', 'directory', 'character-device', 'fifo'];
  assert.deepEqual(
    kinds.filter((kind) => !list.some((entry) => entry.kind === kind)),
    [],
  );

  const files = list.filter(({ kind }) => ['file', 'hardlink', 'symlink'].includes(kind));
  requests.length = 0;
  const read = new Map();
  for (const { path } of files) read.set(path, await one.readFile(path));
  assert.ok(!requests.includes(null), String(requests));
  assert.ok(read.get('/usr/large').length > 3 * CHUNK);
  for (const [path, content] of read) {
    assert.deepEqual(content, await other.readFile(path, { tableOfContents: false }), path);
  }
});

test('zstd:chunked as skopeo writes it', LONG, async (t) => {
  const registry = await startDistribution();
  t.after(() => registry.stop());
  const written = [
    ...entries,
    { path: 'large', content: randomBytes(3_000_000) },
    { path: 'zeros', content: Buffer.alloc(2_000_000) },
  ];
  const pack = (bytes) => bytes;
  const layer = layerOf(tar(written), { mediaType: types.ociRawLayer, pack });
  await fill(registry, { 'in/raw': { one: image([{ run: 'files', layer }]) } });
  const { host } = new URL(registry.url);
  const insecure = ['--src-tls-verify=false', '--dest-tls-verify=false'];
  const [from, to] = ['raw', 'chunked'].map((name) => `docker://${host}/in/${name}:one`);
  await run(find('skopeo'), ['copy', '-q', ...insecure, '--dest-compress-format', 'zstd:chunked', from, to]);

  let read = 0;
  const counting = async (input, init) => {
    const response = await fetch(input, init);
    if (String(input?.url ?? input).includes('/blobs/')) read += Number(response.headers.get('content-length'));
    return response;
  };
  const client = new DockerRegistryClient(registry.url, { fetch: counting });
  const one = await client.repository('in/chunked').image('one');
  assert.equal(Object.keys(one.layers[0].annotations).length, 2);
  assert.ok(contentOf('etc/os-release').equals(await one.readFile('etc/os-release')));
  assert.ok(read < one.size / 100, `${read} of ${one.size} bytes`);
  for (const { path, content } of written.filter((entry) => entry.content)) {
    assert.ok(Buffer.from(content).equals(await one.readFile(path)), path);
  }
  assert.equal((await listOf(one.files())).length, written.length);
  assert.ok(read < one.size * 1.1, 'the layer was not read');
});
