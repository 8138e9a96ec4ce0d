// `diagnose` in Node: real registries, and hosts that are none.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { parse } from 'yaml';

import { fill } from '../../../www/registry/fill.mjs';
import { freePort } from '../../../www/registry/process.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { hangs, html, startScripted } from '../../registries/scripted.mjs';
import { credentials, startDistribution, startFerro, startTokenRegistry } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const content = { 'team/web': samples['team/web'] };
const servers = {};
before(async () => {
  servers.open = await startDistribution();
  await fill(servers.open, content);
  const { data } = servers.open;
  servers.basic = await startDistribution({ data, auth: 'basic' });
  servers.frozen = await startDistribution({ data, settings: { storage: { delete: { enabled: false } } } });
  servers.tokens = await startTokenRegistry({ data });
  servers.ferro = await startFerro();
  await fill(servers.ferro, content);
}, SOON);
after(() => Promise.all(Object.values(servers).map((server) => server.stop())));

/** What was found, and the findings' codes; the text must tell of both. */
async function diagnose(url, options, call) {
  const diagnosis = await new DockerRegistryClient(url, options).diagnose(call);
  const { findings, text, ...found } = diagnosis;
  assert.equal(found.registry, url);
  assert.ok(text.startsWith(`registry: ${url}\n`) && text.endsWith('\n'), text);
  for (const { message } of findings) {
    assert.ok(message.length > 20 && !/undefined|null|\[object/.test(message), message);
    assert.ok(text.includes(message));
  }
  assert.doesNotMatch(text, /undefined|null|\[object/);
  return { ...found, codes: findings.map(({ code }) => code), findings, text };
}

const found = ({ catalog, tags, referrers, delete: deletion }) => [
  catalog.status,
  tags.status,
  tags.paging,
  referrers.status,
  deletion.status,
];

test('distribution 2.8, and nothing is changed by it', SOON, async () => {
  const before = await new DockerRegistryClient(servers.open.url).repository('team/web').tags();
  const diagnosis = await diagnose(servers.open.url);
  assert.deepEqual([diagnosis.reachable, diagnosis.apiVersion, diagnosis.repository], [true, 2, 'team/web']);
  assert.deepEqual(diagnosis.auth, { scheme: 'none' });
  // It does not know `n` for tags, and has no referrers API.
  assert.deepEqual(found(diagnosis), ['yes', 'yes', 'none', 'no', 'yes']);
  assert.deepEqual(diagnosis.codes, ['REFERRERS_UNSUPPORTED']);
  assert.ok(!('cors' in diagnosis) && !('page' in diagnosis) && !('ownHeaders' in diagnosis));
  assert.deepEqual(await new DockerRegistryClient(servers.open.url).repository('team/web').tags(), before);
});

test('OCI 1.1', SOON, async () => {
  const diagnosis = await diagnose(servers.ferro.url, {}, { repository: 'team/web' });
  assert.deepEqual(found(diagnosis).slice(0, 4), ['yes', 'yes', 'link', 'yes']);
  assert.ok(!diagnosis.codes.includes('DELETE_UNSUPPORTED'), diagnosis.text);
});

test('deleting switched off, and on again by the lines that are told', SOON, async () => {
  const diagnosis = await diagnose(servers.frozen.url);
  assert.equal(diagnosis.delete.status, 'no');
  const { severity, fix } = diagnosis.findings.find(({ code }) => code === 'DELETE_UNSUPPORTED');
  assert.equal(severity, 'warning');
  assert.ok(diagnosis.text.includes(fix.distribution.trimEnd().replaceAll(/^/gm, '    ')));
  const settings = { storage: { delete: { enabled: false } }, ...parse(fix.distribution) };
  const mended = await startDistribution({ data: servers.open.data, settings });
  try {
    const { delete: deletion, codes } = await diagnose(mended.url);
    assert.deepEqual([deletion.status, codes], ['yes', ['REFERRERS_UNSUPPORTED']]);
  } finally {
    await mended.stop();
  }
});

test('basic authentication', SOON, async () => {
  const { url } = servers.basic;
  const accepted = await diagnose(url, credentials);
  assert.deepEqual(accepted.auth, { scheme: 'basic', realm: 'test bed', credentialsAccepted: true });
  assert.deepEqual(found(accepted), ['yes', 'yes', 'none', 'no', 'yes']);
  assert.deepEqual((await diagnose(url)).codes, ['CREDENTIALS_NEEDED']);
  const wrong = await diagnose(url, { ...credentials, password: 'wrong-Password' });
  assert.deepEqual([wrong.codes, wrong.auth.credentialsAccepted], [['CREDENTIALS_REFUSED'], false]);
  assert.doesNotMatch(JSON.stringify(wrong), /wrong-Password/);
});

test('tokens', SOON, async () => {
  const { url, tokens } = servers.tokens;
  const { auth, ...alice } = await diagnose(url, credentials);
  assert.deepEqual(auth, { scheme: 'bearer', realm: tokens.realm, service: 'test bed', credentialsAccepted: true });
  assert.deepEqual(found(alice), ['yes', 'yes', 'none', 'no', 'yes']);
  // bob may only pull, and the catalog is not a repository.
  const bob = await diagnose(url, { username: 'bob', password: 'hunter2' }, { repository: 'team/web' });
  assert.deepEqual(found(bob), ['denied', 'yes', 'none', 'no', 'denied']);
  assert.deepEqual(bob.codes, ['CATALOG_DENIED', 'REFERRERS_UNSUPPORTED', 'DELETE_DENIED']);
  const refusals = tokens.refused;
  const wrong = await diagnose(url, { ...credentials, password: 'wrong-Password' });
  assert.deepEqual([wrong.codes, wrong.auth.credentialsAccepted], [['CREDENTIALS_REFUSED'], false]);
  assert.equal(tokens.refused, refusals + 1, 'a refused password is not tried again');
});

test('a client goes on as if nothing had been asked', SOON, async () => {
  const client = new DockerRegistryClient(servers.tokens.url, credentials);
  await client.diagnose();
  assert.deepEqual([...(await client.repositories()).keys()], ['team/web']);
});

test('hosts that are dead, no registry, or silent', SOON, async () => {
  const dead = await diagnose(`http://127.0.0.1:${await freePort()}`);
  assert.deepEqual([dead.reachable, dead.codes], [false, ['UNREACHABLE']]);
  assert.match(dead.text, /ECONNREFUSED/);
  const server = await startScripted({ '/v2/': html });
  try {
    const portal = await diagnose(server.url);
    assert.deepEqual([portal.reachable, portal.codes, 'apiVersion' in portal], [true, ['NOT_A_REGISTRY'], false]);
    assert.match(portal.text, /HTML page/);
    assert.equal(server.requests.length, 1);
    server.script = (_, response) => response.writeHead(404).end();
    const other = await diagnose(server.url);
    assert.deepEqual(other.codes, ['NOT_A_REGISTRY']);
    assert.match(other.text, /path prefix/);
    Object.assign(server, { script: hangs, requests: [] });
    const silent = await diagnose(server.url, { timeout: 200 });
    assert.deepEqual([silent.reachable, silent.codes, server.requests.length], [false, ['UNREACHABLE'], 1]);
  } finally {
    await server.stop();
  }
});

test('bad options, abort', SOON, async () => {
  const client = new DockerRegistryClient(servers.open.url);
  await refused(() => client.diagnose({ repository: 'No Name' }), 'INVALID_REFERENCE');
  await refused(() => client.diagnose({ repository: 1 }), 'INVALID_ARGUMENT');
  await refused(() => client.diagnose({ repositories: 'a' }), { code: 'INVALID_ARGUMENT', message: /repository/ });
  const controller = new AbortController();
  const diagnosis = client.diagnose({ signal: controller.signal });
  controller.abort('mine');
  await assert.rejects(diagnosis, (reason) => reason === 'mine');
});
