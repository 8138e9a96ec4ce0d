// What deletes, moves or overwrites rests on what is there, and is done when it says so: on real registries that take broken
// manifests, leave tags behind, or stand behind a proxy that says otherwise.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';

import { image, index, layer, types } from '../../../www/registry/content.mjs';
import { startBehindNginx } from '../../registries/nginx.mjs';
import { eachOf, pusher } from '../../../www/registry/push.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { broken, fillBroken, leaveDangling } from '../../registries/unusual-images.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, realRegistries, refused } from '../support/support.mjs';

const make = (name, options) => image([{ run: name, layer: layer([{ path: name, content: name }]) }], options);
const first = make('first');
const second = make('second');

/** A server for one test. */
const with_ = async (starting, action) => {
  const server = await starting;
  try {
    await action(server, new DockerRegistryClient(server.url));
  } finally {
    await server.stop();
  }
};

/** Status of a tag, and the tag list, by plain fetch. */
async function raw(server, repository) {
  const get = (path) =>
    fetch(`${server.url}/v2/${repository}/${path}`, { headers: { accept: `${types.ociManifest}, ${types.ociIndex}` } });
  const list = await (await get('tags/list')).json();
  return { tags: (list.tags ?? []).sort(), status: async (tag) => (await get(`manifests/${tag}`)).status };
}

// C17: distribution 2.8 looks through all tags when it deletes a digest, and stumbles over those that are written meanwhile.
for (const [count, pushers] of [
  [24, 0],
  [24, 1],
  [96, 2],
]) {
  test(`${count} untags at the same time, ${pushers} others pushing`, { timeout: 120_000 }, async () => {
    await with_(startDistribution(), async (server, client) => {
      const { push, tagAs } = pusher(server.url);
      const name = 'races/untag';
      const tags = Array.from({ length: count }, (_, number) => `t${number}`);
      await push(name, first, 'kept');
      await eachOf(tags, (tag) => tagAs(name, first, tag));
      let over = false;
      const pushing = Array.from({ length: pushers }, async (_, who) => {
        for (let number = 0; !over; number += 1) await tagAs(name, first, `pushed-${who}-${number % 5}`);
      });
      const repository = client.repository(name);
      const ends = await Promise.allSettled(tags.map((tag) => repository.untag(tag)));
      over = true;
      await Promise.all(pushing);
      const left = await raw(server, name);
      const listed = (tag) => left.tags.includes(tag);
      for (const [at, end] of ends.entries()) {
        // Whoever resolves has it gone; who does not says so, and can be called again.
        assert.equal(end.status === 'fulfilled', !listed(tags[at]), `${tags[at]}: ${end.reason?.message}`);
      }
      for (const tag of left.tags.filter((one) => tags.includes(one))) await repository.untag(tag);
      assert.ok(ends.filter(({ status }) => status === 'fulfilled').length > count / 2);
      const now = await raw(server, name);
      assert.deepEqual(
        now.tags.filter((tag) => !tag.startsWith('pushed-')),
        ['kept'],
      );
      for (const tag of now.tags) assert.equal(await now.status(tag), 200, tag);
    });
  });
}

// A5.
test('a dangling tag is named, and can be removed', SOON, async () => {
  await with_(startDistribution(), async (server, client) => {
    const { push } = pusher(server.url);
    await push('dangling/tags', first, 'kept');
    await push('dangling/tags', second, 'gone');
    await leaveDangling(server, 'dangling/tags', second);
    const before = await raw(server, 'dangling/tags');
    assert.deepEqual([before.tags, await before.status('gone')], [['gone', 'kept'], 404]);
    const repository = client.repository('dangling/tags');
    const plan = await repository.planDelete(first.digest);
    assert.deepEqual([plan.tags, plan.dangling, plan.unread], [['kept'], ['gone'], []]);
    await repository.untag('gone');
    assert.deepEqual((await raw(server, 'dangling/tags')).tags, ['kept']);
    await refused(() => repository.untag('gone'), { status: 404 });
  });
});

for (const [registryName, start] of Object.entries(realRegistries)) {
  // A5.
  test(`${registryName}: broken manifests are read, tagged and untagged`, SOON, async () => {
    await with_(start(), async (server, client) => {
      const taken = await fillBroken(server, 'broken/all');
      assert.ok(taken.length > 3, taken.join());
      const repository = client.repository('broken/all');
      let problems = 0;
      for (const tag of taken) {
        const found = await repository.manifest(tag);
        assert.deepEqual([found.digest, Buffer.from(found.bytes)], [broken[tag].digest, broken[tag].bytes], tag);
        assert.ok(found.mediaType.includes('/'), tag);
        problems += found.problem === undefined ? 0 : 1;
        await repository.tag(`${tag}-too`, tag, { ifMatch: null });
        await repository.untag(tag);
        assert.equal((await repository.manifest(`${tag}-too`)).digest, broken[tag].digest);
      }
      assert.ok(problems > 2, `${problems} of ${taken}`);
      assert.deepEqual((await raw(server, 'broken/all')).tags, taken.map((tag) => `${tag}-too`).sort());
    });
  });

  // B14.
  test(`${registryName}: a placeholder manifest is an image that other clients can read`, SOON, async () => {
    await with_(start(), async (server) => {
      await pusher(server.url).push('placeholder/image', first, 'a');
      const sent = [];
      const client = new DockerRegistryClient(server.url, {
        fetch: async (input, init) => {
          // A small blob goes up in a POST where the registry takes it.
          if (init?.method === 'PUT' || init?.method === 'POST')
            sent.push({ url: String(input?.url ?? input), body: Buffer.from(init.body ?? []) });
          return fetch(input, init);
        },
      });
      await client.repository('placeholder/image').untag('a');
      const manifest = JSON.parse(sent.find(({ url }) => url.includes('/manifests/')).body);
      const unpacked = sent.find(({ body }) => body[0] === 0x1f && body[1] === 0x8b).body;
      assert.deepEqual(gunzipSync(unpacked), Buffer.alloc(1024));
      assert.equal(manifest.layers[0].size, unpacked.length);
      assert.equal(manifest.config.mediaType, 'application/vnd.oci.image.config.v1+json');
    });
  });
}

// A1: Nexus answers HEAD with 404, proxies take away what it tells.
for (const variant of [
  'head-404',
  'head-405',
  'head-200',
  'head-json',
  'head-octets',
  'head-html',
  'head-bare',
  'generic-manifests',
  'html-errors',
]) {
  test(`nothing is lost behind nginx: ${variant}`, SOON, async () => {
    const registry = await startDistribution();
    await with_(startBehindNginx(variant, registry), async (_server, client) => {
      const { push } = pusher(registry.url);
      const multi = index([first, second]);
      for (const tag of ['a', 'b', 'c']) await push('lies/head', first, tag);
      await push('lies/head', second, 'd');
      await push('lies/head', multi, 'multi');
      const repository = client.repository('lies/head');
      assert.equal((await repository.headManifest('a'))?.digest, first.digest);
      const plan = await repository.planDelete(first.digest);
      assert.deepEqual([plan.tags, plan.parents], [['a', 'b', 'c'], [multi.digest]]);
      await refused(() => repository.deleteManifest(first.digest), 'IN_USE');
      await refused(() => repository.tag('a', 'd', { ifMatch: null }), 'CONFLICT');
      await repository.tag('new', 'd', { ifMatch: null });
      await repository.untag('a');
      const left = await raw(registry, 'lies/head');
      assert.deepEqual(left.tags, ['b', 'c', 'd', 'multi', 'new']);
      for (const tag of left.tags) assert.equal(await left.status(tag), 200, tag);
      await repository.deleteManifest(first.digest, { force: true });
      assert.deepEqual((await raw(registry, 'lies/head')).tags, ['d', 'multi', 'new']);
    });
  });
}
