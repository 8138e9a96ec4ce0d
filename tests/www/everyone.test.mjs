// The page for those who use a keyboard, a screen reader, other colours or a small screen; and what its policy refuses.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { fill } from '../../www/registry/fill.mjs';
import { startSite } from '../../www/server/site.mjs';
import { startDistribution } from '../registries/servers.mjs';
import { audit } from './support/audit.mjs';
import { axe } from './support/axe.mjs';
import { settled, shown, VIEWS } from './support/views.mjs';
import { browserNames, openBrowser } from './support/visitor.mjs';

const SLOW = { timeout: 120_000 };

let registry;
let site;
before(async () => {
  registry = await startDistribution();
  await fill(registry, shown);
  site = await startSite({ registry: registry.url });
}, SLOW);
after(() => Promise.all([site?.stop(), registry?.stop()]));

for (const name of browserNames) {
  describe(`the page for everyone in ${name}`, () => {
    let browser;
    before(async () => {
      browser = await openBrowser(name);
    }, SLOW);
    after(() => browser?.close());

    const visit = (t, path = '', options) => browser.visit(t, `${site.url}/${path}`, options);

    // Firefox's protocol can neither change the theme nor force colours, and axe takes three times as long there.
    const [widths, examined, themes] =
      name === 'Chromium'
        ? [
            [1440, 768, 390],
            [1440, 768, 390],
            ['light', 'dark', 'forced'],
          ]
        : [[1280, 360], [360], ['light']];

    /** Neither our audit nor axe finds anything on what is shown, at any width; in a further theme colours alone are looked at again. */
    async function check(visitor, what, only) {
      for (const width of widths) {
        await visitor.page.setViewport({ width, height: 800 });
        assert.deepEqual(await visitor.page.evaluate(audit), [], `${what}, ${width} px`);
        if (examined.includes(width)) assert.deepEqual(await axe(visitor, only), [], `${what}, ${width} px`);
      }
    }

    for (const theme of themes) {
      test(`every view can be used by everyone: ${theme}`, SLOW, async (t) => {
        const visitor = await visit(t, '', { theme, width: widths[0], height: 800 });
        const checked = (what) => check(visitor, what, theme === 'light' ? undefined : ['color-contrast']);
        for (const [view, hash] of Object.entries(VIEWS)) {
          await visitor.go(hash);
          await visitor.until((to) => location.hash === to, hash);
          await visitor.has('.view h1');
          await visitor.until(settled);
          await checked(view);
        }
        await visitor.page.click('#connection');
        await visitor.has('form.connect');
        await checked('connection');
        await visitor.page.click('#connection');

        await visitor.go(VIEWS.tags);
        await visitor.has('.cell-digest code');
        await visitor.page.focus('.tags .row-link');
        for (const key of ['x', 'ArrowDown', 'x', ' ']) await visitor.page.keyboard.press(key);
        await visitor.has('.peek dd');
        await visitor.has('.bulk:not([hidden])');
        await checked('selection');
        await visitor.press('Clear');
        await visitor.press('Appearance');
        await checked('appearance');
        await visitor.page.keyboard.press('Escape');
        for (const text of ['web', '?']) {
          await visitor.page.click('#palette-button');
          await visitor.page.keyboard.type(text);
          await visitor.has(text === '?' ? '.shortcuts:not([hidden])' : '[role=option]');
          await checked(`palette ${text}`);
          await visitor.page.keyboard.press('Escape');
          await visitor.until(() => !document.querySelector('dialog'));
        }
      });
    }

    if (name === 'Chromium')
      test('forced colours leave the current tab, platform and the bars to be seen', SLOW, async (t) => {
        const visitor = await visit(t, VIEWS.layers, { theme: 'forced' });
        await visitor.has('.bar span');
        const colours = await visitor.page.evaluate(() => {
          const of = (selector) => getComputedStyle(document.querySelector(selector));
          const sample = document.body.appendChild(document.createElement('p'));
          sample.style.cssText = 'forced-color-adjust: none; background: Highlight; color: Canvas';
          const { backgroundColor: highlight, color: canvas } = getComputedStyle(sample);
          return {
            highlight,
            canvas,
            tab: of('.tabs a[aria-current]').borderBottomColor,
            otherTab: of('.tabs a:not([aria-current])').borderBottomColor,
            pill: of('.pill[aria-current]').backgroundColor,
            bar: of('.bar span').backgroundColor,
          };
        });
        assert.notEqual(colours.highlight, colours.canvas);
        for (const part of ['tab', 'pill', 'bar']) assert.equal(colours[part], colours.highlight, part);
        assert.equal(colours.otherTab, colours.canvas);
      });

    test('the audit finds what is wrong, and the policy refuses what is not the page’s', SLOW, async (t) => {
      const visitor = await visit(t, VIEWS.config);
      await visitor.until(settled);
      await visitor.has('table');
      await visitor.page.evaluate(() => {
        const make = (tag, properties) =>
          document.querySelector('main').appendChild(Object.assign(document.createElement(tag), properties));
        make('h1', { textContent: 'another' });
        make('button', {});
        make('input', {});
        make('a', { href: 'https://elsewhere.example/', textContent: 'elsewhere' });
        make('p', { textContent: 'faint' }).style.color = getComputedStyle(document.body).backgroundColor;
        make('p', { textContent: 'wide' }).style.width = '9999px';
        make('img', { src: 'https://elsewhere.example/x.png', alt: '' });
      });
      await assert.rejects(
        visitor.page.evaluate(() => document.body.setAttribute('onclick', 'globalThis.pwned = true')),
        'text becomes no code',
      );
      await assert.rejects(
        visitor.page.evaluate(() => {
          document.body.innerHTML = '<b>markup</b>';
        }),
        'text becomes no markup',
      );
      const complaints = (await visitor.page.evaluate(audit)).map((complaint) => complaint.split(':')[0]);
      for (const expected of [
        /^2 h1$/,
        /^no name$/,
        /^no label$/,
        /^a link out of the page/,
        /^contrast 1\.00$/,
        /px too wide$/,
      ]) {
        assert.ok(
          complaints.some((complaint) => expected.test(complaint)),
          `${expected} is not among: ${complaints}`,
        );
      }
      await visitor.until(() =>
        ['img-src', 'require-trusted-types-for'].every((rule) =>
          globalThis.violations.some((one) => one.startsWith(rule)),
        ),
      );
    });
  });
}
