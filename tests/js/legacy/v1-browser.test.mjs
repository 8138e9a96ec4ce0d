// A page of another origin on docker-registry 0.9.1, behind a proxy that knows CORS: with what it exposes, and with nothing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startCorsProxy } from '../../registries/cors-proxy.mjs';
import { fillV1, v1Image, v1Samples } from '../../registries/v1-images.mjs';
import { startV1 } from '../../registries/v1-server.mjs';
import { openBrowser } from '../package/support/browsers.mjs';
import { openPage, servePages } from '../support/pages.mjs';

const LONG = { timeout: 120_000 };
const tiny = v1Samples['acme/tiny'].latest;
const [top] = tiny.toReversed();

let pages;
let registry;
const proxies = {};
before(async () => {
  pages = await servePages();
  registry = await startV1();
  await fillV1(registry);
  const { origin } = pages;
  proxies.exposed = await startCorsProxy({
    registry: registry.url,
    origin,
    exposed: 'X-Docker-Size, X-Docker-Checksum-Payload',
  });
  proxies.hidden = await startCorsProxy({ registry: registry.url, origin, exposed: '' });
}, LONG);
after(async () => {
  await pages.stop();
  for (const server of [...Object.values(proxies), registry]) await server.stop();
});

for (const name of ['chrome', 'firefox']) {
  test(name, LONG, async (context) => {
    const inPage = await openPage(await openBrowser(context, name), pages.origin);
    for (const [kind, { url }] of Object.entries(proxies)) {
      const [image] = v1Image(`${name} ${kind}`, [{ run: 'page', files: [{ path: 'a', content: kind }] }]);
      const work = async ({ DockerRegistryClient }, url, document, layer) => {
        const client = new DockerRegistryClient(url);
        const repository = client.repository('acme/tiny');
        const found = await repository.image('latest');
        const made = client.repository('page/made');
        await made.tag('latest', await made.pushImage(document, new Blob([new Uint8Array(layer)])));
        await made.tag('gone', 'latest');
        await made.untag('gone');
        return {
          version: await client.apiVersion(),
          repositories: [...(await client.repositories('acme')).keys()].sort(),
          tags: (await repository.tags()).sort(),
          image: [found.id, 'digest' in found, found.digest === undefined, found.verified, found.size],
          ancestry: await found.ancestry(),
          layer: Array.from(await found.getLayer()),
          streamed: Array.from(new Uint8Array(await new Response(await found.layerStream(0)).arrayBuffer())),
          data: (await repository.data('1.0')).id,
          made: [await made.tags(), Array.from(await (await made.image('latest')).getLayer())],
          missing: await repository.image('nope').catch(({ code, status }) => ({ code, status })),
        };
      };
      assert.deepEqual(await inPage(work, url, image.document, Array.from(image.layer)), {
        version: 1,
        repositories: ['acme/large', 'acme/tiny'],
        tags: ['1.0', 'latest', 'on-arm'],
        image: [top.id, true, true, false, tiny.reduce((sum, { layer }) => sum + layer.length, 0)],
        ancestry: tiny.map(({ id }) => id).toReversed(),
        layer: Array.from(top.layer),
        streamed: Array.from(tiny[0].layer),
        data: top.id,
        made: [['latest'], Array.from(image.layer)],
        missing: { code: 'NOT_FOUND', status: 404 },
      });
    }
  });
}
