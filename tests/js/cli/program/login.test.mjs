// `docker-registry-client-wasm`: `login` and `logout`, logins for one command, and what -v and --retry do.
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import os from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { fill } from '../../../../www/registry/fill.mjs';
import { samples } from '../../../../www/registry/sample-images.mjs';
import { json, send, startScripted } from '../../../registries/scripted.mjs';
import { credentials, startDistribution } from '../../../registries/servers.mjs';
import { auth, moveIn } from '../../authentication/docker-logins.mjs';
import { SOON } from '../../support/support.mjs';
import { cli, installed, onTerminal } from '../cli.mjs';

const { eraseLogin, storeLogin } = await import(pathToFileURL(join(installed, 'node/logins/store.js')).href);
const { username, password } = credentials;

let home;
let file;
let basic;
let plain;
let host;
before(async () => {
  home = moveIn();
  file = join(home.folder, '.docker', 'config.json');
  plain = await startDistribution();
  await fill(plain, { 'team/web': { '1.0.0': samples['team/web']['1.0.0'] } });
  basic = await startDistribution({ data: plain.data, auth: 'basic' });
  host = new URL(basic.url).host;
}, SOON);
beforeEach(() => home.clear());
after(async () => {
  home.leave();
  await Promise.all([plain, basic].map((server) => server.stop()));
});

const config = () => JSON.parse(readFileSync(file, 'utf8'));
const mode = (path) => (statSync(path).mode & 0o777).toString(8);
const REGISTRY = 'https://r.example.com';
const LOGIN = { username: 'alice', password: 'p:ß SECRET' };
const isWithoutSecret = ({ message }) => !message.includes('SECRET');
/** The program, with this home. */
const run = (args, { env, ...options } = {}) => cli(args, { env: { ...process.env, ...env }, ...options });

// ───────────── Storing

test('a new file is readable for its owner only', async () => {
  assert.deepEqual(await storeLogin(REGISTRY, LOGIN), { file, helper: undefined });
  assert.deepEqual(config(), { auths: { 'r.example.com': { auth: auth('alice', LOGIN.password) } } });
  assert.deepEqual([mode(file), mode(join(file, '..'))], ['600', '700']);
  assert.deepEqual(readdirSync(join(file, '..')), ['config.json']);
});

test('everything else in the file stays', async () => {
  const others = { HttpHeaders: { 'X-A': 'b' }, psFormat: '{{.ID}}', plugins: { x: { y: [1] } } };
  home.write('.docker/config.json', { ...others, auths: { 'other.example': { auth: 'eDp5' } } });
  await storeLogin(REGISTRY, LOGIN);
  const { auths, ...rest } = config();
  assert.deepEqual([rest, Object.keys(auths)], [others, ['other.example', 'r.example.com']]);
  assert.equal(mode(file), '600');
  assert.equal((await eraseLogin(REGISTRY)).removed, true);
  assert.deepEqual(config(), { ...others, auths: { 'other.example': { auth: 'eDp5' } } });
});

test('a link stays a link', async () => {
  const real = home.write('elsewhere/config.json', {});
  mkdirSync(join(home.folder, '.docker'));
  symlinkSync(real, file);
  await storeLogin(REGISTRY, LOGIN);
  assert.deepEqual(Object.keys(JSON.parse(readFileSync(real, 'utf8')).auths), ['r.example.com']);
  assert.equal(readFileSync(file, 'utf8'), readFileSync(real, 'utf8'));
  assert.deepEqual(readdirSync(join(home.folder, '.docker')), ['config.json']);
});

test("registries' names, as docker writes them", async () => {
  for (const [registry, name] of [
    ['https://registry-1.docker.io', 'https://index.docker.io/v1/'],
    ['http://localhost:5000/some/path', 'localhost:5000'],
    ['https://R.example.com:443', 'r.example.com'],
  ]) {
    rmSync(file, { force: true });
    await storeLogin(registry, LOGIN);
    assert.deepEqual(Object.keys(config().auths), [name]);
  }
});

test('a file that is no config is left alone', async () => {
  for (const [text, message] of [
    ['{"auths": {"a": SECRET', /config\.json: no JSON at line 1, column 17/],
    ['[]', /config\.json: an object is needed/],
    ['{"auths": []}', /config\.json: auths: an object is needed/],
    ['{"credsStore": 1}', /config\.json: credsStore: a string is needed/],
    ['{"credsStore": "../x"}', /cannot be the name of a credential helper/],
  ]) {
    home.write('.docker/config.json', text);
    for (const call of [storeLogin, eraseLogin]) {
      await assert.rejects(call(REGISTRY, LOGIN), (error) => {
        assert.equal(error.code, 'INVALID_ARGUMENT');
        assert.match(error.message, message);
        return isWithoutSecret(error);
      });
    }
    assert.equal(readFileSync(file, 'utf8'), text);
  }
});

test('a folder that cannot be written, and none', async () => {
  home.write('.docker', 'a file');
  await assert.rejects(storeLogin(REGISTRY, LOGIN), {
    code: 'INVALID_ARGUMENT',
    message: /config\.json cannot be written: /,
  });
  const { homedir } = os;
  // As for a user id that the system does not know.
  os.homedir = () => {
    throw new Error('ENOENT');
  };
  syncBuiltinESMExports();
  try {
    await assert.rejects(storeLogin(REGISTRY, LOGIN), { message: /no home folder .*DOCKER_CONFIG/ });
    process.env.DOCKER_CONFIG = join(home.folder, 'elsewhere');
    assert.equal((await storeLogin(REGISTRY, LOGIN)).file, join(home.folder, 'elsewhere', 'config.json'));
  } finally {
    os.homedir = homedir;
    syncBuiltinESMExports();
  }
});

const KEYCHAIN = `const { existsSync, readFileSync, writeFileSync, unlinkSync } = require('node:fs');
  const path = process.env.HOME + '/keychain';
  if (command === 'store') writeFileSync(path, server);
  else if (!existsSync(path)) { console.log('credentials not found in native keychain'); process.exit(1); }
  else if (command === 'erase') unlinkSync(path);
  else console.log(readFileSync(path, 'utf8'));`;

test('a credential helper keeps the login', async () => {
  const keychain = join(home.folder, 'keychain');
  home.helper('keychain', KEYCHAIN);
  for (const settings of [
    { credsStore: 'keychain' },
    { credHelpers: { 'r.example.com': 'keychain' } },
    { credsStore: 'none-such', credHelpers: { 'r.example.com': 'keychain' } },
  ]) {
    home.write('.docker/config.json', settings);
    assert.deepEqual(await storeLogin(REGISTRY, LOGIN), { file, helper: 'keychain' });
    assert.deepEqual(JSON.parse(readFileSync(keychain, 'utf8')), {
      ServerURL: 'r.example.com',
      Username: 'alice',
      Secret: LOGIN.password,
    });
    assert.deepEqual(config(), { ...settings, auths: { 'r.example.com': {} } });
    assert.deepEqual(await eraseLogin(REGISTRY), { file, helper: 'keychain', removed: true });
    assert.deepEqual([existsSync(keychain), config().auths], [false, {}]);
    assert.equal((await eraseLogin(REGISTRY)).removed, false);
  }
});

test('a credential helper that fails', async () => {
  home.helper('broken', 'console.error(server); process.exit(3)');
  home.write('.docker/config.json', { credsStore: 'broken' });
  await assert.rejects(storeLogin(REGISTRY, LOGIN), (error) => {
    assert.match(
      error.message,
      /^docker-credential-broken \(credsStore in .*\) did not store the login: .* exit code 3$/,
    );
    return isWithoutSecret(error);
  });
  await assert.rejects(eraseLogin(REGISTRY), { message: /did not erase the login/ });
  home.write('.docker/config.json', { credsStore: 'none-such' });
  await assert.rejects(storeLogin(REGISTRY, LOGIN), { message: /docker-credential-none-such .* is not on the PATH/ });
  assert.deepEqual(config(), { credsStore: 'none-such' });
});

test("logging out removes all of the registry's names, and no namespace's", async () => {
  const entry = { auth: 'eDp5' };
  home.write('.docker/config.json', {
    auths: {
      'https://r.example.com/v2/': entry,
      'r.example.com:443': entry,
      'r.example.com/team': entry,
      other: entry,
    },
  });
  assert.equal((await eraseLogin(REGISTRY)).removed, true);
  assert.deepEqual(Object.keys(config().auths), ['r.example.com/team', 'other']);
  assert.equal((await eraseLogin(REGISTRY)).removed, false);
});

// ───────────── The commands

test('login, a command, logout', SOON, async () => {
  const wrong = await run(`login ${host} --username ${username} --password-stdin`, { input: 'SECRET\n' });
  assert.deepEqual([wrong.code, wrong.out, existsSync(file)], [5, '', false]);
  assert.match(wrong.err, /^error: UNAUTHORIZED: .* 401: authentication required; the credentials were rejected/);
  assert.match(wrong.err, /\nThe registry did not accept the user name and the password\.\n$/);
  assert.doesNotMatch(wrong.err, /SECRET/);

  const right = await run(`login ${host} --username ${username} --password-stdin -v`, { input: `${password}\n` });
  assert.deepEqual([right.code, right.out], [0, `Logged in to ${host} as ${username}\n`], right.err);
  assert.match(
    right.err,
    /^GET http:\S+\/v2\/ 401 \d+ ms\nGET http:\S+\/v2\/ 200 \d+ ms\n\S+config\.json has the password, not/,
  );
  assert.ok(!right.err.includes(password) && !right.err.includes(auth(username, password)), right.err);
  assert.deepEqual(config().auths, { [host]: { auth: auth(username, password) } });
  assert.equal((await run(`tags ${host}/team/web --names`)).out, '1.0.0\n');

  assert.deepEqual((await run(`logout ${host}`)).out, `Logged out of ${host}\n`);
  const again = await run(`logout ${host} --json`);
  assert.deepEqual(JSON.parse(again.out), { registry: basic.url, file, removed: false });
  assert.equal((await run(`tags ${host}/team/web --names`)).code, 5);
});

test('login without a home folder', SOON, async () => {
  const { code, err } = await run(`login ${new URL(plain.url).host} --username x --password-stdin`, {
    input: 'y',
    env: { HOME: '', DOCKER_CONFIG: '' },
  });
  assert.equal(code, 2);
  assert.match(err, /there is no home folder for a login; DOCKER_CONFIG can name a folder/);
});

test('a registry that asks for no login, and one that is not there', SOON, async () => {
  const { host: open } = new URL(plain.url);
  const stored = await run(`login ${open} --username x --password-stdin --json`, { input: 'y' });
  assert.deepEqual(JSON.parse(stored.out), { registry: plain.url, username: 'x', file, isChecked: false });
  const gone = await run('login 127.0.0.1:1 --username x --password-stdin --retry 0', { input: 'y' });
  assert.equal(gone.code, 7);
  assert.deepEqual(Object.keys(config().auths), [open]);
});

test('login on a terminal', SOON, async () => {
  const typed = await onTerminal(`login ${host}`, [
    ['User name: ', `${username}\r`],
    ['Password: ', `${password}\r`],
  ]);
  assert.match(typed.out, new RegExp(`Logged in to ${host} as ${username}`));
  assert.ok(!typed.out.includes(password), 'the password is not shown');
  assert.deepEqual(config().auths, { [host]: { auth: auth(username, password) } });
  rmSync(file);
  const stopped = await onTerminal(`login ${host} --username ${username}`, [['Password: ', 'SECRET\u0003']]);
  assert.deepEqual([stopped.code, existsSync(file)], [130, false], stopped.out);
  assert.match(stopped.out, /INTERRUPTED: interrupted/);
  const none = await onTerminal(`login ${host} --username ${username}`, [['Password: ', '\r']]);
  assert.equal(none.code, 2);
});

test('a login for one command: a token, and one for each side of a copy', SOON, async () => {
  const registry = await startScripted((request, response) => {
    if (request.headers.authorization === 'Bearer ToKeN') return json({ tags: ['x'] })(request, response);
    return send('', { status: 401, 'www-authenticate': 'Bearer realm="http://127.0.0.1:1/token"' })(request, response);
  });
  try {
    const { code, out, err } = await run(`tags ${registry.url}/a/b --names --token-stdin -v`, { input: 'ToKeN\n' });
    assert.deepEqual([code, out], [0, 'x\n'], err);
    assert.doesNotMatch(err, /ToKeN/);
  } finally {
    await registry.stop();
  }
  const secret = home.write('elsewhere/password', `${password}\n`);
  const target = new URL(plain.url).host;
  const copy = `copy ${host}/team/web:1.0.0 ${target}/mirror/web:1.0.0`;
  const denied = await run(copy);
  assert.equal(denied.code, 5);
  assert.match(denied.err, /\nLog in with the command login, .* or give --source-username [^]* --target-username /);
  assert.doesNotMatch(denied.err, /--password-stdin/);
  const done = await run(`${copy} --source-username ${username} --source-password-file ${secret}`);
  assert.equal(done.code, 0, done.err);
  const back = `copy ${target}/mirror/web:1.0.0 ${host}/mirror/back:1`;
  assert.equal((await run(`${back} --source-username x --source-password-file ${secret}`)).code, 5);
  const there = await run(`${back} --target-username ${username} --target-password-file ${secret}`);
  assert.equal(there.code, 0, there.err);
});

for (const [args, message] of [
  ['login r.example', 'without a terminal, --username and --password-stdin are needed'],
  ['login r.example --username x', 'without a terminal, --username and --password-stdin are needed'],
  ['login r.example --password-stdin', '--username and --password-stdin must be given together'],
  ['login r.example --username a:b --password-stdin', 'a user name cannot have a colon or a control character'],
  ['login r.example --username \t --password-stdin', 'a user name cannot have a colon or a control character'],
  ['login r.example --token-stdin', 'a token cannot be stored; give --token-stdin to each command'],
  ['login r.example --username x --password-stdin', '--password-stdin: standard input is empty'],
  ['repos r.example --token-stdin', '--token-stdin: standard input is empty'],
  [
    'repos r.example --token-stdin --username x',
    'only one of --token-stdin and --username with --password-stdin can be given',
  ],
  ['copy a.example/b c.example/b --token-stdin', /^--token-stdin is for one registry; between two, /],
  [
    'copy a.example/b c.example/b --source-username x',
    '--source-username and --source-password-file must be given together',
  ],
  [
    'copy a.example/b c.example/b --target-username x --target-password-file /none/there',
    '--target-password-file: the file cannot be read: ENOENT',
  ],
  ['repos r.example -v --quiet', 'only one of --quiet and --verbose can be given'],
  ['repos r.example --retry 100', '--retry: a whole number from 0 to 99 is needed'],
  ['logout', 'HOST is missing'],
  ['logni r.example', 'unknown command "logni"; did you mean "login"?'],
]) {
  test(`refused: ${args}`, SOON, async () => {
    const { code, out, err } = await cli(args);
    assert.deepEqual([code, out], [2, '']);
    const [, said] = /^error: USAGE: (.*)$/m.exec(err);
    if (message instanceof RegExp) assert.match(said, message);
    else assert.equal(said, message);
  });
}

test('a login that is given is sent to one registry only', SOON, async () => {
  const other = await startScripted(send('', { status: 401, 'www-authenticate': 'Basic realm="x"' }));
  const [here, there] = [host, new URL(other.url).host];
  try {
    for (const [args, option] of [
      [`untag ${here}/team/web:none ${there}/team/web:none --username ${username} --password-stdin`, '--username'],
      [
        `cleanup ${here}/team/web ${there}/team/web --keep-newest 1 --username ${username} --password-stdin`,
        '--username',
      ],
      [`cleanup ${here}/team/web ${there}/team/web --keep-newest 1 --token-stdin`, '--token-stdin'],
    ]) {
      const { code, out, err } = await run(args, { input: password });
      assert.deepEqual([code, out, other.requests.length], [2, '', 0], err);
      assert.match(err, new RegExp(`^error: USAGE: ${option} is for one registry; `));
    }
  } finally {
    await other.stop();
  }
});

test('-v prints every attempt, and --retry says how many there are', SOON, async () => {
  const registry = await startScripted(send('', { status: 503 }));
  try {
    const once = await cli(`repos ${registry.url} --retry 0 -v`);
    assert.deepEqual([once.code, registry.requests.length], [7, 1]);
    assert.match(once.err, /^GET http:\S+\/v2\/_catalog\S* 503 \d+ ms\nerror: HTTP_ERROR: /);
    const twice = await cli(`repos ${registry.url} --retry 1 --verbose`);
    assert.equal(registry.requests.length, 3);
    assert.equal(twice.err.match(/^GET .* 503 /gm).length, 2);
  } finally {
    await registry.stop();
  }
});
