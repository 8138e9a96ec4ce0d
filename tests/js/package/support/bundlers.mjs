// The bundlers, each with one call that bundles entries into a folder. A call fails on a warning; those about the size of a
// file are left out, because it is the module's.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { promisify } from 'node:util';
import { Parcel } from '@parcel/core';
import * as esbuild from 'esbuild';
import { rollup } from 'rollup';
import * as vite from 'vite';
import webpack from 'webpack';

export async function bundleWithEsbuild(options) {
  const { warnings } = await esbuild.build({ bundle: true, minify: true, logLevel: 'silent', ...options });
  assert.deepEqual(warnings, []);
}

export async function bundleWithRollup(options, output) {
  const warnings = [];
  const bundle = await rollup({ ...options, onwarn: (warning) => warnings.push(warning.message) });
  await bundle.write(output);
  await bundle.close();
  assert.deepEqual(warnings, []);
}

export async function bundleWithWebpack(options) {
  const compiler = webpack({ mode: 'production', performance: false, ...options });
  const stats = await promisify(compiler.run.bind(compiler))();
  await promisify(compiler.close.bind(compiler))();
  const { errors, warnings } = stats.toJson({ all: false, errors: true, warnings: true });
  assert.deepEqual([...errors, ...warnings], []);
}

export async function buildWithVite({ build, ...options }) {
  const warnings = [];
  const customLogger = vite.createLogger('warn');
  customLogger.warn = customLogger.warnOnce = (message) => warnings.push(message);
  await vite.build({
    configFile: false,
    logLevel: 'warn',
    customLogger,
    ...options,
    build: { chunkSizeWarningLimit: Infinity, ...build },
  });
  assert.deepEqual(warnings, []);
}

/** `target` is one of Parcel's: context, outputFormat, distDir and so on. */
export async function bundleWithParcel({ entries, folder, target }) {
  const bundler = new Parcel({
    entries,
    defaultConfig: createRequire(import.meta.url).resolve('@parcel/config-default'),
    defaultTargetOptions: { shouldOptimize: true, shouldScopeHoist: true },
    mode: 'production',
    projectRoot: folder,
    shouldDisableCache: true,
    shouldAutoInstall: false,
    targets: { default: { includeNodeModules: true, sourceMap: false, ...target } },
  });
  const { bundleGraph } = await bundler.run().catch(({ diagnostics, message }) => {
    throw new Error(`${message}\n${JSON.stringify(diagnostics, undefined, 2)}`);
  });
  return bundleGraph.getBundles().map(({ filePath }) => filePath);
}
