// Every format of tar, and a part of this machine, entry by entry beside GNU tar, bsdtar and Python's tarfile; and merged beside umoci.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { image as imageOf } from '../../../www/registry/content.mjs';
import { find } from '../../../www/registry/programs.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { tar } from '../../../www/registry/tar.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { bytesOf, listOf } from '../support/support.mjs';
import { asBytes, bsdtar, gnuTar, ours, python } from './readers.mjs';
import { facts, layerOf, makeFiles, run, sha256, unpacked } from './sample.mjs';

const LONG = { timeout: 120_000 };
const MAX = { maxBuffer: 1 << 29 };
const byPath = ({ path: one }, { path: other }) => (one < other ? -1 : Number(one > other));
const sorted = (map) => [...map].sort(([one], [other]) => (one < other ? -1 : 1));

const without = (...names) => names.map((name) => `--exclude=./${name}`);
// bsdtar gives up at a name in a pax record that is not UTF-8.
const utf8 = without('names/raw-*');
/** Formats, without what they have no room for. */
const FORMATS = {
  pax: ['tar', '--format=pax', ...utf8],
  'pax, a name that is not UTF-8': ['tar', '--format=pax'],
  'pax, sparse 0.0': ['tar', '--format=pax', '-S', '--sparse-version=0.0', ...utf8],
  'pax, sparse 0.1': ['tar', '--format=pax', '-S', '--sparse-version=0.1', ...utf8],
  'pax, sparse 1.0, attributes': ['tar', '--format=pax', '-S', '--xattrs', ...utf8],
  gnu: ['tar', '--format=gnu'],
  'gnu, sparse': ['tar', '--format=gnu', '-S'],
  'gnu of old': ['tar', '--format=oldgnu', '-S'],
  ustar: ['tar', '--format=ustar', ...without('long')],
  v7: ['tar', '--format=v7', ...without('long', 'pipe', 'null', 'disk')],
  'pax of bsdtar': ['bsdtar', '--format=pax', ...utf8],
  'gnu of bsdtar': ['bsdtar', '--format=gnutar'],
  'ustar of bsdtar': ['bsdtar', '--format=ustar', ...without('long')],
};

const pack = (archive) => gzipSync(archive, { level: 1 });

/** A part of this machine: what many packages have installed. */
const MACHINE = ['bin', 'sbin', 'usr/sbin', 'usr/share/zoneinfo', 'usr/share/perl5', 'var/lib/dpkg/status'];

describe('distribution 2.8', () => {
  let server;
  let place;
  let push;
  before(async () => {
    server = await startDistribution();
    ({ push } = pusher(server.url));
    place = await mkdtemp(join(tmpdir(), 'readers-'));
  }, LONG);
  after(() => Promise.all([server.stop(), rm(place, { recursive: true, force: true })]));

  const open = (name, tag) => new DockerRegistryClient(server.url).repository(name).image(tag);
  /** Each reader tells the same; returns the content's hashes. */
  async function compared(image, archive, isUtf8 = true) {
    const mine = ours(await listOf(image.layerFiles(0)));
    const theirs = python(archive);
    assert.deepEqual(mine, theirs.entries);
    assert.deepEqual(mine, gnuTar(archive));
    if (!isUtf8) return [theirs.contents];
    const others = bsdtar(archive);
    const linked = mine.map((entry) => (entry.kind === 'hardlink' ? { ...entry, kind: 'file', target: '' } : entry));
    assert.deepEqual(linked.sort(byPath), others.entries.sort(byPath));
    // Its hash leaves out holes.
    return [theirs.contents, others.contents.filter(([path]) => path !== '/sparse')];
  }

  test('every kind of entry, in every format', LONG, async (t) => {
    const files = join(place, 'files');
    await mkdir(files);
    await makeFiles(files);
    for (const [name, [program, ...options]] of Object.entries(FORMATS)) {
      await t.test(name, async () => {
        const args = [...options, '-C', files, '-cf', '-', '.'];
        const env = { ...process.env, LC_ALL: 'C.UTF-8' };
        const archive = execFileSync(find(program), args, { ...MAX, env, stdio: ['ignore', 'pipe', 'ignore'] });
        await push('in/formats', imageOf([{ run: name, layer: layerOf(archive, { pack }) }]), 'latest');
        const image = await open('in/formats', 'latest');
        for (const contents of await compared(image, archive, !name.includes('not UTF-8'))) {
          assert.ok(contents.length >= 12, String(contents.length));
          for (const [path, expected] of contents) {
            assert.equal(sha256(await image.readFile(asBytes(path))), expected, path);
          }
        }
      });
    }
  });

  test('this machine, merged and compressed by zstd', LONG, async () => {
    const args = ['-C', '/', '-cf', '-', ...MACHINE.filter((path) => existsSync(`/${path}`))];
    const archive = execFileSync('tar', args, MAX);
    const { entries } = python(archive);
    const pathsOf = (kind) => entries.filter((entry) => entry.kind === kind).map(({ path }) => path.slice(1));
    const [files, folder] = [pathsOf('file'), pathsOf('directory').at(-1)];
    const changes = tar([
      { path: files[1].replace(/[^/]*$/, (name) => `.wh.${name}`) },
      { path: files.at(-1), content: 'replaced', mode: 0o4711 },
      { path: folder, type: 'folder', mode: 0o700 },
      { path: `${folder}/.wh..wh..opq` },
      { path: `${folder}/new`, content: 'new' },
    ]);
    const layers = [layerOf(archive, { pack }), layerOf(changes)];
    await push('in/machine', imageOf(layers.map((layer, at) => ({ run: `step ${at}`, layer }))), 'gzip');
    await compared(await open('in/machine', 'gzip'), archive);

    const { host } = new URL(server.url);
    const [plain, layout] = [join(place, 'plain'), join(place, 'zstd-layout')];
    const skopeo = (...words) => run(find('skopeo'), ['copy', '-q', ...words]);
    await skopeo('--src-tls-verify=false', '--dest-decompress', `docker://${host}/in/machine:gzip`, `dir:${plain}`);
    const zstd = ['--dest-compress', '--dest-compress-format', 'zstd', '--format', 'oci'];
    await skopeo(...zstd, `dir:${plain}`, `oci:${layout}:one`);
    // Pushed from here: skopeo would take the gzip layers that the registry has.
    const read = (digest) => readFileSync(join(layout, 'blobs', digest.replace(':', '/')));
    const [{ digest }] = JSON.parse(readFileSync(join(layout, 'index.json'))).manifests;
    const steps = JSON.parse(read(digest)).layers.map(({ mediaType, digest: stored }, at) => ({
      run: `step ${at}`,
      layer: layerOf(layers[at].archive, { mediaType, pack: () => read(stored) }),
    }));
    await push('in/machine', imageOf(steps), 'zstd');

    const expected = sorted(await facts(await unpacked(place, `${host}/in/machine:gzip`)));
    assert.ok(expected.length > 500, String(expected.length));
    for (const tag of ['gzip', 'zstd']) {
      const image = await open('in/machine', tag);
      assert.ok(
        image.layers.every(({ mediaType }) => mediaType.endsWith(tag)),
        image.layers[0].mediaType,
      );
      const target = join(place, tag);
      await mkdir(target);
      execFileSync('tar', ['-xpf', '-', '-C', target], { input: await bytesOf(await image.exportTar()) });
      assert.deepEqual(sorted(await facts(target)), expected, tag);
    }
  });
});
