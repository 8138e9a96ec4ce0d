// Runs Cloudflare's serverless-registry: its Worker, bundled, on the workerd and the R2 of the checkout's own miniflare.
import { createRequire } from 'node:module';
import { join } from 'node:path';

import { build } from 'esbuild';

const [, , checkout] = process.argv;
const { PORT, DATA, USERNAME, PASSWORD } = process.env;
const { Miniflare } = createRequire(join(checkout, 'package.json'))('miniflare');

const bundle = await build({
  entryPoints: [join(checkout, 'index.ts')],
  bundle: true,
  write: false,
  format: 'esm',
  target: 'esnext',
  conditions: ['workerd', 'worker', 'browser'],
  external: ['node:*'],
});
const worker = new Miniflare({
  host: '127.0.0.1',
  port: Number(PORT),
  modules: true,
  script: bundle.outputFiles[0].text,
  compatibilityDate: '2024-09-09',
  compatibilityFlags: ['nodejs_compat'],
  r2Buckets: ['REGISTRY'],
  r2Persist: DATA,
  bindings: { USERNAME, PASSWORD, ENVIRONMENT: 'test bed' },
  cf: false,
});
await worker.ready;
for (const signal of ['SIGTERM', 'SIGINT']) {
  process.once(signal, () => worker.dispose().then(() => process.exit(0)));
}
