// Manifests of schema 1 in pages: WebCrypto is theirs in a secure context only.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { fill } from '../../../www/registry/fill.mjs';
import { keyFor, schema1Image, signed, signedContent } from '../../registries/schema1.mjs';
import { startScripted } from '../../registries/scripted.mjs';
import { corsFor, startDistribution } from '../../registries/servers.mjs';
import { openBrowser } from '../package/support/browsers.mjs';
import { openPage, servePages } from '../support/pages.mjs';

const LONG = { timeout: 120_000 };
const old = schema1Image('old/web', 'v1', [
  { run: 'ADD base', files: { base: 'base' } },
  { run: 'CMD sh', config: { Cmd: ['sh'] } },
]);
const keys = ['ES256', 'ES384', 'ES512', 'RS256'].map(keyFor);
const cors = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'accept' };

let pages;
let server;
let scripted;
before(async () => {
  pages = await servePages();
  server = await startDistribution({ headers: corsFor(pages.origin) });
  await fill(server, { 'old/web': { v1: signedContent(old) } });
  const good = signed(old.payload, keys);
  const bad = Buffer.from(good.toString().replace('"tag": "v1"', '"tag": "v2"'));
  scripted = await startScripted((request, response) => {
    const type = { 'content-type': old.mediaType, ...cors };
    response.writeHead(200, type).end(request.method === 'OPTIONS' ? '' : request.url.endsWith('/bad') ? bad : good);
  });
}, LONG);
after(() => Promise.all([pages, server, scripted].map((one) => one.stop())));

for (const name of ['chrome', 'firefox']) {
  test(name, LONG, async (context) => {
    const browser = await openBrowser(context, name);
    const inPage = await openPage(browser, pages.origin);
    const step = (title, task) => context.test(title, LONG, task);

    await step('every algorithm; what was tampered with', async () => {
      const read = async ({ DockerRegistryClient }, url, tag, options) => {
        const warnings = [];
        const client = new DockerRegistryClient(url, { ...options, onWarning: (text) => warnings.push(text) });
        const { digest, signatures } = await client.repository('a').manifest(tag);
        return { digest, signatures, warnings: warnings.length };
      };
      const facts = (verified) => keys.map(({ algorithm, id }) => ({ keyId: id, algorithm, verified }));
      assert.deepEqual(await inPage(read, scripted.url, 'good', {}), {
        digest: old.digest,
        signatures: facts(true),
        warnings: 0,
      });
      assert.equal((await inPage(read, scripted.url, 'bad', {})).failed.code, 'SIGNATURE_INVALID');
      const taken = await inPage(read, scripted.url, 'bad', { unverifiedSchema1: 'warn' });
      assert.deepEqual([taken.signatures, taken.warnings], [facts(false), 1]);
    });

    await step('an image; pushed, signed here; converted', async () => {
      const done = await inPage(
        async ({ DockerRegistryClient }, url, document, name) => {
          const client = new DockerRegistryClient(url);
          const repository = client.repository('old/web');
          const image = await repository.image('v1');
          const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-521' }, false, [
            'sign',
            'verify',
          ]);
          const pushed = [];
          for (const signingKey of [undefined, pair]) {
            const { digest } = await repository.pushManifest(`by-${name}`, document, { signingKey });
            pushed.push((await repository.manifest(`by-${name}`)).digest === digest);
          }
          await client.copy('old/web:v1', `new/${name}:v1`, { schema1: 'oci' });
          const { rootfs } = await (await client.repository(`new/${name}`).image('v1')).getJson();
          return { ids: await image.ancestry(), pushed, rootfs };
        },
        server.url,
        old.document,
        name,
      );
      const rootfs = { type: 'layers', diff_ids: [old.layers[1].diffId] };
      assert.deepEqual(done, { ids: old.ids, pushed: [true, true], rootfs });
    });
  });
}
