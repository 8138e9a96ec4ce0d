import assert from 'node:assert/strict';
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import * as vite from 'vite';
import { openBrowser, outcomeOf } from './support/browsers.mjs';
import { buildWithVite, bundleWithEsbuild, bundleWithRollup, bundleWithWebpack } from './support/bundlers.mjs';
import { EXPECTED } from './support/expected.mjs';
import { createProject, output } from './support/project.mjs';
import { serveFolder, serveRegistry } from './support/servers.mjs';

test('bundlers', async (t) => {
  const { folder } = await createProject(t);
  const registry = await serveRegistry(t);
  const pages = await serveFolder(t, folder);
  const browser = await openBrowser(t, 'chrome');
  const works = async (url) => assert.deepEqual(await outcomeOf(browser, `${url}?registry=${registry}`), EXPECTED);
  const inFolder = (...names) => path.join(folder, ...names);

  await t.test('Vite dev', async (t) => {
    const server = await vite.createServer({
      root: folder,
      configFile: false,
      logLevel: 'error',
      server: { host: '127.0.0.1', port: 0 },
    });
    t.after(() => server.close());
    await server.listen();
    const { port } = server.httpServer.address();
    await works(`http://127.0.0.1:${port}/page.html`);
    await works(`http://127.0.0.1:${port}/slim-url.html`);
  });

  await t.test('Vite build', async () => {
    const input = ['page.html', 'slim.html', 'slim-url.html'].map((name) => inFolder(name));
    await buildWithVite({ root: folder, base: './', build: { outDir: 'vite', rollupOptions: { input } } });
    for (const page of ['page', 'slim', 'slim-url']) await works(`${pages}/vite/${page}.html`);
  });

  await t.test('webpack', async () => {
    await bundleWithWebpack({
      context: folder,
      entry: { page: './page.js', slim: './slim.js' },
      output: { path: inFolder('webpack') },
    });
    await works(await page('webpack', 'page'));
    await works(await page('webpack', 'slim'));
    await works(await classicPage('webpack', 'page'));
  });

  await t.test('rollup', async () => {
    const plugins = [nodeResolve({ browser: true })];
    await bundleWithRollup({ input: inFolder('page.js'), plugins }, { dir: inFolder('rollup'), format: 'es' });
    await works(await page('rollup', 'page'));
  });

  await t.test('esbuild for browsers', async () => {
    await bundleWithEsbuild({ entryPoints: [inFolder('page.js')], outdir: inFolder('esbuild'), format: 'esm' });
    await works(await page('esbuild', 'page'));
  });

  for (const [format, entry, file] of [
    ['esm', 'main.js', 'main.mjs'],
    ['cjs', 'main.cjs', 'main.cjs'],
  ]) {
    await t.test(`esbuild for Node as ${format}`, async () => {
      const outfile = inFolder('esbuild', file);
      await bundleWithEsbuild({ entryPoints: [inFolder(entry)], outfile, format, platform: 'node' });
      const { stdout } = await output(process.execPath, [outfile, registry], { cwd: folder });
      assert.deepEqual(JSON.parse(stdout), EXPECTED);
    });
  }

  await t.test('none warns, even where the package is part of the project', async () => {
    // Some warn only of files outside of node_modules.
    await cp(inFolder('node_modules', 'docker-registry-client-wasm'), inFolder('own'), { recursive: true });
    const [index, slim] = ['index.js', 'slim.js'].map((name) => inFolder('own', name));
    await bundleWithEsbuild({
      entryPoints: [index, slim],
      outdir: inFolder('own-esbuild'),
      format: 'esm',
      splitting: true,
    });
    await bundleWithEsbuild({
      entryPoints: [inFolder('own', 'index.cjs')],
      outdir: inFolder('own-esbuild'),
      format: 'cjs',
      platform: 'node',
    });
    await bundleWithRollup({ input: [index, slim] }, { dir: inFolder('own-rollup'), format: 'es' });
    await bundleWithWebpack({
      context: inFolder('own'),
      entry: { index, slim },
      output: { path: inFolder('own-webpack') },
    });
    await buildWithVite({
      root: inFolder('own'),
      build: { outDir: 'vite', rollupOptions: { input: [index, slim] } },
    });
  });

  /** An old-fashioned page that names no charset: what is not ASCII in the bundle it reads as something else. */
  async function classicPage(bundler, name) {
    await writeFile(
      inFolder(bundler, 'classic.html'),
      `<!doctype html><title>x</title><script defer src="./${name}.js"></script>`,
    );
    return `${pages}/${bundler}/classic.html`;
  }

  /** The page around a bundle that is only a script. */
  async function page(bundler, name) {
    const html = `<!doctype html><meta charset="utf-8"><script type="module" src="./${name}.js"></script>`;
    await writeFile(inFolder(bundler, `${name}.html`), html);
    return `${pages}/${bundler}/${name}.html`;
  }
});
