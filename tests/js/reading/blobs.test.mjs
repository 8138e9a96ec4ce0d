// Blobs and layers: verified or refused, whole or in part, and with progress.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { digestOf, image, layer } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { noise } from '../../../www/registry/sample-images.mjs';
import { content, endless, html, repeated, send, startScripted, truncated } from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, bytesOf, realRegistries, refused } from '../support/support.mjs';

const big = image([{ run: 'COPY big /', layer: layer([{ path: 'big', content: noise(3_000_000) }]) }]);
const {
  bytes,
  descriptor: { digest },
} = big.layers[0];

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let repository;
    before(async () => {
      server = await start();
      await fill(server, { 'a/b': { big } });
      repository = new DockerRegistryClient(server.url).repository('a/b');
    }, SOON);
    after(() => server.stop());

    for (const [first, last] of [
      [0, 0],
      [0, 99],
      [1_000_000, 1_999_999],
      [bytes.length - 10, bytes.length - 1],
      [bytes.length - 10, bytes.length + 1000],
    ]) {
      test(`range ${first}–${last}`, SOON, async () => {
        const part = await bytesOf(await repository.blob(digest, { range: [first, last] }));
        assert.ok(part.equals(bytes.subarray(first, last + 1)), `${part.length} bytes`);
      });
    }

    test('a range behind the end', SOON, async () => {
      await refused(
        async () => bytesOf(await repository.blob(digest, { range: [bytes.length, bytes.length + 5] })),
        {},
      );
      assert.ok(bytes.equals(await bytesOf(await repository.blob(digest))));
    });

    test('progress', SOON, async () => {
      const seen = [];
      const opened = await repository.image('big');
      await opened.getLayer(0, { onProgress: (progress) => seen.push(progress) });
      assert.ok(seen.length > 0);
      assert.deepEqual(
        seen.map(({ loaded }) => loaded),
        seen.map(({ loaded }) => loaded).toSorted((a, b) => a - b),
      );
      assert.deepEqual({ ...seen.at(-1) }, { digest, loaded: bytes.length, total: bytes.length });
    });

    test('a stream that is cancelled leaves the client usable', SOON, async () => {
      for (let round = 0; round < 10; round += 1) {
        const reader = (await repository.blob(digest)).getReader();
        await reader.read();
        await reader.cancel('enough');
      }
      assert.ok(bytes.equals(await bytesOf(await repository.blob(digest))));
    });

    test('all layers of many images at once', SOON, async () => {
      const images = await Promise.all(Array.from({ length: 10 }, () => repository.image('big')));
      const layers = await Promise.all(images.map((one) => one.getLayer()));
      assert.ok(layers.every((one) => bytes.equals(one)));
    });
  });
}

describe('what no real registry sends', () => {
  let server;
  let client;
  before(async () => {
    server = await startScripted();
    client = new DockerRegistryClient(server.url, { idleTimeout: 1000 });
  });
  after(() => server.stop());

  const path = `/v2/a/b/blobs/${digest}`;
  const serve = (blob) => {
    server.script = {
      '/v2/a/b/manifests/big': content(big),
      [`/v2/a/b/blobs/${big.id}`]: content(big.blobs[0]),
      [path]: blob,
    };
  };
  const wrong = Buffer.from(bytes);
  wrong[wrong.length - 1] ^= 1;

  for (const [title, blob, code, codeOfBlob = code] of [
    ['one bit is wrong', send(wrong), 'DIGEST_MISMATCH'],
    ['the body ends early', truncated(bytes), 'TRUNCATED'],
    ['it is longer than its descriptor says', send(Buffer.concat([bytes, bytes])), 'SIZE_MISMATCH', 'DIGEST_MISMATCH'],
    ['it is shorter than its descriptor says', send(bytes.subarray(1)), 'SIZE_MISMATCH', 'DIGEST_MISMATCH'],
    ['an HTML page with status 200', html, 'SIZE_MISMATCH', 'DIGEST_MISMATCH'],
    ['nothing', send(''), 'SIZE_MISMATCH', 'DIGEST_MISMATCH'],
  ]) {
    test(`${title}: ${code}`, SOON, async () => {
      serve(blob);
      const repository = client.repository('a/b');
      const opened = await repository.image('big');
      await refused(() => opened.getLayer(), code);
      await refused(async () => bytesOf(await opened.layerStream()), code);
      await refused(async () => bytesOf(await repository.blob(digest)), codeOfBlob);
      serve(send(bytes));
      assert.ok(bytes.equals(await opened.getLayer()), 'the same instances go on working');
    });
  }

  test('a stream with a wrong end errors instead of closing', SOON, async () => {
    serve(send(wrong));
    const reader = (await client.repository('a/b').blob(digest)).getReader();
    let received = 0;
    await refused(async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read()) received += part.value.length;
    }, 'DIGEST_MISMATCH');
    assert.ok(received <= wrong.length);
    await refused(() => reader.closed, 'DIGEST_MISMATCH');
  });

  test('an endless blob is cut off', SOON, async () => {
    const stream = endless();
    serve(stream);
    const opened = await client.repository('a/b').image('big');
    await refused(() => opened.getLayer(), 'SIZE_MISMATCH');
    assert.ok(stream.sent() < 50_000_000, `${stream.sent()} bytes were sent`);
  });

  test('a part that is another part', SOON, async () => {
    serve(send(bytes.subarray(5, 15), { status: 206, 'content-range': `bytes 5-14/${bytes.length}` }));
    await refused(
      async () => bytesOf(await client.repository('a/b').blob(digest, { range: [0, 9] })),
      'INVALID_RESPONSE',
    );
  });

  test('a whole blob where a part was asked for', SOON, async () => {
    serve(send(bytes));
    const part = await bytesOf(await client.repository('a/b').blob(digest, { range: [10, 29] }));
    assert.ok(part.equals(bytes.subarray(10, 30)));
  });

  test('an empty blob', SOON, async () => {
    const empty = digestOf('');
    server.script = { [`/v2/a/b/blobs/${empty}`]: send('') };
    assert.equal((await bytesOf(await client.repository('a/b').blob(empty))).length, 0);
  });

  test('a gibibyte streams through flat memory', { timeout: 240_000 }, async () => {
    const chunk = noise(1 << 20);
    const length = 1 << 30;
    const { createHash } = await import('node:crypto');
    const hash = createHash('sha256');
    for (let part = 0; part < length / chunk.length; part += 1) hash.update(chunk);
    const gibibyte = `sha256:${hash.digest('hex')}`;
    server.script = { [`/v2/a/b/blobs/${gibibyte}`]: repeated(chunk, length) };
    globalThis.gc?.();
    const before = process.memoryUsage().rss;
    let most = 0;
    let received = 0;
    for await (const part of await client.repository('a/b').blob(gibibyte)) {
      received += part.length;
      most = Math.max(most, process.memoryUsage.rss());
    }
    assert.equal(received, length);
    const grown = (most - before) / (1 << 20);
    assert.ok(grown < 150, `resident memory grew by ${grown.toFixed(0)} MiB`);
  });
});
