// A front-end developer with Vite and TypeScript. The modules were written from the README and docs/ alone; examples/react-dashboard
// has React. They are type-checked together and run in Chromium, behind Vite's dev server.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';

import { root } from '../../../xtask/ensure.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { openBrowser } from '../package/support/browsers.mjs';
import { packedFolder } from '../support/packed.mjs';
import { install } from './support.mjs';

const LONG = { timeout: 120_000 };
const names = readdirSync(fileURLToPath(new URL('frontend', import.meta.url)));
const project = join(packedFolder, 'stories/frontend');

test('a front-end developer', LONG, async (t) => {
  for (const name of names) install(`frontend/${name}`);
  const registry = await startDistribution();
  t.after(() => registry.stop());
  await fill(registry, { 'team/web': samples['team/web'] });
  const locked = await startDistribution({ data: registry.data, auth: 'basic' });
  t.after(() => locked.stop());
  const page = await openPage(t, { '/registry/': registry, '/locked/': locked });
  const tell = (name, ...args) =>
    page.evaluate(async (file, values) => (await import(file)).story(...values), `/${name}.ts`, args);

  await t.test('the modules are well typed', async () => {
    const libraries = ['es2022', 'dom', 'dom.iterable'];
    const compilerOptions = {
      target: 'es2022',
      lib: libraries,
      module: 'esnext',
      moduleResolution: 'bundler',
      types: [],
    };
    const options = { ...compilerOptions, strict: true, noEmit: true, allowImportingTsExtensions: true };
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions: options, include: ['*.ts'] }));
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    await promisify(execFile)(process.execPath, [tsc, '--project', project]).catch((error) =>
      assert.fail(error.stdout),
    );
  });

  await t.test('6. a table that fills as tags are read', async () => {
    const rows = (await tell('table', '/registry')).split('\n').map((row) => row.split('\t'));
    assert.deepEqual(rows[0], ['2.0.0', 'amd64,arm64,arm']);
    assert.equal(rows.length, Object.keys(samples['team/web']).length);
  });

  await t.test('7. a download with a progress bar, and one that is cancelled', async () => {
    assert.equal(await tell('download', '/registry', Number.MAX_SAFE_INTEGER), 'done 1');
    assert.equal(await tell('download', '/registry', 1), 'cancelled');
  });

  await t.test('8. a login that is cancelled, mistyped, and right', async () => {
    // Without an answer the page goes on anonymously, and page.evaluate() sends null for undefined.
    const alice = (password) => ({ username: 'alice', password });
    const outcomes = await page.evaluate(
      async (answers) => (await import('/login.ts')).story('/locked', [undefined, ...answers]),
      [alice('wrong'), alice('secret')],
    );
    assert.deepEqual(outcomes, ['UNAUTHORIZED', 'UNAUTHORIZED', 7]);
  });

  await t.test('9. why a registry on another origin does not work', async () => {
    const findings = await tell('elsewhere', registry.url);
    const [code, fix] = findings[0];
    assert.equal(code, 'CORS_REFUSED');
    assert.match(fix, /Access-Control-Allow-Origin/);
  });

  await t.test('10. an SBOM by a file input', async () => {
    assert.equal(await tell('upload', '/registry', '{"spdxVersion":"SPDX-2.3"}'), '{"spdxVersion":"SPDX-2.3"}');
  });
});

/** An empty page of Vite's dev server, with the registries behind paths of it. */
async function openPage(t, registries) {
  const rewrite = (path) => path.replace(/^\/[^/]+/, '');
  const proxies = Object.entries(registries).map(([path, { url }]) => [
    path,
    { target: url, changeOrigin: true, rewrite },
  ]);
  writeFileSync(join(project, 'index.html'), '<!doctype html><title>Stories</title>');
  const vite = await createServer({
    root: project,
    configFile: false,
    logLevel: 'error',
    server: { host: '127.0.0.1', port: 0, proxy: Object.fromEntries(proxies) },
    // Found before the page is open: what Vite finds later makes it load the page again.
    optimizeDeps: { include: ['docker-registry-client-wasm'] },
  });
  const browser = await openBrowser(t, 'chrome');
  t.after(() => vite.close());
  await vite.listen();
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${vite.httpServer.address().port}/`);
  return page;
}
