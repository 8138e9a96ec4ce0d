// Registries and proxies whose tags and lists may be kept by a browser: what changed elsewhere must be seen in a page all the same.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { image, layer } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { startBehindNginx } from '../../registries/nginx.mjs';
import { json, send, startScripted } from '../../registries/scripted.mjs';
import { corsFor, startDistribution } from '../../registries/servers.mjs';
import { openBrowser } from '../package/support/browsers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { openPage, servePages } from '../support/pages.mjs';

const LONG = { timeout: 120_000 };
const [first, second] = ['1', '2'].map((content) =>
  image([{ run: 'COPY one /', layer: layer([{ path: 'one', content }]) }]),
);

let pages;
const servers = {};
before(async () => {
  pages = await servePages();
  for (const variant of ['max-age', 'last-modified']) {
    const registry = await startDistribution({ headers: corsFor(pages.origin) });
    servers[variant] = await startBehindNginx(variant, registry);
  }
  servers.scripted = await startScripted();
}, LONG);
after(async () => {
  await pages.stop();
  for (const server of Object.values(servers).reverse()) await server.stop();
});

/** What a page sees of a tag and its list. */
async function look({ DockerRegistryClient: Client }, url, name) {
  const repository = new Client(url).repository(name);
  const [tags, manifest, head] = [
    await repository.tags(),
    await repository.manifest('latest'),
    await repository.headManifest('latest'),
  ];
  return { tags, digest: manifest.digest, head: head.digest };
}

async function change({ DockerRegistryClient: Client }, url, name, call, ...args) {
  await new Client(url).repository(name)[call](...args);
  return 'done';
}

for (const name of ['chrome', 'firefox']) {
  test(name, LONG, async (context) => {
    const browser = await openBrowser(context, name);
    const inPage = await openPage(browser, pages.origin);
    const step = (title, task) => context.test(title, LONG, task);

    for (const variant of ['max-age', 'last-modified']) {
      await step(`tags and lists behind nginx with ${variant}`, async () => {
        const { url, registry } = servers[variant];
        const repository = `cached/${name}`;
        const elsewhere = new DockerRegistryClient(registry.url).repository(repository);
        await fill(registry, { [repository]: { latest: first } });
        // Whatever the browser may keep, it has now; also what the page itself asked for by a plain fetch.
        await inPage(async (_, ...urls) => {
          for (const each of urls) await fetch(each);
        }, `${url}/v2/${repository}/tags/list?n=1000`);
        const before = await inPage(look, url, repository);
        assert.deepEqual(before, { tags: ['latest'], digest: first.digest, head: first.digest });

        await fill(registry, { [repository]: { latest: second, other: first } });
        const now = await inPage(look, url, repository);
        assert.deepEqual(
          { ...now, tags: now.tags.sort() },
          { tags: ['latest', 'other'], digest: second.digest, head: second.digest },
        );

        assert.equal(await inPage(change, url, repository, 'tag', 'stable', 'latest'), 'done');
        assert.equal((await elsewhere.headManifest('stable')).digest, second.digest);
        assert.equal(await inPage(change, url, repository, 'untag', 'stable'), 'done');
        assert.deepEqual((await elsewhere.tags()).sort(), ['latest', 'other']);
        assert.equal((await elsewhere.headManifest('latest')).digest, second.digest);
      });
    }

    await step('no request more, and no preflight', async () => {
      const { scripted } = servers;
      const cors = { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=600' };
      const digest = first.layers[0].descriptor.digest;
      scripted.requests = [];
      scripted.script = {
        '/v2/': json({}, cors),
        '/v2/a/b/tags/list': json({ tags: ['x'] }, cors),
        [`/v2/a/b/blobs/${digest}`]: send(first.layers[0].bytes, cors),
      };
      const read = await inPage(
        async ({ DockerRegistryClient: Client }, url, wanted) => {
          const lengths = [];
          for (let round = 0; round < 2; round += 1) {
            const repository = new Client(url).repository('a/b');
            await repository.tags();
            lengths.push((await new Response(await repository.blob(wanted)).arrayBuffer()).byteLength);
          }
          return lengths;
        },
        scripted.url,
        digest,
      );
      assert.deepEqual(read, [first.layers[0].bytes.length, first.layers[0].bytes.length]);
      const of = (method, part) =>
        scripted.requests.filter(({ url, method: is }) => is === method && url.includes(part)).length;
      assert.equal(of('OPTIONS', ''), 0);
      assert.ok(of('GET', 'tags/list') >= 2, 'asked each time');
      assert.equal(of('GET', 'blobs/'), 1, 'content by digest may come from the cache');
    });

    await step('a cached refusal is asked for once more', async () => {
      const { scripted } = servers;
      const cors = { 'access-control-allow-origin': '*', 'cache-control': 'public, max-age=600' };
      const { bytes, descriptor } = second.layers[0];
      const path = `/v2/c/d/blobs/${descriptor.digest}`;
      const isThere = async () =>
        inPage(
          async ({ DockerRegistryClient: Client }, url, wanted) =>
            (await new Response(await new Client(url).repository('c/d').blob(wanted)).arrayBuffer()).byteLength,
          scripted.url,
          descriptor.digest,
        );
      scripted.script = { '/v2/': json({}, cors), [path]: json({ errors: [] }, { status: 404, ...cors }) };
      assert.equal((await isThere()).failed.status, 404);
      scripted.script = { '/v2/': json({}, cors), [path]: send(bytes, cors) };
      assert.equal(await isThere(), bytes.length);
    });
  });
}
