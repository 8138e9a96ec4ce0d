// A registry with images to look into, for every host: any origin may read it, and ask for parts of blobs.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';

import { blob, digestOf, image } from '../../../../www/registry/content.mjs';
import { tar } from '../../../../www/registry/tar.mjs';
import { listen } from './servers.mjs';

const MEBI = 1024 * 1024;
const GZIP = 'application/vnd.oci.image.layer.v1.tar+gzip';
const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');

/** Bytes that are the same in every run, and of which a half can be compressed. */
function halfNoise(seed, size) {
  const hashes = Array.from({ length: Math.ceil(size / 64) }, (_, at) =>
    createHash('sha256').update(`${seed} ${at}`).digest(),
  );
  return Buffer.concat(hashes.flatMap((hash) => [hash, Buffer.alloc(32)])).subarray(0, size);
}

const first = halfNoise('first', 3 * MEBI);
const second = halfNoise('second', MEBI / 4);

function layerOf(entries) {
  const archive = tar(entries);
  return { ...blob(GZIP, gzipSync(archive)), diffId: digestOf(archive) };
}

const base = layerOf([
  { path: 'usr', type: 'folder' },
  { path: 'usr/first', content: first },
  { path: 'usr/link', type: 'symlink', target: 'second' },
  { path: 'usr/second', content: second },
]);
const removed = layerOf([
  { path: 'usr', type: 'folder' },
  { path: 'usr/.wh.second' },
  { path: 'usr/third', content: 'third' },
]);

async function zstdLayer() {
  const file = new URL('../../../vectors/tar/zst-two-frames.tar.zst', import.meta.url);
  const diffId = 'sha256:5a13e1a8534fbcf9717fea5f7059961b39c28b67f8d36fe2609b4e69044be7e4';
  return { ...blob('application/vnd.oci.image.layer.v1.tar+zstd', await readFile(file)), diffId };
}

/** What project/shared/contents.js has to come to. */
const CONTENTS = {
  paths: [
    '0 directory 0 /usr',
    `0 file ${first.length} /usr/first`,
    '0 symlink 0 /usr/link',
    `0 file ${second.length} /usr/second`,
  ],
  first: sha256(first),
  second: sha256(second),
  streamed: sha256(first),
  zstd: '2',
  exported: ['0 usr/', `${first.length} usr/first`, '5 usr/third', '0 usr/link'],
  shared: 1,
  config: ['config.User undefined me'],
  files: ['written /usr', 'deleted /usr/second', 'written /usr/third'],
  wasted: second.length,
  missing: 'NOT_FOUND',
  damaged: 'DIGEST_MISMATCH',
};

/**
 * Runs project/shared/contents.js in a host.
 * @param {(registry: string) => Promise<unknown>} run gives what it came to
 */
export async function checkContents(test, run) {
  const { registry, parts } = await serveImages(test);
  assert.deepEqual(await run(registry), CONTENTS);
  // The second file, and the first one as a stream.
  assert.equal(parts.length, 2);
  assert.ok(parts[0] < base.bytes.length / 2, `${parts[0]} of ${base.bytes.length} bytes`);
}

/** `parts`: the sizes of answers with a part of the first layer. */
async function serveImages(test) {
  const bottom = { run: 'COPY base /', layer: base };
  const damaged = layerOf([{ path: 'usr/first', content: 'damaged' }]);
  const images = {
    one: image([bottom]),
    two: image([bottom, { run: 'RUN rm /usr/second', layer: removed }], { config: { User: 'me' } }),
    zstd: image([{ run: 'COPY zstd /', layer: await zstdLayer() }]),
    damaged: image([{ run: 'COPY damaged /', layer: damaged }]),
  };
  const answers = new Map();
  for (const [tag, one] of Object.entries(images)) {
    answers.set(`manifests/${tag}`, { type: one.mediaType, bytes: one.bytes });
    for (const { bytes, descriptor } of one.blobs) {
      const isDamaged = descriptor === damaged.descriptor;
      const sent = isDamaged
        ? Buffer.from(bytes.map((byte, at) => (at === bytes.length - 5 ? byte ^ 1 : byte)))
        : bytes;
      answers.set(`blobs/${descriptor.digest}`, { type: 'application/octet-stream', bytes: sent });
    }
  }
  const parts = [];
  const registry = await listen(test, (request, response) => {
    for (const name of ['Origin', 'Headers']) response.setHeader(`Access-Control-Allow-${name}`, '*');
    response.setHeader('Access-Control-Expose-Headers', '*');
    if (request.method === 'OPTIONS') return response.writeHead(204).end();
    const found = answers.get(request.url.replace('/v2/in/side/', ''));
    if (request.url !== '/v2/' && !found) return response.writeHead(404).end('{"errors":[{"code":"NOT_FOUND"}]}');
    const { type, bytes } = found ?? { type: 'application/json', bytes: Buffer.from('{}') };
    response.setHeader('Content-Type', type);
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range) ?? [];
    if (from === undefined) return response.end(bytes);
    const part = bytes.subarray(Number(from), Number(to) + 1);
    if (request.url.endsWith(base.descriptor.digest)) parts.push(part.length);
    response.writeHead(206, { 'Content-Range': `bytes ${from}-${to}/${bytes.length}` });
    return response.end(part);
  });
  return { registry, parts };
}
