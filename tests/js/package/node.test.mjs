import assert from 'node:assert/strict';
import process from 'node:process';
import test from 'node:test';
import { EXPECTED } from './support/expected.mjs';
import { checkContents } from './support/images.mjs';
import { createProject, output } from './support/project.mjs';
import { serveRegistry } from './support/servers.mjs';

test('Node', async (t) => {
  const { folder } = await createProject(t);
  const registry = await serveRegistry(t);
  const node = (...args) => output(process.execPath, args, { cwd: folder });

  for (const [name, program] of [
    ['import', 'main.js'],
    ['require', 'main.cjs'],
    ['import of the entry for Node', 'main-node.js'],
    ['import of the slim entry', 'main-slim.js'],
  ]) {
    await t.test(name, async () => {
      const { stdout, stderr } = await node(program, registry);
      assert.deepEqual(JSON.parse(stdout), EXPECTED);
      assert.equal(stderr, '');
    });
  }

  await t.test('what is in images', (t) =>
    checkContents(t, async (images) => JSON.parse((await node('main-contents.js', images)).stdout)),
  );

  await t.test('import, require and all entries give the same classes', async () => {
    const { stdout } = await node('same.mjs');
    const ofNode = ['connect', 'createFetch', 'dockerCredentials', 'layerIndexFolder', 'openArchive'];
    assert.deepEqual(JSON.parse(stdout), { required: true, slim: true, node: true, nodeRequired: true, ofNode });
  });

  await t.test('a program of which nothing is left to do ends', async () => {
    const { stdout } = await node('--input-type=module', '--eval', "await import('docker-registry-client-wasm')");
    assert.equal(stdout, '');
  });

  await t.test('a host without WebAssembly is told so', async () => {
    await assert.rejects(
      node('--no-expose-wasm', 'main.js', registry),
      /docker-registry-client-wasm: this host has no WebAssembly/,
    );
  });

  await t.test('a Node that cannot require ES modules is told which can', async () => {
    await assert.rejects(
      node('--no-experimental-require-module', 'main.cjs', registry),
      /require\(\) needs Node 20\.19/,
    );
    await assert.rejects(
      node('--no-experimental-require-module', '--eval', "require('docker-registry-client-wasm/node')"),
      /require\(\) needs Node 20\.19/,
    );
  });
});
