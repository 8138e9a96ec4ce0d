// Several `login` and `logout` at a time: none undoes what another one has written.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { json, startScripted } from '../../../registries/scripted.mjs';
import { moveIn } from '../../authentication/docker-logins.mjs';
import { SOON } from '../../support/support.mjs';
import { cli, installed } from '../cli.mjs';

const { eraseLogin, storeLogin } = await import(pathToFileURL(join(installed, 'node/logins/store.js')).href);

const home = moveIn();
const folder = join(home.folder, '.docker');
const file = join(folder, 'config.json');
const lock = `${file}.lock`;
beforeEach(() => home.clear());
after(() => home.leave());

const LOGIN = { username: 'alice', password: 'SECRET' };
const auths = () => Object.keys(JSON.parse(readFileSync(file, 'utf8')).auths).sort();
const hosts = Array.from({ length: 20 }, (_, index) => `r${index}.example.com`).sort();
const urls = hosts.map((host) => `https://${host}`);

test('in one process', SOON, async () => {
  await Promise.all(urls.map((url) => storeLogin(url, LOGIN)));
  assert.deepEqual(auths(), hosts);
  assert.deepEqual(readdirSync(folder), ['config.json']);
  const removed = await Promise.all(urls.slice(1).map(eraseLogin));
  assert.ok(removed.every((result) => result.removed));
  assert.deepEqual(auths(), hosts.slice(0, 1));
});

test('in several processes', SOON, async () => {
  const registries = await Promise.all(Array.from({ length: 6 }, () => startScripted(json({}))));
  try {
    const runs = registries.map(({ url }) =>
      cli(`login ${url} --username alice --password-stdin`, { input: 'SECRET', env: { HOME: home.folder } }),
    );
    for (const { code, err } of await Promise.all(runs)) assert.equal(code, 0, err);
    assert.deepEqual(auths(), registries.map(({ url }) => new URL(url).host).sort());
  } finally {
    await Promise.all(registries.map((registry) => registry.stop()));
  }
});

test("another process's lock is waited for, and its change is kept", SOON, async () => {
  mkdirSync(folder);
  writeFileSync(lock, '');
  const stored = storeLogin(urls[0], LOGIN);
  await new Promise((later) => setTimeout(later, 100));
  assert.ok(!existsSync(file));
  writeFileSync(file, JSON.stringify({ auths: { 'other.example': { auth: 'eDp5' } }, psFormat: 'x' }));
  rmSync(lock);
  await stored;
  assert.deepEqual(auths(), ['other.example', hosts[0]]);
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).psFormat, 'x');
});

test('a lock that stays is named, and nothing is written', SOON, async (t) => {
  mkdirSync(folder);
  writeFileSync(lock, '');
  let now = 0;
  t.mock.method(performance, 'now', () => (now += 1000));
  await assert.rejects(storeLogin(urls[0], LOGIN), (error) => {
    assert.equal(error.code, 'INVALID_ARGUMENT');
    assert.ok(error.message.includes(`${lock} exists: another login or logout is running`), error.message);
    return !error.message.includes('SECRET');
  });
  assert.deepEqual(readdirSync(folder), ['config.json.lock']);
});
