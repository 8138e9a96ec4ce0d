// README.md and the README of the npm package.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { samples } from '../../../www/registry/sample-images.mjs';
import { Document, changing, digestOf, includesAll, runCommand } from './document.mjs';
import { startOpenAndLocked } from '../support/support.mjs';
import { tagsOf } from '../support/tags.mjs';

const readme = new Document('README.md');
const npm = new Document('pkg-template/README.md');
const web = { 'team/web': samples['team/web'] };

const { registry, locked, stop } = await startOpenAndLocked(web);
after(stop);

test('tags, newest first', async () => {
  const output = await readme.run('List tags, newest first', registry);
  assert.match(output, /^edge 2026-04-01T23:59:59\.000Z \d+\n/);
  assert.ok(output.indexOf('\n2.0.0 ') < output.indexOf('\n1.0.0 '), output);
});

test('an image', async () => {
  const output = await readme.run('Look into an image', registry);
  includesAll(output, ['sha256:', 'COPY --chown=1000:1000 dist/ /srv/', 'MANIFEST_UNKNOWN 404']);
});

test('moving a tag', async () => {
  await changing(web, async (server) => {
    await readme.run('Move a tag', server);
    assert.equal(await digestOf(server, 'team/web', 'stable'), await digestOf(server, 'team/web', '1.1.0'));
    const before = Object.keys(samples['team/web']).filter((tag) => tag !== 'edge');
    assert.deepEqual((await tagsOf(server.url, 'team/web')).sort(), [...before, 'stable'].sort());
  });
});

test('copying', async () => {
  await changing(web, async (server, target) => {
    const output = await readme.run('Copy between registries', server, { target });
    assert.equal(output, `${await digestOf(target, 'mirror/web', '1.1.0')}\n`);
    assert.equal(output, `${await digestOf(server, 'team/web', '1.1.0')}\n`);
  });
});

test('cleaning up', async () => {
  await changing(web, async (server) => {
    const output = await readme.run('Clean up', server);
    assert.match(output, /^remove 1\.0\.0 /m);
    assert.match(output, /^keep latest /m);
    assert.match(output, /^[1-9]\d* removed 0 failed 0 remaining$/m);
    const tags = await tagsOf(server.url, 'team/web');
    assert.ok(tags.includes('latest') && !tags.includes('1.0.0'), tags.join());
  });
});

test('on the command line', async () => {
  const commands = readme.codes('sh').flatMap((code) => code.match(/^npx .+$/gm) ?? []);
  assert.equal(commands.length, 2);
  assert.match(await runCommand(commands[0], registry, { npx: true }), /^1\.1\.0 .*linux\/arm64\/v8/m);
  assert.match(await runCommand(commands[1], registry), /^remove +1\.0\.0 /m);
});

test('npm: an image', async () => {
  includesAll(await npm.run('docker-registry-client-wasm', registry), [
    '1.0.0\n',
    'COPY --chown=1000:1000 dist/ /srv/',
  ]);
});

test('npm: logging in', async () => {
  assert.match(await npm.run('Log in', locked), /'1\.0\.0'/);
  assert.match(await npm.run('Log in', registry, { number: 1 }), /'1\.0\.0'/);
});

test('npm: changing a registry', async () => {
  await changing(web, async (server, target) => {
    includesAll(await npm.run('Copy, with progress', server, { target }), ['copied sha256:', ' bytes\n']);
    assert.deepEqual(await tagsOf(target.url, 'mirror/web'), ['1.1.0']);
    await npm.run('Tag and untag', server);
    assert.equal(await digestOf(server, 'team/web', 'latest'), await digestOf(server, 'team/web', '1.1.0'));
    assert.ok(!(await tagsOf(server.url, 'team/web')).includes('edge'));
    assert.match(await npm.run('Clean up', server), /^[1-9]\d* removed 0 failed 0 remaining$/m);
  });
});

test('npm: on the command line', async () => {
  const commands = npm.codes('sh').flatMap((code) => code.match(/^npx .+localhost.+$/gm) ?? []);
  assert.equal(commands.length, 2);
  assert.match(await runCommand(commands[0], registry), /^1\.1\.0 /m);
  assert.match(await runCommand(commands[1], registry), /^remove +1\.0\.0 /m);
});

test('every example was run', () => {
  // The slim entry is a page's; tests/js/package/ has pages with it.
  assert.deepEqual([...readme.left, ...npm.left.filter((one) => !one.includes('/slim'))], []);
});
