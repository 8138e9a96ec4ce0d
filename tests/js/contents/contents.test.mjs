// The calls that look inside an image, against umoci, GNU tar and bsdtar, which know nothing of this package.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, before, after } from 'node:test';

import { image as imageOf } from '../../../www/registry/content.mjs';
import { find } from '../../../www/registry/programs.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { bytesOf, listOf, realRegistries, refused } from '../support/support.mjs';
import { facts, factsOf, layerOf, sample, sha256, unpacked } from './sample.mjs';

const LONG = { timeout: 120_000 };
const sorted = (map) => [...map].sort(([one], [other]) => (one < other ? -1 : 1));
const byName = (one, other) => (one < other ? -1 : Number(one > other));

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let content;
    let client;
    let requests;
    let place;
    before(async () => {
      server = await start();
      place = await mkdtemp(join(tmpdir(), 'layers-'));
      await mkdir(join(place, 'base'));
      content = await sample(join(place, 'base'));
      await pusher(server.url).push('in/side', content, '1');
      requests = [];
      client = new DockerRegistryClient(server.url, { onRequest: ({ url }) => requests.push(url) });
    }, LONG);
    after(() => Promise.all([server.stop(), rm(place, { recursive: true, force: true })]));

    const open = (options) => client.repository('in/side').image('1', options);
    /** How often a layer was requested since the last call. */
    const reads = (layer) => {
      const count = requests.filter((url) => url.includes(content.layers[layer].descriptor.digest)).length;
      return count;
    };

    test('the merged file system is the one that umoci unpacks', LONG, async () => {
      const theirs = await facts(await unpacked(place, `${new URL(server.url).host}/in/side:1`));
      const ours = await factsOf(await open());
      assert.deepEqual(sorted(ours), sorted(theirs));
      assert.ok(theirs.size > 25);
    });

    test('exportTar(), extracted by GNU tar, is the same file system', LONG, async () => {
      const image = await open();
      const archive = await bytesOf(await image.exportTar());
      const target = join(place, 'exported');
      await mkdir(target);
      execFileSync('tar', ['-xpf', '-', '-C', target], { input: archive });
      assert.deepEqual(sorted(await facts(target)), sorted(await factsOf(image)));
      const { stdout } = spawnSync(find('bsdtar'), ['-tf', '-'], { input: archive });
      assert.equal(stdout.toString().trimEnd().split('\n').length, (await listOf(image.files())).length);
    });

    test('whiteouts of a layer are shown, and what it changes', LONG, async () => {
      const image = await open();
      const entries = await listOf(image.layerFiles(1, { filter: 'etc/*' }));
      assert.deepEqual(
        entries.map(({ path, kind, layer }) => [path, kind, layer]),
        [
          ['/etc/gone', 'whiteout', 1],
          ['/etc/replaced', 'file', 1],
        ],
      );
      const opaque = (await listOf(image.layerFiles(1))).filter(({ kind }) => kind === 'opaque');
      assert.deepEqual(
        opaque.map(({ path }) => path),
        ['/opaque'],
      );
      const changes = (await listOf(image.layerChanges(1, { ignoreTimes: true }))).filter(
        ({ change }) => change !== 'metadata',
      );
      assert.deepEqual(
        changes.map(({ path, change }) => `${change} ${path}`),
        [
          'removed /etc/gone',
          'content /etc/replaced',
          'removed /links/first',
          'removed /opaque/deep',
          'removed /opaque/deep/old',
          'added /opaque/new',
          'removed /opaque/old',
          'removed /tree',
          'removed /tree/a',
          'removed /tree/a/b',
        ],
      );
      const [mode] = await listOf(image.layerChanges(2, { filter: /replaced/ }));
      assert.deepEqual(
        [mode.change, mode.metadata, mode.before.mode, mode.after.mode],
        ['metadata', ['mode'], 0o644, 0o600],
      );
    });

    test('filters, order, and the layers up to one', LONG, async () => {
      const image = await open();
      const paths = async (options) => (await listOf(image.files(options))).map(({ path }) => path);
      assert.deepEqual(await paths({ filter: '/etc/o*' }), ['/etc/one', '/etc/os-release']);
      assert.deepEqual(await paths({ filter: 'etc/gone', upTo: 0 }), ['/etc/gone']);
      assert.deepEqual(await paths({ filter: 'etc/gone', upTo: content.layers[0].descriptor.digest }), ['/etc/gone']);
      assert.deepEqual(await paths({ filter: 'etc/gone' }), []);
      assert.deepEqual(await paths({ filter: '?ib' }), ['/lib']);
      assert.deepEqual((await paths({ sort: 'size' })).slice(0, 2), ['/sparse', '/large']);
      const all = await paths();
      assert.deepEqual(all, await paths({ sort: 'path' }));
      assert.ok(all.indexOf('/usr') < all.indexOf('/usr/lib'));
    });

    test('a second listing downloads nothing', LONG, async () => {
      const image = await open();
      await listOf(image.files());
      requests.length = 0;
      await listOf(image.files());
      await listOf(image.layerFiles(0));
      await image.waste();
      assert.deepEqual(requests, []);
    });

    test('readFile() and fileStream() follow links, and read no more layers than needed', LONG, async () => {
      const text = async (path, options) => Buffer.from(await (await open()).readFile(path, options)).toString();
      const fresh = () => {
        requests.length = 0;
        client = new DockerRegistryClient(server.url, { onRequest: ({ url }) => requests.push(url) });
      };
      fresh();
      assert.equal(await text('/usr/lib/added'), 'of the third layer');
      assert.deepEqual([reads(2), reads(1), reads(0)], [1, 0, 0]);
      const names = ['/etc/os-release', 'etc/absolute', 'links/symlink', '/lib/os-release', '/etc/../lib/./os-release'];
      for (const path of names) {
        assert.match(await text(path), /^ID=sample/, path);
      }
      assert.equal(await text('/lib/added'), 'of the third layer');
      assert.equal(await text('links/second'), 'one content, two names');
      assert.equal(await text('/etc/replaced'), 'new');
      assert.equal(await text('/etc/replaced', { upTo: 0 }), 'old and longer');
      assert.equal(await text('/etc/gone', { upTo: 0 }), 'deleted by the second layer');
      assert.equal(await text('/etc/gone', { layer: 0 }), 'deleted by the second layer');
      assert.equal(await text('/empty'), '');
      const raw = Buffer.concat([Buffer.from('names/raw-'), Buffer.from([0xff])]);
      assert.equal(await text(new Uint8Array(raw)), 'not UTF-8');
      const image = await open();
      const sparse = await bytesOf(await image.fileStream('/sparse'));
      assert.equal(sparse.length, 8 * 1024 * 1024);
      assert.equal(sparse.subarray(0, 6).toString(), 'begins');
      assert.ok(sparse.subarray(6).every((byte) => byte === 0));
      const large = await image.readFile('/large');
      assert.equal(sha256(await bytesOf(await image.fileStream('/large'))), sha256(large));
      for (const [path, code] of [
        ['/etc/gone', 'NOT_FOUND'],
        ['/none/at/all', 'NOT_FOUND'],
        ['/etc', 'INVALID_ARGUMENT'],
        ['/pipe', 'INVALID_ARGUMENT'],
        ['/etc/one', 'LAYER_INVALID'],
        [7, 'INVALID_ARGUMENT'],
      ]) {
        await refused(() => image.readFile(path), code, `readFile(${path})`);
        await refused(() => image.fileStream(path), code, `fileStream(${path})`);
      }
      await refused(() => image.readFile('/etc/passwd', { layer: 2 }), 'NOT_FOUND');
      await refused(() => image.readFile('/etc/passwd', { layer: 2, upTo: 1 }), 'INVALID_ARGUMENT');
      await refused(() => image.readFile('/etc/passwd', { layer: 9 }), 'INVALID_ARGUMENT');
    });

    test('waste(), by path and by command, beside the score of dive', LONG, async () => {
      const image = await open();
      const waste = await image.waste();
      const hidden = waste.files.map(({ path, size, layer, by, replaced }) => [path, size, layer, by, replaced]);
      assert.deepEqual(hidden.sort(), [
        ['/etc/gone', 27, 0, 1, false],
        ['/etc/replaced', 14, 0, 1, true],
        ['/etc/replaced', 3, 1, 2, true],
        ['/opaque/deep/old', 10, 0, 1, false],
        ['/opaque/old', 28, 0, 1, false],
        ['/tree/a/b', 23, 0, 1, false],
      ]);
      const total = waste.files.reduce((sum, { size }) => sum + size, 0);
      assert.equal(waste.wasted, total);
      assert.equal(
        waste.layers.reduce((sum, { hides }) => sum + hides, 0),
        waste.wasted,
      );
      assert.deepEqual(waste.layers.map(({ createdBy }) => createdBy)[1], 'RUN rm -r /etc/gone /tree');
      assert.ok(waste.dive.efficiency > 0.99 && waste.dive.efficiency < 1);
      assert.equal(waste.withoutBase, undefined);
      const own = await image.waste({ base: 1 });
      assert.ok(own.withoutBase.stored < own.stored);
      assert.equal(own.withoutBase.wasted, waste.wasted);
      await refused(() => image.waste({ base: 4 }), { code: 'INVALID_ARGUMENT', message: /options\.base/ });
    });

    test('packages() are those that dpkg-query lists here', LONG, async () => {
      const archive = execFileSync(
        'tar',
        ['-C', '/', '-cf', '-', 'var/lib/dpkg/status', 'etc/os-release', 'usr/lib/os-release'],
        {
          maxBuffer: 1 << 28,
        },
      );
      await pusher(server.url).push('in/debian', imageOf([{ run: 'COPY', layer: layerOf(archive) }]), '1');
      const { packages, osRelease } = await (await client.repository('in/debian').image('1')).packages();
      const theirs = execFileSync('dpkg-query', [
        '-W',
        '-f',
        '${db:Status-Status} ${Package} ${Version} ${Architecture}\n',
      ])
        .toString()
        .split('\n')
        .filter((line) => line.startsWith('installed '))
        .map((line) => line.slice('installed '.length));
      const ours = packages.map(({ name, version, architecture }) => `${name} ${version} ${architecture}`);
      assert.deepEqual(ours.sort(byName), theirs.sort(byName));
      assert.equal(osRelease.ID, /^ID=(\w+)$/m.exec(readFileSync('/etc/os-release', 'utf8'))[1]);
    });

    test('streams that nobody reads hold up no other call', LONG, async () => {
      const narrow = new DockerRegistryClient(server.url, { concurrency: 1 });
      const image = await narrow.repository('in/side').image('1');
      await listOf(image.files());
      const streams = [await image.fileStream('/large'), await image.exportTar()];
      const readers = streams.map((stream) => stream.getReader());
      // Into the content of a layer, whose request is open from then on.
      for (const reader of readers) {
        for (let read = 0; read < 100_000; ) read += (await reader.read()).value.byteLength;
      }
      assert.ok((await narrow.repository('in/side').tags()).includes('1'));
      for (const reader of readers) await reader.cancel();
    });

    test('progress, and an abort', LONG, async () => {
      client = new DockerRegistryClient(server.url);
      const image = await open();
      const told = [];
      await listOf(image.files({ onProgress: (progress) => told.push(progress) }));
      assert.deepEqual(told.at(-1), { loaded: image.size, total: image.size });
      const reason = new Error('enough');
      const controller = new AbortController();
      controller.abort(reason);
      const { signal } = controller;
      await assert.rejects(listOf(image.files({ signal })), reason);
      await assert.rejects(image.readFile('/large', { signal }), reason);
      const later = new AbortController();
      const stream = await image.fileStream('/large', { signal: later.signal });
      const reader = stream.getReader();
      await reader.read();
      later.abort(reason);
      await assert.rejects(
        (async () => {
          while (!(await reader.read()).done);
        })(),
        reason,
      );
      assert.throws(() => image.files({ sort: 'name' }), { code: 'INVALID_ARGUMENT' });
      assert.throws(() => image.files({ upto: 1 }), { code: 'INVALID_ARGUMENT', message: /upTo/ });
      assert.throws(() => image.layerFiles(), { code: 'INVALID_ARGUMENT' });
      assert.throws(() => image.files({ limits: { entries: 0 } }), {
        code: 'INVALID_ARGUMENT',
        message: /limits\.entries/,
      });
      await refused(() => listOf(image.layerFiles(0, { limits: { entries: 3 } })), 'TOO_LARGE');
    });
  });
}
