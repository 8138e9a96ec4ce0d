// Around the views: the palette, registries to choose from, how the page looks, config.json; and the list of repositories.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { fill } from '../../www/registry/fill.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { startServer } from '../../pkg-template/cli/ui/server.js';
import { proxyTo } from '../../www/server/proxy.mjs';
import { buildPage } from '../../www/build.mjs';
import { startSite } from '../../www/server/site.mjs';
import { corsHidden, startDistribution } from '../registries/servers.mjs';
import { json } from '../registries/scripted.mjs';
import { good, visitScripted } from './support/scripted.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const [web] = [samples['team/web']];
const nested = { 'deep/er/est/app': { latest: web.latest }, 'deep/er/tool': { v1: web['1.0.0'], v2: web['2.0.0'] } };

let registry;
let other;
let site;
before(async () => {
  [registry, other] = await Promise.all([startDistribution(), startDistribution({ headers: corsHidden })]);
  await fill(registry, { ...samples, ...nested });
  await fill(other, { elsewhere: { latest: web['1.0.0'] } });
  site = await startSite({ registry: registry.url });
}, SLOW);
after(() => Promise.all([site?.stop(), registry?.stop(), other?.stop()]));

for (const name of browserNames) {
  describe(`the shell in ${name}`, () => {
    let browser;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    after(() => browser?.close());

    const visit = (t, path = '', options) => browser.visit(t, `${site.url}/${path}`, options);
    /** The page with another config.json. */
    async function visitWith(t, settings, path = '') {
      const server = await startServer({
        folders: { '/': await buildPage() },
        forward: proxyTo(new URL(registry.url), '/registry'),
        name: registry.url,
        settings,
      });
      t.after(server.stop);
      return browser.visit(t, `${server.url}/${path}`);
    }
    const control = async ({ page }, key) => {
      await page.keyboard.down('Control');
      await page.keyboard.press(key);
      await page.keyboard.up('Control');
    };

    test('the palette leads to repositories, tags and digests, by keys alone', SLOW, async (t) => {
      const visitor = await visit(t);
      const { keyboard } = visitor.page;
      await visitor.sees('8 repositories');
      await keyboard.press('/');
      await visitor.has('dialog.palette[open]');
      await keyboard.type('web');
      await visitor.has('[role=option][aria-selected=true] .palette-title', 'charts/web');
      await keyboard.press('ArrowDown');
      await visitor.has('[role=option][aria-selected=true] .palette-title', 'team/web');
      assert.equal(
        await visitor.page.evaluate(
          () => document.getElementById(document.activeElement.getAttribute('aria-activedescendant')).textContent,
        ),
        'team/webrepository',
      );
      await keyboard.press('Enter');
      await visitor.has('.view h1', 'team/web');
      assert.equal(await visitor.page.$('dialog'), null);

      await visitor.sees('7 tags');
      await control(visitor, 'k');
      await keyboard.type('edge');
      await keyboard.press('Enter');
      await visitor.has('.view h1', 'team/web:edge');

      await keyboard.press('/');
      await keyboard.type(`team/web@${web['1.0.0'].digest}`);
      await keyboard.press('Enter');
      await visitor.has('.view h1', `team/web@${web['1.0.0'].digest}`);

      await keyboard.press('/');
      await keyboard.type('team/api:4.3');
      await keyboard.press('Enter');
      await visitor.has('.view h1', 'team/api:4.3');
      await visitor.isContent();
    });

    test('the palette: shortcuts, commands, what is no name, and Esc', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web');
      const { keyboard } = visitor.page;
      await visitor.sees('7 tags');
      await keyboard.press('?');
      await visitor.sees('Preview the tag beside the list');
      await keyboard.press('Escape');
      await visitor.until(() => !document.querySelector('dialog'));

      await visitor.page.focus('.search input');
      await keyboard.type('/');
      assert.equal(await visitor.page.$('dialog'), null, 'a slash in a field is a slash');
      await visitor.fill('Filter tags', ' ');

      await control(visitor, 'k');
      await keyboard.type('<img onerror=1>\u202e');
      await visitor.sees('Nothing of this name');
      await keyboard.press('Escape');
      await visitor.until(() => !document.querySelector('dialog'));

      await control(visitor, 'k');
      await keyboard.type('theme dark');
      await keyboard.press('Enter');
      await visitor.until(() => getComputedStyle(document.body).backgroundColor === 'rgb(15, 19, 25)');
      await control(visitor, 'k');
      await keyboard.type('shortcuts of one');
      await keyboard.press('Enter');
      await visitor.until(() => !document.querySelector('dialog'));
      await visitor.page.evaluate(() => document.activeElement.blur());
      await keyboard.press('/');
      assert.equal(await visitor.page.$('dialog'), null, 'they can be switched off');
      await visitor.page.reload();
      await visitor.sees('7 tags');
      await visitor.until(() => getComputedStyle(document.body).backgroundColor === 'rgb(15, 19, 25)');
      await visitor.page.evaluate(() => localStorage.clear());
      await visitor.isContent();
    });

    test('theme and density by the menu, remembered', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web');
      await visitor.has('.tag-row');
      const height = () => visitor.page.$eval('.rows li', (row) => Math.round(row.getBoundingClientRect().height));
      assert.equal(await height(), 44);
      await visitor.press('Appearance');
      await visitor.has('.appearance:popover-open');
      await (await visitor.page.waitForSelector('.appearance-choice:nth-child(2) label:nth-child(2)')).click();
      await visitor.until(() => document.querySelector('.rows li')?.getBoundingClientRect().height < 32);
      await (await visitor.page.waitForSelector('.appearance-choice:nth-child(1) label:nth-child(2)')).click();
      await visitor.until(() => document.documentElement.dataset.theme === 'light');
      await visitor.page.reload();
      await visitor.has('.tag-row');
      assert.equal(await height(), 30);
      await visitor.page.evaluate(() => localStorage.clear());
      await visitor.isContent();
    });

    test('registries that were connected to can be chosen again, and forgotten', SLOW, async (t) => {
      const visitor = await visit(t);
      await visitor.sees('8 repositories');
      await visitor.page.click('#connection');
      await visitor.fill('Registry address', other.url);
      await visitor.page.keyboard.press('Enter');
      await visitor.sees('1 repository in 1 namespace');
      await visitor.page.click('#connection');
      await visitor.press(registry.url);
      await visitor.sees('8 repositories');
      await visitor.page.click('#connection');
      await visitor.press(`Forget ${other.url}`);
      await visitor.until(() => !document.querySelector('.forget'));
      await visitor.page.evaluate(() => localStorage.clear());
      await visitor.isContent();
    });

    test('config.json: title, several registries, no changes', SLOW, async (t) => {
      const registries = [
        { registry: '/registry', name: 'first.example' },
        { registry: other.url, name: 'second.example' },
      ];
      const settings = { registry: undefined, name: undefined, registries, title: 'Our\u202e images', readOnly: true };
      const visitor = await visitWith(t, settings);
      await visitor.sees('8 repositories', 'Our\\u202e images');
      assert.equal(await visitor.page.title(), 'first.example · Our\\u202e images');
      await visitor.page.click('#connection');
      await visitor.press('second.example');
      await visitor.has('.view h1', 'second.example');
      await visitor.sees('1 repository in 1 namespace');
      assert.match(visitor.page.url(), /\?registry=second\.example/);
      await visitor.page.keyboard.press('/');
      await visitor.has('.palette-title', 'Connect to first.example');
      for (const title of await visitor.texts('.palette-title')) assert.doesNotMatch(title, /Push|Copy|Clean-up/);
      await visitor.page.evaluate(() => localStorage.clear());
      await visitor.isContent();
    });

    test('config.json that is wrong is named, and nothing is connected to', SLOW, async (t) => {
      const visitor = await visitWith(t, { readonly: true });
      await visitor.sees('config.json: readonly: it is unknown');
      await visitor.has('form.connect');
      assert.equal(await visitor.page.$('.repositories'), null);
      await visitor.isContent();
    });

    test('a page of the command ui says how to sign in, and has no form for it', SLOW, async (t) => {
      const visitor = await visitWith(t, { readOnly: true, logins: 'docker' });
      await visitor.sees('8 repositories');
      await visitor.page.click('#connection');
      await visitor.sees(`docker login ${new URL(registry.url).host}`);
      assert.equal(await visitor.page.$('#password'), null);
      await visitor.press('Connect');
      await visitor.sees('8 repositories');
      await visitor.until(() => document.getElementById('connection-panel').hidden);
      await visitor.page.evaluate(() => localStorage.clear());
      await visitor.isContent();
    });

    test('namespaces within namespaces, by keys', SLOW, async (t) => {
      const visitor = await visit(t);
      const { keyboard } = visitor.page;
      const names = () => visitor.texts('.namespaces .row-link .row-name');
      await visitor.sees('8 repositories');
      assert.deepEqual(await names(), ['All', 'charts', 'deep', 'library', 'team']);
      await visitor.page.focus('.namespaces .row-link');
      await keyboard.press('ArrowDown');
      await keyboard.press('ArrowDown');
      await keyboard.press('ArrowRight');
      await visitor.until(() => document.querySelectorAll('.namespaces .row-link').length === 6);
      await keyboard.press('ArrowDown');
      assert.match(await visitor.focused(), /^deep\/er, 2/);
      await keyboard.press('Enter');
      await visitor.has('.view h1', 'deep/er');
      assert.deepEqual(await visitor.texts('.repositories .row-link'), ['deep/er/est/app', 'deep/er/tool']);
      await visitor.press('Close deep');
      await visitor.until(() => document.querySelectorAll('.namespaces .row-link').length === 5);
      await visitor.isContent();
    });

    test('rows of repositories: number of tags, the highest and its size; orders in the address', SLOW, async (t) => {
      const visitor = await visit(t);
      await visitor.sees('8 repositories');
      const row = (repository) =>
        visitor.page.$$eval(
          '.repository-row',
          (rows, wanted) =>
            [
              ...(rows.find((one) => one.querySelector('a').textContent === wanted)?.querySelectorAll('.cells > *') ??
                []),
            ].map((cell) => cell.textContent),
          repository,
        );
      await visitor.until(() => !/…/.test(document.querySelector('.repositories .rows').textContent));
      const [, newest, tags, size] = await row('team/web');
      assert.deepEqual([newest, tags], ['2.0.0', '7']);
      assert.match(size, /MB$/);
      await visitor.page.select('#order', 'tags');
      await visitor.until(() => document.querySelector('.repository-row a').textContent === 'team/web');
      assert.match(visitor.page.url(), /order=tags/);
      await visitor.press('Tags and sizes');
      await visitor.until(() => !document.querySelector('.repository-row .cell-size'));
      await visitor.page.evaluate(() => localStorage.clear());
      await visitor.isContent();
    });

    test('5,000 repositories: a budget of requests, more on request, names that are to deceive', SLOW, async (t) => {
      const hostile = ['__proto__/x', 'a\u202eb', '<img src=x onerror=globalThis.pwned=1>'];
      const names = Array.from({ length: 5000 }, (_, number) => `n${number % 100}/m${number % 7}/r${number}`);
      const script = (request, response) => {
        const path = request.url.split('?')[0];
        if (path === '/v2/_catalog') return json({ repositories: [...hostile, ...names] })(request, response);
        if (path.endsWith('/tags/list')) return json({ tags: ['latest'] })(request, response);
        return (good[`/v2/hello/${path.split('/').slice(-2).join('/')}`] ?? json({}))(request, response);
      };
      const [visitor, server] = await visitScripted(t, browser, script);
      await visitor.sees('5,003 repositories', '__proto__', 'a\\u202eb', '<img src=x onerror=globalThis.pwned=1>');
      assert.ok((await visitor.texts('.repository-row')).length < 60);
      for (let turn = 0; turn < 40; turn += 1) {
        await visitor.page.evaluate(() => window.scrollBy(0, 900));
        await new Promise((resolve) => setTimeout(resolve, 250));
        if (await visitor.page.evaluate(() => /Enough requests/.test(document.querySelector('.read-note').textContent)))
          break;
      }
      await visitor.sees('Enough requests were made unasked.');
      const unasked = server.requests.length;
      assert.ok(unasked < 700, `${unasked} requests`);
      await visitor.page.evaluate(() => window.scrollTo(0, 0));
      await visitor.fill('Filter repositories', 'n7/m0*');
      await visitor.until(() =>
        /^Read all \(about \d+ requests\)$/.test(document.querySelector('.read-all button:last-child').textContent),
      );
      await visitor.page.click('.read-all button:last-child');
      await visitor.until(() => document.querySelector('.read-all').hidden);
      assert.ok(server.requests.length > unasked);
      assert.equal(await visitor.page.$('main img'), null);
      await visitor.isContent({ except: /Failed to load resource/ });
    });

    test('20,000 tags: few rows, the last one at once, and a filter', SLOW, async (t) => {
      const tags = Array.from({ length: 20_000 }, (_, number) => `v${number}`);
      const list = { '/v2/hello/tags/list': json({ name: 'hello', tags }) };
      const [visitor] = await visitScripted(t, browser, { ...good, ...list }, '#/repo/hello');
      await visitor.has('.count', '20,000');
      assert.ok((await visitor.texts('.tag-row')).length < 60);
      await visitor.page.focus('.tags .row-link');
      await visitor.page.keyboard.press('End');
      assert.equal(await visitor.focused(), 'v0');
      await control(visitor, 'a');
      await visitor.sees('20,000 tags selected');
      await visitor.fill('Filter tags', 'v1999?');
      await visitor.has('.count', '10 of 20,000');
      await visitor.press('Clear');
      await visitor.isContent({ except: /Failed to load resource/ });
    });
  });
}
