// `ls`, `cat`, `diff`, `waste`, `packages` and `export`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { gzipSync } from 'node:zlib';

import { image, layer } from '../../../../www/registry/content.mjs';
import { tar } from '../../../../www/registry/tar.mjs';
import { layerOf } from '../../contents/sample.mjs';
import { sociIndex, ztocOf } from '../../contents/soci.mjs';
import { cli, done } from '../cli.mjs';
import { SOON, forEachRegistry } from '../../support/support.mjs';

const folder = mkdtempSync(join(tmpdir(), 'cli-inside-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const base = layer([
  { path: 'etc', type: 'folder' },
  { path: 'etc/os-release', content: 'ID=sample\nPRETTY_NAME="Sample 1"\n' },
  { path: 'etc/secret', content: 'x'.repeat(5000) },
  { path: 'etc/terminal\u001b[2J', content: 'bad' },
  { path: 'bin', type: 'folder' },
  { path: 'bin/tool', content: '#!/bin/sh\n', mode: 0o4755, uid: 7, gid: 8 },
  { path: 'bin/link', type: 'symlink', target: '../bin/tool' },
]);
const cleaned = layer([{ path: 'etc', type: 'folder' }, { path: 'etc/.wh.secret' }]);
const added = layer([{ path: 'new', content: 'of two' }]);
const raw = Buffer.from('raw-\xff', 'latin1');
const odd = layer([
  { path: 'b[r]', content: '' },
  { path: raw, content: 'not UTF-8' },
]);
const steps = [
  { run: 'COPY base /', layer: base },
  { run: 'RUN rm /etc/secret', layer: cleaned },
];
const status = (...packages) =>
  layer([
    {
      path: 'var/lib/dpkg/status',
      content: packages
        .map((text) => text.split('='))
        .map(([name, version]) => `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n`)
        .join('\n'),
    },
  ]);
const told = [{ path: 'etc/os-release', content: 'ID=sample\n' }];
const spanned = layerOf(tar(told));
const ofSpanned = image([{ run: 'COPY etc /', layer: spanned }]);
// It calls the file something else, which shows who is asked.
const renamed = ({ files: [file] }) => Object.assign(file, { name: 'etc/called' });
const soci = sociIndex([ztocOf(spanned, told, { change: renamed })], ofSpanned);
const cut = layerOf(tar(told), { pack: (archive) => gzipSync(archive).subarray(0, -12) });
const images = {
  'in/cut': { one: image([{ run: 'COPY etc /', layer: cut }]) },
  'in/soci': { one: ofSpanned, soci },
  'in/packages': {
    one: image([{ run: 'apt', layer: status('bash=5.1', 'curl=7.8', 'gone=1') }]),
    two: image([{ run: 'apt', layer: status('bash=5.1', 'curl=8.0', 'new=2') }]),
  },
  'in/side': {
    one: image(steps, { config: { User: 'me' } }),
    odd: image([{ run: 'COPY odd /', layer: odd }]),
    two: image([...steps, { run: 'COPY new /', layer: added }], { config: { User: 'you' } }),
  },
};

forEachRegistry(images, async (t, registry) => {
  const { host } = new URL(registry.url);
  const one = `${host}/in/side:one`;
  const two = `${host}/in/side:two`;
  const strange = `${host}/in/side:odd`;

  await t.test('ls', SOON, async () => {
    const all = await done(`ls ${one}`);
    assert.equal(all, '/bin\n/bin/link\n/bin/tool\n/etc\n/etc/os-release\n/etc/terminal\\u001b[2J\n');
    assert.equal(await done(`ls ${one} bin`), '/bin\n/bin/link\n/bin/tool\n');
    assert.equal(await done([...`ls ${one}`.split(' '), '/bin/t*']), '/bin/tool\n');
    assert.equal(await done(`ls ${one} --layer 1`), '/etc\n/etc/secret (deleted)\n');
    assert.match(await done(`ls ${one} etc/secret --up-to 0`), /secret/);
    const long = (await done(`ls ${one} /bin -l`)).split('\n').map((line) => line.split(/\s+/));
    assert.deepEqual(long[2].slice(0, 3), ['lrw-r--r--', '0:0', '0']);
    assert.deepEqual(long[2].slice(-3), ['/bin/link', '->', '../bin/tool']);
    assert.deepEqual(long[3].slice(0, 3), ['-rwsr-xr-x', '7:8', '10']);
    const items = (await done(`ls ${one} --json --sort size`)).trimEnd().split('\n').map(JSON.parse);
    assert.deepEqual([items[0].path, items[0].size, items.length], ['/etc/os-release', 33, 6]);
    // Without tag and glob, as crane's.
    assert.deepEqual((await done(`ls ${host}/in/side --json`)).trimEnd().split('\n').length, 3);
    const both = await cli(`ls ${one} --layer 1 --up-to 0`);
    assert.deepEqual([both.code, both.out], [2, '']);
    assert.equal((await cli(`ls ${one} --layer 9`)).code, 2);
    assert.equal((await cli(`ls ${host}/in/side:none /etc`)).code, 4);
    const nothing = await cli(`ls ${one} /none`);
    assert.deepEqual([nothing.code, nothing.out], [4, '']);
    assert.match(nothing.err, /^error: NOT_FOUND: nothing is at "\/none" in the image/);
    assert.equal(await done(`ls ${one} /none*`), '');
    // A bracket is a character like any other.
    assert.equal(await done(`ls ${strange} /b[r*`), '/b[r]\n');
    assert.equal(await done(`ls ${strange} /b[r]`), '/b[r]\n');
    const { path, pathBytes } = JSON.parse(await done(`ls ${strange} raw* --json`));
    assert.deepEqual([path, Buffer.from(pathBytes, 'base64')], ['/raw-\ufffd', raw]);
  });

  await t.test('cat', SOON, async () => {
    assert.equal(await done(`cat ${one} /bin/link`), '#!/bin/sh\n');
    assert.equal(await done(`cat ${one} etc/secret --layer 0`), 'x'.repeat(5000));
    const missing = await cli(`cat ${one} /etc/secret`);
    assert.deepEqual([missing.code, missing.out], [4, '']);
    assert.match(missing.err, /^error: NOT_FOUND: /);
    assert.equal((await cli(`cat ${one} /etc`)).code, 2);
    assert.equal(await done(`cat ${strange} /raw-\ufffd`), 'not UTF-8');
    assert.equal(await done(`cat ${strange} raw-\ufffd --layer 0`), 'not UTF-8');
    assert.equal((await cli(`cat ${strange} /other-\ufffd`)).code, 4);
    assert.equal((await cli(`cat ${one}`)).code, 2);
  });

  await t.test('a layer that was cut off before it was pushed', SOON, async () => {
    for (const command of ['ls', 'cat']) {
      const { code, out, err } = await cli(`${command} ${host}/in/cut:one /etc/os-release`);
      // Not the exit code that asks for another attempt.
      assert.deepEqual([code, out], [1, '']);
      assert.match(err, /^error: LAYER_INVALID: .* at byte \d+ .*in layer 1 of 1/);
    }
  });

  await t.test('ls and cat by a SOCI index', SOON, async () => {
    const with1 = `${host}/in/soci:one`;
    const by = `--soci-index ${soci.digest}`;
    assert.equal(await done(`ls ${with1}`), '/etc/os-release\n');
    assert.equal(await done(`ls ${with1} ${by}`), '/etc/called\n');
    assert.equal(await done(`cat ${with1} /etc/called ${by}`), 'ID=sample\n');
    assert.equal((await cli(`cat ${with1} /etc/called`)).code, 4);
    // It says that files are wanted, and not tags.
    assert.equal((await cli(`ls ${host}/in/soci ${by}`)).code, 4);
    const wrong = await cli(`cat ${with1} /etc/called --soci-index sha256:1`);
    assert.deepEqual([wrong.code, wrong.out], [2, '']);
    assert.match(wrong.err, /--soci-index/);
    const none = await cli(`cat ${with1} /etc/called --soci-index ${ofSpanned.digest}`);
    assert.deepEqual([none.code, none.out], [1, '']);
    assert.match(none.err, /^error: LAYER_INDEX_INVALID: /);
    const layered = await cli(`ls ${with1} --layer 0 ${by}`);
    assert.deepEqual([layered.code, layered.out], [2, '']);
    assert.match(layered.err, /--soci-index cannot be given/);
  });

  await t.test('diff', SOON, async () => {
    const out = await done(`diff ${one} ${two}`);
    assert.match(out, /^2 layers in both\n\+ layer \w{12}\n- config\.User "me"\n\+ config\.User "you"\n\+ \/new\n$/);
    const { files } = JSON.parse(await done(`diff ${one} ${two} --json`));
    assert.deepEqual(
      files.map(({ path, change, side }) => [path, change, side]),
      [['/new', 'written', 'after']],
    );
    const exact = JSON.parse(await done(`diff ${one} ${two} --exact --json`));
    assert.deepEqual(
      exact.files.map(({ path, change }) => [path, change]),
      [['/new', 'added']],
    );
    assert.equal((await cli(`diff ${one} ${two} --exit-code`)).code, 8);
    assert.equal(await done(`diff ${one} ${one} --exit-code`), '2 layers in both\n');
  });

  await t.test('diff of packages', SOON, async () => {
    const [before, after] = ['one', 'two'].map((tag) => `${host}/in/packages:${tag}`);
    const out = await done(`diff ${before} ${after} --packages`);
    assert.match(out, /\n~ package curl 7\.8 -> 8\.0\n- package gone 1\n\+ package new 2\n$/);
    const { packages } = JSON.parse(await done(`diff ${before} ${after} --packages --json`));
    assert.deepEqual(packages, [
      { change: 'changed', name: 'curl', manager: 'dpkg', before: '7.8', after: '8.0' },
      { change: 'removed', name: 'gone', manager: 'dpkg', before: '1' },
      { change: 'added', name: 'new', manager: 'dpkg', after: '2' },
    ]);
    assert.equal('packages' in JSON.parse(await done(`diff ${before} ${after} --json`)), false);
    assert.deepEqual(JSON.parse(await done(`diff ${before} ${before} --packages --json`)).packages, []);
  });

  await t.test('a cache', SOON, async () => {
    const cache = join(folder, `cache ${host.replace(':', '-')}`);
    const reads = async (...more) => {
      const { code, out, err } = await cli(['cat', one, '/bin/link', '--verbose', ...more]);
      assert.deepEqual([code, out], [0, '#!/bin/sh\n'], err);
      return err.split('\n').filter((line) => line.includes(cleaned.descriptor.digest)).length;
    };
    assert.equal(await reads(), 1);
    assert.equal(await reads('--cache', cache), 1);
    // The upper layer is known, and has nothing of the file.
    assert.equal(await reads('--cache', cache), 0);
    assert.equal(await done(['ls', one, 'bin', '--cache', cache]), '/bin\n/bin/link\n/bin/tool\n');
    for (const name of readdirSync(cache)) writeFileSync(join(cache, name), 'garbage');
    assert.equal(await reads('--cache', cache), 1);
  });

  await t.test('waste', SOON, async () => {
    const out = await done(`waste ${one}`);
    assert.match(out, /^wasted: 5\.0 kB of 5\.0 kB \(99\.1 %\)\ndive: efficiency /);
    assert.match(out, /RUN rm \/etc\/secret/);
    const found = JSON.parse(await done(`waste ${one} --json`));
    assert.deepEqual(found.files, [{ path: '/etc/secret', size: 5000, layer: 0, by: 1, replaced: false }]);
    const above = await cli(`waste ${one} --fail-above 5%`);
    assert.deepEqual([above.code, /5\.0 kB are wasted/.test(above.err)], [8, true]);
    assert.equal((await cli(`waste ${one} --fail-above 1M`)).code, 0);
    for (const nothing of ['0', '0%']) assert.equal((await cli(`waste ${one} --fail-above ${nothing}`)).code, 8);
    assert.equal((await cli(`waste ${one} --fail-above much`)).code, 2);
    const own = JSON.parse(await done(`waste ${two} --base ${one} --json`));
    assert.deepEqual(own.withoutBase, { stored: 6, wasted: 0 });
    assert.equal((await cli(`waste ${one} --base ${two}`)).code, 2);
  });

  await t.test('packages and export', SOON, async () => {
    assert.deepEqual(JSON.parse(await done(`packages ${one} --json`)), {
      osRelease: { ID: 'sample', PRETTY_NAME: 'Sample 1' },
      packages: [],
    });
    const file = join(folder, `${host.replace(':', '-')}.tar`);
    await done(`export ${two} --output ${file}`);
    const names = execFileSync('tar', ['-tf', file]).toString().split('\n');
    assert.ok(names.includes('new') && !names.includes('etc/secret'), names);
    const { bytes, code } = await cli(`export ${two}`);
    assert.deepEqual([code, bytes.equals(readFileSync(file))], [0, true]);
    assert.equal((await cli(`export ${two} --output ${file}`)).code, 2);
  });
});
