// The list of a repository's tags: columns, orders, filters, digests, a selection, the preview, and the chart.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { image, layer } from '../../www/registry/content.mjs';
import { fill } from '../../www/registry/fill.mjs';
import { samples } from '../../www/registry/sample-images.mjs';
import { startSite } from '../../www/server/site.mjs';
import { error, json } from '../registries/scripted.mjs';
import { startDistribution } from '../registries/servers.mjs';
import { good, visitScripted } from './support/scripted.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };
const web = samples['team/web'];
const { digest } = web['2.0.0'];
const companion = (ending) => `${digest.replace(':', '-')}.${ending}`;
const note = image([{ run: 'COPY note /', layer: layer([{ path: 'note', content: 'signed' }]) }]);
const signed = { ...web, [companion('sig')]: note, [companion('att')]: note };

let registry;
let site;
before(async () => {
  registry = await startDistribution();
  await fill(registry, { ...samples, 'team/signed': signed });
  site = await startSite({ registry: registry.url });
}, SLOW);
after(() => Promise.all([site?.stop(), registry?.stop()]));

for (const name of browserNames) {
  describe(`the tags of a repository in ${name}`, () => {
    let browser;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    after(() => browser?.close());

    const visit = (t, path = '', options) => browser.visit(t, `${site.url}/${path}`, options);
    const tagsOf = (visitor) => visitor.texts('.tags .row-link strong');
    const row = (visitor, tag) =>
      visitor.page.$$eval(
        '.tag-row',
        (rows, wanted) => rows.find((one) => one.querySelector('strong').textContent === wanted)?.innerText,
        tag,
      );

    test('a row has the digest, the tags that share it, and a hint at signatures', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/signed');
      await visitor.has('.badge', 'attested');
      await visitor.until(() => document.querySelector('.siblings'));
      const text = await row(visitor, '2.0.0');
      for (const part of ['= latest', 'signed', 'attested', digest.slice(7, 19), '3 platforms', 'MB'])
        assert.ok(text.includes(part), `${part} is not in ${text}`);
      assert.match(await visitor.text('.refreshing'), /as of \d\d:\d\d/);

      await visitor.press('Hide signatures');
      await visitor.has('.count', `${Object.keys(web).length} of ${Object.keys(signed).length}`.split(' of ')[0]);
      assert.ok(!(await tagsOf(visitor)).some((tag) => tag.startsWith('sha256-')));
      assert.match(visitor.page.url(), /hide=signatures/);
      await visitor.isContent();
    });

    test('orders and filters are in the address, and the way back leads to them', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web');
      await visitor.has('.cell-platforms', '3 platforms');
      await visitor.page.select('#order', 'newest');
      await visitor.until(() => document.querySelector('.tags strong').textContent === 'edge');
      await visitor.has('#platform');
      await visitor.page.select('#platform', 'linux/arm64/v8');
      await visitor.has('.count', `5 of ${Object.keys(web).length}`);
      await visitor.fill('Filter tags', '1*');
      await visitor.has('.count', `2 of ${Object.keys(web).length}`);
      const address = visitor.page.url();
      for (const part of ['order=newest', 'platform=linux', 'filter=1'])
        assert.ok(address.includes(part), `${part} is not in ${address}`);
      await visitor.page.focus('.tags .row-link');
      await visitor.page.keyboard.press('ArrowDown');
      const focused = await visitor.focused();
      await visitor.page.keyboard.press('Enter');
      await visitor.has('.view h1', `team/web:${focused}`);
      await visitor.page.goBack();
      await visitor.has('.count', `2 of ${Object.keys(web).length}`);
      await visitor.until((tag) => document.activeElement.textContent === tag, focused);
      assert.equal(await visitor.page.$eval('#order', (select) => select.value), 'newest');

      await visitor.page.select('#age', 'under-7d');
      await visitor.sees('No tag matches');
      await visitor.fill('Filter tags', ' ');
      await visitor.sees('No tag that was read matches these filters');
      await visitor.isContent();
    });

    test('captions of columns order the list, as the menu does', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web');
      await visitor.has('.cell-platforms', '3 platforms');
      const pressed = () => visitor.texts('.columns-head [aria-pressed=true]');
      assert.deepEqual(await pressed(), ['Tag↓']);
      await visitor.press('Created');
      await visitor.until(() => document.querySelector('.tags strong').textContent === 'edge');
      assert.deepEqual(await pressed(), ['Created↓']);
      assert.equal(await visitor.page.$eval('#order', (select) => select.value), 'newest');
      assert.match(visitor.page.url(), /order=newest/);
      await visitor.page.select('#order', 'largest');
      await visitor.has('.columns-head [aria-pressed=true]', 'Size↓');
      await visitor.press('Tag');
      await visitor.press('Tag↓');
      await visitor.has('.columns-head [aria-pressed=true]', 'Tag↑');
      assert.deepEqual((await visitor.texts('.tags strong')).slice(0, 3), ['1.0.0', '1.1', '1.1.0']);
      assert.match(visitor.page.url(), /order=name/);
      await visitor.go('#/');
      await visitor.has('.repositories .cell-size');
      await visitor.press('Size');
      await visitor.has('.columns-head [aria-pressed=true]', 'Size↓');
      assert.equal(await visitor.page.$eval('#order', (select) => select.value), 'size');
      await visitor.isContent();
    });

    /** Not at its place on the screen: what was read meanwhile may move rows. */
    const follow = (visitor, to) =>
      visitor.page.$eval(`a[href="#/repo/team/web/digest/${to}"]`, (link) => link.click());

    test('digests instead of tags', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web');
      await visitor.has('.cell-platforms', '3 platforms');
      await visitor.page.click('.list-bar .segments label:nth-child(2)');
      await visitor.has('.siblings', '2.0.0, latest');
      const digests = new Set(Object.values(web).map((content) => content.digest));
      await visitor.has('.count', String(digests.size));
      await visitor.has('.list-title h2', 'Digests');
      await follow(visitor, digest);
      await visitor.has('.view h1', `team/web@${digest}`);
      await visitor.page.goBack();
      await visitor.has('.siblings', '2.0.0, latest');
      assert.match(visitor.page.url(), /by=digests/);

      // Those that no tag points to, as far as the indexes name them.
      const children = Object.values(web).flatMap((content) => content.children.map((child) => child.digest));
      const unnamed = new Set(children.filter((one) => !digests.has(one)));
      await visitor.press('Untagged');
      await visitor.sees(
        `${unnamed.size} manifests without a tag were named by an index or as a referrer`,
        `${unnamed.size + digests.size} of ${unnamed.size + digests.size} known manifests were looked into`,
        'one that nothing names is not found here',
        'Entry of 2.0.0, latest',
        'Attestation of 2.0.0, 1.1.0, 1.1 +2',
      );
      await visitor.has('.count', String(unnamed.size));
      assert.match(visitor.page.url(), /only=untagged/);
      const [{ digest: child }] = web['2.0.0'].children;
      await follow(visitor, child);
      await visitor.has('.view h1', `team/web@${child}`);
      await visitor.page.goBack();
      await visitor.has('.count', String(unnamed.size));
      await visitor.page.click('.list-bar .segments label:nth-child(1)');
      await visitor.has('.siblings', '= latest');
      await visitor.isContent({ except: /Failed to load resource|404/ });
    });

    test('a selection by keys, by range and all of it; two can be compared', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web', { height: 1200 });
      await visitor.has('.cell-platforms', '3 platforms');
      await visitor.page.focus('.tags .row-link');
      await visitor.page.keyboard.press('x');
      await visitor.sees('1 tag selected', 'Select another one to compare the two.');
      await visitor.page.keyboard.down('Shift');
      await visitor.page.keyboard.press('ArrowDown');
      await visitor.page.keyboard.up('Shift');
      await visitor.sees('2 tags selected');
      const [a, b] = await tagsOf(visitor);
      assert.equal(
        await visitor.page.$eval('.bulk a', (link) => link.getAttribute('href')),
        `#/compare?${new URLSearchParams({ a: `team/web:${a}`, b: `team/web:${b}` })}`,
      );
      await visitor.page.keyboard.down('Shift');
      await visitor.page.click('.rows li:nth-child(5) input');
      await visitor.page.keyboard.up('Shift');
      await visitor.sees('5 tags selected');
      await visitor.until(() => document.querySelectorAll('.tag-row input:checked').length === 5);

      await visitor.go('#/');
      await visitor.has('.repositories');
      await visitor.page.goBack();
      await visitor.sees('5 tags selected');

      await visitor.press('Select all 7 tags shown');
      await visitor.sees('7 tags selected');
      await visitor.press('Clear');
      await visitor.until(() => document.querySelector('.bulk').hidden);
      assert.ok(
        await visitor.page.evaluate(() => document.activeElement.matches('.row-link')),
        'the focus is in the list',
      );
      await visitor.page.keyboard.down('Control');
      await visitor.page.keyboard.press('a');
      await visitor.page.keyboard.up('Control');
      await visitor.sees('7 tags selected');
      await visitor.isContent();
    });

    test('a preview beside the list, which follows the keys', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web');
      await visitor.has('.cell-platforms', '3 platforms');
      await visitor.page.focus('.tags .row-link');
      await visitor.page.keyboard.press(' ');
      await visitor.has('.peek h2', '2.0.0');
      await visitor.sees(digest, 'linux/arm64/v8', 'Same digest');
      assert.equal(await visitor.focused(), '2.0.0');
      await visitor.page.keyboard.press('ArrowDown');
      await visitor.has('.peek h2', '1.1.0');
      await visitor.page.keyboard.press('Escape');
      await visitor.until(() => document.querySelector('.side').hidden);
      await visitor.press('Preview edge');
      await visitor.has('.peek h2', 'edge');
      await visitor.press('Close');
      await visitor.until(() => document.activeElement.matches('.row-link'));
      await visitor.isContent();
    });

    test('sizes over time', SLOW, async (t) => {
      const visitor = await visit(t, '#/repo/team/web');
      await visitor.has('.chart svg[role=img]');
      await visitor.until(() =>
        /^Size over time: .* \(1\.0\.0, 2026-01-15\), to .* \(edge, 2026-04-01\)/.test(
          document.querySelector('.chart svg').getAttribute('aria-label'),
        ),
      );
      await visitor.isContent();
    });

    test('Refresh keeps rows and cells until others are read', SLOW, async (t) => {
      const [visitor, server] = await visitScripted(t, browser, good, '#/repo/hello');
      await visitor.has('.row .cell-platforms', 'linux/amd64');
      const asked = () => server.requests.filter(({ url }) => url.endsWith('/manifests/latest')).length;
      const before = asked();
      await visitor.press('Refresh');
      await visitor.has('.row .cell-platforms', 'linux/amd64');
      await visitor.until(() => /as of/.test(document.querySelector('.refreshing').textContent));
      for (const end = Date.now() + 20_000; asked() === before && Date.now() < end; )
        await new Promise((resolve) => setTimeout(resolve, 20));
      assert.ok(asked() > before, 'the details are read again');
      await visitor.isContent();
    });

    test('“Try again” goes on after what was read', SLOW, async (t) => {
      const all = Array.from({ length: 2510 }, (_, number) => `t${String(number).padStart(4, '0')}`);
      const lists = [];
      let isBroken = true;
      const list = (request, response) => {
        const last = new URL(request.url, 'http://x').searchParams.get('last') ?? '';
        lists.push(last);
        if (isBroken && last !== '') return error(400, 'BROKEN', 'as scripted')(request, response);
        const page = all.filter((tag) => tag > last).slice(0, 1000);
        const link = `</v2/hello/tags/list?last=${page.at(-1)}&n=1000>; rel="next"`;
        return json({ name: 'hello', tags: page }, page.at(-1) === all.at(-1) ? {} : { link })(request, response);
      };
      const [visitor] = await visitScripted(t, browser, { ...good, '/v2/hello/tags/list': list }, '#/repo/hello');
      await visitor.has('.count', '1,000 read so far');
      isBroken = false;
      lists.length = 0;
      await visitor.press('Try again');
      await visitor.has('.count', '2,510');
      assert.deepEqual(lists, ['t0999', 't1999']);
      assert.equal(await visitor.page.$('.incomplete'), null);
      await visitor.isContent({ except: /Failed to load resource|400/ });
    });

    test('names that are to deceive stay text', SLOW, async (t) => {
      const tags = ['v1\u202e', '__proto__', '\u001b[31mred', '<img src=x onerror=globalThis.pwned=1>'];
      const [visitor] = await visitScripted(
        t,
        browser,
        { ...good, '/v2/hello/tags/list': json({ name: 'hello', tags }) },
        '#/repo/hello',
      );
      await visitor.sees('v1\\u202e', '__proto__', '\\u001b[31mred', '<img src=x onerror=globalThis.pwned=1>');
      await visitor.page.focus('.tags .row-link');
      for (let count = 0; count < tags.length; count += 1) {
        await visitor.page.keyboard.press('x');
        await visitor.page.keyboard.press(' ');
        await visitor.has('.peek');
        await visitor.page.keyboard.press('ArrowDown');
      }
      await visitor.sees('4 tags selected');
      assert.equal(await visitor.page.$('main img'), null);
      assert.equal(await visitor.page.evaluate(() => globalThis.pwned), undefined);
      await visitor.isContent({ except: /Failed to load resource|40\d/ });
    });
  });
}
