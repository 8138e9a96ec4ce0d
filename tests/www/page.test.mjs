// The demo page as `npm start` serves it, in real browsers, before a real registry.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

import { digestOf } from '../../www/registry/content.mjs';
import { fill, fillListings, manyRepositories, manyTags } from '../../www/registry/fill.mjs';
import { fileSamples } from '../../www/registry/sample-files.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { markup, unusual } from '../registries/unusual-images.mjs';
import { namespaceOf } from '../../www/text/format.js';
import { startDemo } from './support/demo.mjs';
import { startGate } from './support/gate.mjs';
import { settled, VIEWS } from './support/views.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const REQUEST_FAILED = /Failed to load resource|404|NetworkError|Cross-Origin/;
const web = samples['team/web']['2.0.0'];
const [amd64, arm64] = web.children;
const repositories = [
  ...Object.keys({ ...samples, ...fileSamples }),
  'unusual/markup',
  'many/tags',
  ...manyRepositories,
];

let demo;
before(
  async () => {
    demo = await startDemo();
    await fill({ url: demo.registry }, { 'unusual/markup': unusual['unusual/markup'] });
    await fillListings({ url: demo.registry });
  },
  { timeout: 600_000 },
);
after(() => demo?.stop());

for (const name of browserNames) {
  describe(`the demo page in ${name}`, () => {
    let browser;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    after(() => browser?.close());

    const visit = (t, path = '', options) => browser.visit(t, `${demo.page}${path}`, options);

    test('from the registry down to an image’s layers, by links', SLOW, async (t) => {
      const visitor = await visit(t);
      const host = new URL(demo.registry).host;
      await visitor.sees(
        host,
        'Registry API v2',
        `${repositories.length} repositories in ${new Set(repositories.map(namespaceOf)).size} namespaces`,
      );
      assert.equal(await visitor.page.title(), `${host} · Registry browser`);

      await visitor.press('team, 3 repositories');
      await visitor.has('.view h1', 'team');
      assert.deepEqual(await visitor.texts('.repositories .row-link'), [
        'team/api',
        'team/web',
        'team/windows/service',
      ]);

      await visitor.press('team/web');
      await visitor.has('.view h1', 'team/web');
      await visitor.sees('7 tags', '3 platforms', 'artifact');
      assert.deepEqual((await visitor.texts('.listing .row strong')).sort(), Object.keys(samples['team/web']).sort());

      await visitor.page.click('a[href="#/repo/team/web/tag/2.0.0"]');
      await visitor.has('.view h1', 'team/web:2.0.0');
      await visitor.sees(
        'OCI image index',
        `docker pull ${host}/team/web:2.0.0`,
        web.digest,
        amd64.digest,
        amd64.id,
        '2026-03-14 09:26:53 UTC',
        'Attestation',
      );
      assert.deepEqual(await visitor.texts('.platforms a'), ['linux/amd64', 'linux/arm64/v8', 'linux/arm/v7']);
      assert.deepEqual(await visitor.texts('.platforms a[aria-current]'), ['linux/amd64']);

      await visitor.press('linux/arm64/v8');
      await visitor.sees(arm64.digest, arm64.id);
      await visitor.has('.platforms a[aria-current]', 'linux/arm64/v8');

      await visitor.press('Config');
      await visitor.sees(
        '["/usr/bin/node"]',
        '["/srv/server.js"]',
        '1000:1000',
        'APP_ENV',
        'production',
        '8080/tcp',
        'Team Web <web@example.com>',
        'SIGTERM',
      );

      await visitor.press('History');
      await visitor.has('.timeline li');
      assert.deepEqual(
        await visitor.texts('.timeline .step'),
        arm64.config.history.map((step) => step.created_by),
      );
      assert.equal(
        (await visitor.texts('.timeline .no-layer')).length,
        arm64.config.history.filter((step) => step.empty_layer).length,
      );

      await visitor.press('Dockerfile');
      await visitor.has('.document .json-key', 'ENTRYPOINT');
      await visitor.sees('apk add --no-cache nodejs');

      await visitor.press('Layers');
      await visitor.has('.layers li');
      assert.deepEqual(
        await visitor.texts('.layers .digest'),
        arm64.layers.map(({ descriptor }) => descriptor.digest),
      );

      await visitor.press('JSON');
      await visitor.sees('schemaVersion', 'diff_ids');
      const documents = await visitor.texts('.document');
      assert.deepEqual(
        documents.map((text) => JSON.parse(text)),
        [web.document, arm64.document, arm64.config],
      );
      await visitor.isContent();
    });

    test('a layer is downloaded, and is the right one', SLOW, async (t) => {
      const visitor = await visit(t, VIEWS.layers);
      const largest = amd64.layers[1].descriptor;
      await visitor.press('Download layer 1');
      await visitor.has('.layers li:nth-child(2) .good', 'Verified');
      assert.equal(digestOf(await downloaded(`${largest.digest.slice(7, 19)}.tar.gz`, largest.size)), largest.digest);
      await visitor.isContent();
    });

    test('a blob of an artifact is downloaded', SLOW, async (t) => {
      const visitor = await visit(t, `${VIEWS.artifact}/layers`);
      const chart = samples['charts/web']['1.0.0'].document.layers[0];
      await visitor.press('Download blob 0');
      await visitor.has('.layers .good', 'Verified');
      assert.equal(digestOf(await downloaded(`${chart.digest.slice(7, 19)}.tar.gz`, chart.size)), chart.digest);
      await visitor.isContent();
    });

    /** The bytes of a download, once the browser has put the whole file there. */
    async function downloaded(file, size) {
      for (const end = Date.now() + 20_000; Date.now() < end; await sleep(50)) {
        const bytes = await readFile(join(browser.folder, file)).catch(() => undefined);
        if (bytes?.length === size) return bytes;
      }
      return assert.fail(`${file} was not downloaded`);
    }

    test('a link leads straight to a platform’s section, and the way back works', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web/tag/2.0.0/history?platform=linux/arm/v7');
      await visitor.has('.timeline li');
      await visitor.has('.platforms a[aria-current]', 'linux/arm/v7');
      await visitor.has('.tabs a[aria-current]', 'History');
      assert.match(await visitor.page.title(), /^team\/web:2\.0\.0 · /);

      await visitor.page.click('.crumbs a:last-child');
      await visitor.sees('7 tags');
      await visitor.page.goBack();
      await visitor.has('.tabs a[aria-current]', 'History');
      await visitor.has('.timeline li');
      await visitor.page.goForward();
      await visitor.has('.view h1', 'team/web');
      await visitor.isContent();
    });

    test('lists longer than a screen: filter, arrow keys, few rows in the document', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/many/tags');
      await visitor.sees(`${manyTags.length} tags`);
      assert.ok((await visitor.texts('.listing .row')).length < 60);

      await visitor.page.focus('.listing .rows [tabindex="0"]');
      await visitor.page.keyboard.press('End');
      const last = await visitor.focused();
      await visitor.page.keyboard.press('ArrowUp');
      assert.notEqual(await visitor.focused(), last);
      await visitor.page.keyboard.press('ArrowDown');
      assert.equal(await visitor.focused(), last);
      assert.equal((await visitor.texts('.listing .rows [tabindex="0"]')).length, 1, 'one stop for the Tab key');

      await visitor.fill('Filter tags', 'v11');
      await visitor.has('.count', `11 of ${manyTags.length}`);
      await visitor.fill('Filter tags', 'no such tag');
      await visitor.sees('No tag matches “no such tag”');
      await visitor.isContent();
    });

    test('sizes and dates of tags are read on request only', SLOW, async (t) => {
      const visitor = await visit(t, VIEWS.tags);
      await visitor.has('.cell-platforms', '3 platforms');
      await visitor.press('Sizes and dates');
      await visitor.until(() => !document.querySelector('.rows .cell-platforms')?.textContent);
      await visitor.press('Sizes and dates');
      await visitor.has('.cell-platforms', '3 platforms');
      await visitor.isContent();
    });

    test('what a registry sends stays text', SLOW, async (t) => {
      const visitor = await visit(t);
      for (const section of ['', '/layers', '/history', '/dockerfile', '/config', '/raw']) {
        await visitor.go(`#/repo/unusual/markup/tag/latest${section}`);
        await visitor.sees(section === '/raw' ? JSON.stringify(markup) : markup);
        await visitor.until(settled);
      }
      await visitor.go('#/repo/unusual/markup/tag/latest/config');
      await visitor.sees('javascript:globalThis.pwned=true');
      await visitor.go(`#/repo/${encodeURIComponent(markup)}`);
      await visitor.has('.code', 'INVALID_REFERENCE');
      await visitor.go(`#/repo/team/web/tag/${encodeURIComponent(markup)}`);
      await visitor.sees(markup, 'INVALID_REFERENCE');
      assert.equal(await visitor.page.evaluate(() => globalThis.pwned), undefined);
      assert.equal(
        await visitor.page.evaluate(
          () => document.querySelectorAll('img, main script, iframe, [onerror], a[href^="javascript:"]').length,
        ),
        0,
      );
      await visitor.isContent();
    });

    test('a tag that is not there', SLOW, async (t) => {
      const visitor = await visit(t, VIEWS.missing);
      await visitor.sees('MANIFEST_UNKNOWN', 'HTTP 404', 'It may have been deleted.');
      await visitor.page.click('.crumbs a:last-child');
      await visitor.sees('7 tags');
      await visitor.isContent({ except: REQUEST_FAILED });
    });

    test('the way back leads to the same row, with the focus and the filter', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/many/tags');
      await visitor.sees(`${manyTags.length} tags`);
      assert.deepEqual(
        (await visitor.texts('.listing .row strong')).slice(0, 2),
        ['v119', 'v118'],
        'the highest first',
      );
      await visitor.fill('Filter tags', 'v*1?');
      await visitor.has('.count', `20 of ${manyTags.length}`);
      await visitor.page.focus('.listing .rows [tabindex="0"]');
      for (let row = 0; row < 3; row += 1) await visitor.page.keyboard.press('ArrowDown');
      await visitor.page.keyboard.press('Enter');
      await visitor.has('.view h1', 'many/tags:v116');
      await visitor.page.goBack();
      await visitor.has('.count', `20 of ${manyTags.length}`);
      await visitor.until(() => document.activeElement.getAttribute('href') === '#/repo/many/tags/tag/v116');

      // Far down, where the row is no part of the document until the page is scrolled.
      await visitor.fill('Filter tags', 'v');
      await visitor.page.focus('.listing .rows [tabindex="0"]');
      await visitor.page.keyboard.press('End');
      await visitor.page.keyboard.press('Enter');
      await visitor.has('.view h1', 'many/tags:v0');
      await visitor.page.goBack();
      await visitor.until(() => document.activeElement.getAttribute('href') === '#/repo/many/tags/tag/v0');
      await visitor.until(() => window.scrollY > 0);
      await visitor.page.reload();
      await visitor.has('.count', `${manyTags.length} of ${manyTags.length}`);

      await visitor.page.select('#order', 'name');
      await visitor.until(() => document.querySelector('.listing .row strong').textContent === 'v0');
      assert.match(visitor.page.url(), /\?filter=v&order=name$/);
      await visitor.isContent();
    });

    test(
      'a cold start loads few files, compressed, and asks for the catalog once, before it has the module',
      SLOW,
      async (t) => {
        const gate = await startGate({ url: demo.page });
        t.after(gate.stop);
        const held = [];
        let catalogs = 0;
        gate.rule = ({ url }) => {
          if (url.endsWith('.wasm') && catalogs === 0) return (...exchange) => held.push(exchange);
          if (!url.includes('/_catalog')) return undefined;
          catalogs += 1;
          for (const exchange of held.splice(0)) gate.pass(...exchange);
        };
        const visitor = await browser.visit(t, gate.url);
        await visitor.has('.repository-row');
        assert.equal(catalogs, 1);
        // The first row waits for these files; other scripts and the details of rows load after it.
        const loaded = await visitor.page.evaluate(() => {
          const all = [...performance.getEntriesByType('resource'), performance.getEntriesByType('navigation')[0]].map(
            ({ name: address, encodedBodySize: sent, startTime, responseEnd }) => ({
              path: new URL(address).pathname,
              sent,
              startTime,
              responseEnd,
            }),
          );
          const catalog = all.find(({ path }) => path.endsWith('/_catalog'));
          return all.filter(({ path, startTime }) => startTime < catalog.startTime && path !== '/icon.svg');
        });
        const paths = [...new Set(loaded.map(({ path }) => path))].map((path) => path.replace(/part-\w+/, 'part'));
        assert.deepEqual(paths.sort(), [
          '/',
          '/app.js',
          '/config.json',
          '/part.js',
          '/start.js',
          '/style.css',
          '/wasm/core.wasm',
        ]);
        const sum = (what) => loaded.reduce((total, one) => total + one[what], 0);
        assert.ok(sum('sent') < 200_000, `${sum('sent')} bytes`);
        const withoutModule = sum('sent') - loaded.find(({ path }) => path.endsWith('.wasm')).sent;
        assert.ok(withoutModule < 60_000, `${withoutModule} bytes without the module`);
        // A preload that is not used would be a warning.
        await visitor.isContent();
      },
    );

    test('the focus goes where the person went', SLOW, async (t) => {
      const visitor = await visit(t);
      await visitor.sees('Registry API v2');
      await visitor.page.keyboard.press('Tab');
      assert.equal(await visitor.focused(), 'Skip to the content');
      await visitor.page.keyboard.press('Enter');
      assert.equal(await visitor.page.evaluate(() => document.activeElement.id), 'main');
      await visitor.go(VIEWS.tags);
      await visitor.has('.view h1', 'team/web');
      assert.equal(await visitor.focused(), 'team/web');
      await visitor.page.click('#connection');
      assert.equal(await visitor.focused(), 'address');
      await visitor.page.keyboard.press('Escape');
      assert.equal(await visitor.page.$eval('#connection', (button) => button.getAttribute('aria-expanded')), 'false');
      assert.equal(await visitor.page.evaluate(() => document.activeElement.id), 'connection');
      await visitor.isContent();
    });

    test('the focus is on a title while a view’s script loads, and then on the view’s own', SLOW, async (t) => {
      const gate = await startGate({ url: demo.page });
      t.after(gate.stop);
      const index = await (await fetch(demo.page)).text();
      const held = [];
      gate.rule = ({ url }) =>
        url.endsWith('.js') && !index.includes(`"${url.slice(1)}"`) && ((...exchange) => held.push(exchange));
      const visitor = await browser.visit(t, gate.url);
      await visitor.sees('Registry API v2');
      await visitor.go(VIEWS.tags);
      await visitor.has('.skeleton span', 'Loading the page…');
      assert.equal(await visitor.focused(), 'team/web');
      gate.rule = undefined;
      for (const exchange of held) gate.pass(...exchange);
      await visitor.has('.view h1', 'team/web');
      await visitor.until(() => document.activeElement.matches('.view h1'));
      await visitor.isContent();
    });
  });
}
