// Blobs pushed from pages of another origin, which must see where an upload goes on.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { startCorsProxy } from '../../registries/cors-proxy.mjs';
import { startBehindNginx } from '../../registries/nginx.mjs';
import { corsFor, corsHidden, credentials, startDistribution, startFerro } from '../../registries/servers.mjs';
import { openBrowser } from '../package/support/browsers.mjs';
import { openPage, servePages } from '../support/pages.mjs';

const LONG = { timeout: 120_000 };

let pages;
let origin;
const servers = {};
before(async () => {
  pages = await servePages();
  ({ origin } = pages);
  servers.careful = await startDistribution({ headers: corsFor(origin) });
  servers.prefixed = await startBehindNginx('prefix', await startDistribution({ headers: corsFor(origin) }));
  servers.hidden = await startDistribution({ headers: corsHidden });
  servers.basic = await startDistribution({ auth: 'basic' });
  servers.proxied = await startCorsProxy({ registry: servers.basic.url, origin });
  servers.ferro = await startFerro();
  servers.ferroProxied = await startCorsProxy({ registry: servers.ferro.url, origin });
  servers.ferroHidden = await startCorsProxy({ registry: servers.ferro.url, origin, exposed: '' });
}, LONG);
after(async () => {
  await pages.stop();
  for (const server of Object.values(servers).reverse()) await server.stop();
});

/** Pushes so many bytes in a form, and reads them back. */
async function pushAndRead({ DockerRegistryClient }, url, options, form, length, chunkSize) {
  const repository = new DockerRegistryClient(url, options).repository('from/page');
  const bytes = new Uint8Array(length);
  const seed = Math.floor(Math.random() * 1e9);
  for (let at = 0; at < length; at += 1) bytes[at] = (at * 31 + seed) >> (at % 13);
  const data = { bytes: () => bytes, file: () => new File([bytes], 'x'), stream: () => new Blob([bytes]).stream() }[
    form
  ]();
  const pushed = await repository.pushBlob(data, chunkSize === null ? {} : { chunkSize });
  const back = new Uint8Array(await new Response(await repository.blob(pushed.digest)).arrayBuffer());
  return pushed.size === length && back.every((byte, at) => byte === bytes[at]);
}

/** Pushes bytes whose buffer goes elsewhere meanwhile, and streams of such; what came of each, and what escaped. */
async function pushDetached({ DockerRegistryClient, isRegistryError }, url) {
  const escaped = [];
  const note = (event) => escaped.push(String(event.reason ?? event.error ?? event.message));
  addEventListener('error', note);
  addEventListener('unhandledrejection', note);
  const repository = new DockerRegistryClient(url).repository('from/page');
  const take = ({ buffer }) => structuredClone(buffer, { transfer: [buffer] });
  const gone = () => {
    const chunk = new Uint8Array(100);
    take(chunk);
    return chunk;
  };
  const codes = [];
  const push = async (data, meanwhile) => {
    const pushed = repository.pushBlob(data);
    meanwhile?.();
    codes.push(
      await pushed.then(
        ({ size }) => size,
        (error) => (isRegistryError(error) ? `${error.code} ${/detached/.test(error.message)}` : String(error)),
      ),
    );
  };
  await push(new Uint8Array());
  const bytes = new Uint8Array(5_000_000);
  await push(bytes, () => take(bytes));
  await push(gone());
  const stream = (chunks) =>
    new ReadableStream({
      pull: (controller) => (chunks.length > 0 ? controller.enqueue(chunks.shift()) : controller.close()),
    });
  await push(stream([new Uint8Array(10), gone(), new Uint8Array(10)]));
  const late = new Uint8Array(10);
  await push(stream([late, new Uint8Array(10)]), () => take(late));
  const resizable = new Uint8Array(new ArrayBuffer(20, { maxByteLength: 40 }));
  await push(resizable, () => resizable.buffer.resize(2));
  await push(stream([new Uint8Array(new ArrayBuffer(20, { maxByteLength: 40 }))]));
  await new Promise((resolve) => setTimeout(resolve, 50));
  removeEventListener('error', note);
  removeEventListener('unhandledrejection', note);
  return { codes, escaped };
}

for (const name of ['chrome', 'firefox']) {
  test(name, LONG, async (context) => {
    const browser = await openBrowser(context, name);
    const inPage = await openPage(browser, origin);
    const step = (title, task) => context.test(title, LONG, task);

    for (const [title, server, options] of [
      // It lets a page send anything but Content-Range.
      ['distribution with its own CORS settings', 'careful', {}],
      ['distribution with Basic, behind a proxy', 'proxied', credentials],
      ['ferro behind a proxy', 'ferroProxied', {}],
      ['distribution below a path that it does not know of', 'prefixed', {}],
    ]) {
      await step(title, async () => {
        for (const form of ['bytes', 'file', 'stream']) {
          for (const [length, chunkSize] of [
            [0, null],
            [1, null],
            [300_000, 100_000],
            [5_000_000, null],
          ]) {
            const done = await inPage(pushAndRead, servers[server].url, options, form, length, chunkSize);
            assert.equal(done, true, `${form} of ${length}: ${JSON.stringify(done)}`);
          }
        }
      });
    }

    await step('buffers that are detached meanwhile', async () => {
      const { codes, escaped } = await inPage(pushDetached, servers.careful.url);
      assert.deepEqual(escaped, []);
      assert.deepEqual(codes, [0, 'SOURCE true', 'INVALID_ARGUMENT true', 'SOURCE true', 'SOURCE true', 20, 20]);
    });

    await step(
      'Location hidden: said so, and what fits into one request goes up where the registry can do that',
      async () => {
        const { failed } = await inPage(pushAndRead, servers.hidden.url, {}, 'bytes', 1000, null);
        assert.equal(failed.code, 'UNSUPPORTED');
        assert.match(failed.message, /Location in Access-Control-Expose-Headers/);
        assert.equal(await inPage(pushAndRead, servers.ferroHidden.url, {}, 'stream', 1000, null), true);
        const long = await inPage(pushAndRead, servers.ferroHidden.url, {}, 'stream', 5_000_000, null);
        assert.equal(long.failed.code, 'UNSUPPORTED');
      },
    );
  });
}
