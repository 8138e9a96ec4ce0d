// `docker-registry-client-wasm`: what changes a registry. Read back with plain fetch.
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';

import { fill } from '../../../../www/registry/fill.mjs';
import { samples } from '../../../../www/registry/sample-images.mjs';
import { send, startScripted } from '../../../registries/scripted.mjs';
import { startDistribution } from '../../../registries/servers.mjs';
import { cells, cli, ended, start } from '../cli.mjs';
import { accept, digestOf } from '../stored.mjs';
import { DockerRegistryClient, packedFolder } from '../../support/packed.mjs';
import { SOON, realRegistries } from '../../support/support.mjs';
import { tagsOf } from '../../support/tags.mjs';

const web = samples['team/web'];
const { '1.0.0': old, '2.0.0': current } = web;

for (const [name, launch] of Object.entries(realRegistries)) {
  test(name, async (t) => {
    let registry;
    let other;
    let host;
    let number = 0;
    /** A repository for each test. */
    let repository;
    before(async () => {
      [registry, other] = await Promise.all([launch(), launch()]);
      host = new URL(registry.url).host;
    });
    beforeEach(async () => {
      repository = `team/web${(number += 1)}`;
      await fill(registry, { [repository]: web });
    });
    after(() => Promise.all([registry.stop(), other.stop()]));

    await t.test('tag', SOON, async () => {
      const { code, out, err } = await cli(`tag ${host}/${repository}:1.0.0 stable latest`);
      assert.deepEqual([code, out, err], [0, `${host}/${repository}:stable\n${host}/${repository}:latest\n`, '']);
      for (const tag of ['stable', 'latest', '1.0.0'])
        assert.equal(await digestOf(registry.url, repository, tag), old.digest, tag);
      const asJson = await cli(`tag ${host}/${repository}@${current.digest} next --json`);
      assert.deepEqual([asJson.code, JSON.parse(asJson.out)], [0, { done: ['next'] }]);
      assert.equal(await digestOf(registry.url, repository, 'next'), current.digest);
    });

    await t.test('tag only if nothing has changed', SOON, async () => {
      const run = (ifMatch) => cli(`tag ${host}/${repository}:1.0.0 latest --if-match ${ifMatch}`);
      for (const ifMatch of [old.digest, 'none']) {
        const { code, out, err } = await run(ifMatch);
        assert.deepEqual([code, out], [6, '']);
        assert.match(err, /^error: CONFLICT: /);
        assert.equal(await digestOf(registry.url, repository, 'latest'), current.digest);
      }
      assert.equal((await run(current.digest)).code, 0);
      assert.equal(await digestOf(registry.url, repository, 'latest'), old.digest);
      assert.equal((await cli(`tag ${host}/${repository}:1.0.0 fresh --if-match none`)).code, 0);
    });

    await t.test('tag, some of them', SOON, async () => {
      const { code, out, err } = await cli(`tag ${host}/${repository}:1.0.0 one .two three`);
      assert.deepEqual([code, out], [3, `${host}/${repository}:one\n`]);
      assert.match(err, /^error: INVALID_REFERENCE: tag ".two".*\nDone: one\. Failed: \.two\. Not tried: three\.\n$/);
      const asJson = await cli(`tag ${host}/${repository}:1.0.0 one .two three --json`);
      const { error, ...rest } = JSON.parse(asJson.out);
      assert.deepEqual(
        [asJson.code, error.code, rest],
        [3, 'INVALID_REFERENCE', { done: ['one'], failed: '.two', remaining: ['three'] }],
      );
      const missing = await cli(`tag ${host}/${repository}:nope one`);
      assert.equal(missing.code, 4);
      assert.match(missing.err, /^error: MANIFEST_UNKNOWN: /);
    });

    await t.test('untag', SOON, async () => {
      const before = await tagsOf(registry.url, repository);
      const [first, second] = [`${host}/${repository}:latest`, `${host}/${repository}:1.1`];
      const { code, out, err } = await cli(`untag ${first} ${second}`);
      assert.deepEqual([code, out, err], [0, `${first}\n${second}\n`, '']);
      assert.deepEqual(
        await tagsOf(registry.url, repository),
        before.filter((tag) => !['latest', '1.1'].includes(tag)),
      );
      assert.equal(await digestOf(registry.url, repository, '2.0.0'), current.digest);
      assert.equal(await digestOf(registry.url, repository, '1.1.0'), web['1.1.0'].digest);
      const again = await cli(`untag ${host}/${repository}:edge ${first} ${second}`);
      assert.equal(again.code, 3);
      assert.match(again.err, /\nDone: \S+:edge\. Failed: \S+:latest\. Not tried: \S+:1\.1\.\n/);
    });

    await t.test('copy within the registry and to another one', SOON, async () => {
      const here = await cli(`copy ${host}/${repository} ${host}/mirror/${repository}:two`);
      assert.equal(here.code, 0, here.err);
      assert.equal(here.out, `${host}/mirror/${repository}:two@${current.digest}\n`);
      assert.equal(await digestOf(registry.url, `mirror/${repository}`, 'two'), current.digest);

      const there = new URL(other.url).host;
      const args = `copy ${host}/${repository}:1.0.0 ${there}/mirror/${repository} --json`;
      const { code, out, err } = await cli(args);
      assert.equal(code, 0, err);
      const { digest, blobs } = JSON.parse(out);
      assert.deepEqual([digest, blobs], [old.digest, old.blobs.length]);
      assert.equal(await digestOf(other.url, `mirror/${repository}`, 'latest'), old.digest);
      const again = JSON.parse((await cli(args)).out);
      assert.deepEqual([again.blobs, again.bytes], [0, 0]);

      const platform = await cli(`copy ${host}/${repository} ${there}/arm/${repository}:arm --platform linux/arm64`);
      assert.equal(platform.code, 0, platform.err);
      assert.equal(await digestOf(other.url, `arm/${repository}`, 'arm'), current.children[1].digest);
    });

    await t.test('copy with what refers to it', SOON, async () => {
      const there = new URL(other.url).host;
      const { subject } = web.sbom.document;
      const at = async (path) => {
        const response = await fetch(`${other.url}/v2/signed/${repository}/${path}`, { headers: { accept } });
        return response.ok ? response.text() : undefined;
      };
      const isThere = async () => (await at(`manifests/${web.sbom.digest}`)) !== undefined;
      // A registry without the API, as distribution, knows of referrers only what stands in the referrers' tag.
      const hasApi = (await fetch(`${registry.url}/v2/${repository}/referrers/${subject.digest}`)).ok;
      assert.equal(hasApi, name.startsWith('ferro'));
      const list = hasApi ? `referrers/${subject.digest}` : `manifests/${subject.digest.replace(':', '-')}`;
      const source = new DockerRegistryClient(registry.url).repository(repository);
      await source.pushManifest('sbom', web.sbom.bytes, { mediaType: web.sbom.mediaType });
      const args = `copy ${host}/${repository}:2.0.0 ${there}/signed/${repository}:2.0.0`;
      assert.equal((await cli(args)).code, 0);
      assert.equal(await isThere(), false);
      const { code, err } = await cli(`${args} --referrers`);
      assert.equal(code, 0, err);
      assert.equal(await isThere(), true);
      assert.deepEqual(
        JSON.parse(await at(list)).manifests.map(({ digest }) => digest),
        [web.sbom.digest],
      );
    });

    await t.test('cleanup: the plan, and nothing else', SOON, async () => {
      const before = await tagsOf(registry.url, repository);
      const args = `cleanup ${host}/${repository} --keep-newest 2 --keep-tag sbom`;
      const { code, out, err } = await cli(args);
      assert.equal(code, 0, err);
      const [head, ...rows] = cells(out);
      assert.deepEqual(head, ['PLAN', 'TAG', 'DIGEST', 'CREATED', 'SIZE', 'WHY']);
      const planned = (action) =>
        rows
          .filter((row) => row[0] === action && before.includes(row[1]))
          .map(([, tag]) => tag)
          .sort();
      assert.deepEqual(planned('remove'), ['1.0.0', '1.1', '1.1.0']);
      assert.deepEqual(planned('keep'), ['2.0.0', 'edge', 'latest', 'sbom']);
      const why = new Map(rows.map((row) => [row[1], row.at(-1)]));
      assert.deepEqual(
        ['1.0.0', 'edge'].map((tag) => why.get(tag)),
        ['no rule keeps it', '--keep-newest'],
      );
      assert.match(why.get('sbom'), /^--keep-tag/);
      assert.match(err, /^Nothing was changed\. --apply removes 3 tags and \d+ manifests \([\d.]+ .B\)\.\n$/);
      const plan = JSON.parse((await cli(`${args} --json`)).out);
      assert.deepEqual(
        plan.tags
          .filter(({ action }) => action === 'remove')
          .map(({ tag }) => tag)
          .sort(),
        planned('remove'),
      );
      assert.deepEqual(await tagsOf(registry.url, repository), before);
    });

    await t.test('cleanup --save and --plan', SOON, async () => {
      const file = join(packedFolder, `plan-${process.pid}-${number}.json`);
      const other = join(packedFolder, 'package.json');
      const args = `cleanup ${host}/${repository}`;
      const before = await tagsOf(registry.url, repository);
      writeFileSync(`${file}.new`, 'mine');
      try {
        const made = await cli(`${args} --keep-newest 2 --keep-tag sbom --save ${file}`);
        assert.equal(made.code, 0, made.err);
        const shown = await cli(`${args} --plan ${file}`);
        assert.deepEqual([shown.code, shown.out, shown.err], [0, made.out, made.err]);
        const plan = JSON.parse(readFileSync(file, 'utf8'));
        assert.deepEqual(JSON.parse((await cli(`${args} --plan ${file} --json`)).out), plan);
        assert.deepEqual(await tagsOf(registry.url, repository), before);

        for (const [more, message] of [
          [`--plan ${file} --keep-newest 2`, /^error: USAGE: --plan: /],
          [`--plan ${file} --keep-untagged`, /^error: USAGE: --plan: /],
          [`--plan ${file} --save ${file}.other`, /^error: USAGE: --plan: /],
          [`--plan ${file}.none`, /^error: USAGE: --plan: the file cannot be read: ENOENT/],
          [`--keep-newest 2 --save ${other}`, /^error: USAGE: --save: the file exists, and it is no clean-up plan/],
          [`--plan ${other}`, /^error: USAGE: --plan: the file is no clean-up plan/],
          [`--keep-newest 2 --save ${file}.none/x`, /^error: USAGE: --save: the file cannot be written: ENOENT/],
        ]) {
          const { code, out, err } = await cli(`${args} ${more}`);
          assert.deepEqual([code, out], [2, ''], more);
          assert.match(err, message);
        }
        // As a nightly run does.
        const again = await cli(`${args} --keep-newest 2 --keep-tag sbom --save ${file}`);
        assert.deepEqual([again.code, again.out], [0, made.out]);
        assert.equal(readFileSync(`${file}.new`, 'utf8'), 'mine');
        const foreign = await cli(`cleanup ${host}/team/other --plan ${file} --apply`);
        assert.equal(foreign.code, 2);
        assert.match(foreign.err, /^error: INVALID_ARGUMENT: plan\.repository: /);

        const { code, out, err } = await cli(`${args} --plan ${file} --apply`);
        assert.deepEqual([code, err], [0, '']);
        assert.match(out, /^Gone: 3 tags and \d+ manifests\.$/m);
        assert.deepEqual(await tagsOf(registry.url, repository), ['2.0.0', 'edge', 'latest', 'sbom']);
      } finally {
        for (const name of [file, `${file}.new`]) rmSync(name, { force: true });
      }
    });

    await t.test('cleanup --apply', SOON, async () => {
      const { code, out, err } = await cli(`cleanup ${host}/${repository} --keep-newest 2 --keep-tag sbom --apply`);
      assert.deepEqual([code, err], [0, '']);
      assert.match(out, /^Gone: 3 tags and \d+ manifests\.$/m);
      assert.deepEqual(await tagsOf(registry.url, repository), ['2.0.0', 'edge', 'latest', 'sbom']);
      assert.equal(await digestOf(registry.url, repository, '2.0.0'), current.digest);
      assert.equal(await digestOf(registry.url, repository, old.digest), undefined);
      const asJson = await cli(`cleanup ${host}/${repository} --remove-tag edge --apply --json`);
      const { report } = JSON.parse(asJson.out);
      assert.equal(asJson.code, 0, asJson.err);
      assert.ok(report.removed.includes('edge'));
      assert.deepEqual(await tagsOf(registry.url, repository), ['2.0.0', 'latest', 'sbom']);
    });
  });
}

test('a registry that deletes nothing', SOON, async () => {
  const registry = await startDistribution({ settings: { storage: { delete: { enabled: false } } } });
  try {
    await fill(registry, { 'team/web': web });
    const host = new URL(registry.url).host;
    for (const args of [`untag ${host}/team/web:latest`, `cleanup ${host}/team/web --remove-tag latest --apply`]) {
      const { code, err } = await cli(args);
      assert.equal(code, 1, err);
      assert.match(err, /^error: UNSUPPORTED: .*delete/);
      assert.equal(await digestOf(registry.url, 'team/web', 'latest'), current.digest);
    }
  } finally {
    await registry.stop();
  }
});

/**
 * A registry's twin that takes half a second over each manifest that is put, or deleted; `begun` resolves when the first one,
 * or as many as that, is.
 */
async function slow(registry, { method = 'PUT', count = 1 } = {}) {
  let seen;
  let left = count;
  const begun = new Promise((resolve) => (seen = resolve));
  const twin = await startScripted(async (request, response) => {
    const body = Buffer.concat(await request.toArray());
    const headers = Object.fromEntries(
      ['accept', 'content-type'].filter((name) => request.headers[name]).map((name) => [name, request.headers[name]]),
    );
    const isSlow = request.method === method && request.url.includes('/manifests/');
    if (isSlow && (left -= 1) === 0) seen();
    if (isSlow) await new Promise((later) => setTimeout(later, 500));
    const options = { method: request.method, headers, body: body.length > 0 ? body : undefined };
    const from = await fetch(registry.url + request.url, options).catch(() => undefined);
    // Nobody waits for it any more.
    if (!from) return response.destroy();
    const fields = Object.fromEntries(
      ['content-type', 'docker-content-digest', 'location', 'range', 'link']
        .filter((name) => from.headers.has(name))
        .map((name) => [name, from.headers.get(name).replace(registry.url, '')]),
    );
    const bytes = Buffer.from(await from.arrayBuffer());
    return send(bytes, { status: from.status, ...fields })(request, response);
  });
  return { ...twin, begun, host: new URL(twin.url).host };
}

/** Interrupts a command once a request of it is on its way. */
async function interrupted(args, begun) {
  const child = start(args);
  const end = ended(child);
  await Promise.race([begun, end]);
  child.kill('SIGINT');
  return end;
}

test('Ctrl-C in the middle of a single change', SOON, async () => {
  const registry = await startDistribution();
  await fill(registry, { 'team/web': web });
  const twins = [];
  try {
    for (const [args, unknown, method] of [
      ['tag HOST/team/web:1.0.0 first', 'first', 'PUT'],
      ['untag HOST/team/web:edge', 'HOST/team/web:edge', 'PUT'],
      ['cleanup HOST/team/web --remove-tag 1.0.0 --apply', '1.0.0', 'DELETE'],
    ]) {
      const twin = await slow(registry, { method });
      twins.push(twin);
      const { code, err } = await interrupted(args.replaceAll('HOST', twin.host).split(' '), twin.begun);
      const [, done, left] =
        /^error: INTERRUPTED: interrupted\nDone: (.*?)\. Not done or unknown: (.*)\.\n$/.exec(err) ??
        assert.fail(`${args}: ${err}`);
      assert.deepEqual([code, done], [130, 'none'], args);
      assert.equal(left.split(' ')[0], unknown.replace('HOST', twin.host), args);
    }
  } finally {
    await Promise.all([registry, ...twins].map((server) => server.stop()));
  }
});

test('Ctrl-C in the middle of several changes', SOON, async () => {
  const registry = await startDistribution();
  await fill(registry, { 'team/web': web });
  const twins = [await slow(registry), await slow(registry), await slow(registry)];
  for (const count of [2, 1]) twins.push(await slow(registry, { method: 'DELETE', count }));
  try {
    const [one, two, five, three, four] = twins;
    const { code, out, err } = await interrupted(
      ['tag', `${one.host}/team/web:1.0.0`, 'first', 'second', 'third'],
      one.begun,
    );
    assert.deepEqual([code, out], [130, '']);
    assert.equal(err, 'error: INTERRUPTED: interrupted\nDone: none. Possibly done: first. Not tried: second third.\n');
    assert.equal(await digestOf(registry.url, 'team/web', 'second'), undefined);

    // Here a tag is removed in two steps: between them it would point to something worthless.
    const tags = ['latest', 'edge'].map((tag) => `${two.host}/team/web:${tag}`);
    const untagged = await interrupted(['untag', ...tags], two.begun);
    assert.equal(untagged.code, 130);
    assert.equal(
      untagged.err,
      `error: INTERRUPTED: interrupted\nDone: none. Possibly done: ${tags[0]}. Not tried: ${tags[1]}.\n`,
    );
    assert.equal(await digestOf(registry.url, 'team/web', 'latest'), undefined);
    assert.equal(await digestOf(registry.url, 'team/web', '2.0.0'), current.digest);
    assert.equal(await digestOf(registry.url, 'team/web', 'edge'), web.edge.digest);
    assert.ok(!(await tagsOf(registry.url, 'team/web')).includes('latest'));

    const copy = `copy http://${new URL(registry.url).host}/team/web:1.0.0 http://HOST/mirror/web:1`;
    const copied = await interrupted(copy.replace('HOST', five.host).split(' '), five.begun);
    assert.equal(copied.code, 130);
    assert.equal(
      copied.err,
      `error: INTERRUPTED: interrupted\nDone: none. Not done or unknown: ${five.host}/mirror/web:1.\n`,
    );
    const repeated = await cli(copy.replace('HOST', new URL(registry.url).host));
    assert.equal(repeated.code, 0, repeated.err);

    // The first deletion is done, the next ones are on their way.
    const cleaned = await interrupted(
      `cleanup ${three.host}/team/web --remove-tag 1.1* --remove-tag edge --apply`.split(' '),
      three.begun,
    );
    assert.equal(cleaned.code, 130);
    const [, done, rest] =
      /^error: INTERRUPTED: interrupted\nDone: (.*)\. Not done or unknown: (.*)\.\n$/.exec(cleaned.err) ??
      assert.fail(cleaned.err);
    const tagsIn = (list) => list.split(' ').filter((what) => !what.includes(':'));
    assert.deepEqual([...tagsIn(done), ...tagsIn(rest)].sort(), ['1.1', '1.1.0', 'edge']);
    for (const tag of tagsIn(done)) assert.equal(await digestOf(registry.url, 'team/web', tag), undefined, tag);
    // A manifest is seen to be gone at once, its tags are looked for in the end.
    assert.ok(done.includes('sha256:') && rest !== 'none', cleaned.err);

    await fill(registry, { 'more/a': web, 'more/b': web });
    const several = await interrupted(`cleanup ${four.host}/more/* --remove-tag edge --apply`.split(' '), four.begun);
    assert.equal(several.code, 130);
    const [, , left] = /\nDone: (.*)\. Not done or unknown: (.*)\.\n$/.exec(several.err) ?? assert.fail(several.err);
    assert.ok(left.includes(`${four.host}/more/a`) && left.endsWith(` ${four.host}/more/b`), several.err);
    assert.equal(await digestOf(registry.url, 'more/b', 'edge'), web.edge.digest);
  } finally {
    await Promise.all([registry, ...twins].map((server) => server.stop()));
  }
});
