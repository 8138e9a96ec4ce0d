// Tags and manifests that are changed on real registries; what came of it is read back without the package: by plain fetch
// and by skopeo.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { artifact, blob, digestOf, image, index, layer, types } from '../../../www/registry/content.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { find } from '../../../www/registry/programs.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, realRegistries, refused } from '../support/support.mjs';

const ACCEPT = [types.ociIndex, types.dockerList, types.ociManifest, types.dockerManifest].join(', ');
const run = promisify(execFile);

const make = (name, options) => image([{ run: name, layer: layer([{ path: name, content: name }]) }], options);
const first = make('first');
const second = make('second', { docker: true });

/** What a tag or digest leads to, by plain fetch. */
async function raw(server, repository, reference) {
  const response = await fetch(`${server.url}/v2/${repository}/manifests/${reference}`, {
    headers: { accept: ACCEPT },
  });
  const bytes = Buffer.from(await response.arrayBuffer());
  if (response.status === 404) return undefined;
  assert.equal(response.status, 200);
  return { bytes, mediaType: response.headers.get('content-type'), digest: digestOf(bytes) };
}

/** The same by skopeo. */
async function inspected(server, repository, tag) {
  const name = `docker://${new URL(server.url).host}/${repository}:${tag}`;
  const { stdout } = await run(find('skopeo'), ['inspect', '--raw', '--tls-verify=false', name], {
    encoding: 'buffer',
  });
  return stdout;
}

/** A client that counts. */
function counting(url) {
  const requests = [];
  const client = new DockerRegistryClient(url, {
    onRequest: ({ method, url: to, status }) => requests.push(`${method} ${new URL(to).pathname} ${status}`),
  });
  return { client, requests };
}

/** Asks for the version first, which is no part of what is counted. */
async function asked({ client, requests }, repository) {
  await client.apiVersion();
  requests.length = 0;
  return client.repository(repository);
}

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let push;
    before(async () => {
      server = await start();
      push = pusher(server.url);
    }, SOON);
    after(() => server.stop());

    /** A repository of its own with some tags. */
    async function filled(repository, tags) {
      for (const [tag, content] of Object.entries(tags)) await push.push(repository, content, tag);
      return repository;
    }

    test('tag() moves a manifest as it is', SOON, async () => {
      const name = await filled('move/bytes', { first, second });
      const { client, requests } = counting(server.url);
      const repository = await asked({ client, requests }, name);
      assert.equal(await repository.tag('new', 'first'), undefined);
      assert.deepEqual(
        requests.map((line) => line.split(' ')[0]),
        ['GET', 'GET', 'PUT'],
      );
      assert.deepEqual((await raw(server, name, 'new')).bytes, first.bytes);
      assert.deepEqual(await inspected(server, name, 'new'), first.bytes);
      await repository.tag('new', second.digest);
      const moved = await raw(server, name, 'new');
      assert.deepEqual([moved.bytes, moved.mediaType], [second.bytes, types.dockerManifest]);
      requests.length = 0;
      await repository.tag('new', second.digest);
      const looks = ['new', second.digest].map((reference) => `GET /v2/${name}/manifests/${reference} 200`);
      assert.deepEqual(requests.toSorted(), looks.toSorted(), 'it points there already');
      const found = await repository.image('first');
      await repository.tag('new', found);
      assert.equal((await raw(server, name, 'new')).digest, first.digest);
      assert.equal(found.digest, first.digest, 'an Image that was given stays usable');
      await refused(() => repository.tag('x', 'missing'), { code: /MANIFEST_UNKNOWN|NOT_FOUND/, status: 404 });
    });

    test('tag() with ifMatch', SOON, async () => {
      const name = await filled('move/if', { first, second });
      const repository = new DockerRegistryClient(server.url).repository(name);
      await refused(() => repository.tag('first', 'second', { ifMatch: second.digest }), 'CONFLICT');
      await refused(() => repository.tag('first', 'second', { ifMatch: null }), 'CONFLICT');
      await refused(() => repository.tag('new', 'second', { ifMatch: second.digest }), 'CONFLICT');
      assert.equal((await raw(server, name, 'first')).digest, first.digest);
      assert.equal(await raw(server, name, 'new'), undefined);
      await repository.tag('first', 'second', { ifMatch: first.digest });
      await repository.tag('new', 'second', { ifMatch: null });
      assert.equal((await raw(server, name, 'first')).digest, second.digest);
      assert.equal((await raw(server, name, 'new')).digest, second.digest);
    });

    test('tag({ from, to })', SOON, async () => {
      const name = await filled('move/named', { first, second });
      const repository = new DockerRegistryClient(server.url).repository(name);
      assert.equal(await repository.tag({ from: 'first', to: 'stable' }), undefined);
      assert.equal((await raw(server, name, 'stable')).digest, first.digest);
      await repository.tag({ from: await repository.image('second'), to: 'stable', ifMatch: first.digest });
      assert.equal((await raw(server, name, 'stable')).digest, second.digest);
      const { message } = await refused(
        () => repository.tag({ from: first.digest, to: 'stable', noClobber: true }),
        'CONFLICT',
      );
      assert.match(message, new RegExp(`the tag stable points to ${second.digest}.*nothing was changed`));
      assert.equal((await raw(server, name, 'stable')).digest, second.digest);
    });

    test('a promotion that has happened can be run again', SOON, async () => {
      const name = await filled('move/again', { first, second, stable: second });
      const { client, requests } = counting(server.url);
      const repository = await asked({ client, requests }, name);
      for (const condition of [{}, { noClobber: true }, { ifMatch: second.digest }, { ifMatch: null }]) {
        await repository.tag({ from: 'first', to: 'stable', ifMatch: second.digest });
        await repository.tag({ from: 'first', to: 'stable', ...condition });
        await repository.tag('stable', first.digest, condition);
        const writes = requests.filter((line) => line.startsWith('PUT'));
        assert.equal(writes.length, 1, 'the first writes, the others find it done');
        await repository.tag('stable', 'second');
        requests.length = 0;
      }
      await repository.tag('new', 'first', { noClobber: true });
      assert.equal((await raw(server, name, 'new')).digest, first.digest);
      await refused(() => repository.tag('new', 'second', { noClobber: true }), 'CONFLICT');
      assert.equal((await raw(server, name, 'new')).digest, first.digest);
    });

    test('untag() removes one tag and leaves its siblings', SOON, async () => {
      const name = await filled('untag/one', { a: first, b: first, c: second });
      const { client, requests } = counting(server.url);
      const repository = await asked({ client, requests }, name);
      assert.equal(await repository.untag('a'), undefined);
      // The list's last page is asked for once more where no Link says that it is the last.
      assert.ok(requests.length <= 13, requests.join('\n'));
      assert.ok(!requests.some((line) => line.startsWith(`DELETE /v2/${name}/manifests/${first.digest}`)));
      assert.equal(await raw(server, name, 'a'), undefined);
      assert.deepEqual((await raw(server, name, 'b')).bytes, first.bytes);
      assert.deepEqual(await inspected(server, name, 'b'), first.bytes);
      assert.deepEqual((await raw(server, name, first.digest)).bytes, first.bytes);
      assert.deepEqual((await repository.tags()).sort(), ['b', 'c'], 'the listing knows');
      await repository.untag('c');
      assert.deepEqual((await raw(server, name, second.digest)).bytes, second.bytes, 'the manifest stays');
      await refused(() => repository.untag('a'), { code: /MANIFEST_UNKNOWN|NOT_FOUND/, status: 404 });
      await repository.untag('b');
      assert.deepEqual(await repository.tags(), []);
      await repository.tag('b', first.digest);
      assert.deepEqual((await raw(server, name, 'b')).bytes, first.bytes, 'and back');
    });

    test('untag() aborted anywhere leaves the tag as it was or gone', SOON, async () => {
      const ends = new Set();
      for (let count = 1, ended; ended !== 'done'; count += 1) {
        const name = await filled(`untag/abort${count}`, { a: first, b: first });
        const controller = new AbortController();
        const idle = [];
        let seen = 0;
        const client = new DockerRegistryClient(server.url, {
          apiVersion: 2,
          fetch: (input, init) => {
            seen += 1;
            if (seen === count) controller.abort(new Error('enough'));
            const answer = fetch(input, init);
            idle.push(answer.catch(() => {}));
            return answer;
          },
        });
        ended = await client
          .repository(name)
          .untag('a', { signal: controller.signal })
          .then(
            () => 'done',
            (reason) => reason.message,
          );
        assert.ok(ended === 'enough' || (ended === 'done' && count > 10), `${ended} at ${count}`);
        // What was begun goes on.
        for (let before = -1; before !== idle.length; ) {
          before = idle.length;
          await Promise.all(idle);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
        const left = await raw(server, name, 'a');
        assert.ok(left === undefined || left.digest === first.digest, `aborted at request ${count}`);
        assert.equal((await raw(server, name, 'b')).digest, first.digest);
        ends.add(left === undefined);
      }
      assert.equal(ends.size, 2);
    });

    test('pushManifest() keeps bytes, and refuses what is wrong before any request', SOON, async () => {
      const name = await filled('push/manifest', { first, second });
      const { client, requests } = counting(server.url);
      const repository = await asked({ client, requests }, name);
      const bytes = Buffer.from(JSON.stringify(first.document, null, 3));
      const pushed = await repository.pushManifest('pretty', bytes);
      assert.deepEqual(pushed, { mediaType: types.ociManifest, digest: digestOf(bytes), size: bytes.length });
      assert.deepEqual((await raw(server, name, 'pretty')).bytes, bytes);
      assert.equal((await repository.pushManifest('compact', first.document)).digest, first.digest);
      const manifest = await repository.manifest('pretty');
      assert.equal((await repository.pushManifest('again', manifest)).digest, digestOf(bytes));
      assert.deepEqual((await raw(server, name, 'again')).bytes, bytes);
      const { mediaType: _, ...untyped } = first.document;
      const typed = await repository.pushManifest('untyped', untyped, { mediaType: types.ociManifest });
      assert.equal(typed.mediaType, types.ociManifest);
      assert.equal((await repository.pushManifest(second.digest, second.document)).digest, second.digest);

      requests.length = 0;
      const mismatch = { mediaType: types.dockerManifest };
      await refused(() => repository.pushManifest('x', first.document, mismatch), 'INVALID_ARGUMENT');
      await refused(() => repository.pushManifest('x', manifest, mismatch), 'INVALID_ARGUMENT');
      await refused(() => repository.pushManifest('x', { ...first.document, manifests: [] }), 'AMBIGUOUS_MANIFEST');
      await refused(() => repository.pushManifest(second.digest, first.document), 'DIGEST_MISMATCH');
      await refused(() => repository.pushManifest('x', {}), 'INVALID_ARGUMENT');
      await refused(() => repository.pushManifest('x', 'text'), { code: 'INVALID_ARGUMENT', message: /^manifest: / });
      await refused(() => repository.pushManifest('x', Buffer.from('{')), 'INVALID_ARGUMENT');
      await refused(() => repository.pushManifest('x y', first.document), 'INVALID_REFERENCE');
      assert.deepEqual(requests, []);
    });

    // S27.
    test('a manifest of 4,000,000 bytes', SOON, async () => {
      const name = await filled('push/large', { first });
      const repository = new DockerRegistryClient(server.url).repository(name);
      const document = { ...first.document, annotations: { long: 'x'.repeat(4_000_000 - first.size) } };
      const { digest, size } = await repository.pushManifest('large', document);
      assert.ok(size > 3_999_000);
      assert.equal((await repository.manifest('large')).digest, digest);
    });

    test('deleteManifest() looks first', SOON, async () => {
      const multi = index([first, second]);
      const outer = index([multi]);
      const name = await filled('delete/looks', { a: first, b: first, c: second, multi });
      // ferro wants what a subject is there; both take an index of an index.
      await push.push(name, outer, 'outer');
      const sbom = artifact({ artifactType: 'application/sbom', subject: first.descriptor });
      const { client, requests } = counting(server.url);
      const repository = client.repository(name);
      for (const one of sbom.blobs) await push.blob(name, one);
      await repository.pushManifest(sbom.digest, sbom.bytes);

      const plan = await repository.planDelete(first.digest);
      assert.deepEqual(
        { ...plan, tags: plan.tags.sort(), referrers: plan.referrers.map(({ digest }) => digest) },
        {
          digest: first.digest,
          tags: ['a', 'b'],
          parents: [multi.digest],
          referrers: [sbom.digest],
          dangling: [],
          unread: [],
        },
      );
      const inside = await repository.planDelete(multi.digest);
      assert.deepEqual([inside.tags, inside.parents], [['multi'], [outer.digest]]);
      requests.length = 0;
      const error = await refused(() => repository.deleteManifest(first.digest), 'IN_USE');
      for (const dependent of ['a', 'b', multi.digest, sbom.digest]) assert.ok(error.message.includes(dependent));
      assert.ok(!requests.some((line) => line.startsWith('DELETE')));
      await refused(() => repository.deleteManifest(first.digest, { force: 'yes' }), 'INVALID_ARGUMENT');

      // S37: with what it is to its subject.
      await repository.deleteManifest(sbom.digest);
      assert.equal(await raw(server, name, sbom.digest), undefined);
      assert.deepEqual(await repository.referrers(first.digest), []);
      await repository.deleteManifest(first.digest, { force: true });
      assert.equal(await raw(server, name, 'a'), undefined);
      assert.equal(await raw(server, name, first.digest), undefined);
      await refused(() => repository.deleteManifest(first.digest, { force: true }), { status: 404 });
    });

    test('arguments', SOON, async () => {
      const repository = new DockerRegistryClient(server.url).repository('team/any');
      await refused(() => repository.tag('a b', 'c'), 'INVALID_REFERENCE');
      await refused(() => repository.tag('a', 7), { code: 'INVALID_ARGUMENT', message: /^image: .* not 7$/ });
      await refused(() => repository.tag('a', {}), { code: 'INVALID_ARGUMENT', message: /^image: / });
      await refused(() => repository.tag('a', 'b', { ifMatch: 7 }), { code: 'INVALID_ARGUMENT', message: /ifMatch/ });
      await refused(() => repository.tag('a', 'b', { ifMatch: 'latest' }), 'INVALID_REFERENCE');
      await refused(() => repository.tag('a', 'b', { ifmatch: null }), { message: /did you mean "ifMatch"/ });
      // A7: a lookup that found nothing must not turn into no condition.
      await refused(() => repository.tag('a', 'b', { ifMatch: undefined }), {
        code: 'INVALID_ARGUMENT',
        message: /ifMatch/,
      });
      await refused(() => repository.untag('sha256:1'), 'INVALID_REFERENCE');
      await refused(() => repository.untag(), 'INVALID_ARGUMENT');
      await refused(() => repository.deleteManifest('latest'), 'INVALID_REFERENCE');
      await refused(() => repository.planDelete('latest'), 'INVALID_REFERENCE');
    });

    test('an Image of elsewhere is not tagged but copied', SOON, async () => {
      const [here, there] = [await filled('elsewhere/here', { first }), await filled('elsewhere/there', { first })];
      const client = new DockerRegistryClient(server.url);
      const found = await client.repository(there).image('first');
      const copy = { code: 'INVALID_ARGUMENT', message: /copy\(\)/ };
      await refused(() => client.repository(here).tag('x', found), copy);
      const other = await new DockerRegistryClient(server.url).repository(here).image('first');
      await refused(() => client.repository(here).tag('x', other), copy);
      other.free();
      await refused(() => client.repository(here).tag('x', other), 'INVALID_ARGUMENT');
      assert.equal(await raw(server, here, 'x'), undefined);
    });
  });
}

// F85.
test('a missing blob is named by the registry', SOON, async () => {
  const server = await startDistribution();
  try {
    const repository = new DockerRegistryClient(server.url).repository('push/missing');
    const lost = artifact({ artifactType: 'a/b', layers: [blob('c/d', 'nowhere')] });
    const error = await refused(() => repository.pushManifest('x', lost.document), 'MANIFEST_BLOB_UNKNOWN');
    assert.ok(JSON.stringify(error.errors).includes(lost.document.layers[0].digest), JSON.stringify(error.errors));
    await refused(() => repository.pushManifest('x', index([first]).document), { status: 400 });
  } finally {
    await server.stop();
  }
});

// F88.
for (const [what, { storage, advice }] of Object.entries({
  'deletion is off': { storage: { delete: { enabled: false } }, advice: /storage\.delete\.enabled: true/ },
  'the registry is read-only': { storage: { maintenance: { readonly: { enabled: true } } }, advice: /or is read-only/ },
})) {
  test(`nothing is removed where ${what}`, SOON, async () => {
    const origin = await startDistribution();
    const server = await startDistribution({ data: origin.data, settings: { storage } });
    try {
      await pusher(origin.url).push('team/app', first, 'a');
      const { client, requests } = counting(server.url);
      const repository = client.repository('team/app');
      const unsupported = { code: 'UNSUPPORTED', status: 405, message: advice };
      await refused(() => repository.untag('a'), unsupported);
      await refused(() => repository.deleteManifest(first.digest, { force: true }), unsupported);
      assert.deepEqual((await raw(server, 'team/app', 'a')).bytes, first.bytes);
      assert.ok(!requests.some((line) => /^(PUT|POST)/.test(line)), requests.join('\n'));
      if (storage.maintenance) {
        await refused(() => repository.tag('b', 'a'), { status: 405, message: /the tag b does not exist/ });
      }
    } finally {
      await Promise.all([origin.stop(), server.stop()]);
    }
  });
}

test('skopeo, on the same sequence, takes the siblings with it', SOON, async () => {
  const server = await startDistribution();
  try {
    const push = pusher(server.url);
    for (const tag of ['a', 'b']) await push.push('team/peer', second, tag);
    const name = `docker://${new URL(server.url).host}/team/peer:a`;
    await run(find('skopeo'), ['delete', '--tls-verify=false', name]);
    assert.equal(await raw(server, 'team/peer', 'a'), undefined);
    assert.equal(await raw(server, 'team/peer', 'b'), undefined, 'skopeo deleted what both tags share');
  } finally {
    await server.stop();
  }
});
