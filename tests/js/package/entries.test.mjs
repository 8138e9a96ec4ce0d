// Each entry in each bundler, imported from nowhere else: the documentation's own example is bundled and run, in Node or in a
// page, against a real registry.

import assert from 'node:assert/strict';
import { cp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { root } from '../../../xtask/ensure.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { corsHidden, startDistribution } from '../../registries/servers.mjs';
import { loggedBy, openBrowser } from './support/browsers.mjs';
import {
  buildWithVite,
  bundleWithEsbuild,
  bundleWithParcel,
  bundleWithRollup,
  bundleWithWebpack,
} from './support/bundlers.mjs';
import { startNext } from './support/next.mjs';
import { createProject, output } from './support/project.mjs';
import { serveFolder } from './support/servers.mjs';

const NAME = 'docker-registry-client-wasm';
/** What each example logs last. */
const LOGS = { main: /MANIFEST_UNKNOWN 404/, node: /1\.0\.0/, slim: /team/ };

test('entries in bundlers', async (t) => {
  const { folder } = await createProject(t);
  const inFolder = (...names) => path.join(folder, ...names);
  const registry = await startDistribution({ headers: corsHidden });
  t.after(() => registry.stop());
  await fill(registry, { 'team/web': samples['team/web'] });
  const { host } = new URL(registry.url);
  const sources = {};
  for (const [name, code] of Object.entries(await examples())) {
    sources[name] = code.replaceAll('localhost:5000', host);
    await writeFile(inFolder(`${name}.mjs`), sources[name]);
  }
  const pages = await serveFolder(t, folder);
  const browser = await openBrowser(t, 'chrome');

  /** The example without a bundler, which every bundle is compared with. */
  const expected = {};
  for (const name of Object.keys(LOGS)) {
    expected[name] = await inNode(inFolder(`${name}.mjs`));
    assert.match(expected[name], LOGS[name]);
  }

  await t.test('Vite', async () => {
    for (const name of ['main', 'node']) {
      await buildWithVite({
        root: folder,
        ssr: { noExternal: true },
        build: { ssr: inFolder(`${name}.mjs`), outDir: `vite-${name}` },
      });
      await worksInNode(name, `vite-${name}/${name}.js`);
    }
    for (const name of ['main', 'slim']) await writeFile(inFolder(`vite-${name}.html`), html(`./${name}.mjs`));
    const input = ['main', 'slim'].map((name) => inFolder(`vite-${name}.html`));
    await buildWithVite({ root: folder, base: './', build: { outDir: 'vite', rollupOptions: { input } } });
    for (const name of ['main', 'slim']) await worksInPage(name, `vite/vite-${name}.html`);
  });

  await t.test('webpack', async () => {
    const webpack = (name, dir, target) =>
      bundleWithWebpack({
        context: folder,
        entry: { [name]: `./${name}.mjs` },
        output: { path: inFolder(dir), module: true, chunkFormat: 'module' },
        experiments: { outputModule: true },
        // bundlers.test.mjs does that, and it takes most of the time.
        optimization: { minimize: false },
        target,
      });
    for (const name of ['main', 'node', 'slim']) {
      await webpack(name, 'webpack-node', 'node20');
      await worksInNode(name, `webpack-node/${name}.mjs`);
    }
    for (const name of ['main', 'slim']) {
      await webpack(name, 'webpack-web', ['web', 'es2022']);
      await worksInPage(name, await pageOf('webpack-web', `${name}.mjs`));
    }
  });

  await t.test('Rollup', async () => {
    const bundle = (name, dir, plugin) =>
      bundleWithRollup(
        { input: inFolder(`${name}.mjs`), plugins: [nodeResolve(plugin)], external: /^node:/ },
        { dir: inFolder(dir), format: 'es' },
      );
    for (const name of ['main', 'node', 'slim']) {
      await bundle(name, 'rollup-node', { exportConditions: ['node'], preferBuiltins: true });
      await copyModules('rollup-node');
      await worksInNode(name, `rollup-node/${name}.js`);
    }
    for (const name of ['main', 'slim']) {
      await bundle(name, 'rollup-web', { browser: true });
      await copyModules('rollup-web');
      await worksInPage(name, await pageOf('rollup-web', `${name}.js`));
    }
  });

  await t.test('esbuild', async () => {
    const bundle = (name, dir, platform) =>
      bundleWithEsbuild({
        entryPoints: [inFolder(`${name}.mjs`)],
        outdir: inFolder(dir),
        outExtension: { '.js': '.mjs' },
        format: 'esm',
        platform,
      });
    for (const name of ['main', 'node', 'slim']) {
      await bundle(name, 'esbuild-node', 'node');
      await copyModules('esbuild-node');
      await worksInNode(name, `esbuild-node/${name}.mjs`);
    }
    for (const name of ['main', 'slim']) {
      await bundle(name, 'esbuild-web', 'browser');
      await copyModules('esbuild-web');
      await worksInPage(name, await pageOf('esbuild-web', `${name}.mjs`));
    }
  });

  await t.test('Parcel', async () => {
    // It puts modules into functions, in which a top-level await is a syntax error.
    for (const name of Object.keys(LOGS)) {
      const { imports, rest } = parted(sources[name]);
      await writeFile(inFolder(`${name}-called.mjs`), `${imports}async function main() {\n${rest}}\nmain();\n`);
    }
    // For its default, which has browsers without import maps, it writes pages in which no dynamic import works.
    const engines = { browsers: 'last 2 Chrome versions' };
    for (const name of ['main', 'node']) {
      await bundleWithParcel({
        entries: inFolder(`${name}-called.mjs`),
        folder,
        target: { context: 'node', outputFormat: 'esmodule', distDir: inFolder('parcel-node') },
      });
      await worksInNode(name, `parcel-node/${name}-called.js`);
    }
    for (const name of ['main', 'slim']) {
      await writeFile(inFolder(`parcel-${name}.html`), html(`./${name}-called.mjs`));
      await bundleWithParcel({
        entries: inFolder(`parcel-${name}.html`),
        folder,
        target: { engines, publicUrl: './', distDir: inFolder('parcel') },
      });
      await worksInPage(name, `parcel/parcel-${name}.html`);
    }
  });

  await t.test('Next with Turbopack', async (t) => {
    const [main, node, slim] = ['main', 'node', 'slim'].map((name) => parted(sources[name]));
    // On the server there is no streaming compilation that ./slim could use, and main and node work.
    const address = await startNext(t, folder, { routes: { main, node }, pages: { main, slim } });
    for (const name of ['main', 'node']) {
      const response = await fetch(`${address}/api/${name}`);
      const text = await response.text();
      assert.equal(response.status, 200, text);
      assert.match(text, LOGS[name]);
    }
    for (const name of ['main', 'slim']) await loggedBy(browser, `${address}/${name}`, LOGS[name]);
  });

  function inNode(file) {
    const env = { ...process.env, HOME: folder, NO_PROXY: '127.0.0.1' };
    return output(process.execPath, [file], { cwd: folder, env }).then(({ stdout }) => stdout);
  }

  async function worksInNode(name, file) {
    assert.equal(await inNode(inFolder(file)), expected[name], file);
  }

  function worksInPage(name, file) {
    return loggedBy(browser, `${pages}/${file}`, LOGS[name]);
  }

  /** Rollup and esbuild leave `new URL(…, import.meta.url)` as it is: the slim entry looks for the modules beside the bundle. */
  function copyModules(dir) {
    return cp(inFolder('node_modules', NAME, 'wasm'), inFolder(dir, 'wasm'), { recursive: true });
  }

  async function pageOf(dir, script) {
    await writeFile(inFolder(dir, `${script}.html`), html(`./${script}`));
    return `${dir}/${script}.html`;
  }
});

const html = (script) =>
  `<!doctype html><meta charset="utf-8"><title>x</title><script type="module" src="${script}"></script>`;

/** An example's imports, and the rest. */
function parted(code) {
  const [imports, rest] = [/^import .*\n/gm, /^(?!import ).*\n/gm].map((lines) => code.match(lines).join(''));
  return { imports, rest };
}

/** An example of each entry, as the documentation has it. */
async function examples() {
  const text = (name) => readFile(path.join(root, name), 'utf8');
  const found = (text, entry, part) => {
    const blocks = [...text.matchAll(/^```[jt]s\n([^]*?)^```/gm)].map(([, code]) => code);
    const example = blocks.find((code) => code.includes(`from '${entry}';`) && code.includes(part));
    assert.ok(example?.includes('localhost:5000'), `an example of ${entry}`);
    assert.equal(example.match(/ from '/g).length, 1, `imports of the example of ${entry}`);
    return example;
  };
  return {
    main: found(await text('README.md'), NAME, 'isRegistryError'),
    node: found(await text('docs/connecting.md'), `${NAME}/node`, 'connect('),
    slim: found((await text('pkg-template/slim.d.ts')).replaceAll(/^ \* ?/gm, ''), `${NAME}/slim`, 'init()'),
  };
}
