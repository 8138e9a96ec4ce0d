// The list of what is inside the package, as its users and their scanners read it.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';

import { root } from '../../xtask/ensure.mjs';
import { writeBillOfMaterials } from './crates.mjs';

test('the bill of materials', async () => {
  const { metadata, components, dependencies } = await writeBillOfMaterials();
  const [, version] = /^version = "(.+)"$/m.exec(await readFile(join(root, 'Cargo.toml'), 'utf8'));
  const main = `pkg:npm/docker-registry-client-wasm@${version}`;
  assert.equal(metadata.component.purl, main);

  const lock = await readFile(join(root, 'Cargo.lock'), 'utf8');
  for (const { name, version: one, purl, licenses, hashes } of components) {
    assert.equal(purl, `pkg:cargo/${name}@${one}`);
    assert.match(licenses[0].expression, /^[A-Za-z0-9.() -]+$/);
    assert.ok(lock.includes(`name = "${name}"\nversion = "${one}"\n`) && lock.includes(hashes[0].content), purl);
  }
  const names = components.map(({ name }) => name);
  for (const name of ['wasm-bindgen', 'serde', 'sha2', 'gloo-net']) assert.ok(names.includes(name), name);
  for (const name of ['serde_derive', 'p256', 'wasm-bindgen-test', 'walrus']) assert.ok(!names.includes(name), name);

  const references = new Set([main, ...components.map(({ purl }) => purl)]);
  assert.deepEqual(new Set(dependencies.map(({ ref }) => ref)), references);
  for (const { dependsOn } of dependencies)
    assert.deepEqual(
      dependsOn.filter((one) => !references.has(one)),
      [],
    );

  const file = join(root, 'target/sbom.cdx.json');
  const first = await readFile(file, 'utf8');
  await writeBillOfMaterials();
  assert.equal(await readFile(file, 'utf8'), first);
});
