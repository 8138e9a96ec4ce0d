// `docker-registry-client-wasm` with a registry under a path of its host, in every command; read back with plain fetch.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { fill } from '../../../../www/registry/fill.mjs';
import { samples } from '../../../../www/registry/sample-images.mjs';
import { startDistribution } from '../../../registries/servers.mjs';
import { cells, cli, done } from '../cli.mjs';
import { SOON } from '../../support/support.mjs';

const web = samples['team/web'];
const { '1.0.0': old, latest: current } = web;
const accept = [...new Set(Object.values(web).map(({ mediaType }) => mediaType))].join(', ');

let registry;
/** The same without the path. */
let filled;
let plain;
/** As it is typed: HOST/PATH, and HOST/PATH//REPOSITORY. */
let base;
let under;
before(async () => {
  [filled, plain] = await Promise.all([startDistribution(), startDistribution()]);
  await fill(filled, { 'team/web': web, 'team/old': web });
  registry = await startDistribution({ data: filled.data, settings: { http: { prefix: '/some/registry/' } } });
  registry.base = `${registry.url}/some/registry`;
  base = registry.base.replace('http://', '');
  under = `${base}//team/web`;
}, SOON);
after(() => Promise.all([registry, filled, plain].map((server) => server.stop())));

async function bytesOf(url, repository, tag) {
  const response = await fetch(`${url}/v2/${repository}/manifests/${tag}`, { headers: { accept } });
  return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
}
const isAt = async (url, repository, tag, { bytes }) =>
  assert.deepEqual(await bytesOf(url, repository, tag), Buffer.from(bytes), tag);

test('repos and diagnose', SOON, async () => {
  assert.equal(await done(`repos ${base}`), 'team/old\nteam/web\n');
  assert.equal(await done(`repos ${registry.base}/`), 'team/old\nteam/web\n');
  assert.match(await done(`diagnose ${base} --repository team/web`), /\/some\/registry/);
});

test('tags and inspect', SOON, async () => {
  const [, ...rows] = cells(await done(`tags ${under}`));
  assert.deepEqual(rows.map(([tag]) => tag).sort(), Object.keys(web).sort());
  const { digest, repository } = JSON.parse(await done(`inspect ${under}:1.0.0 --json`));
  assert.deepEqual([digest, repository], [old.digest, under]);
  assert.match(await done(`inspect http://${under}@${old.digest}`), new RegExp(old.digest));
});

test('tag and untag', SOON, async () => {
  assert.equal(await done(`tag ${under}:1.0.0 stable`), `${under}:stable\n`);
  await isAt(registry.base, 'team/web', 'stable', old);
  assert.equal(await done(`untag ${under}:stable`), `${under}:stable\n`);
  assert.equal(await bytesOf(registry.base, 'team/web', 'stable'), undefined);
  await isAt(registry.base, 'team/web', '1.0.0', old);
});

test('copy: within it, out of it and into it', SOON, async () => {
  const host = new URL(plain.url).host;
  assert.equal(
    await done(`copy --quiet ${under} ${base}//mirror/web:here`),
    `${base}//mirror/web:here@${current.digest}\n`,
  );
  await isAt(registry.base, 'mirror/web', 'here', current);
  assert.equal(
    await done(`copy --quiet ${under} ${host}/mirror/web:out`),
    `${host}/mirror/web:out@${current.digest}\n`,
  );
  await isAt(plain.url, 'mirror/web', 'out', current);
  assert.equal(
    await done(`copy --quiet ${host}/mirror/web:out ${base}//back/web`),
    `${base}//back/web:latest@${current.digest}\n`,
  );
  await isAt(registry.base, 'back/web', 'latest', current);
});

test('cleanup', SOON, async () => {
  const args = `cleanup --quiet ${base}//team/old --remove-tag 1.0.0`;
  const [, ...rows] = cells(await done(args));
  assert.deepEqual(
    rows.filter(([action]) => action === 'remove').map(([, tag]) => tag),
    ['1.0.0'],
  );
  await isAt(registry.base, 'team/old', '1.0.0', old);
  await done(`${args} --apply`);
  assert.equal(await bytesOf(registry.base, 'team/old', '1.0.0'), undefined);
  await isAt(registry.base, 'team/old', 'latest', current);
});

test('a path without "//" is a repository', SOON, async () => {
  const { code, err } = await cli(`tags ${base}/team/web`);
  assert.equal(code, 1);
  assert.match(
    err,
    /^error: INVALID_RESPONSE: this host is not a registry.*\nA registry under a path is HOST\/PATH\/\/REPOSITORY\.\n$/,
  );
});
