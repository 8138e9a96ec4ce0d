// Uploads whose connection is cut in the middle of a chunk, before real registries; and one of a gibibyte.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { digestOf } from '../../../www/registry/content.mjs';
import { noise } from '../../../www/registry/sample-images.mjs';
import { DockerRegistryClient, isRegistryError, packedFolder } from '../support/packed.mjs';
import { realRegistries } from '../support/support.mjs';

const LONG = { timeout: 120_000 };

/** Passes bytes on, and cuts the connection that brings the first so many of them, as often as it is told to. */
async function startCutter(registry, bytes, cuts) {
  const { hostname, port } = new URL(registry);
  const state = { cuts: 0 };
  let passed = 0;
  const server = createServer((socket) => {
    const upstream = connect(port, hostname);
    let isCut = false;
    const end = () => (socket.destroy(), upstream.destroy());
    for (const side of [socket, upstream]) side.on('error', end).on('close', end);
    upstream.pipe(socket);
    socket.on('data', (chunk) => {
      if (isCut) return;
      passed += chunk.length;
      if (passed > bytes && state.cuts < cuts) {
        isCut = true;
        passed = 0;
        state.cuts += 1;
        upstream.write(chunk.subarray(0, chunk.length >> 1), () => setTimeout(end, 20));
        return;
      }
      if (!upstream.write(chunk)) {
        socket.pause();
        upstream.once('drain', () => socket.resume());
      }
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(state, {
    url: `http://127.0.0.1:${server.address().port}`,
    stop: () => new Promise((resolve) => server.close(resolve)),
  });
}

for (const [registryName, start] of Object.entries(realRegistries)) {
  test(`${registryName}: connections that break`, LONG, async (context) => {
    const server = await start();
    try {
      for (const [form, make] of Object.entries({
        bytes: (bytes) => bytes,
        stream: (bytes) => new Blob([bytes]).stream(),
      })) {
        const cutter = await startCutter(server.url, 1_200_000, 2);
        const requests = [];
        const onRequest = ({ method, status, error }) => requests.push(`${method} ${status ?? error}`);
        const client = new DockerRegistryClient(cutter.url, { apiVersion: 2, onRequest, retry: { minDelay: 50 } });
        const repository = client.repository(`cut/${form}`);
        const bytes = Buffer.concat([noise(3_000_000), Buffer.from(form)]);
        const pushed = await repository
          .pushBlob(make(bytes), { chunkSize: form === 'bytes' ? 10_000_000 : 500_000 })
          .catch((error) => {
            assert.ok(isRegistryError(error), error.stack);
            return error;
          });
        context.diagnostic(`${form}: ${requests.join(', ')}`);
        context.diagnostic(pushed.message ?? 'pushed');
        assert.ok(cutter.cuts > 0);
        if (form === 'stream' && registryName.startsWith('distribution')) {
          // It forgets an upload whose connection broke in the middle of a chunk, and a stream cannot be read once more.
          assert.equal(pushed.code, 'NETWORK');
          assert.match(pushed.message, /the upload cannot continue: the registry no longer knows of it/);
          assert.equal(await repository.headBlob(digestOf(bytes)), undefined);
        } else {
          assert.equal(pushed.digest, digestOf(bytes), pushed.message);
          assert.equal((await repository.headBlob(pushed.digest)).size, bytes.length);
        }
        await cutter.stop();
      }
    } finally {
      await server.stop();
    }
  });
}

/** In a process of its own, whose memory nobody else fills. */
const child = `
const [url, file, mebibytes] = process.argv.slice(1);
const { DockerRegistryClient } = await import(file);
const { createHash } = await import('node:crypto');
const repository = new DockerRegistryClient(url).repository('giant/blob');
await repository.pushBlob(new Uint8Array(10));
globalThis.gc?.();
const before = process.memoryUsage.rss();
let most = before;
const hash = createHash('sha256');
async function* pieces() {
  for (let at = 0; at < mebibytes * 8; at += 1) {
    const piece = new Uint8Array(131_072).fill(at);
    hash.update(piece);
    most = Math.max(most, process.memoryUsage.rss());
    yield piece;
  }
}
const { digest, size } = await repository.pushBlob(pieces());
console.log(JSON.stringify({ size, isRight: digest === 'sha256:' + hash.digest('hex'), grown: Math.round((most - before) / 1048576) }));
`;

test('a gibibyte from a stream', { timeout: 300_000 }, async (context) => {
  const server = await realRegistries['distribution 2.8']();
  try {
    const file = pathToFileURL(join(packedFolder, 'by-name.mjs')).href;
    const args = ['--expose-gc', '--input-type=module', '--eval', child, server.url, file, '1024'];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    const { size, isRight, grown } = JSON.parse(stdout);
    context.diagnostic(`resident memory grew by ${grown} MiB`);
    assert.deepEqual({ size, isRight }, { size: 1 << 30, isRight: true });
    // What the host has not collected yet is part of it.
    assert.ok(grown < 100, `resident memory grew by ${grown} MiB`);
  } finally {
    await server.stop();
  }
});
