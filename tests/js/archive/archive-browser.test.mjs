// Archives in a page: a file that a user chose, a directory, and a download.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { image, index, layer } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { corsFor, startDistribution } from '../../registries/servers.mjs';
import { openBrowser } from '../package/support/browsers.mjs';
import { openPage, servePages } from '../support/pages.mjs';

const LONG = { timeout: 120_000 };
const one = (platform) => image([{ run: 'COPY a /', layer: layer([{ path: 'a', content: platform }]) }], { platform });
const images = { 'team/web': { 1: index([one('linux/amd64'), one('linux/arm64')]) } };

let pages;
let server;
before(async () => {
  pages = await servePages();
  server = await startDistribution({ headers: corsFor(pages.origin) });
  await fill(server, images);
}, LONG);
after(async () => {
  await pages.stop();
  await server.stop();
});

/** Saves an image, loads it from what a page can have, and saves it again. */
async function roundTrip({ DockerRegistryClient, isRegistryError }, url) {
  const client = new DockerRegistryClient(url);
  const names = ['example.com/web:1'];
  const save = (name) =>
    client
      .repository(name)
      .save('1', { names })
      .then((stream) => new Response(stream).blob());
  const archive = await save('team/web');
  const file = new File([archive], 'web.tar');
  const packed = await new Response(archive.stream().pipeThrough(new CompressionStream('gzip'))).blob();
  const done = [];
  // An input without webkitdirectory has such files.
  const chosen = new DataTransfer();
  chosen.items.add(file);
  const { files: list } = chosen;
  for (const [name, source] of Object.entries({ file, list, packed, stream: archive.stream(), gz: packed.stream() })) {
    const { digest } = await client.load(source, `by/${name}:1`);
    const again = new Uint8Array(await (await save(`by/${name}`)).arrayBuffer());
    const bytes = new Uint8Array(await archive.arrayBuffer());
    done.push([digest, again.length === bytes.length && again.every((byte, at) => byte === bytes[at])]);
  }
  const refused = await client.load(new File(['<html>'], 'login.html'), 'by/page:1').catch((error) => error);
  return { done, code: isRegistryError(refused) && refused.code };
}

test('chrome', LONG, async (context) => {
  const browser = await openBrowser(context, 'chrome');
  const inPage = await openPage(browser, pages.origin);
  const { done, code } = await inPage(roundTrip, server.url);
  assert.equal(done.length, 5);
  assert.deepEqual(
    done,
    done.map(() => [done[0][0], true]),
  );
  assert.equal(code, 'ARCHIVE_INVALID');
});
