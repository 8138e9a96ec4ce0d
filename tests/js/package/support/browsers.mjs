// The machine's own Chromium and Firefox, driven by puppeteer-core.

import { access } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import puppeteer from 'puppeteer-core';

const BROWSERS = {
  chrome: {
    variable: 'CHROME',
    programs: ['chromium', 'chromium-browser', 'google-chrome'],
    // Without its sandbox, because Chromium refuses to run as root with it, as containers do.
    args: ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'],
  },
  firefox: { variable: 'FIREFOX', programs: ['firefox-esr', 'firefox'], args: [] },
};

/** Starts `chrome` or `firefox`; `test` closes it at its end. */
export async function openBrowser(test, name) {
  const { variable, programs, args } = BROWSERS[name];
  const executablePath = process.env[variable] ?? (await onPath(programs));
  if (executablePath === undefined) {
    throw new Error(`${name} is missing: none of ${programs.join(', ')} is on the PATH and ${variable} is not set`);
  }
  const browser = await puppeteer.launch({ browser: name, executablePath, args, headless: true });
  test.after(() => browser.close());
  return browser;
}

async function onPath(programs) {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  for (const program of programs.flatMap((program) => folders.map((folder) => path.join(folder, program)))) {
    const found = await access(program).then(
      () => true,
      () => false,
    );
    if (found) return program;
  }
  return undefined;
}

/** Opens a page and waits for what its script leaves in `globalThis.outcome`. */
export function outcomeOf(browser, url) {
  return onPage(browser, url, async (page) => {
    const handle = await page.waitForFunction(() => globalThis.outcome, { timeout: 60_000 });
    return handle.jsonValue();
  });
}

/** Opens a page and waits until the lines that it logs match a pattern. */
export function loggedBy(browser, url, pattern) {
  const collect = () => {
    globalThis.logged = [];
    console.log = (...values) => void globalThis.logged.push(values.join(' '));
  };
  const isLogged = (source) => new RegExp(source).test(globalThis.logged.join('\n'));
  return onPage(browser, url, (page) => page.waitForFunction(isLogged, { timeout: 30_000 }, pattern.source), collect);
}

async function onPage(browser, url, use, before = () => {}) {
  const page = await browser.newPage();
  const said = [];
  page.on('pageerror', (error) => said.push(String(error)));
  page.on('requestfailed', (request) => said.push(`${request.url()} ${request.failure()?.errorText}`));
  page.on('console', (message) => said.push(message.text()));
  try {
    await page.evaluateOnNewDocument(before);
    await page.goto(url);
    return await use(page);
  } catch (cause) {
    throw new Error(`${url} came to nothing: ${cause.message}\n${said.join('\n')}`, { cause });
  } finally {
    await page.close();
  }
}
