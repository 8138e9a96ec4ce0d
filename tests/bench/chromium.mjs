// A variant in a page of a browser started for it alone.
import { find } from './processes.mjs';

// Without its sandbox, because Chromium refuses to run as root with it, as containers do.
const ARGS = ['--no-sandbox', '--disable-dev-shm-usage', '--disable-background-networking'];
const LIMIT = 180_000;

/** Where the browser is, or why nothing can be measured in it. */
export async function chromium() {
  const executable = process.env.CHROME ?? find('chromium', 'chromium-browser', 'google-chrome');
  if (!executable) return { notRun: 'no Chromium on this machine' };
  const driver = await import('puppeteer-core').catch(() => undefined);
  return driver ? { executable } : { notRun: 'puppeteer-core not installed' };
}

export async function inPage(executablePath, server, file, name, parameters) {
  const { default: puppeteer } = await import('puppeteer-core');
  const browser = await puppeteer.launch({ executablePath, args: ARGS, headless: true, protocolTimeout: LIMIT });
  try {
    const page = await browser.newPage();
    await page.goto(`${server}/page`);
    const run = async (module, variant, given) => (await import(module))[variant](given);
    return await page.evaluate(run, `/variants/${file}.mjs`, name, parameters);
  } finally {
    await browser.close();
  }
}
