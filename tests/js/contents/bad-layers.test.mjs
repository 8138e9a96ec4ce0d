// Layers that are broken, hostile or of another kind: each is a typed error that names its place, or plain data.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { artifact, blob, image, layer, types } from '../../../www/registry/content.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { tar } from '../../../www/registry/tar.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { schema1Image, signedContent } from '../../registries/schema1.mjs';
import { content, repeated, startScripted } from '../../registries/scripted.mjs';
import { fillV1 } from '../../registries/v1-images.mjs';
import { startV1 } from '../../registries/v1-server.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, bytesOf, listOf, refused } from '../support/support.mjs';
import { layerOf } from './sample.mjs';

const file = [{ path: 'file', content: 'content' }];
const archive = tar(file);
const packed = gzipSync(archive);
const stored = (bytes, fields = {}) => ({ ...layerOf(archive, { pack: () => bytes, ...fields }) });
const good = layer(file);
const zstd = readFileSync(new URL('../../vectors/tar/zst-two-frames.tar.zst', import.meta.url));
const zstdLayer = (bytes) => stored(bytes, { mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' });

/** A header of tar with another field, and its sum. */
function patched(at, bytes) {
  const copy = Buffer.from(archive);
  Buffer.from(bytes).copy(copy, at);
  copy.fill(' ', 148, 156);
  const sum = copy.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  copy.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return copy;
}

/** By name: the layer, and the error that it is. */
const BROKEN = {
  'a zip archive': [stored(Buffer.from('PK\x03\x04 and so on')), 'UNSUPPORTED', /zip.*in layer 2 of 2/],
  'a page of HTML': [stored(Buffer.from('<!doctype html>'.repeat(99))), 'LAYER_INVALID', /in layer 2 of 2/],
  xz: [stored(Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0])), 'UNSUPPORTED', /xz/],
  'gzip that ends early': [stored(packed.subarray(0, -12)), 'LAYER_INVALID', /at byte \d+ .*in layer 2 of 2/],
  'garbage behind gzip': [stored(Buffer.concat([packed, Buffer.from('garbage')])), 'LAYER_INVALID', /byte \d+/],
  'zstd that ends early': [zstdLayer(zstd.subarray(0, -5)), 'LAYER_INVALID', /at byte \d+ .*in layer 2 of 2/],
  'garbage behind zstd': [
    zstdLayer(Buffer.concat([zstd, Buffer.from('garbage')])),
    'LAYER_INVALID',
    /byte \d+.*in layer 2 of 2/,
  ],
  'a damaged stream': [
    stored(Buffer.concat([packed.subarray(0, 20), Buffer.alloc(30, 0xff), packed.subarray(50)])),
    'LAYER_INVALID',
    /in layer 2 of 2/,
  ],
  'an archive that ends within a file': [
    layerOf(archive.subarray(0, 515)),
    'LAYER_INVALID',
    /entry 1 at byte 515 .*in layer 2 of 2/,
  ],
  'another diff_id': [
    { ...good, diffId: `sha256:${'0'.repeat(64)}` },
    'DIGEST_MISMATCH',
    /archive.*layer 2 of 2|layer 2 of 2/,
  ],
  'a size of 2^63': [
    layerOf(patched(124, [0x80, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0])),
    'LAYER_INVALID',
    /entry 1 at byte 0/,
  ],
  'a wrong checksum': [layerOf(Buffer.concat([Buffer.from('X'), archive.subarray(1)])), 'LAYER_INVALID', /entry 1/],
  'an encrypted layer': [
    stored(packed, { mediaType: `${types.ociLayer}+encrypted` }),
    'UNSUPPORTED',
    /encrypted.*in layer 2 of 2/,
  ],
  'a path that leads out': [layer([{ path: '../out', content: 'x' }]), 'LAYER_INVALID', /layer 2 .*"\.\.\/out"/],
  'a file in a file': [layer([{ path: 'file/in', content: 'x' }]), 'LAYER_INVALID', /"file\/in"/],
  'a nameless whiteout': [layer([{ path: 'd/.wh.' }]), 'LAYER_INVALID', /whiteout/],
  'a whiteout of the parent': [layer([{ path: 'd/.wh...' }]), 'LAYER_INVALID', /layer 2 .*whiteout/],
};

describe('layers', () => {
  let server;
  let push;
  let client;
  before(async () => {
    server = await startDistribution();
    ({ push } = pusher(server.url));
    client = new DockerRegistryClient(server.url);
  }, SOON);
  after(() => server.stop());

  const opened = async (content, name = 'bad/layers') => {
    await push(name, content, 'latest');
    return client.repository(name).image('latest');
  };
  const over = (one) =>
    image([
      { run: 'base', layer: good },
      { run: 'bad', layer: one },
    ]);

  for (const [name, [one, code, message]] of Object.entries(BROKEN)) {
    test(`${name} is refused`, SOON, async () => {
      const bad = await opened(over(one));
      await refused(() => listOf(bad.files()), { code, message });
      await refused(() => bad.waste(), { code, message });
      await refused(() => bad.packages(), { code, message });
      await refused(async () => bytesOf(await bad.exportTar()), { code, message });
      await refused(() => bad.readFile('/none'), { code });
      await refused(() => bad.fileStream('/none'), { code });
      await refused(() => listOf(bad.layerChanges(1)), { code, message });
      const other = await opened(image([{ run: 'other', layer: layer([{ path: 'other', content: 'x' }]) }]));
      await refused(() => other.diff(bad), { code, message });
      // The good layer below can be looked at.
      assert.deepEqual(
        (await listOf(bad.layerFiles(0))).map(({ path }) => path),
        ['/file'],
      );
      assert.equal(Buffer.from(await bad.readFile('file', { upTo: 0 })).toString(), 'content');
    });
  }

  test('names of a layer are data, wherever they lead', SOON, async () => {
    const names = ['../../etc/passwd', 'a/../../b', '/absolute', './dotted//twice', 'C:\\windows'];
    const odd = await opened(image([{ run: 'odd', layer: layer(names.map((path) => ({ path, content: path }))) }]));
    assert.deepEqual(
      (await listOf(odd.layerFiles(0))).map(({ path }) => path),
      ['../../etc/passwd', 'a/../../b', '/absolute', '/dotted/twice', '/C:\\windows'],
    );
    assert.equal(
      Buffer.from(await odd.readFile('/absolute', { layer: 0 }).catch(({ code }) => code)).toString(),
      'LAYER_INVALID',
    );
  });

  test('127 layers', { timeout: 120_000 }, async () => {
    const steps = Array.from({ length: 127 }, (_, index) => ({
      run: `step ${index}`,
      layer: layer([{ path: `file-${index % 60}`, content: `of layer ${index}` }]),
    }));
    const tall = await opened(image(steps), 'tall/image');
    const entries = await listOf(tall.files());
    assert.equal(entries.length, 60);
    assert.equal(entries.find(({ path }) => path === '/file-6').layer, 126);
    assert.equal(Buffer.from(await tall.readFile('file-59')).toString(), 'of layer 119');
    assert.equal((await tall.waste()).files.length, 67);
  });

  test('more entries, bytes or longer names than the limits', SOON, async () => {
    const many = tar(Array.from({ length: 5000 }, (_, index) => ({ path: `f${index}`, content: '' })));
    const large = await opened(image([{ run: 'many', layer: layerOf(many) }]));
    const limited = (limits) => listOf(large.files({ limits }));
    await refused(() => limited({ entries: 4999 }), { code: 'TOO_LARGE', message: /option limits\.entries/ });
    await refused(() => limited({ size: 100_000 }), { code: 'TOO_LARGE', message: /option limits\.size/ });
    await refused(() => limited({ name: 3 }), { code: 'TOO_LARGE', message: /option limits\.name/ });
    assert.equal((await limited({ entries: 5000 })).length, 5000);
    const bomb = await opened(
      image([{ run: 'bomb', layer: layer([{ path: 'zeros', content: Buffer.alloc(40 << 20) }]) }]),
    );
    await refused(() => listOf(bomb.files({ limits: { ratio: 100 } })), {
      code: 'TOO_LARGE',
      message: /limits\.ratio/,
    });
    assert.equal((await listOf(bomb.files()))[0].size, 40 << 20);
  });

  test('five million entries end at the limit, in bounded memory', { timeout: 120_000 }, async () => {
    const member = gzipSync(
      tar(Array.from({ length: 10_000 }, (_, index) => ({ path: `d/${index}` }))).subarray(0, -1024),
    );
    const size = member.length * 500;
    // The limit comes before the digest.
    const descriptor = { ...good.descriptor, digest: `sha256:${'5'.repeat(64)}`, size };
    const many = image([{ run: 'many', layer: { ...good, descriptor } }]);
    const scripted = await startScripted({
      '/v2/m/m/manifests/1': content(many),
      [`/v2/m/m/blobs/${many.id}`]: content(many.blobs[0]),
      [`/v2/m/m/blobs/${descriptor.digest}`]: repeated(member, size),
    });
    try {
      const found = await new DockerRegistryClient(scripted.url).repository('m/m').image('1');
      const before = process.memoryUsage().rss;
      await refused(() => listOf(found.files()), {
        code: 'TOO_LARGE',
        message: /2000000 .*limits\.entries.*in layer 1 of 1/,
      });
      assert.ok(process.memoryUsage().rss - before < 1200 * 2 ** 20, `${process.memoryUsage().rss} bytes`);
    } finally {
      await scripted.stop();
    }
  });

  test('a layer of the V1 protocol, and one of schema 1', SOON, async () => {
    const v1 = await startV1();
    try {
      await fillV1(v1);
      const tiny = await new DockerRegistryClient(v1.url).repository('acme/tiny').image('latest');
      assert.deepEqual(
        (await listOf(tiny.files())).map(({ path, layer: at }) => [path, at]),
        [
          ['/etc/os-release', 0],
          ['/one', 1],
        ],
      );
      assert.equal(Buffer.from(await tiny.readFile('one')).toString(), 'one\n');
      assert.equal(Buffer.from(await tiny.readFile('etc/os-release')).toString(), 'ID=tiny\n');
      assert.equal((await tiny.packages()).osRelease.ID, 'tiny');
      await refused(() => tiny.layerIndex(0), { code: 'UNSUPPORTED', message: /V1/ });
      await refused(() => tiny.useLayerIndex(0, new Uint8Array(9)), { code: 'UNSUPPORTED', message: /V1/ });
    } finally {
      await v1.stop();
    }
    const old = schema1Image('old/one', 'latest', [
      { run: 'COPY base /', files: { base: 'of the base', gone: 'deleted' } },
      { run: 'CMD ["sh"]' },
      { run: 'RUN rm gone', files: { '.wh.gone': '', top: 'of the top' }, config: { Cmd: ['sh'] } },
    ]);
    const found = await opened(signedContent(old), 'old/one');
    assert.deepEqual(
      (await listOf(found.files())).map(({ path, layer: at }) => [path, at]),
      [
        ['/base', 0],
        ['/top', 1],
      ],
    );
    assert.equal(Buffer.from(await found.readFile('gone', { layer: 0 })).toString(), 'deleted');
    assert.deepEqual(
      (await found.waste()).files.map(({ path, by }) => [path, by]),
      [['/gone', 1]],
    );
    const index = await found.layerIndex(0);
    await found.useLayerIndex(0, index);
    await refused(() => found.useLayerIndex(1, index), 'LAYER_INDEX_INVALID');
  });

  test('a foreign layer, whose bytes are elsewhere', SOON, async () => {
    const foreign = layer(file, { mediaType: types.foreignLayer, urls: ['https://example.com/layer'] });
    const windows = image([{ run: 'foreign', layer: foreign }]);
    const scripted = await startScripted({
      '/v2/w/w/manifests/1': content(windows),
      [`/v2/w/w/blobs/${windows.id}`]: content(windows.blobs[0]),
    });
    try {
      const found = await new DockerRegistryClient(scripted.url).repository('w/w').image('1');
      await refused(() => listOf(found.files()), { message: /foreign layer/ });
    } finally {
      await scripted.stop();
    }
  });

  test('an artifact with a layer that is an archive, and one that is none', SOON, async () => {
    const chart = artifact({
      artifactType: 'application/vnd.cncf.helm.config.v1+json',
      layers: [blob('application/vnd.cncf.helm.chart.content.v1.tar+gzip', packed)],
    });
    const found = await opened(chart, 'charts/one');
    assert.deepEqual(
      (await listOf(found.files())).map(({ path }) => path),
      ['/file'],
    );
    assert.equal((await found.waste()).layers[0].createdBy, undefined);
    const text = await opened(artifact({ artifactType: 'a/b', layers: [blob('text/plain', 'hello')] }), 'text/one');
    await refused(() => listOf(text.files()), 'LAYER_INVALID');
  });
});
