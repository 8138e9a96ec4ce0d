// The examples of docs/inside.md, against the sample images.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { Document, runCommand } from './document.mjs';

const page = new Document('docs/inside.md');
let registry;
before(async () => {
  registry = await startDistribution();
  await fill(registry, { 'team/web': samples['team/web'] });
});
after(() => registry.stop());

test('listing', async () => {
  assert.match(await page.run('List files', registry), /^644 \d+ \/etc\/os-release file 0$/m);
});

test('reading a file, and the index', async () => {
  assert.match(await page.run('Read a file', registry), /^the largest file: \/\S+ (\d+) \1$/m);
  for (const number of [0, 1]) {
    assert.equal(await page.run('Read a file with a hundredth of the bytes', registry, { number }), '');
  }
});

test('a SOCI index', async () => {
  assert.match(await page.run('Images with a SOCI index', registry), /^\d+$/m);
});

test('comparing, and waste', async () => {
  const output = await page.run('Compare, and find waste', registry);
  assert.match(output, /^\d+ \[/m);
  assert.match(output, /^0(\.\d+)? \[/m);
});

test('commands', { timeout: 60_000 }, async () => {
  const [list, cat, diff, waste, ...others] = page.codes('sh').join('').trim().split('\n');
  assert.deepEqual(others, []);
  assert.match(await runCommand(list, registry), /\/etc\/os-release/);
  assert.match(await runCommand(cat, registry), /^NAME=|^ID=/m);
  assert.match(await runCommand(diff, registry), /layers? in both/);
  assert.match(await runCommand(waste, registry), /^wasted: /);
});

test('every example ran', () => assert.deepEqual(page.left, []));
