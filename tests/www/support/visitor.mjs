// Someone who looks at the page in a real browser, and notices what a user would not: console errors, violations of the
// Content-Security-Policy, dialogs, uncaught errors.
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer from 'puppeteer-core';

import { find } from '../../../www/registry/programs.mjs';

/** A browser on a machine with other work to do may take its time; a hang still ends. */
const PATIENCE = 20_000;

const launches = {
  Chromium: (downloadPath) => ({
    executablePath: find('chromium'),
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
    downloadBehavior: { policy: 'allow', downloadPath },
  }),
  // Firefox is told by preferences where downloads go: its protocol has no command for it that puppeteer knows.
  Firefox: (downloadPath) => ({
    browser: 'firefox',
    executablePath: find('firefox-esr') ?? find('firefox'),
    extraPrefsFirefox: {
      'browser.download.folderList': 2,
      'browser.download.dir': downloadPath,
      'browser.download.useDownloadDir': true,
      'browser.download.always_ask_before_handling_new_types': false,
    },
  }),
};
export const browserNames = Object.keys(launches);

/** A browser and a folder for its downloads; both go with `close()`. A visitor leaves when the test `t` is over, if there is one. */
export async function openBrowser(name) {
  const folder = await mkdtemp(join(tmpdir(), 'demo-page-'));
  const browser = await puppeteer.launch({ headless: true, ...launches[name](folder) });
  return {
    folder,
    visit: async (t, url, options) => {
      const visitor = await Visitor.open(browser, folder, url, options);
      t?.after(() => visitor.close());
      return visitor;
    },
    close: async () => {
      await browser.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** `theme`: "light", "dark", or "forced" for forced colours, which puppeteer has no name for. */
async function emulate(page, theme) {
  if (theme !== 'forced') return page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: theme }]);
  const session = await page.createCDPSession();
  return session.send('Emulation.setEmulatedMedia', { features: [{ name: 'forced-colors', value: 'active' }] });
}

class Visitor {
  /** What no page should do: `{ kind, text }`. */
  problems = [];

  static async open(browser, folder, url, { width = 1280, height = 860, theme = 'light' } = {}) {
    const visitor = new Visitor();
    const page = await browser.newPage();
    Object.assign(visitor, { page, folder });
    page.setDefaultTimeout(PATIENCE);
    page.on('console', (message) => {
      if (['error', 'warn', 'assert'].includes(message.type()))
        visitor.problems.push({ kind: 'console', text: message.text() });
    });
    page.on('pageerror', (error) => visitor.problems.push({ kind: 'uncaught', text: error.message }));
    page.on('dialog', async (dialog) => {
      visitor.problems.push({ kind: 'dialog', text: dialog.message() });
      await dialog.dismiss();
    });
    await page.evaluateOnNewDocument(() => {
      globalThis.violations = [];
      document.addEventListener('securitypolicyviolation', (event) =>
        globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
      );
    });
    await page.setViewport({ width, height });
    await emulate(page, theme).catch((error) => {
      // Firefox's protocol has no such command; there the system's theme counts.
      if (theme !== 'light') throw error;
    });
    await page.goto(url);
    return visitor;
  }

  /** Goes to another of the page's addresses, as a link does. */
  async go(hash) {
    await this.page.evaluate((to) => {
      location.hash = to;
    }, hash);
  }

  /** Waits until the page's text has all of these (strings, or regular expressions). */
  async sees(...expected) {
    for (const one of expected) {
      const [source, flags] =
        one instanceof RegExp ? [one.source, one.flags] : [one.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), ''];
      try {
        await this.page.waitForFunction(
          (...pattern) => new RegExp(...pattern).test(document.body.innerText),
          {},
          source,
          flags,
        );
      } catch {
        assert.fail(`“${one}” is not on the page, but: ${(await this.text('body')).slice(0, 2000)}`);
      }
    }
  }

  /** Waits for an element, and for its text where that is given. */
  async has(selector, text) {
    try {
      await this.page.waitForFunction(
        (query, wanted) =>
          [...document.querySelectorAll(query)].some(
            (element) => wanted === undefined || element.textContent.trim() === wanted,
          ),
        {},
        selector,
        text,
      );
    } catch {
      assert.fail(`no ${selector} ${text ?? ''} on the page, which says: ${(await this.text('body')).slice(0, 2000)}`);
    }
  }

  async until(condition, ...args) {
    await this.page.waitForFunction(condition, {}, ...args);
  }

  text(selector) {
    return this.page.$eval(selector, (element) => element.innerText);
  }

  texts(selector) {
    return this.page.$$eval(selector, (elements) => elements.map((element) => element.textContent.trim()));
  }

  /** The link, button or field of this name, once it is there. */
  async named(name, kinds) {
    try {
      return await this.page.waitForFunction(
        (wanted, query) =>
          [...document.querySelectorAll(query)].find((element) => {
            const names = [
              element.ariaLabel,
              ...[...(element.labels ?? [])].map((label) => label.textContent),
              element.textContent,
            ];
            return element.checkVisibility() && names.find((one) => one?.trim())?.trim() === wanted;
          }),
        {},
        name,
        kinds,
      );
    } catch {
      return assert.fail(
        `no ${kinds} is called “${name}” on the page, which says: ${(await this.text('body')).slice(0, 2000)}`,
      );
    }
  }

  /** Clicks the link, button or checkbox of this name. */
  async press(name) {
    await (await this.named(name, 'a, button, input')).click();
  }

  /** Types into the field of this name instead of what is there. */
  async fill(label, text) {
    const field = await this.named(label, 'input');
    await field.evaluate((element) => {
      element.value = '';
    });
    await field.type(text);
  }

  async focused() {
    return this.page.evaluate(
      () => document.activeElement.textContent.trim() || document.activeElement.id || document.activeElement.tagName,
    );
  }

  /** Nothing went wrong; `except` tells which messages were to be expected: a browser tells of each failed request. */
  async isContent({ except } = {}) {
    assert.deepEqual(await this.page.evaluate(() => globalThis.violations), [], 'violations of the policy');
    assert.deepEqual(
      this.problems.filter(({ kind, text }) => !(kind !== 'dialog' && except?.test(text))),
      [],
    );
    this.problems = [];
  }

  close() {
    return this.page.close();
  }
}
