import assert from 'node:assert/strict';
import test from 'node:test';
import { openBrowser, outcomeOf } from './support/browsers.mjs';
import { EXPECTED } from './support/expected.mjs';
import { checkContents } from './support/images.mjs';
import { createProject } from './support/project.mjs';
import { serveFolder, serveRegistry } from './support/servers.mjs';

for (const name of ['chrome', 'firefox']) {
  test(`a page without a bundler in ${name}`, async (t) => {
    const { folder } = await createProject(t);
    const registry = await serveRegistry(t);
    const pages = await serveFolder(t, folder);
    const browser = await openBrowser(t, name);

    for (const page of ['plain-page', 'plain-slim']) {
      await t.test(page, async () => {
        assert.deepEqual(await outcomeOf(browser, `${pages}/${page}.html?registry=${registry}`), EXPECTED);
      });
    }

    for (const [place, query] of [
      ['a page', ''],
      ['a worker', '&worker'],
    ]) {
      await t.test(`what is in images, in ${place}`, (t) =>
        checkContents(t, (images) => outcomeOf(browser, `${pages}/contents.html?registry=${images}${query}`)),
      );
    }

    await t.test("'wasm-unsafe-eval' is all it needs of a Content-Security-Policy", async (t) => {
      const policy = { 'Content-Security-Policy': "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'" };
      const strict = await serveFolder(t, folder, policy);
      assert.deepEqual(await outcomeOf(browser, `${strict}/plain-page.html?registry=${registry}`), EXPECTED);
    });

    await t.test('a Content-Security-Policy without it is named as the reason', async (t) => {
      const strict = await serveFolder(t, folder, { 'Content-Security-Policy': "script-src 'self' 'unsafe-inline'" });
      const { failed } = await outcomeOf(browser, `${strict}/plain-refused.html`);
      assert.match(failed, /docker-registry-client-wasm: this host refused the WebAssembly module.*'wasm-unsafe-eval'/);
    });
  });
}
