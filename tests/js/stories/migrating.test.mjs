// Someone who moves scripts from the Python library. They were written from docs/migration.md and what it links to alone.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';

import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { createAuthority } from '../../registries/certificates.mjs';
import { ensureV1Registry } from '../../registries/programs.mjs';
import { schema1Image, signedContent } from '../../registries/schema1.mjs';
import { startScripted } from '../../registries/scripted.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { fillV1, v1Samples } from '../../registries/v1-images.mjs';
import { startV1 } from '../../registries/v1-server.mjs';
import { SOON } from '../support/support.mjs';
import { runScript } from './support.mjs';

const old = schema1Image('old/web', 'v1', [{ run: 'ADD base /', files: { base: '1' } }]);
let registry;
before(async () => {
  registry = await startDistribution();
  await fill(registry, { 'team/web': samples['team/web'], 'old/web': { v1: signedContent(old) } });
}, SOON);
after(() => registry.stop());

async function outputOf(name, ...args) {
  const { code, stdout, stderr } = await runScript(name, args);
  assert.equal(code, 0, stderr);
  return stdout;
}

test('11. the report says what it said in Python', SOON, async () => {
  const { bin } = await ensureV1Registry();
  const script = fileURLToPath(new URL('migrating/report.py', import.meta.url));
  const env = { PATH: process.env.PATH, NO_PROXY: '127.0.0.1' };
  const theirs = await promisify(execFile)(join(bin, 'python'), [script, registry.url], { env });
  assert.deepEqual(JSON.parse(await outputOf('migrating/report.mjs', registry.url)), JSON.parse(theirs.stdout));
});

test('12. an old tag goes, and the other tags of its image stay', SOON, async (t) => {
  const own = await startDistribution();
  t.after(() => own.stop());
  await fill(own, { 'team/web': samples['team/web'] });
  assert.equal(await outputOf('migrating/delete-old.mjs', own.url), 'also tagged 1.1,1.1.0\n');
  const { tags } = await (await fetch(`${own.url}/v2/team/web/tags/list`)).json();
  assert.deepEqual(
    tags.sort(),
    Object.keys(samples['team/web'])
      .filter((tag) => tag !== '1.1')
      .sort(),
  );
});

test('13. a test registry with a certificate of nobody, and a login', SOON, async (t) => {
  const { server } = await createAuthority();
  const secure = await startDistribution({ data: registry.data, tls: server, auth: 'basic' });
  t.after(() => secure.stop());
  assert.equal(await outputOf('migrating/secure.mjs', secure.url), '2 7\n');
});

test('14. each failure of before has its code', SOON, async (t) => {
  const silent = await startScripted(() => {});
  t.after(() => silent.stop());
  const expected = ['NAME_UNKNOWN 404', 'MANIFEST_UNKNOWN 404', 'INVALID_REFERENCE undefined', 'NETWORK undefined'];
  const lines = (await outputOf('migrating/errors.mjs', registry.url, silent.url)).trim().split('\n');
  assert.deepEqual(lines, [...expected, 'TIMEOUT undefined']);
});

test('15. the V1 registry is still served', SOON, async (t) => {
  const v1 = await startV1();
  t.after(() => v1.stop());
  await fillV1(v1);
  const { id } = v1Samples['acme/tiny'].latest.at(-1);
  assert.equal(await outputOf('migrating/old-registry.mjs', v1.url), `1 ${id} 3\n1.0,keep,latest\n`);
});
