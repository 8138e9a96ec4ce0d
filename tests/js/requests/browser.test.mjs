// The packed package in a page of another origin: what CORS hides, and what it refuses.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startCorsProxy } from '../../registries/cors-proxy.mjs';
import { fill, fillListings, manyRepositories, manyTags } from '../../../www/registry/fill.mjs';
import { freePort } from '../../../www/registry/process.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { corsFor, corsHidden, credentials, startDistribution, startFerro } from '../../registries/servers.mjs';
import { openBrowser } from '../package/support/browsers.mjs';
import { openPage, servePages } from '../support/pages.mjs';
import { imagesIn } from '../support/support.mjs';

const LONG = { timeout: 120_000 };
const [web] = imagesIn(samples['team/web'].latest);
const index = samples['team/web'].latest;

let pages;
let origin;
const servers = {};
before(async () => {
  pages = await servePages();
  ({ origin } = pages);

  servers.careful = await startDistribution({ headers: corsFor(origin) });
  await fill(servers.careful, samples);
  await fillListings(servers.careful);
  const { data } = servers.careful;
  servers.hidden = await startDistribution({ data, headers: corsHidden });
  servers.without = await startDistribution({ data });
  servers.basic = await startDistribution({ data, auth: 'basic' });
  servers.proxied = await startCorsProxy({ registry: servers.basic.url, origin });
  servers.ferro = await startFerro();
  await fillListings(servers.ferro);
  servers.ferroProxied = await startCorsProxy({ registry: servers.ferro.url, origin });
  servers.ferroHidden = await startCorsProxy({ registry: servers.ferro.url, origin, exposed: '' });
}, LONG);
after(async () => {
  await pages.stop();
  for (const server of Object.values(servers).reverse()) await server.stop();
});

for (const name of ['chrome', 'firefox']) {
  test(name, LONG, async (context) => {
    const browser = await openBrowser(context, name);
    const inPage = await openPage(browser, origin);
    const step = (title, task) => context.test(title, LONG, task);

    const readAll = async ({ DockerRegistryClient }, url, options) => {
      const client = new DockerRegistryClient(url, options);
      const repository = client.repository('team/web');
      const image = await repository.image('latest');
      const listOf = async (pages) => {
        const all = [];
        for await (const item of pages) all.push(item);
        return all;
      };
      const hex = async (bytes) =>
        Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (byte) =>
          byte.toString(16).padStart(2, '0'),
        ).join('');
      const range = new Uint8Array(
        await new Response(await repository.blob(image.layers[0].digest, { range: [10, 19] })).arrayBuffer(),
      );
      const head = await repository.headManifest('latest');
      return {
        version: await client.apiVersion(),
        repositories: [...(await client.repositories('many')).keys()]
          .filter((name) => name.startsWith('many/r'))
          .sort(),
        paged: (await listOf(client.catalog({ pageSize: 25 }))).filter((name) => name.startsWith('many/r')).sort(),
        tags: (await client.repository('many/tags').tags()).sort(),
        data: (await repository.data('latest')).digest,
        head: { digest: head.digest, size: head.size, mediaType: head.mediaType },
        image: { id: image.id, digest: image.digest, layers: image.layers.map(({ digest }) => digest) },
        layer: `sha256:${await hex(await image.getLayer(1))}`,
        streamed: `sha256:${await hex(await new Response(await image.layerStream(1)).arrayBuffer())}`,
        range: Array.from(range),
      };
    };
    const expected = {
      version: 2,
      repositories: manyRepositories,
      paged: manyRepositories,
      tags: manyTags.toSorted(),
      data: index.digest,
      head: { digest: index.digest, size: index.size, mediaType: index.mediaType },
      image: { id: web.id, digest: web.digest, layers: web.document.layers.map(({ digest }) => digest) },
      layer: web.layers[1].descriptor.digest,
      streamed: web.layers[1].descriptor.digest,
      range: Array.from(web.layers[0].bytes.subarray(10, 20)),
    };

    await step('a registry that exposes what a page needs', async () => {
      assert.deepEqual(await inPage(readAll, servers.careful.url), expected);
    });

    await step('Link and Docker-Content-Digest hidden: everything is listed, every digest computed', async () => {
      assert.deepEqual(await inPage(readAll, servers.hidden.url), expected);
    });

    await step('basic authentication, behind a proxy that adds CORS', async () => {
      assert.deepEqual(await inPage(readAll, servers.proxied.url, credentials), expected);
      const { failed } = await inPage(readAll, servers.proxied.url);
      assert.deepEqual([failed.code, failed.status], ['UNAUTHORIZED', 401]);
    });

    await step('tags in pages, with Link and without', async () => {
      const pages = async ({ DockerRegistryClient }, url) => {
        const all = [];
        for await (const tag of new DockerRegistryClient(url).repository('many/tags').eachTag({ pageSize: 25 }))
          all.push(tag);
        return all.sort();
      };
      assert.deepEqual(await inPage(pages, servers.ferroProxied.url), manyTags.toSorted());
      assert.deepEqual(await inPage(pages, servers.ferroHidden.url), manyTags.toSorted());
    });

    const check = async ({ DockerRegistryClient }, url) => new DockerRegistryClient(url).checkStatus();

    await step('dead port', async () => {
      const { failed } = await inPage(check, `http://127.0.0.1:${await freePort()}`);
      assert.equal(failed.code, 'CORS_OR_NETWORK');
      assert.match(failed.message, /does not answer/);
    });

    await step('CORS refused', async () => {
      const { failed } = await inPage(check, servers.without.url);
      assert.equal(failed.code, 'CORS_OR_NETWORK');
      assert.match(failed.message, /CORS/);
    });

    await step('CORS refused, with a fetch of the page’s own', async () => {
      const through = async ({ DockerRegistryClient }, url, isHost) => {
        const counted = Object.assign((...request) => fetch(...request), { isHost });
        await new DockerRegistryClient(url, { fetch: counted }).checkStatus();
      };
      const [said, unsaid] = await Promise.all([true, false].map((is) => inPage(through, servers.without.url, is)));
      assert.match(said.failed.message, /answers, but does not let pages/);
      assert.match(unsaid.failed.message, /cannot be reached, or does not let pages/);
    });

    await step('a preflight that is refused', async () => {
      const { failed } = await inPage(readAll, servers.basic.url, credentials);
      assert.equal(failed.code, 'CORS_OR_NETWORK');
    });

    await step('unknown tag, bad grammar, abort', async () => {
      const outcome = await inPage(async ({ DockerRegistryClient, RegistryError }, url) => {
        const client = new DockerRegistryClient(url);
        const repository = client.repository('team/web');
        const codeOf = (promise) =>
          promise.then(
            () => 'nothing',
            (error) => (error instanceof RegistryError ? error.code : String(error)),
          );
        const controller = new AbortController();
        const aborted = codeOf(repository.tags({ signal: controller.signal }));
        controller.abort('mine');
        return [
          await codeOf(repository.image('no-such-tag')),
          await codeOf(repository.image('a b')),
          await aborted,
          (await repository.tags()).length,
        ];
      }, servers.careful.url);
      assert.deepEqual(outcome, [
        'MANIFEST_UNKNOWN',
        'INVALID_REFERENCE',
        'mine',
        Object.keys(samples['team/web']).length,
      ]);
    });
  });
}
