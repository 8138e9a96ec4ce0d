// Pages of an origin of their own, and what is run in them with the packed package.
import { createServer } from 'node:http';
import { join } from 'node:path';

import { filesOf } from '../../../pkg-template/cli/ui/files.js';
import { packedFolder } from './packed.mjs';

/** @returns {Promise<{ origin: string, stop: () => Promise<void> }>} an empty page beside the package's files */
export async function servePages() {
  const files = filesOf({ '/': join(packedFolder, 'node_modules', 'docker-registry-client-wasm', '/') });
  const server = createServer((request, response) => {
    if (request.url !== '/') return files(request, response);
    return response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>A page</title>');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return { origin: `http://127.0.0.1:${server.address().port}`, stop };
}

/**
 * Opens the page.
 * @returns {Promise<(task: Function, ...args: unknown[]) => Promise<unknown>>} runs a function in it, with the package and
 *   what it needs; a RegistryError comes back as data: `{ failed }`
 */
export async function openPage(browser, origin) {
  const page = await browser.newPage();
  await page.goto(origin);
  return (task, ...args) =>
    page.evaluate(
      async (source, values) => {
        const library = await import('/index.js');
        try {
          return await new Function(`return (${source})`)()(library, ...values);
        } catch (error) {
          if (!library.isRegistryError(error)) throw error;
          const { code, message, status } = error;
          return { failed: { code, message, status } };
        }
      },
      String(task),
      args,
    );
}
