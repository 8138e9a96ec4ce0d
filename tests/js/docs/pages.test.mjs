// docs/browsers.md's configurations of Vite and nginx, and docs/react.md, whose code is that of examples/react-dashboard.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createServer } from 'vite';

import { root } from '../../../xtask/ensure.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { startNginx } from '../../registries/nginx.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient, packedFolder } from '../support/packed.mjs';
import { Document, digestOf } from './document.mjs';

const LONG = { timeout: 60_000 };
const page = new Document('docs/browsers.md');
const configurations = page.examples.filter(({ heading }) => heading === 'Vite');

let registry;
before(async () => {
  registry = await startDistribution();
  await fill(registry, { 'team/web': samples['team/web'] });
}, LONG);
after(() => registry.stop());

for (const [at, prefix] of ['/registry', ''].entries()) {
  test(
    `Vite's proxy ${prefix ? 'with' : 'without'} a prefix: reading, and uploads by their location`,
    LONG,
    async () => {
      const code = configurations[at].code.replace('http://localhost:5000', registry.url);
      const [, object] = /export default defineConfig\((\{[^]*\})\);\n$/.exec(code);
      const configuration = new Function(`return ${object}`)();
      const vite = await createServer({
        root: packedFolder,
        configFile: false,
        logLevel: 'error',
        server: { ...configuration.server, host: '127.0.0.1', port: 0 },
      });
      try {
        await vite.listen();
        await readsAndWrites(`http://127.0.0.1:${vite.httpServer.address().port}${prefix}`);
      } finally {
        await vite.close();
      }
    },
  );
}

test('nginx with a prefix: reading, and uploads by their location', LONG, async () => {
  const [{ code }] = page.examples.filter(({ language }) => language === 'nginx');
  const nginx = await startNginx({ registry: registry.url, locations: code, path: '/registry' });
  try {
    await readsAndWrites(nginx.url);
  } finally {
    await nginx.stop();
  }
});

async function readsAndWrites(url) {
  const repository = new DockerRegistryClient(url).repository('team/web');
  assert.equal((await repository.manifest('2.0.0')).digest, await digestOf(registry, 'team/web', '2.0.0'));
  const { digest } = await repository.pushBlob(new TextEncoder().encode(`by the proxy ${url}`));
  assert.equal((await fetch(`${registry.url}/v2/team/web/blobs/${digest}`)).status, 200);
  await repository.tag('moved', '2.0.0');
}

test('every piece of docs/react.md stands in the example', () => {
  const folder = join(root, 'examples/react-dashboard');
  const files = readdirSync(folder, { recursive: true }).filter((name) => /\.tsx?$/.test(name));
  const texts = files.map((name) => readFileSync(join(folder, name), 'utf8'));
  const { examples } = new Document('docs/react.md');
  assert.ok(examples.length > 5);
  assert.deepEqual(
    examples.filter(({ code }) => !texts.some((text) => text.includes(code))),
    [],
  );
});
