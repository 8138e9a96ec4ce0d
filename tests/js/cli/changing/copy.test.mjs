// `copy` of all tags, and the conditions of `copy` and `tag`.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { fill } from '../../../../www/registry/fill.mjs';
import { pusher } from '../../../../www/registry/push.mjs';
import { samples } from '../../../../www/registry/sample-images.mjs';
import { startDistribution } from '../../../registries/servers.mjs';
import { cli, objects } from '../cli.mjs';
import { DockerRegistryClient } from '../../support/packed.mjs';
import { SOON, startPair } from '../../support/support.mjs';

const web = samples['team/web'];
const api = samples['team/api'];
const { '1.0.0': old, '2.0.0': current } = web;
const NONE = `sha256:${'0'.repeat(64)}`;

const { source, target, from, to, stop } = await startPair({ 'team/web': web, 'team/api': api });
after(stop);

const there = (repository, url = target.url) => new DockerRegistryClient(url).repository(repository);
const digestAt = async (repository, tag, url) => (await there(repository, url).headManifest(tag))?.digest;

test('copy --all-tags', SOON, async () => {
  const { code, out, err } = await cli(`copy ${from}/team/web ${to}/all/web --all-tags`);
  assert.equal(code, 0, err);
  const tags = Object.keys(web).sort();
  assert.deepEqual(
    out.trimEnd().split('\n').sort(),
    tags.map((tag) => `${to}/all/web:${tag}@${web[tag].digest}`).sort(),
  );
  assert.deepEqual((await there('all/web').tags()).sort(), tags);
  for (const tag of tags) assert.equal(await digestAt('all/web', tag), web[tag].digest, tag);
  const again = objects((await cli(`copy ${from}/team/web ${to}/all/web --all-tags --json`)).out);
  assert.deepEqual(
    again.map(({ tag, blobs, bytes }) => [tag, blobs, bytes]).sort(),
    tags.map((tag) => [tag, 0, 0]),
  );
  const none = await cli(`copy ${to}/empty/web ${from}/empty/web --all-tags`);
  assert.deepEqual([none.code, none.err], [0, 'empty/web has no tags\n']);
});

test('copy --all-tags --no-clobber keeps what points elsewhere', SOON, async () => {
  await pusher(target.url).push('kept/api', old, '4.3');
  const args = `copy ${from}/team/api ${to}/kept/api --all-tags --no-clobber`;
  const { code, out, err } = await cli(args);
  assert.deepEqual([code, out], [0, `${to}/kept/api:4.2@${api['4.2'].digest}\n`]);
  assert.match(err, /^warning: 4\.3 stays as it is: .*$/m);
  assert.equal(await digestAt('kept/api', '4.3'), old.digest);
  assert.equal(await digestAt('kept/api', '4.2'), api['4.2'].digest);
  const asJson = objects((await cli(`${args} --json`)).out);
  const kept = asJson.find(({ tag }) => tag === '4.3');
  assert.deepEqual([kept.kept, kept.error.code], [true, 'CONFLICT']);
});

test('copy --all-tags: the first failure ends it', SOON, async () => {
  const broken = await startDistribution();
  try {
    await fill(broken, { 'team/web': { one: old, two: current } });
    const lost = current.children[0].digest;
    await fetch(`${broken.url}/v2/team/web/manifests/${lost}`, { method: 'DELETE' });
    const host = new URL(broken.url).host;
    const { code, err } = await cli(`copy ${host}/team/web ${to}/some/web --all-tags`);
    assert.equal(code, 3);
    assert.match(err, /\nDone: one\. Failed: two\. Not tried: none\.\n$/);
    assert.equal(await digestAt('some/web', 'one'), old.digest);
    assert.equal(await digestAt('some/web', 'two'), undefined);
  } finally {
    await broken.stop();
  }
});

test('copy --if-match and --no-clobber', SOON, async () => {
  const copy = (tag, more) => cli(`copy ${from}/team/web:${tag} ${to}/if/web:it ${more}`);
  assert.equal((await copy('1.0.0', '--if-match none')).code, 0);
  for (const more of ['--no-clobber', '--if-match none', `--if-match ${NONE}`]) {
    const { code, out, err } = await copy('2.0.0', more);
    assert.deepEqual([code, out], [6, ''], more);
    assert.match(err, /^error: CONFLICT: /);
    assert.equal(await digestAt('if/web', 'it'), old.digest);
  }
  // What it points to already overwrites nothing.
  assert.equal((await copy('1.0.0', '--no-clobber')).code, 0);
  assert.equal((await copy('2.0.0', `--if-match ${old.digest}`)).code, 0);
  assert.equal(await digestAt('if/web', 'it'), current.digest);
});

test('tag --no-clobber', SOON, async () => {
  const { code, out, err } = await cli(`tag ${from}/team/web:1.0.0 fresh latest later --no-clobber`);
  assert.deepEqual([code, out], [3, `${from}/team/web:fresh\n`]);
  assert.match(err, /^error: CONFLICT: .*\nDone: fresh\. Failed: latest\. Not tried: later\.\n$/);
  assert.equal(await digestAt('team/web', 'latest', source.url), current.digest);
  assert.equal(await digestAt('team/web', 'later', source.url), undefined);
  assert.equal((await cli(`tag ${from}/team/web:1.0.0 fresh --no-clobber`)).code, 0);
});

test('contradictions', SOON, async () => {
  await Promise.all(
    [
      ['copy a.example/b a.example/c --if-match none --no-clobber', /only one of --if-match and --no-clobber/],
      ['tag a.example/b:1 2 --if-match none --no-clobber', /only one of --if-match and --no-clobber/],
      ['copy a.example/b:1 a.example/c --all-tags', /--all-tags is between repositories/],
      [`copy a.example/b@${NONE} a.example/c --all-tags`, /--all-tags is between repositories/],
      ['copy a.example/b a.example/c:1 --all-tags', /--all-tags is between repositories/],
      ['copy a.example/b a.example/c --all-tags --if-match none', /--if-match takes one tag/],
      ['copy a.example/b a.example/c --all-tags=yes', /--all-tags takes no value/],
    ].map(async ([args, message]) => {
      const { code, out, err } = await cli(args);
      assert.deepEqual([code, out], [2, ''], err);
      assert.match(err, message);
    }),
  );
  const digest = await cli(`copy ${from}/team/web:1.0.0 ${to}/if/none:it --if-match latest`);
  assert.equal(digest.code, 2, digest.err);
});
