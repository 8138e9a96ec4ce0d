// Pushes to registries behind proxies that limit bodies, take prefixes off or hide names, and to one that is cut to GHCR's ways.
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';

import { digestOf } from '../../../www/registry/content.mjs';
import { startBehindNginx } from '../../registries/nginx.mjs';
import { noise } from '../../../www/registry/sample-images.mjs';
import { error, send, startScripted } from '../../registries/scripted.mjs';
import { startDistribution, startFerro } from '../../registries/servers.mjs';
import { cli } from '../cli/cli.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, bytesOf, refused } from '../support/support.mjs';

const running = [];
const started = async (starting) => {
  const server = await starting;
  running.push(server);
  return server;
};
after(() => Promise.all(running.map((server) => server.stop())));

const artifactType = 'application/vnd.example.thing';
const host = (url) => url.replace('http://', '');

for (const [name, start] of Object.entries({ 'distribution 2.8': startDistribution, 'ferro (OCI 1.1)': startFerro })) {
  describe(name, () => {
    for (const variant of ['prefix', 'internal-name']) {
      test(`everything that writes, behind nginx: ${variant}`, SOON, async () => {
        const server = await started(startBehindNginx(variant, await start()));
        const client = new DockerRegistryClient(server.url);
        const repository = client.repository('behind/nginx');
        const bytes = noise(300_000);
        for (const data of [bytes, new Blob([bytes.subarray(1)]), new Blob([bytes.subarray(2)]).stream()]) {
          const pushed = await repository.pushBlob(data);
          assert.equal(digestOf(await bytesOf(await repository.blob(pushed.digest))), pushed.digest);
        }
        const chunked = await repository.pushBlob(bytes.subarray(3), { chunkSize: 100_000 });
        assert.equal(chunked.size, bytes.length - 3);
        assert.equal(
          await client.repository('behind/other').mountBlob(chunked.digest, 'behind/nginx'),
          name.startsWith('dist'),
        );
        await repository.pushArtifact({ artifactType, files: [{ data: bytes, title: 'x' }], tag: 'one' });
        await repository.tag('two', 'one');
        await repository.untag('one');
        assert.deepEqual(await repository.tags(), ['two']);
        await client.copy('behind/nginx:two', 'behind/copy:two', { chunkSize: 50_000 });
        assert.equal(
          (await client.repository('behind/copy').headManifest('two')).digest,
          (await repository.headManifest('two')).digest,
        );
      });
    }

    test('nginx with client_max_body_size: smaller chunks, found by themselves', SOON, async () => {
      const server = await started(startBehindNginx('body-limit', await start()));
      const repository = () => new DockerRegistryClient(server.url).repository('with/limit');
      const bytes = noise(700_000);
      const long = noise(4_300_000);
      for (const [data, options] of [
        [bytes, {}],
        [new Blob([bytes.subarray(1)]), {}],
        [new Blob([bytes.subarray(2)]).stream(), {}],
        [new Blob([long]).stream(), {}],
        [bytes.subarray(3), { chunkSize: 500_000 }],
        [bytes.subarray(4), { chunkSize: 50_000 }],
      ]) {
        const pushed = await repository().pushBlob(data, options);
        assert.equal(digestOf(await bytesOf(await repository().blob(pushed.digest))), pushed.digest);
      }
      await repository().pushArtifact({
        artifactType,
        files: [{ data: noise(200_000) }],
        tag: 'one',
        chunkSize: 60_000,
      });
      const source = await started(start());
      const from = new DockerRegistryClient(source.url);
      await from.repository('some/thing').pushArtifact({ artifactType, files: [{ data: noise(700_001) }], tag: 'one' });
      const to = new DockerRegistryClient(server.url);
      const requests = [];
      const observed = new DockerRegistryClient(server.url, {
        onRequest: ({ method, status }) => requests.push(`${method} ${status}`),
      });
      await observed.copy({ repository: from.repository('some/thing'), reference: 'one' }, 'copied:one', {
        chunkSize: 60_000,
      });
      assert.equal(requests.filter((request) => request.endsWith('413')).length, 0, requests.join());
      assert.ok(requests.filter((request) => request.startsWith('PATCH 2')).length >= 11);
      const place = `${host(source.url)}/some/thing:one`;
      const { code, err } = await cli(['copy', place, `${host(server.url)}/typed:one`, '--chunk-size', '60k']);
      assert.equal(code, 0, err);
      assert.equal(
        (await to.repository('typed').headManifest('one')).digest,
        (await to.repository('copied').headManifest('one')).digest,
      );
    });
  });
}

test('chunkSize is checked', SOON, async () => {
  const client = new DockerRegistryClient('http://127.0.0.1:1');
  for (const chunkSize of [0, -1, 1.5, '4m', (256 << 20) + 1]) {
    await refused(() => client.copy('a:b', 'c:d', { chunkSize }), { code: 'INVALID_ARGUMENT', message: /chunkSize/ });
    const artifact = { artifactType: 'a/b', chunkSize };
    await refused(() => client.repository('a').pushArtifact(artifact), {
      code: 'INVALID_ARGUMENT',
      message: /chunkSize/,
    });
  }
});

/** Takes so many bytes a request at most, and tells nothing of its progress. */
async function startGhcr(most) {
  const state = { received: 0, bytes: [] };
  const scripted = await startScripted((request, response) => {
    const location = '/v2/a/b/blobs/upload/1';
    const parts = [];
    request.on('data', (part) => {
      state.received += part.length;
      parts.push(part);
    });
    request.on('end', () => {
      const body = Buffer.concat(parts);
      if (request.url === '/v2/') return send('{}')(request, response);
      if (request.method === 'HEAD') return send('', { status: 404 })(request, response);
      if (request.method === 'PATCH' && body.length > most) {
        return error(416, 'RANGE_INVALID', 'too much at once', { location, range: '0-0' })(request, response);
      }
      if (request.method === 'PATCH') state.bytes.push(body);
      const status = { POST: 202, PATCH: 202, GET: 204, PUT: 201 }[request.method] ?? 405;
      return send('', { status, location, range: '0-0' })(request, response);
    });
  });
  return started(Object.assign(scripted, { of: state }));
}

test('416 to what is too large, and a status that says 0-0', SOON, async () => {
  const bytes = noise(9 << 20);
  for (const [form, options] of [
    [() => bytes, { chunkSize: 8 << 20 }],
    [() => new Blob([bytes]), {}],
    [() => new Blob([bytes]).stream(), {}],
  ]) {
    const server = await startGhcr(4 << 20);
    const pushed = await new DockerRegistryClient(server.url).repository('a/b').pushBlob(form(), options);
    assert.equal(pushed.digest, digestOf(Buffer.concat(server.of.bytes)));
    const nothing = await startGhcr(0);
    const failed = await refused(
      () => new DockerRegistryClient(nothing.url).repository('a/b').pushBlob(form(), options),
      {
        status: 416,
        code: 'RANGE_INVALID',
      },
    );
    assert.match(failed.message, /too much at once/);
    assert.ok(nothing.of.received <= 20 << 20, `${nothing.of.received} bytes`);
  }
});

test('given up while the registry begins an upload', SOON, async () => {
  let answer;
  const begun = new Promise((resolve) => (answer = resolve));
  const requests = [];
  let told;
  const deleted = new Promise((resolve) => (told = resolve));
  const server = await started(
    startScripted((request, response) => {
      requests.push(request.method);
      if (request.url === '/v2/') return send('{}')(request, response);
      if (request.method === 'POST') {
        answer(() => send('', { status: 202, location: '/v2/a/b/blobs/uploads/1?_state=1' })(request, response));
        return undefined;
      }
      if (request.method === 'DELETE') told();
      return send('', { status: 404 })(request, response);
    }),
  );
  const controller = new AbortController();
  const repository = new DockerRegistryClient(server.url).repository('a/b');
  const pushing = repository.pushBlob(noise(1000), { signal: controller.signal });
  const proceed = await begun;
  controller.abort(new Error('enough'));
  await assert.rejects(pushing, /enough/);
  proceed();
  await deleted;
  assert.deepEqual(requests, ['GET', 'HEAD', 'POST', 'DELETE']);
});
