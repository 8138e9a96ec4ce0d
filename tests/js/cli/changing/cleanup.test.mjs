// `docker-registry-client-wasm`: a clean-up of several repositories.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { fill } from '../../../../www/registry/fill.mjs';
import { samples } from '../../../../www/registry/sample-images.mjs';
import { startDistribution } from '../../../registries/servers.mjs';
import { packedFolder } from '../../support/packed.mjs';
import { SOON } from '../../support/support.mjs';
import { tagsOf } from '../../support/tags.mjs';
import { cli, objects } from '../cli.mjs';
import { digestOf } from '../stored.mjs';

const web = samples['team/web'];

test('cleanup across repositories', SOON, async () => {
  const registry = await startDistribution();
  const [file, pipe, link] = ['plans', 'pipe', 'link'].map((name) => join(packedFolder, `${name}-${process.pid}`));
  try {
    await fill(registry, { 'team/a': web, 'team/b': web, 'other/c': web });
    const host = new URL(registry.url).host;
    const rule = '--remove-tag 1.0.0';
    const planned = await cli(['cleanup', `${host}/team/*`, ...rule.split(' '), '--exit-code', '--save', file]);
    assert.equal(planned.code, 8, planned.err);
    assert.match(planned.out, new RegExp(`^${host}/team/a\nPLAN .*\nremove +1\\.0\\.0 [^]*\n\n${host}/team/b\nPLAN`));
    assert.match(planned.err, /^Nothing was changed\. --apply removes 2 tags and \d+ manifests /);
    assert.deepEqual(
      JSON.parse(readFileSync(file, 'utf8')).map(({ repository }) => repository),
      ['team/a', 'team/b'],
    );
    const nothing = await cli(`cleanup ${host}/team/a ${host}/other/c --remove-tag none --exit-code`);
    assert.deepEqual(
      [nothing.code, nothing.err],
      [0, 'Nothing was changed. --apply removes 0 tags and 0 manifests (0 B).\n'],
    );

    // One that has lost its tags is still in the catalog; one that is named has to be there.
    for (const tag of await tagsOf(registry.url, 'team/b')) {
      const digest = await digestOf(registry.url, 'team/b', tag);
      if (digest) await fetch(`${registry.url}/v2/team/b/manifests/${digest}`, { method: 'DELETE' });
    }
    const saved = readFileSync(file, 'utf8');
    const unplanned = await cli(`cleanup ${host}/team/a ${host}/team/none ${rule} --apply --save ${file}`);
    assert.equal(unplanned.code, 4, unplanned.err);
    assert.match(unplanned.err, /--save: nothing was saved, .*\nerror: NAME_UNKNOWN: nothing was removed, /);
    assert.ok(await digestOf(registry.url, 'team/a', '1.0.0'));
    assert.equal(readFileSync(file, 'utf8'), saved);
    const missing = await cli(`cleanup ${host}/team/a ${host}/team/none ${rule} --json`);
    assert.equal(missing.code, 3, missing.err);
    assert.deepEqual(
      objects(missing.out).map(({ repository, error }) => [repository, error?.code]),
      [
        ['team/a', undefined],
        [`${host}/team/none`, 'NAME_UNKNOWN'],
      ],
    );
    const applied = await cli([
      'cleanup',
      `${host}/*a`,
      `${host}/team/a`,
      `${host}/o*`,
      ...rule.split(' '),
      '--apply',
      '--json',
    ]);
    assert.equal(applied.code, 0, applied.err);
    const reports = objects(applied.out);
    assert.deepEqual(
      reports.map(({ plan }) => plan.repository),
      ['team/a', 'other/c'],
    );
    for (const { report } of reports) assert.ok(report.removed.includes('1.0.0'));
    for (const name of ['team/a', 'other/c']) assert.equal(await digestOf(registry.url, name, '1.0.0'), undefined);

    const byPlan = await cli(['cleanup', `${host}/team/a*`, '--plan', file, '--apply']);
    assert.equal(byPlan.code, 0, byPlan.err);
    assert.match(byPlan.out, /^Gone: 1 tag and \d+ manifests?\.$/m);
    for (const [args, message] of [
      [`${host}/other/c --plan ${file}`, `--plan: the file has no plan for ${host}/other/c`],
      [`loc*lhost:5000/x ${rule}`, 'a glob can stand for repositories, not for a host'],
      [`${host}/team/* ${rule} --apply --exit-code`, 'only one of --apply and --exit-code can be given'],
    ]) {
      const { code, out, err } = await cli(`cleanup ${args}`);
      assert.deepEqual([code, out], [2, '']);
      assert.ok(err.startsWith(`error: USAGE: ${message}\n`), err);
    }
    for (const more of ['', ' --apply', ' --exit-code', ' --json', ` --save ${file}.none`]) {
      const { code, out, err } = await cli(`cleanup ${host}/none* ${rule}${more}`);
      assert.deepEqual([code, out], [0, ''], err);
      assert.ok(err.startsWith(`warning: no repository matches ${host}/none*\n`), err);
    }
    execFileSync('mkfifo', [pipe]);
    symlinkSync(file, link);
    for (const [option, name] of [
      ['plan', pipe],
      ['keep-newest 1 --save', pipe],
      ['keep-newest 1 --save', link],
    ]) {
      const { code, err } = await cli(`cleanup ${host}/team/a --${option} ${name}`);
      assert.equal(code, 2);
      assert.match(err, /^error: USAGE: --(plan|save): it is no regular file\n/);
    }
    const colored = await cli(`cleanup ${host}/team/a --remove-tag 1.1 --color always`);
    assert.match(colored.out, /^\x1b\[31mremove\x1b\[0m {2}1\.1 /m);
    assert.match(colored.out, /^\x1b\[32mkeep\x1b\[0m {4}\S/m);
  } finally {
    for (const name of [file, pipe, link]) rmSync(name, { force: true });
    await registry.stop();
  }
});
