// The files of an image on the page: its layers, what they change and delete, one file in full, and how much is read for it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { image, layer } from '../../www/registry/content.mjs';
import { fill } from '../../www/registry/fill.mjs';
import { noise } from '../../www/registry/sample-images.mjs';
import { fileSamples, hostileNames, notes, script } from '../../www/registry/sample-files.mjs';
import { startDistribution } from '../registries/servers.mjs';
import { fillV1, v1Samples } from '../registries/v1-images.mjs';
import { content, json } from '../registries/scripted.mjs';
import { startV1 } from '../registries/v1-server.mjs';
import { drips, eventually, visitScripted, visitSite } from './support/scripted.mjs';
import { settled } from './support/views.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const FILES = '#/repo/office/notes/tag/1.1/files';
const { 1.1: sample } = fileSamples['office/notes'];
const MANY = 50_000;
const many = image([
  {
    run: 'COPY many /',
    layer: layer(
      Array.from({ length: MANY }, (_, at) => ({
        path: `many/${at % 50}/file-${at}.txt`,
        content: at === 7 ? '7' : '',
      })),
    ),
  },
]);

const large = image([{ run: 'COPY large /', layer: layer([{ path: 'large', content: noise(5_000_000) }]) }]);
const [layerOfLarge] = large.layers;
const layerPath = `/v2/large/blobs/${layerOfLarge.descriptor.digest}`;
/** A registry of one image, whose layer is as a test says. */
const withLayer = (answer) => ({
  '/v2/_catalog': json({ repositories: ['large'] }),
  '/v2/large/manifests/latest': content(large),
  [`/v2/large/manifests/${large.digest}`]: content(large),
  [`/v2/large/blobs/${large.id}`]: content(large.blobs[0]),
  [layerPath]: answer,
});

for (const name of browserNames) {
  describe(`the files of an image in ${name}`, () => {
    let browser;
    let registry;
    let v1;
    before(async () => {
      [browser, registry, v1] = await Promise.all([openBrowser(name), startDistribution(), startV1()]);
      await fill(registry, { ...fileSamples, 'office/many': { latest: many } });
      await fillV1(v1);
    }, SLOW);
    after(() => Promise.all([browser?.close(), registry?.stop(), v1?.stop()]));

    async function visit(t, path, { url } = registry, options = {}) {
      const visitor = await visitSite(t, browser, url, path, options);
      await visitor.has('.view h1');
      await visitor.until(settled);
      return visitor;
    }
    const names = (visitor) => visitor.texts('.file-row .row-name');
    /** The requests for blobs that the page has made, as `{ digest, range }`. */
    const blobs = (visitor) =>
      visitor.page.evaluate(() =>
        performance
          .getEntriesByType('resource')
          .map(({ name }) => /\/blobs\/(sha256:[0-9a-f]{64})/.exec(name)?.[1])
          .filter(Boolean),
      );

    test('says what it would read, and reads nothing before', SLOW, async (t) => {
      const visitor = await visit(t, FILES);
      await visitor.sees('Lists the files. Reads 6 layers, 10.8 MB.');
      const layers = sample.layers.map(({ descriptor }) => descriptor.digest);
      assert.deepEqual(
        (await blobs(visitor)).filter((one) => layers.includes(one)),
        [],
      );
      await visitor.press('Read 6 layers, 10.8 MB');
      await visitor.sees('19 files');
      const read = (await blobs(visitor)).length;
      // What was read once is not read again.
      await visitor.page.click('.rail a[href*="layer=5"]');
      await visitor.has('.mark-changed', 'changed');
      await visitor.press('Up to here');
      await visitor.has('.pill[aria-current]', 'Up to here');
      await visitor.has('.mark-gone', 'gone');
      assert.equal((await blobs(visitor)).length, read);
      await visitor.isContent();
    });

    test('a layer alone, then compared with those below: new, changed, gone', SLOW, async (t) => {
      const visitor = await visit(t, `${FILES}?layer=5`);
      await visitor.sees('What is new or changed is known when the layers below are read, too.');
      assert.deepEqual(await names(visitor), ['srv', 'empty', 'new.txt', 'notes.md', 'var', 'lib', 'dpkg', 'status']);
      assert.deepEqual(await visitor.texts('.mark'), ['gone']);
      await visitor.press('Read 5 layers, 10.8 MB');
      await visitor.has('.mark-new', 'new');
      const marks = await visitor.page.$$eval('.file-row', (rows) =>
        rows.map((row) => [row.querySelector('.row-name').textContent, row.querySelector('.mark')?.textContent ?? '']),
      );
      assert.deepEqual(marks, [
        ['srv', ''],
        ['empty', 'gone'],
        ['new.txt', 'new'],
        ['notes.md', 'changed'],
        ['var', ''],
        ['lib', ''],
        ['dpkg', ''],
        ['status', 'changed'],
      ]);
      // A deleted file is read from the layer that holds it.
      await visitor.go(`${FILES}?layer=4`);
      await visitor.has('.mark-gone', 'gone');
      await visitor.press('motdgone-rw-r--r--0:09 B');
      await visitor.sees('Deleted by a later layer', 'Welcome.');
      await visitor.isContent();
    });

    test('reading is cancelled, and begun again', SLOW, async (t) => {
      const script = withLayer(drips(layerOfLarge.descriptor.size));
      const [visitor, server] = await visitScripted(t, browser, script, '#/repo/large/tag/latest/files');
      await visitor.press('Read 1 layer, 5.00 MB');
      await eventually(() => server.open > 0);
      await visitor.press('Cancel');
      await visitor.sees('Cancelled.', 'Reads 1 layer, 5.00 MB.');
      await eventually(() => server.open === 0);
      server.script = withLayer(content(layerOfLarge));
      await visitor.press('Read 1 layer, 5.00 MB');
      await visitor.has('.file-row .row-name', 'large');
      await visitor.isContent();
    });

    test('a layer that is not what its digest says shows nothing', SLOW, async (t) => {
      const wrong = Buffer.from(layerOfLarge.bytes);
      wrong[100] ^= 1;
      const script = withLayer(content({ bytes: wrong }));
      const [visitor] = await visitScripted(t, browser, script, '#/repo/large/tag/latest/files');
      await visitor.press('Read 1 layer, 5.00 MB');
      await visitor.has('[role=alert]');
      await visitor.sees('Try again');
      assert.equal(await visitor.page.$('.file-row'), null);
      await visitor.isContent();
    });

    test('a file as text, bytes or picture, and saved under its own name', SLOW, async (t) => {
      const visitor = await visit(t, `${FILES}?layer=3&path=/srv/notes.md`);
      await visitor.has('.files-preview .document');
      assert.equal((await visitor.text('.files-preview .document')).trim(), notes.before.join('\n'));
      await visitor.press('Download notes.md');
      await visitor.has('.files-preview .good', 'Verified');
      await eventually(
        async () =>
          (await readFile(join(browser.folder, 'notes.md'), 'utf8').catch(() => '')) === `${notes.before.join('\n')}\n`,
      );
      await visitor.press('Bytes');
      await visitor.sees(/00000000 {2}23 20 4e 6f/);

      await visitor.page.click('a[href*="logo.png"]');
      await visitor.has('.picture img');
      await visitor.until(() => document.querySelector('.picture img').naturalWidth === 120);
      await visitor.page.click('a[href*="icon.svg"]');
      await visitor.until(() => document.querySelector('.picture img')?.naturalWidth > 0);
      await visitor.press('Text');
      await visitor.sees('<circle cx="4"');
      await visitor.page.click('a[href*="page.html"]');
      await visitor.sees(script);
      await visitor.page.click('a[href*="data.bin"]');
      await visitor.sees(/00000000 {2}00 01 02 ff/);
      assert.deepEqual(await visitor.texts('.file-ways button'), ['Bytes']);
      await visitor.page.click('a[href*="empty"]');
      await visitor.sees('This file is empty');
      await visitor.page.click('a[href*="latest"]');
      await visitor.has('.files-preview dd code', 'notes.md');
      await visitor.press('Open');
      await visitor.has('.file-path', '/srv/notes.md');
      assert.equal(await visitor.page.evaluate(() => globalThis.pwned), undefined);
      await visitor.isContent();
    });

    test('of a large file only the beginning, and only when somebody wants it', SLOW, async (t) => {
      const visitor = await visit(t, `${FILES}?layer=2`);
      await visitor.press('Read 1 layer, 9.40 MB');
      await visitor.has('.file-row .row-name', 'large.bin');
      await visitor.page.click('a[href*="large.bin"]');
      await visitor.sees('The first 262 kB of 9.40 MB.', 'A part cannot be verified');
      await visitor.isContent();
    });

    test('names that are to deceive stay text, and open', SLOW, async (t) => {
      const visitor = await visit(t, `${FILES}?layer=3`);
      await visitor.has('.file-row');
      const shown = await names(visitor);
      for (const one of hostileNames) assert.ok(shown.includes(one.replace('\u202E', '\\u202e')), one);
      for (const one of hostileNames) {
        await visitor.go(`${FILES}?${new URLSearchParams({ layer: 3, path: `/srv/${one}` })}`);
        await visitor.has('.files-preview h3', `/srv/${one.replace('\u202E', '\\u202e')}`);
        await visitor.has('.files-preview .document', 'hostile');
      }
      // Bytes that are not UTF-8 lead to the file all the same.
      await visitor.page.click('a[href*="caf"]');
      await visitor.has('.files-preview .document', 'coffee');
      assert.equal(await visitor.page.evaluate(() => globalThis.pwned), undefined);
      assert.equal(await visitor.page.evaluate(() => document.querySelectorAll('img, iframe, [onerror]').length), 0);
      assert.doesNotMatch(await visitor.page.evaluate(() => document.body.innerText), /[\u202a-\u202e]/);
      await visitor.isContent();
    });

    test('search by words, glob and size, in the address', SLOW, async (t) => {
      const visitor = await visit(t, `${FILES}?layer=3`);
      await visitor.fill('Find files', '*.md');
      await visitor.has('.files-head .count', '2 matches of 12 files');
      assert.deepEqual(await names(visitor), ['/srv/copy.md → srv/notes.md', '/srv/notes.md']);
      assert.match(visitor.page.url(), /find=\*\.md/);
      await visitor.fill('Find files', 'srv/l');
      await visitor.until(() => document.querySelectorAll('.file-row').length === 2);
      await visitor.fill('Find files', ' ');
      await visitor.page.select('select[aria-label="Size"]', '10000');
      await visitor.has('.files-head .count', '1 match of 12 files');
      assert.deepEqual(await names(visitor), ['/srv/logo.png']);
      await visitor.page.reload();
      await visitor.has('.files-head .count', '1 match of 12 files');
      await visitor.page.select('select[aria-label="Size"]', '0');
      await visitor.page.select('select[aria-label="Order"]', 'size');
      await visitor.until(() => document.querySelectorAll('.file-row .row-name')[1]?.textContent === 'logo.png');
      await visitor.isContent();
    });

    test('50,000 files, by keyboard alone', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/office/many/tag/latest/files');
      await visitor.sees('50,000 files');
      const press = (key) => visitor.page.keyboard.press(key);
      const row = () => visitor.page.evaluate(() => document.activeElement.querySelector('.row-name')?.textContent);
      await visitor.page.focus('.file-rows [tabindex="0"]');
      await press('ArrowRight');
      await press('ArrowRight');
      await visitor.until(() => document.activeElement.querySelector('.row-name').textContent === '0');
      await press('ArrowRight');
      assert.equal(await visitor.page.evaluate(() => document.activeElement.getAttribute('aria-expanded')), 'true');
      await press('End');
      assert.equal(await row(), '9');
      await press('Home');
      await press('ArrowDown');
      await press('ArrowDown');
      assert.equal(await row(), 'file-0.txt');
      assert.ok((await names(visitor)).length < 120, 'few rows in the document');
      await press('ArrowLeft');
      assert.equal(await row(), '0');
      await press('ArrowLeft');
      assert.equal(await visitor.page.evaluate(() => document.activeElement.getAttribute('aria-expanded')), 'false');
      await visitor.fill('Find files', '*/file-7.txt');
      await visitor.until(() => document.querySelectorAll('.file-row').length === 1);
      await visitor.page.focus('.file-rows [tabindex="0"]');
      await press('Enter');
      await visitor.has('.files-preview .document', '7');
      assert.match(await row(), /file-7\.txt/, 'the focus stays in the list');
      await visitor.isContent();
    });

    test('a narrow screen shows one after the other, and the focus follows', SLOW, async (t) => {
      const visitor = await visit(t, `${FILES}?layer=3`, registry, { width: 390, height: 800 });
      await visitor.page.click('a[href*="notes.md"].file-row');
      await visitor.has('.files-preview .document');
      await visitor.until(() => document.activeElement.textContent === '/srv/notes.md');
      assert.equal(await visitor.page.$eval('.files-main', (element) => element.checkVisibility()), false);
      await visitor.press('Close');
      await visitor.until(() => document.activeElement.querySelector('.row-name')?.textContent === 'notes.md');
      await visitor.isContent();
    });

    test('V1: files through its layers', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/acme/tiny/tag/latest/files', v1);
      assert.ok(v1Samples['acme/tiny']);
      await visitor.has('.file-row');
      await visitor.isContent({ except: /404/ });
    });
  });
}
