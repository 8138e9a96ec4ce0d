// `sync`, between two registries.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { samples } from '../../../../www/registry/sample-images.mjs';
import { hangs, startScripted } from '../../../registries/scripted.mjs';
import { cli, ended, start } from '../cli.mjs';
import { DockerRegistryClient } from '../../support/packed.mjs';
import { SOON, startPair } from '../../support/support.mjs';

const web = samples['team/web'];
const folder = mkdtempSync(join(tmpdir(), 'cli-sync-'));

const { source, target, from, to, stop } = await startPair({ 'team/web': web, 'team/api': samples['team/api'] });
after(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true });
});
before(
  () =>
    new DockerRegistryClient(source.url)
      .repository('team/web')
      .pushManifest('sbom', web.sbom.bytes, { mediaType: web.sbom.mediaType }),
  SOON,
);

let number = 0;
function fileOf(document) {
  const file = join(folder, `${(number += 1)}.json`);
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
  return file;
}
const there = (repository) => new DockerRegistryClient(target.url).repository(repository);
const linesOf = (text) => text.trimEnd().split('\n').sort();

test('tags by globs, a dry run, and a second run', SOON, async () => {
  const tags = { include: ['1.*', '2.?.0', 'latest'], exclude: ['1.1'] };
  const file = fileOf({ sync: [{ source: `${from}/team/web`, target: `${to}/mirror/web`, tags }] });
  const pairs = ['1.0.0', '1.1.0', '2.0.0', 'latest'].map((tag) => `${from}/team/web:${tag} → ${to}/mirror/web:${tag}`);
  const dry = await cli(`sync ${file} --dry-run`);
  assert.deepEqual([dry.code, dry.err], [0, '4 tags to copy, 0 unchanged, 0 failed\n']);
  assert.deepEqual(
    linesOf(dry.out),
    pairs.map((pair) => `copy       ${pair}`),
  );
  assert.deepEqual(await there('mirror/web').tags(), []);

  const { code, out, err } = await cli(`sync ${file}`);
  assert.deepEqual([code, err], [0, '4 tags copied, 0 unchanged, 0 failed\n']);
  assert.deepEqual(
    linesOf(out),
    pairs.map((pair) => `copied     ${pair}`),
  );
  for (const tag of ['1.0.0', '1.1.0', '2.0.0', 'latest'])
    assert.equal((await there('mirror/web').manifest(tag)).digest, web[tag].digest);
  assert.deepEqual((await there('mirror/web').tags()).sort(), ['1.0.0', '1.1.0', '2.0.0', 'latest']);

  for (const more of ['', ' --dry-run']) {
    const again = await cli(`sync ${file}${more} --json`);
    assert.equal(again.code, 0, again.err);
    const items = linesOf(again.out).map((line) => JSON.parse(line));
    assert.deepEqual(
      items.map(({ action, source, digest }) => [action, source, digest]),
      ['1.0.0', '1.1.0', '2.0.0', 'latest'].map((tag) => ['unchanged', `${from}/team/web:${tag}`, web[tag].digest]),
    );
  }
});

test('one tag under another name, platforms, and referrers', SOON, async () => {
  const file = {
    sync: [
      { source: `${from}/team/web:2.0.0`, target: `${to}/some/web:two`, platforms: ['linux/arm64'] },
      { source: `${from}/team/web:2.0.0`, target: `${to}/some/web`, platforms: ['linux/amd64', 'linux/arm64'] },
      { source: `${from}/team/web:2.0.0`, target: `${to}/signed/web`, referrers: true },
    ],
  };
  const input = JSON.stringify(file);
  const { code, err } = await cli('sync -', { input });
  assert.deepEqual([code, err], [0, '3 tags copied, 0 unchanged, 0 failed\n']);
  // The attestations of both come along.
  const [amd, arm] = web['2.0.0'].children;
  assert.equal((await there('some/web').manifest('two')).digest, arm.digest);
  assert.deepEqual(
    (await there('some/web').manifest('2.0.0')).manifests.slice(0, 2).map(({ digest }) => digest),
    [amd.digest, arm.digest],
  );
  assert.deepEqual(
    (await there('signed/web').referrers(amd.digest)).map(({ digest }) => digest),
    [web.sbom.digest],
  );
  const dry = await cli('sync - --dry-run', { input });
  assert.equal(dry.err, '1 tag to copy, 2 unchanged, 0 failed\n');
});

test('a further tag of what is there is copied too', SOON, async () => {
  const platforms = ['linux/amd64', 'linux/arm64'];
  const tags = { include: ['1.1*'] };
  const file = fileOf({ sync: [{ source: `${from}/team/web`, target: `${to}/same/web`, tags, platforms }] });
  const { code, err } = await cli(`sync ${file}`);
  assert.deepEqual([code, err], [0, '2 tags copied, 0 unchanged, 0 failed\n']);
  assert.equal((await there('same/web').manifest('1.1')).digest, (await there('same/web').manifest('1.1.0')).digest);
  assert.equal((await cli(`sync ${file}`)).err, '0 tags copied, 2 unchanged, 0 failed\n');
});

test('repositories by a glob', SOON, async () => {
  const tags = { include: ['1.0.0', '4.3'] };
  const file = fileOf({ sync: [{ source: `${from}/team/*`, target: `${to}/globs/x-*-y/all`, tags }] });
  const pairs = ['api:4.3', 'web:1.0.0'].map((name) => {
    const [repository, tag] = name.split(':');
    return `${from}/team/${name} → ${to}/globs/x-${repository}-y/all:${tag}`;
  });
  for (const [more, action, counts] of [
    [' --dry-run', 'copy  ', '2 tags to copy, 0 unchanged'],
    ['', 'copied', '2 tags copied, 0 unchanged'],
    ['', 'unchanged', '0 tags copied, 2 unchanged'],
  ]) {
    const { code, out, err } = await cli(`sync ${file}${more}`);
    assert.deepEqual([code, err], [0, `${counts}, 0 failed\n`]);
    assert.deepEqual(
      linesOf(out),
      pairs.map((pair) => `${action.padEnd(9)}  ${pair}`),
    );
  }
  assert.equal((await there('globs/x-api-y/all').manifest('4.3')).digest, samples['team/api']['4.3'].digest);

  // Within one registry, a second run does not copy the copies.
  const within = fileOf({ sync: [{ source: `${to}/*/all`, target: `${to}/*/all/all`, tags }] });
  for (const counts of ['2 tags copied, 0 unchanged', '0 tags copied, 2 unchanged'])
    assert.equal((await cli(`sync ${within}`)).err, `${counts}, 0 failed\n`);
  const none = fileOf({ sync: [{ source: `${from}/none-*`, target: `${to}/none-*` }] });
  const { code, out, err } = await cli(`sync ${none}`);
  const said = `warning: no repository matches ${from}/none-*\n0 tags copied, 0 unchanged, 0 failed\n`;
  assert.deepEqual([code, out, err], [0, '', said]);
});

test('a registry whose catalog cannot be listed', SOON, async () => {
  const entries = [
    { source: '127.0.0.1:1/team/*', target: `${to}/down/*` },
    { source: `${from}/team/api:4.2`, target: `${to}/down/api` },
  ];
  const file = fileOf({ sync: entries });
  assert.equal((await cli(`sync ${file} --retry 0`)).code, 7);
  const going = await cli(`sync ${file} --retry 0 --keep-going`);
  assert.deepEqual([going.code, going.err], [3, '1 tag copied, 0 unchanged, 1 failed\n']);
  assert.match(going.out, /^failed {5}127\.0\.0\.1:1\/team\/\* → \S+\/down\/\*: NETWORK: /);
});

test('failures: stop, or keep going', SOON, async () => {
  const file = fileOf({
    sync: [
      { source: `${from}/team/api:4.3`, target: `${to}/going/api` },
      { source: `${from}/team/web:none`, target: `${to}/going/web` },
      { source: `${from}/team/api:4.2`, target: `${to}/going/api` },
    ],
  });
  const stopped = await cli(`sync ${file}`);
  assert.equal(stopped.code, 3);
  assert.match(stopped.err, /^error: MANIFEST_UNKNOWN: /);
  const [first, second, third] = [`${to}/going/api:4.3`, `${to}/going/web:none`, `${to}/going/api:4.2`];
  assert.ok(stopped.err.endsWith(`\nDone: ${first}. Failed: ${second}. Not tried: ${third}.\n`), stopped.err);
  const going = await cli(`sync ${file} --keep-going`);
  assert.deepEqual([going.code, going.err], [3, '1 tag copied, 1 unchanged, 1 failed\n']);
  assert.match(going.out, /\nfailed {5}\S+:none → \S+\/going\/web:none: MANIFEST_UNKNOWN: /);
  assert.equal((await there('going/api').manifest('4.2')).digest, samples['team/api']['4.2'].digest);

  const only = fileOf({ sync: [{ source: `${from}/team/none`, target: `${to}/going/none` }] });
  assert.equal((await cli(`sync ${only}`)).code, 4);
  const asJson = await cli(`sync ${only} --keep-going --json`);
  assert.equal(asJson.code, 4);
  const { action, error } = JSON.parse(asJson.out);
  assert.deepEqual([action, error.code], ['failed', 'NAME_UNKNOWN']);
});

test('mistakes in the file, by their place', SOON, async () => {
  const entry = { source: 'a.example/b', target: 'c.example/d' };
  const digest = `sha256:${'0'.repeat(64)}`;
  const cases = [
    ['sync:\n  - source: a', /: it is no JSON: /],
    ['', /: it is no JSON: /],
    [[], /: the file: an object is needed/],
    [{}, /: sync: an array is needed/],
    [{ sync: [] }, /: sync: it is empty/],
    [{ sync: [entry], defaults: {} }, /: the file: there is no field "defaults"; there are sync/],
    [{ sync: [entry, 1] }, /: sync\[1\]: an object is needed/],
    [{ sync: [{ ...entry, tag: 'x' }] }, /: sync\[0\]: there is no field "tag"; did you mean "tags"\?/],
    [{ sync: [{ source: entry.source }] }, /: sync\[0\]\.target is missing/],
    [{ sync: [{ ...entry, source: 1 }] }, /: sync\[0\]\.source: a string is needed/],
    [{ sync: [{ ...entry, source: 'a.example/B' }] }, /: sync\[0\]\.source: .*'B' at position 0/],
    [{ sync: [{ ...entry, source: `a.example/b@${digest}` }] }, /: sync\[0\]\.source: a repository or tag is needed/],
    [{ sync: [{ ...entry, target: `c.example/d@${digest}` }] }, /: sync\[0\]\.target: a repository or tag is needed/],
    [{ sync: [{ ...entry, target: 'c.example/d:1' }] }, /: sync\[0\]\.target: a tag needs a tag in sync\[0\]\.source/],
    [{ sync: [{ ...entry, source: 'a.example/b:1', tags: {} }] }, /: sync\[0\]\.tags: sync\[0\]\.source has a tag/],
    [{ sync: [{ ...entry, source: 'a.example/b*' }] }, /: sync\[0\]\.target: one \* is needed in the repositories of/],
    [{ sync: [{ ...entry, target: 'c.example/d*' }] }, /: sync\[0\]\.source: one \* is needed in the repositories of/],
    [{ sync: [{ source: 'a.example/*b*', target: 'c.example/*' }] }, /: sync\[0\]\.source: one \* is needed/],
    [{ sync: [{ source: 'a.example/b?', target: 'c.example/*' }] }, /: sync\[0\]\.source: one \* is needed/],
    [{ sync: [{ source: '*.example/b', target: 'c.example/*' }] }, /: sync\[0\]\.source: a glob .* not for a host/],
    [{ sync: [{ source: 'a.example/b*:1', target: 'c.example/*' }] }, /: sync\[0\]\.source: .* without tag and digest/],
    [{ sync: [{ source: 'a.example/b*', target: 1 }] }, /: sync\[0\]\.target: a string is needed/],
    [{ sync: [{ ...entry, tags: ['*'] }] }, /: sync\[0\]\.tags: an object is needed/],
    [{ sync: [{ ...entry, tags: { includes: [] } }] }, /: sync\[0\]\.tags: .*"includes"; did you mean "include"\?/],
    [{ sync: [{ ...entry, tags: { include: '*' } }] }, /: sync\[0\]\.tags\.include: an array of strings is needed/],
    [{ sync: [{ ...entry, tags: { exclude: ['a', 1] } }] }, /: sync\[0\]\.tags\.exclude\[1\]: a string is needed/],
    [{ sync: [{ ...entry, platforms: [] }] }, /: sync\[0\]\.platforms: it is empty/],
    [{ sync: [{ ...entry, referrers: 'yes' }] }, /: sync\[0\]\.referrers: true or false is needed/],
  ];
  await Promise.all(
    cases.map(async ([document, message]) => {
      const { code, out, err } = await cli(`sync ${fileOf(document)}`);
      assert.deepEqual([code, out], [2, ''], err);
      assert.match(err, /^error: USAGE: /);
      assert.match(err, message);
    }),
  );
  assert.match((await cli('sync none.json')).err, /^error: USAGE: none\.json: the file cannot be read: ENOENT/);
  const other = { source: 'other.example/b', target: 'c.example/d' };
  for (const option of ['--username a --password-stdin', '--token-stdin', '--source-username a']) {
    const { code, err } = await cli(`sync ${fileOf({ sync: [entry, other] })} ${option}`, { input: 'x' });
    assert.equal(code, 2);
    assert.match(err, new RegExp(`^error: USAGE: ${option.split(' ')[0]} is for one registry`));
  }
});

test('Ctrl-C ends it, also with --keep-going', SOON, async () => {
  const slow = await startScripted({ '/v2/a/b/manifests/2': hangs });
  try {
    const host = new URL(slow.url).host;
    const entries = [`${from}/team/api:4.3`, `${host}/a/b:2`, `${from}/team/api:4.2`];
    const file = fileOf({ sync: entries.map((source) => ({ source, target: `${to}/stopped/api` })) });
    const child = start(['sync', file, '--keep-going']);
    const end = ended(child);
    while (slow.open === 0) await new Promise((soon) => setTimeout(soon, 20));
    child.kill('SIGINT');
    const { code, err } = await end;
    assert.equal(code, 130);
    const names = ['4.3', '2', '4.2'].map((tag) => `${to}/stopped/api:${tag}`);
    const [done, possibly, left] = names;
    assert.equal(
      err,
      `error: INTERRUPTED: interrupted\nDone: ${done}. Possibly done: ${possibly}. Not tried: ${left}.\n`,
    );
  } finally {
    await slow.stop();
  }
});
