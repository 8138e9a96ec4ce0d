// docs/recipes.md: the scripts, and what CI would run of the YAML.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse } from 'yaml';

import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { proxyTo } from '../../../www/server/proxy.mjs';
import { createAuthority } from '../../registries/certificates.mjs';
import { error, startScripted } from '../../registries/scripted.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient, packedFolder } from '../support/packed.mjs';
import { Document, changing, digestOf, includesAll, runCommand } from './document.mjs';
import { startOpenAndLocked } from '../support/support.mjs';
import { tagsOf } from '../support/tags.mjs';

const recipes = new Document('docs/recipes.md');
const web = { 'team/web': samples['team/web'] };
const commands = recipes.codes('sh').flatMap((code) => code.match(/^npx .+$/gm));

let registry;
before(async () => {
  registry = await startDistribution();
  await fill(registry, web);
});
after(() => registry.stop());

test('the newest tags', async () => {
  const lines = (await runCommand(commands[0], registry)).split('\n');
  assert.equal(lines.length, 7);
  assert.match(lines[1], /^edge +.*2026-04-01/);
  assert.equal(await runCommand(commands[1], registry), '2.0.0\n');
  const table = await recipes.run('The newest tags', registry);
  assert.match(table, /'edge'.*2026-04-01/);
  assert.equal(table.match(/sha256:/g).length, 5);
});

test('a promotion, and the same once more', async () => {
  await changing(web, async (built, mirror) => {
    const run = () => recipes.run('Promote a release on two registries', built, { target: mirror });
    assert.equal((await run()).match(/stable is 1\.1\.0 and was undefined/g).length, 2);
    const wanted = await digestOf(built, 'team/web', '1.1.0');
    for (const server of [built, mirror]) assert.equal(await digestOf(server, 'team/web', 'stable'), wanted);
    const again = await run();
    assert.match(again, /^copied sha256:\S+ 0 bytes$/m);
    assert.equal(again.split(`stable is 1.1.0 and was ${wanted}`).length, 3);
  });
});

/** Runs what a CI job runs: its script, with its variables. */
async function runJob(script, variables, server) {
  const env = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'\n`);
  const secret = `export REGISTRY_PASSWORD=secret\n`;
  assert.match(script, /\bnpx --yes /);
  return runCommand(`${env.join('')}${secret}${script.replace('npx --yes ', 'npx ')}`, server);
}

for (const [host, jobOf] of [
  ['GitHub Actions', ({ jobs }) => jobs['clean-up'].steps.map(({ run, env }) => [run, env])[0]],
  ['GitLab CI', ({ 'clean-up': job }) => [job.script.join('\n'), job.variables]],
]) {
  test(`a nightly clean-up in ${host}`, async () => {
    const [yaml] = recipes.examples.filter(({ heading }) => heading === `Nightly clean-up in ${host}`);
    const [script, variables] = jobOf(parse(yaml.code));
    const { registry: open, locked, stop } = await startOpenAndLocked(web);
    try {
      assert.match(await runJob(script, variables, locked), /^Gone: 3 tags and \d+ manifests\.$/m);
      const tags = await tagsOf(open.url, 'team/web');
      assert.ok(tags.includes('latest') && tags.includes('edge') && !tags.includes('1.0.0'), tags.join());
    } finally {
      await stop();
    }
  });
}

test('many repositories', async () => {
  const output = await recipes.run('Clean up many repositories', registry);
  assert.match(output, /^team\/web would remove (?=.*1\.0\.0)(?!.*latest)/m);
});

test('many repositories, and a deletion that fails', async () => {
  await changing(web, async (server) => {
    const { digest: kept } = samples['team/web']['1.0.0'];
    const forward = proxyTo(new URL(server.url), '');
    const retention = error(400, 'RETENTION');
    const front = await startScripted((request, response) => {
      const isRefused = request.method === 'DELETE' && request.url.endsWith(kept);
      return (isRefused ? retention : forward)(request, response);
    });
    try {
      const run = recipes.run('Clean up many repositories', front, { args: ['--apply'] });
      const { code, stderr } = await run.then(assert.fail, (failure) => failure);
      assert.equal(code, 1);
      assert.match(stderr, new RegExp(`^team/web ${kept} RETENTION `, 'm'));
      assert.ok(!(await tagsOf(server.url, 'team/web')).includes('1.1.0'));
    } finally {
      await front.stop();
    }
  });
});

test('the newest of a whole repository', async () => {
  const output = await recipes.run('Keep the newest of a repository', registry);
  for (const tag of ['edge', 'sbom']) assert.match(output, new RegExp(`^keep ${tag} `, 'm'));
  for (const tag of ['1.0.0', '1.1.0']) assert.match(output, new RegExp(`^remove ${tag} `, 'm'));
});

test('a copy with signatures', async () => {
  await changing(web, async (server, target) => {
    const [image] = samples['team/web']['2.0.0'].children;
    const signed = new DockerRegistryClient(server.url).repository('team/web');
    for (const subject of ['2.0.0', image.digest])
      await signed.pushArtifact({ artifactType: 'application/vnd.example.signature', subject });

    await runCommand(commands[2], server, { target });
    const wanted = await digestOf(server, 'team/web', '2.0.0');
    assert.equal(await digestOf(target, 'team/web', '2.0.0'), wanted);
    const copied = new DockerRegistryClient(target.url).repository('team/web');
    assert.equal((await copied.referrers(wanted)).length, 1);

    const output = await recipes.run('Copy with signatures', server, { target });
    includesAll(
      output,
      [wanted, image.digest].map((digest) => `${digest} application/vnd.example.signature `),
    );
  });
});

test('a private CA', async () => {
  const authority = await createAuthority();
  writeFileSync(join(packedFolder, 'company-ca.pem'), authority.ca);
  const secure = await startDistribution({ data: registry.data, tls: authority.server });
  try {
    const command = commands[3].replace('localhost:5000', 'https://localhost:5000');
    assert.match(await runCommand(command, secure), /^1\.1\.0 /m);
  } finally {
    await secure.stop();
  }
});

test('every example was run', () => {
  assert.deepEqual(recipes.left, []);
  assert.equal(commands.length, 4);
});
