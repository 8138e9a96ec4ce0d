// The examples of docs/archives.md, against the sample images.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { Document, runCommand } from './document.mjs';

const digestOf = async (registry, name, tag) =>
  (await new DockerRegistryClient(registry.url).repository(name).headManifest(tag)).digest;

const page = new Document('docs/archives.md');
let registry;
before(async () => {
  registry = await startDistribution();
  await fill(registry, { 'team/web': samples['team/web'] });
});
after(() => registry.stop());

test('saving and loading', { timeout: 60_000 }, async () => {
  assert.match(await page.run('Save', registry), /^sha256:\w{64}$/m);
  const original = await digestOf(registry, 'team/web', '1.0.0');
  const [digest, blobs] = (await page.run('Load', registry)).trim().split(' ');
  assert.equal(digest, original);
  assert.ok(Number(blobs) > 1, blobs);
  assert.equal(await digestOf(registry, 'team/copy', '1.0.0'), original);
  assert.match(await page.run('Load', registry, { number: 1 }), /team\/web:1\.0\.0/);
});

test('commands', { timeout: 60_000 }, async () => {
  const [save, load, ...others] = page.codes('sh').join('').trim().split('\n');
  assert.deepEqual(others, []);
  assert.equal(await runCommand(save, registry), '');
  const original = await digestOf(registry, 'team/web', '1.0.0');
  assert.match(await runCommand(load, registry), new RegExp(`/team/copy:2\\.0\\.0@${original}\n$`));
});

test('every example ran', () => assert.deepEqual(page.left, []));
