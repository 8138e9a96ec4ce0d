// Pushes in the page: archives and layouts that are dropped or chosen, and files as an artifact; what it is and what is there already.
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync, gzipSync } from 'node:zlib';

import { digestOf } from '../../www/registry/content.mjs';
import { fill } from '../../www/registry/fill.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { startDistribution, startFerro } from '../registries/servers.mjs';
import { digestAt, EXPECTED } from './support/actions.mjs';
import { audit } from './support/audit.mjs';
import { layoutOf, tarOf } from './support/archives.mjs';
import { axe } from './support/axe.mjs';
import { visitSite } from './support/scripted.mjs';
import { settled } from './support/views.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const web = samples['team/web']['2.0.0'];
const old = samples['team/web']['1.0.0'];
const hello = samples.hello.latest;

/** As `docker save` wrote before version 25: no layout, layers without compression. */
function dockerArchive() {
  const [config, layer] = hello.blobs;
  const hex = config.descriptor.digest.slice(7);
  const list = [{ Config: `${hex}.json`, RepoTags: ['team/hello:1.0'], Layers: ['aaaa/layer.tar'] }];
  return tarOf([
    [`${hex}.json`, config.bytes],
    ['aaaa/layer.tar', gunzipSync(layer.bytes)],
    ['manifest.json', Buffer.from(JSON.stringify(list))],
  ]);
}

let folder;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'push-'));
  const layout = layoutOf([
    [web, 'registry.example.com/team/web:2.0.0'],
    [old, 'registry.example.com/team/web:1.0.0'],
  ]);
  await writeFile(join(folder, 'images.tar'), tarOf(layout));
  await writeFile(join(folder, 'images.tar.gz'), gzipSync(tarOf(layout)));
  await writeFile(join(folder, 'docker.tar'), dockerArchive());
  await writeFile(join(folder, 'zstd.tar.zst'), Buffer.from('28b52ffd2000010000', 'hex'));
  await writeFile(join(folder, 'cut.tar'), tarOf(layoutOf([[hello, 'team/hello:cut']])).subarray(0, 1700));
  await writeFile(join(folder, 'lacking.tar'), tarOf(layoutOf([[hello, 'team/hello:lacking']]).slice(0, -1)));
  const [amd64, arm64] = web.children;
  const part = layoutOf([[web, 'team/part:1.0']]).filter(
    ([path]) => !web.children.some((one) => one !== amd64 && one !== arm64 && path.endsWith(one.digest.slice(7))),
  );
  await writeFile(join(folder, 'part.tar'), tarOf(part));
  await writeFile(join(folder, 'hello.txt'), 'hello\n');
  await writeFile(join(folder, 'bill.json'), '{}');
  for (const [path, bytes] of layoutOf([[hello, 'team/hello:layout']])) {
    const at = join(folder, 'layout', path);
    await mkdir(join(at, '..'), { recursive: true });
    await writeFile(at, bytes);
  }
});
after(() => rm(folder, { recursive: true, force: true }));

for (const name of browserNames) {
  describe(`pushes in ${name}`, () => {
    let browser;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    after(() => browser?.close());

    async function begin(t, path, start = startDistribution) {
      const registry = await start();
      t.after(registry.stop);
      await fill(registry, { 'team/old': { latest: old } });
      const visitor = await visitSite(t, browser, registry.url, path);
      await visitor.has('.drop');
      return [visitor, registry];
    }

    /** Through the browser's own file chooser. */
    async function choose(visitor, ...files) {
      const input = await visitor.page.waitForSelector('input[aria-label="Files to push"]');
      await input.uploadFile(...files.map((file) => join(folder, file)));
    }

    for (const [kind, start] of Object.entries({ distribution: startDistribution, ferro: startFerro })) {
      test(`an archive with two images: what it is, where it goes, what is there (${kind})`, SLOW, async (t) => {
        const [visitor, registry] = await begin(t, '#/push/team/new', start);
        await choose(visitor, 'images.tar');
        await visitor.sees(
          '2 images',
          'registry.example.com/team/web:2.0.0',
          /linux\/amd64, linux\/arm64\/v8, linux\/arm\/v7/,
        );
        await visitor.until(settled);
        assert.deepEqual(await visitor.page.evaluate(audit), []);
        assert.deepEqual(await axe(visitor), []);
        assert.equal(await visitor.page.$eval('#push-repository', (input) => input.value), 'team/new');
        await visitor.press('Look at the target');
        // ferro has its blobs for all repositories.
        await visitor.sees('2.0.0 is new', /\d of 12 blobs; \d\.\d+ MB to send/);
        await visitor.press('Push');
        await visitor.sees(/Pushed \d+ blobs/);
        assert.equal(await digestAt(registry, 'team/new', '2.0.0'), web.digest);

        // The other image of the same archive, onto the tag that is there now.
        await choose(visitor, 'images.tar');
        await visitor.press('registry.example.com/team/web:1.0.0');
        await visitor.fill('Tag', '2.0.0');
        await visitor.press('Look at the target');
        await visitor.sees(`2.0.0 points to ${web.digest.slice(0, 19)} now`, /\d of 6 blobs/);
        await visitor.press('Move 2.0.0, which points elsewhere');
        await visitor.press('Push');
        await visitor.has('.tray li:first-child .good');
        assert.equal(await digestAt(registry, 'team/new', '2.0.0'), old.digest);
        await visitor.isContent({ except: EXPECTED });
      });
    }

    test('dropped: an archive that is compressed, and the docker format', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/push');
      await drop(visitor, 'images.tar.gz', gzipSync(tarOf(layoutOf([[web, 'registry.example.com/team/web:2.0.0']]))));
      await visitor.sees('1 image', /linux\/amd64, linux\/arm64/);
      assert.equal(await visitor.page.$eval('#push-repository', (input) => input.value), 'team/web');
      await visitor.press('Look at the target');
      await visitor.press('Push');
      await visitor.has('.tray .transfer-note.good');
      assert.equal(await digestAt(registry, 'team/web', '2.0.0'), web.digest);

      await drop(visitor, 'docker.tar', dockerArchive());
      await visitor.sees('1 image', 'team/hello:1.0', /linux\/amd64 · .* in 2 blobs/);
      await visitor.press('Look at the target');
      await visitor.sees('1.0 is new', /0 of 2 blobs/);
      await visitor.press('Push');
      await visitor.has('.tray li:first-child .good');
      assert.ok(await digestAt(registry, 'team/hello', '1.0'));
      await visitor.press('Show team/hello:1.0');
      await visitor.has('.view h1', 'team/hello:1.0');
      await visitor.sees(hello.id);
      await visitor.isContent({ except: EXPECTED });
    });

    /** Firefox's protocol cannot choose a folder. */
    if (name === 'Chromium')
      test('a folder with an OCI image layout', SLOW, async (t) => {
        const [visitor, registry] = await begin(t, '#/push/team/layout');
        const input = await visitor.page.waitForSelector('input[aria-label="Folder to push"]');
        await input.uploadFile(join(folder, 'layout'));
        await visitor.sees('1 image', 'team/hello:layout');
        await visitor.press('Look at the target');
        await visitor.press('Push');
        await visitor.has('.tray .transfer-note.good');
        assert.equal(await digestAt(registry, 'team/layout', 'layout'), hello.digest);
        await visitor.isContent({ except: EXPECTED });
      });

    test('files become an artifact, with their types, and refer to an image', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/push/team/old');
      await choose(visitor, 'hello.txt', 'bill.json');
      await visitor.sees('2 files, 8 B');
      await visitor.fill('Media type of hello.txt', 'text/x-greeting');
      await visitor.fill('Artifact type', 'application/vnd.example.files');
      await visitor.fill('Tag optional', 'files');
      await visitor.fill('Refers to optional', 'latest');
      await visitor.until(settled);
      assert.deepEqual(await visitor.page.evaluate(audit), []);
      assert.deepEqual(await axe(visitor), []);
      await visitor.press('Push the files');
      await visitor.has('.tray .transfer-note', 'Pushed 2 files');
      const response = await fetch(`${registry.url}/v2/team/old/manifests/files`, {
        headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
      });
      const { artifactType, layers, subject } = await response.json();
      assert.equal(artifactType, 'application/vnd.example.files');
      assert.equal(subject.digest, old.digest);
      assert.deepEqual(
        layers.map(({ mediaType, digest, annotations }) => [
          mediaType,
          digest,
          annotations['org.opencontainers.image.title'],
        ]),
        [
          ['text/x-greeting', digestOf('hello\n'), 'hello.txt'],
          ['application/json', digestOf('{}'), 'bill.json'],
        ],
      );
      // Once more, onto the tag that is there: after a question.
      await choose(visitor, 'hello.txt');
      await visitor.fill('Tag optional', 'latest');
      await visitor.press('Push the files');
      await visitor.sees(`latest points to ${old.digest.slice(0, 19)} now.`);
      assert.equal(await digestAt(registry, 'team/old', 'latest'), old.digest);
      await visitor.press('Move latest');
      await visitor.press('Push');
      await visitor.has('.tray .transfer-note', 'Pushed 1 file');
      assert.notEqual(await digestAt(registry, 'team/old', 'latest'), old.digest);
      await visitor.isContent({ except: EXPECTED });
    });

    test('what is no archive, and what it lacks, is said', SLOW, async (t) => {
      const [visitor] = await begin(t, '#/push/team/odd');
      await choose(visitor, 'zstd.tar.zst');
      await visitor.sees('1 file, 9 B', 'This is pushed as a file, because it is no archive of images');
      await choose(visitor, 'cut.tar');
      await visitor.sees('1 file, 1.70 kB', 'This is pushed as a file, because it is no archive of images');
      await choose(visitor, 'lacking.tar');
      await visitor.sees('1 image', 'team/hello:lacking', /This image cannot be pushed: .*lacks the blob/);
      assert.equal(await visitor.page.$eval('.push-images ~ .actions .primary', (button) => button.disabled), true);
      await visitor.isContent({ except: EXPECTED });
    });

    test('of an index whose images are not all in the archive, one platform is pushed', SLOW, async (t) => {
      const [visitor, registry] = await begin(t, '#/push');
      await choose(visitor, 'part.tar');
      await visitor.sees('team/part:1.0', 'The archive does not have the images of all platforms.');
      assert.deepEqual(await visitor.texts('#push-platform-0 option'), ['linux/amd64', 'linux/arm64/v8']);
      assert.deepEqual(await axe(visitor), []);
      await visitor.page.select('#push-platform-0', 'linux/arm64/v8');
      await visitor.press('Look at the target');
      await visitor.sees('1.0 is new');
      await visitor.press('Push');
      await visitor.has('.tray .transfer-note.good');
      assert.equal(await digestAt(registry, 'team/part', '1.0'), web.children[1].digest);
      await visitor.isContent({ except: EXPECTED });
    });

    test('hostile names in an archive stay text', SLOW, async (t) => {
      const [visitor] = await begin(t, '#/push');
      const odd = '<img src=x onerror="globalThis.pwned=true">\u202Egpj.exe:__proto__';
      await drop(visitor, odd.slice(0, 43), tarOf(layoutOf([[hello, odd]])));
      await visitor.sees('<img src=x onerror="globalThis.pwned=true">\\u202egpj.exe:__proto__');
      assert.equal(await visitor.page.evaluate(() => globalThis.pwned), undefined);
      assert.equal(await visitor.page.$('main img'), null);
      await drop(visitor, '<b>__proto__</b>', Buffer.from('x'));
      await visitor.sees('1 file, 1 B', '<b>__proto__</b>');
      assert.doesNotMatch(await visitor.page.evaluate(() => document.documentElement.outerHTML), /\u202e/);
      await visitor.isContent({ except: EXPECTED });
    });
  });
}

/** As a person drops a file: the page gets an event with it. */
async function drop(visitor, file, bytes) {
  await visitor.has('.drop');
  await visitor.page.evaluate(
    (title, base64) => {
      const data = new DataTransfer();
      data.items.add(new File([Uint8Array.from(atob(base64), (one) => one.charCodeAt(0))], title));
      const zone = document.querySelector('.drop');
      for (const type of ['dragover', 'drop'])
        zone.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    },
    file,
    bytes.toString('base64'),
  );
}
