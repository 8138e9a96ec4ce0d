// dockerCredentials: helpers, as real programs.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';

import { auth, moveIn } from '../authentication/docker-logins.mjs';
import { dockerCredentials } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const HUB = 'https://index.docker.io/v1/';
const NOT_FOUND = "console.log('credentials not found in native keychain'); process.exit(1);";

const home = moveIn();
beforeEach(home.clear);
after(home.leave);

const config = (content) => home.write('.docker/config.json', content);
const ask = (registry, options) => dockerCredentials(options)({ registry, scheme: 'basic', scopes: [] });
const answering = (username, secret) =>
  `console.log(JSON.stringify({ ServerURL: server, Username: ${JSON.stringify(username)}, Secret: ${secret ?? 'server + command'} }));`;

home.helper('all', answering('all'));
home.helper('one', answering('one'));
home.helper('token', answering('<token>'));
home.helper('empty', answering('', "''"));
home.helper('nothing', NOT_FOUND);
home.helper('nothing-by-error', NOT_FOUND.replace('log', 'error'));

for (const [name, content, registry, expected] of [
  ['credsStore', { credsStore: 'all' }, 'https://quay.io', { username: 'all', password: 'quay.ioget' }],
  [
    'credHelpers',
    { credHelpers: { 'quay.io': 'one' } },
    'https://quay.io',
    { username: 'one', password: 'quay.ioget' },
  ],
  [
    'credHelpers before credsStore',
    { credHelpers: { 'quay.io': 'one' }, credsStore: 'all' },
    'https://quay.io',
    { username: 'one', password: 'quay.ioget' },
  ],
  [
    'credHelpers of another registry',
    { credHelpers: { 'quay.io': 'one' }, credsStore: 'all' },
    'https://ghcr.io',
    { username: 'all', password: 'ghcr.ioget' },
  ],
  [
    'host and port',
    { credHelpers: { 'localhost:5000': 'one' } },
    'http://localhost:5000/',
    { username: 'one', password: 'localhost:5000get' },
  ],
  [
    'Docker Hub in credsStore',
    { credsStore: 'all' },
    'https://registry-1.docker.io',
    { username: 'all', password: `${HUB}get` },
  ],
  [
    'Docker Hub in credHelpers',
    { credHelpers: { [HUB]: 'one' } },
    'https://registry-1.docker.io',
    { username: 'one', password: `${HUB}get` },
  ],
  [
    "Docker Hub by podman's name",
    { credHelpers: { 'docker.io': 'one' } },
    'https://registry-1.docker.io',
    { username: 'one', password: 'docker.ioget' },
  ],
  [
    'a helper before auths',
    { credsStore: 'all', auths: { 'quay.io': { auth: auth('a', 'b') } } },
    'https://quay.io',
    { username: 'all', password: 'quay.ioget' },
  ],
  [
    'no helper by an empty name',
    { credHelpers: { 'quay.io': '' }, credsStore: 'all', auths: { 'quay.io': { auth: auth('a', 'b') } } },
    'https://quay.io',
    { username: 'a', password: 'b' },
  ],
  ['an identity token', { credsStore: 'token' }, 'https://quay.io', { identityToken: 'quay.ioget' }],
  ['nothing found', { credsStore: 'nothing' }, 'https://quay.io', undefined],
  ['nothing found, said as an error', { credsStore: 'nothing-by-error' }, 'https://quay.io', undefined],
  ['an empty login', { credsStore: 'empty' }, 'https://quay.io', undefined],
  [
    'nothing found, but in auths',
    { credsStore: 'nothing', auths: { 'quay.io': { auth: auth('a', 'b') } } },
    'https://quay.io',
    { username: 'a', password: 'b' },
  ],
  [
    'a name of the language',
    { credHelpers: {}, credsStore: 'all' },
    'https://constructor',
    { username: 'all', password: 'constructorget' },
  ],
]) {
  test(`a helper: ${name}`, SOON, async () => {
    config(content);
    assert.deepEqual(await ask(registry), expected);
  });
}

home.helper('fails', "console.log('SECRET'); console.error('SECRET'); process.exit(3);");
home.helper('dies', "console.log('SECRET'); process.kill(process.pid, 'SIGTERM'); setTimeout(() => {}, 5000);");
home.helper('garbage', "console.log('SECRET');");
home.helper('half', "console.log(JSON.stringify({ Username: 'SECRET' }));");
home.helper('list', "console.log(JSON.stringify(['SECRET']));");
home.helper('null', "console.log('null');");
home.helper('silent', '');
home.helper('hangs', "console.log('SECRET'); setInterval(() => {}, 1000);");
home.helper(
  'parent',
  "require('node:child_process').spawn('sleep', ['5'], { stdio: 'inherit' }); console.log('SECRET');",
);
home.helper(
  'endless',
  "const write = () => { while (process.stdout.write('SECRET'.repeat(1e6))); process.stdout.once('drain', write); }; write();",
);
home.helper('long', "process.stdout.write('SECRET'.repeat(1_750_000));");

for (const [name, code, message] of [
  ['missing', 'AUTH_REQUIRED', 'is not on the PATH'],
  ['fails', 'AUTH_REQUIRED', 'ended with exit code 3; to see why: echo quay.io | docker-credential-fails get'],
  ['dies', 'AUTH_REQUIRED', 'ended with SIGTERM; to see why: echo quay.io | docker-credential-dies get'],
  ['garbage', 'INVALID_RESPONSE', 'printed no JSON with Username and Secret'],
  ['half', 'INVALID_RESPONSE', 'printed no JSON with Username and Secret'],
  ['list', 'INVALID_RESPONSE', 'printed no JSON with Username and Secret'],
  ['null', 'INVALID_RESPONSE', 'printed no JSON with Username and Secret'],
  ['silent', 'INVALID_RESPONSE', 'printed no JSON with Username and Secret'],
  ['hangs', 'TIMEOUT', 'did not answer within 400 ms'],
  ['parent', 'TIMEOUT', 'did not answer within 400 ms'],
  ['endless', 'TOO_LARGE', 'printed more than 1048576 bytes'],
  ['long', 'TOO_LARGE', 'printed more than 1048576 bytes'],
]) {
  test(`a helper that is wrong: ${name}`, SOON, async () => {
    for (const [content, rule] of [
      [{ credsStore: name }, 'credsStore'],
      [{ credHelpers: { 'quay.io': name } }, 'credHelpers["quay.io"]'],
    ]) {
      const path = config(content);
      const helperTimeout = code === 'TIMEOUT' ? 400 : 10_000;
      const begun = performance.now();
      const error = await refused(() => ask('https://quay.io', { helperTimeout }), { code });
      assert.ok(performance.now() - begun < 5_000);
      const expected = `docker-credential-${name} (${rule} in ${path}) ${message}`;
      assert.equal(error.message, expected);
      assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /SECRET/);
    }
  });
}

test('a name that is no name starts nothing', SOON, async () => {
  for (const name of ['../../bin/sh', '/bin/sh', 'a b', 'x;touch y', '..', '-x', 'a\\b', 'a\0b', '$(id)']) {
    config({ credsStore: name });
    const { message } = await refused(() => ask('https://quay.io'), 'INVALID_ARGUMENT', name);
    assert.match(message, /^credsStore in .*config\.json: ".*" cannot be the name of a credential helper$/);
  }
});

test('the server is handed over as it is, by no shell', SOON, async () => {
  const trace = join(home.folder, 'trace');
  home.helper('trace', `require('node:fs').writeFileSync(${JSON.stringify(trace)}, server); ${answering('x')}`);
  config({ credsStore: 'trace' });
  await ask('https://quay.io');
  assert.ok(existsSync(trace));
  assert.equal(readFileSync(trace, 'utf8'), 'quay.io');
});

test('many at once', SOON, async () => {
  config({ credsStore: 'all' });
  const all = await Promise.all(Array.from({ length: 8 }, (_, number) => ask(`https://r${number}.example.com`)));
  assert.deepEqual(
    all.map(({ password }) => password),
    all.map((_, number) => `r${number}.example.comget`),
  );
});
