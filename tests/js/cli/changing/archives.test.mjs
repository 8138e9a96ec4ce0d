// `save` and `load`.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';

import { index, image, layer } from '../../../../www/registry/content.mjs';
import { DockerRegistryClient } from '../../support/packed.mjs';
import { SOON, forEachRegistry } from '../../support/support.mjs';
import { allRefused, cli, done, ended, start } from '../cli.mjs';

const folder = mkdtempSync(join(tmpdir(), 'cli-archives-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const one = (platform) => image([{ run: 'COPY a /', layer: layer([{ path: 'a', content: platform }]) }], { platform });
const images = { 'team/web': { 1: index([one('linux/amd64'), one('linux/arm64')]) } };

forEachRegistry(images, async (t, registry, name) => {
  const { host } = new URL(registry.url);
  const web = `${host}/team/web:1`;
  const repository = (called) => new DockerRegistryClient(registry.url).repository(called);
  const { digest } = await repository('team/web').headManifest('1');
  const file = join(folder, `${name.slice(0, 4)}.tar`);

  await t.test('save and load', SOON, async () => {
    assert.equal(await done(`save ${web} -o ${file}`), '');
    const { code, out, err } = await cli(`load ${file} ${host}/loaded/web:2`);
    assert.deepEqual([code, out], [0, `${host}/loaded/web:2@${digest}\n`]);
    assert.match(err, /^3 manifests written, \d blobs pushed \(.*\), \d already there\n$/);
    assert.equal((await repository('loaded/web').headManifest('2')).digest, digest);
    // Without a tag it is latest.
    const again = JSON.parse(await done(`load ${file} ${host}/loaded/web --json`));
    assert.deepEqual([again.digest, again.reference, again.names], [digest, 'latest', [web]]);
    assert.equal(again.blobs, 0);
  });

  await t.test('standard output and input', SOON, async () => {
    const { stdout } = start(['save', web]);
    const chunks = [];
    for await (const chunk of stdout) chunks.push(chunk);
    const bytes = Buffer.concat(chunks);
    assert.ok(bytes.equals(readFileSync(file)));
    const loaded = await cli(`load - ${host}/from/stdin:1`, { input: bytes });
    assert.deepEqual([loaded.code, loaded.out], [0, `${host}/from/stdin:1@${digest}\n`]);
    // The command reads beyond the end, too: the program that writes must not fail.
    const child = start(['load', '-', `${host}/from/pipe:1`], { keepOpen: true });
    const errors = [];
    child.stdin.on('error', ({ code }) => errors.push(code));
    child.stdin.end(Buffer.concat([bytes, Buffer.alloc(1_000_000)]));
    const piped = await ended(child);
    assert.deepEqual([piped.code, piped.out, errors], [0, `${host}/from/pipe:1@${digest}\n`, []], piped.err);
  });

  await t.test('a directory, a platform, names', SOON, async () => {
    const layout = join(folder, `${name.slice(0, 4)}-layout`);
    mkdirSync(layout);
    execFileSync('tar', ['-xf', file, '-C', layout]);
    assert.match(await doneNoting(`load ${layout} ${host}/from/directory:1`), new RegExp(`@${digest}\n$`));
    const small = `${file}.arm`;
    await done(`save ${web} --platform linux/arm64 --name example.com/web:3 -o ${small}`);
    const { names, digest: arm } = JSON.parse(await done(`load ${small} ${host}/from/arm:1 --json`));
    assert.deepEqual(names, ['example.com/web:3']);
    const loaded = JSON.parse(await done(`load ${file} ${host}/from/all:1 --platform linux/arm64 --json`));
    assert.equal(loaded.digest, arm);
    await done(`save ${web} --platform all -o ${small} --overwrite`);
    assert.ok(readFileSync(small).equals(readFileSync(file)));
  });

  await t.test('refusals', SOON, async () => {
    const bad = `${file}.bad`;
    writeFileSync(bad, readFileSync(file).subarray(0, 9000));
    await allRefused([
      [`load ${bad} ${host}/not/there:1`, 1, /ARCHIVE_INVALID: /],
      [`load ${file}.missing ${host}/not/there:1`, 2, /the file cannot be read: ENOENT/],
      [`load ${file} ${host}/not/there:1 --reference other`, 2, /no image "other"; available: .*\/team\/web:1/],
      [`load ${file} ${host}/not/there@${digest}`, 2, /without digest/],
      [`load ${file} ${host}/team/web:1 --platform linux/s390x`, 4, /NO_MATCHING_PLATFORM: /],
      [`load ${file} ${host}/team/web:1 --platform linux/arm64 --no-clobber`, 6, /CONFLICT: /],
      [`load ${file}`, 2, /usage/i],
      [`save ${web} -o ${file}`, 2, /the file exists; --overwrite/],
      [`save ${web} --platform linux/s390x -o ${file}.none`, 4, /NO_MATCHING_PLATFORM: /],
      [`save ${web} --output=`, 2, /--output: FILE is missing/],
      [['save', web, '-o', ''], 2, /--output: FILE is missing/],
      [`save ${web} --name web -o ${file}.none`, 2, /needs a tag/],
      [`save ${host}/not/there:1 -o ${file}.none`, 4, /UNKNOWN|NOT_FOUND/],
    ]);
    assert.ok(!existsSync(`${file}.none`));
    const json = await cli(`save ${web} --json`);
    assert.equal(json.code, 2);
    assert.match(json.err, /need --output/);
    assert.deepEqual(JSON.parse(await done(`save ${web} --json --overwrite -o ${file}`)), { file });
  });
});

async function doneNoting(args) {
  const { code, out, err } = await cli(args);
  assert.equal(code, 0, err);
  return out;
}
