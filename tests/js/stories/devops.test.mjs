// A DevOps engineer with Node scripts and CI. The scripts were written from the README and docs/ alone.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { createAuthority } from '../../registries/certificates.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient, packedFolder } from '../support/packed.mjs';
import { SOON, startOpenAndLocked } from '../support/support.mjs';
import { runProgram, runScript } from './support.mjs';

const web = { 'team/web': samples['team/web'] };
const { registry, locked, stop } = await startOpenAndLocked(web);
after(stop);

/** A registry of its own; it goes with the test. */
async function startOwn(t, options, images = {}) {
  const server = await startDistribution(options);
  t.after(() => server.stop());
  await fill(server, images);
  return server;
}

test('1. which version is latest?', SOON, async () => {
  const { stdout } = await runScript('devops/which-version.mjs', [registry.url]);
  assert.equal(stdout, 'latest is 2.0.0\n');
});

test('2. a CI job logs in with a secret, and its exit code says what went wrong', SOON, async () => {
  const login = ['--username', 'alice', '--password-stdin'];
  const tags = (name, password) => runProgram(['tags', `${locked.url}/${name}`, '--names', ...login], password);
  assert.match((await tags('team/web', 'secret')).stdout, /^2\.0\.0$/m);
  assert.equal((await tags('team/web', 'wrong')).code, 5);
  assert.equal((await tags('team/none', 'secret')).code, 4);
  assert.equal((await runProgram(['tags', 'http://127.0.0.1:1/team/web'])).code, 7);
});

test('3. a release goes to production, twice', SOON, async (t) => {
  const authority = await createAuthority();
  writeFileSync(join(packedFolder, 'story-ca.pem'), authority.ca);
  const production = await startOwn(t, {}, {});
  const secure = await startDistribution({ data: production.data, tls: authority.server, auth: 'basic' });
  t.after(() => secure.stop());
  const promote = (password) =>
    runScript('devops/promote.mjs', [registry.url, secure.url, '1.1.0'], { REGISTRY_PASSWORD: password });

  assert.deepEqual(await promote('wrong'), { code: 1, stdout: 'UNAUTHORIZED\n', stderr: '' });
  const { digest } = await new DockerRegistryClient(registry.url).repository('team/web').manifest('1.1.0');
  const first = await promote('secret');
  assert.match(first.stdout, new RegExp(`^stable ${digest} [1-9]`));
  assert.equal((await promote('secret')).stdout, `stable ${digest} 0\n`);
});

test('4. a clean-up is reviewed before it is carried out, and skips what has changed since', SOON, async (t) => {
  const own = await startOwn(t, {}, web);
  const file = join(packedFolder, `plan-${process.pid}.json`);
  const rules = ['--keep-tag', 'latest', '--remove-tag', '1.*'];
  const planned = await runProgram(['cleanup', `${own.url}/team/web`, ...rules, '--save', file]);
  assert.match(planned.stdout, /^remove +1\.0\.0 /m);
  const repository = new DockerRegistryClient(own.url).repository('team/web');
  assert.ok((await repository.tags()).includes('1.0.0'));

  await repository.tag('1.0.0', 'edge'); // a colleague, meanwhile
  const applied = await runProgram(['cleanup', `${own.url}/team/web`, '--plan', file, '--apply']);
  const tags = await repository.tags();
  assert.ok(tags.includes('1.0.0') && !tags.includes('1.1.0'), `${tags}\n${applied.stdout}${applied.stderr}`);
});

test('5. two platforms and their signature for the edge sites', SOON, async (t) => {
  const [own, site] = [await startOwn(t, {}, web), await startOwn(t)];
  const [amd64] = samples['team/web']['2.0.0'].children;
  const repository = new DockerRegistryClient(own.url).repository('team/web');
  await repository.pushArtifact({ artifactType: 'application/vnd.example.signature', subject: amd64.digest });
  const { stdout } = await runScript('devops/mirror.mjs', [own.url, site.url]);
  assert.equal(stdout, 'amd64 application/vnd.example.signature\narm64 \n');
});
