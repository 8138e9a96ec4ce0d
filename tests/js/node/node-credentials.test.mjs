// dockerCredentials: which file, which entry, which login.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { auth, moveIn } from '../authentication/docker-logins.mjs';
import { dockerCredentials, sources } from '../support/packed.mjs';
import { refused } from '../support/support.mjs';

const HUB = 'https://index.docker.io/v1/';
const login = { auth: auth('alice', 'secret') };
const alice = { username: 'alice', password: 'secret' };
const other = { auth: auth('bob', 'hunter2') };

const home = moveIn();
beforeEach(home.clear);
after(home.leave);

const ask = (registry, { options, scopes = [] } = {}) =>
  dockerCredentials(options)({ registry, scheme: 'basic', scopes });
const pulling = (...names) => names.map((name) => `repository:${name}:pull`);

for (const [name, key, registry, found = true] of [
  ['a host', 'registry.example.com', 'https://registry.example.com'],
  ['a base URL with a slash', 'registry.example.com', 'https://registry.example.com/'],
  ['a base URL with a prefix', 'registry.example.com', 'https://registry.example.com/prefix/'],
  ['a bare host', 'registry.example.com', 'registry.example.com'],
  ['another case', 'Registry.Example.com', 'https://registry.example.com'],
  ['host and port', 'localhost:5000', 'http://localhost:5000'],
  ['a bare host and port', 'localhost:5000', 'localhost:5000'],
  ['an IPv6 address', '[::1]:5000', 'http://[::1]:5000/'],
  ['another port', 'localhost:5001', 'http://localhost:5000', false],
  ['no port', 'localhost', 'http://localhost:5000', false],
  ["the scheme's own port", 'registry.example.com:443', 'https://registry.example.com'],
  ['the port of the other scheme', 'registry.example.com:80', 'https://registry.example.com', false],
  ['a key with a scheme', 'https://registry.example.com', 'https://registry.example.com'],
  ['a key with the old API in it', 'https://registry.example.com/v1/', 'https://registry.example.com'],
  ['the same without a scheme', 'registry.example.com/v2', 'https://registry.example.com'],
  ['a subdomain', 'example.com', 'https://registry.example.com', false],
  ['a longer name', 'registry.example.com.evil.org', 'https://registry.example.com', false],
  ['a host in the path', 'https://evil.org/registry.example.com', 'https://registry.example.com', false],
  ['a key that is no host', '', 'https://registry.example.com', false],
  ['a name of the language', '__proto__', 'https://registry.example.com', false],
  ["docker's key of Docker Hub", HUB, 'https://registry-1.docker.io'],
  ["podman's key of Docker Hub", 'docker.io', 'https://registry-1.docker.io/'],
  ['Docker Hub by its name', HUB, 'docker.io'],
  ['Docker Hub by its index', HUB, 'https://index.docker.io'],
  ['Docker Hub by its own key', HUB, HUB],
  ['another registry, asked with the key of Docker Hub', HUB, 'https://quay.io', false],
]) {
  test(`${found ? 'found' : 'not found'} by ${name}`, async () => {
    home.write('.docker/config.json', `{ "auths": { ${JSON.stringify(key)}: ${JSON.stringify(login)} } }`);
    assert.deepEqual(await ask(registry), found ? alice : undefined);
  });
}

for (const [name, keys, scopes, expected] of [
  ['the host, for no repository', ['quay.io', 'quay.io/team'], [], 'quay.io'],
  ['the namespace', ['quay.io', 'quay.io/team'], pulling('team/web'), 'quay.io/team'],
  ['the repository', ['quay.io/team/web', 'quay.io/team', 'quay.io'], pulling('team/web'), 'quay.io/team/web'],
  ['no namespace that only begins alike', ['quay.io', 'quay.io/te'], pulling('team/web'), 'quay.io'],
  ['no namespace of another repository', ['quay.io/team'], pulling('others/web'), undefined],
  [
    'a namespace only for all that is asked',
    ['quay.io', 'quay.io/team'],
    pulling('team/web', 'others/base'),
    'quay.io',
  ],
  ['the namespace of both', ['quay.io', 'quay.io/team'], pulling('team/web', 'team/base'), 'quay.io/team'],
  ['the catalog', ['quay.io', 'quay.io/team'], ['registry:catalog:*'], 'quay.io'],
  ['no namespace behind a scheme', ['https://quay.io/team'], pulling('others/web'), 'https://quay.io/team'],
]) {
  test(`the most specific entry: ${name}`, async () => {
    home.write('.docker/config.json', {
      auths: Object.fromEntries(keys.map((key) => [key, { auth: auth('user', key) }])),
    });
    assert.equal((await ask('https://quay.io', { scopes }))?.password, expected);
  });
}

test("docker's own key comes before others for the same registry", async () => {
  const auths = {
    'registry-1.docker.io': other,
    'https://index.docker.io/v1/access-token': other,
    'docker.io': other,
    [HUB]: login,
  };
  home.write('.docker/config.json', { auths });
  assert.deepEqual(await ask('https://registry-1.docker.io'), alice);
});

for (const [name, entry, expected] of [
  ['auth', login, alice],
  ['a colon in the password', { auth: auth('alice', 'se:cr:et') }, { username: 'alice', password: 'se:cr:et' }],
  ['no ASCII', { auth: auth('jürgen', 'pä✓') }, { username: 'jürgen', password: 'pä✓' }],
  ['an empty password', { auth: auth('alice', '') }, { username: 'alice', password: '' }],
  ['NUL behind the password', { auth: auth('alice', 'secret\0\0') }, alice],
  ['a line break in the base64', { auth: `${login.auth}\n` }, alice],
  ['username and password', alice, alice],
  ['auth before username and password', { ...login, username: 'bob', password: 'hunter2' }, alice],
  ['identitytoken', { ...login, identitytoken: 'refresh' }, { identityToken: 'refresh' }],
  ['registrytoken', { ...login, registrytoken: 'ready' }, { token: 'ready' }],
  ['an email as well', { ...login, email: 'alice@example.com' }, alice],
  ['nothing', {}, undefined],
  ['empty texts', { auth: '', username: '', password: '', identitytoken: '' }, undefined],
  ['a username alone', { username: 'alice' }, undefined],
]) {
  test(`an entry with ${name}`, async () => {
    home.write('.docker/config.json', { auths: { 'quay.io': entry } });
    assert.deepEqual(await ask('https://quay.io'), expected);
  });
}

test('nothing there', async () => {
  assert.equal(await ask('https://quay.io'), undefined);
  for (const content of ['', '  \n', '{}', '{"auths":null,"credHelpers":null}', '{"auths":{}}', '{"HttpHeaders":{}}']) {
    home.write('.docker/config.json', content);
    assert.equal(await ask('https://quay.io'), undefined, content);
  }
});

test('the files, in their order', async () => {
  const files = [
    ['.config/containers/auth.json', 'HOME', ''],
    ['elsewhere/config/containers/auth.json', 'XDG_CONFIG_HOME', 'elsewhere/config'],
    ['run/containers/auth.json', 'XDG_RUNTIME_DIR', 'run'],
    ['elsewhere/auth.json', 'REGISTRY_AUTH_FILE', 'elsewhere/auth.json'],
    ['.docker/config.json', 'HOME', ''],
    ['elsewhere/docker/config.json', 'DOCKER_CONFIG', 'elsewhere/docker'],
  ];
  for (const [file, variable, value] of files) {
    process.env[variable] = join(home.folder, value);
    const path = home.write(file, { auths: { 'quay.io': { auth: auth('user', file) } } });
    assert.equal((await ask('https://quay.io')).password, file);
    assert.equal((await ask('https://quay.io', { options: { configFile: path } })).password, file);
  }
  // A file without this login leaves the question to the next one.
  home.write('elsewhere/docker/config.json', { auths: { 'registry.example.com': login } });
  assert.equal((await ask('https://quay.io')).password, 'elsewhere/auth.json');
});

test("podman's place for the logins of whoever has no XDG_RUNTIME_DIR", async () => {
  const { usualFiles } = await import(pathToFileURL(join(sources, 'node', 'logins', 'config-file.js')));
  process.env.XDG_RUNTIME_DIR = join(home.folder, 'run');
  assert.deepEqual(usualFiles(), [
    join(home.folder, '.docker', 'config.json'),
    join(home.folder, 'run', 'containers', 'auth.json'),
    `/run/containers/${process.getuid()}/auth.json`,
    join(home.folder, '.config', 'containers', 'auth.json'),
  ]);
});

test('DOCKER_AUTH_CONFIG comes first, and leaves what it does not know to the files', async () => {
  process.env.DOCKER_AUTH_CONFIG = JSON.stringify({ auths: { 'quay.io': login } });
  home.write('.docker/config.json', { auths: { 'quay.io': other, 'registry.example.com': other } });
  assert.deepEqual(await ask('https://quay.io'), alice);
  assert.equal((await ask('https://registry.example.com')).username, 'bob');
  const options = { configFile: join(home.folder, '.docker/config.json') };
  assert.equal((await ask('https://quay.io', { options })).username, 'bob');
  process.env.DOCKER_AUTH_CONFIG = '{"auths":{"quay.io":{"auth":"SECRET",}}}';
  const error = await refused(() => ask('https://quay.io'), {
    code: 'INVALID_ARGUMENT',
    message: /^environment variable DOCKER_AUTH_CONFIG: no JSON at line 1, column 38$/,
  });
  assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /SECRET/);
});

test('configFile is the only one asked', async () => {
  home.write('.docker/config.json', { auths: { 'quay.io': login } });
  home.write('.config/containers/auth.json', { auths: { 'quay.io': login } });
  const options = { configFile: home.write('elsewhere/config.json', { auths: { 'registry.example.com': login } }) };
  assert.equal(await ask('https://quay.io', { options }), undefined);
  assert.equal(await ask('https://quay.io', { options: { configFile: join(home.folder, 'none.json') } }), undefined);
});

test('a login made meanwhile is seen', async () => {
  const credentials = dockerCredentials();
  const challenge = { registry: 'https://quay.io', scheme: 'basic', scopes: [] };
  assert.equal(await credentials(challenge), undefined);
  home.write('.docker/config.json', { auths: { 'quay.io': login } });
  assert.deepEqual(await credentials(challenge), alice);
});

for (const [name, content, message] of [
  [
    'a missing comma',
    '{\n  "auths": {\n    "quay.io": { "auth": "SECRET" }\n    "b": {}\n  }\n}',
    /no JSON at line 4, column 5$/,
  ],
  ['a comma too many', '{"auths":{"quay.io":{"auth":"SECRET",}}}', /no JSON at line 1, column 38$/],
  ['an open end', '{"auths":{"quay.io":{"auth":"SECRET"}', /no JSON at line 1, column 38$/],
  ['an open string', '{"auths":{"quay.io":{"auth":"SECRET', /no JSON at line 1, column 29$/],
  ['no JSON', 'SECRET: yes', /no JSON at line 1, column 1$/],
  ['more behind it', '{}\n\n  SECRET', /no JSON at line 3, column 3$/],
  ['a bad number', '{"a":[1.5e3,true,null,01,"SECRET"]}', /no JSON at line 1, column 24$/],
  ['a list', '["SECRET"]', /an object is needed/],
  ['auths that is none', '{"auths":"SECRET"}', /auths: an object/],
  ['an entry that is none', '{"auths":{"quay.io":"SECRET"}}', /auths\["quay\.io"\]: an object/],
  ['a number', '{"auths":{"quay.io":{"password":5,"username":"SECRET"}}}', /auths\["quay\.io"\]\.password: a string/],
  ['auth without a colon', { auths: { 'quay.io': { auth: btoa('SECRET') } } }, /auths\["quay\.io"\]\.auth: base64/],
  ['auth that is no base64', { auths: { 'quay.io': { auth: '$SECRET$' } } }, /auths\["quay\.io"\]\.auth: base64/],
  ['credsStore that is no string', '{"credsStore":{"SECRET":1}}', /credsStore: a string/],
  ['a helper that is no string', '{"credHelpers":{"quay.io":["SECRET"]}}', /credHelpers\["quay\.io"\]: a string/],
]) {
  test(`a file with ${name}`, async () => {
    const path = home.write('.docker/config.json', content);
    const error = await refused(() => ask('https://quay.io'), { code: 'INVALID_ARGUMENT', message });
    assert.ok(error.message.startsWith(path), error.message);
    assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /SECRET|U0VDUkVU/);
  });
}

test('a file that cannot be read', async () => {
  home.write('.docker/config.json/x', '');
  await refused(() => ask('https://quay.io'), {
    code: 'INVALID_ARGUMENT',
    message: /config\.json cannot be read: EISDIR$/,
  });
});

test("a broken entry of another registry is not this one's matter", async () => {
  home.write('.docker/config.json', { auths: { 'registry.example.com': 'x', 'quay.io': login } });
  assert.deepEqual(await ask('https://quay.io'), alice);
});

test('a byte order mark', async () => {
  home.write('.docker/config.json', `\ufeff${JSON.stringify({ auths: { 'quay.io': login } })}`);
  assert.deepEqual(await ask('https://quay.io'), alice);
});

test('arguments', async () => {
  for (const [options, message] of [
    [{ configfile: 'x' }, /did you mean "configFile"\?/],
    [{ configFile: 7 }, /options\.configFile: a string/],
    [{ helperTimeout: 0 }, /options\.helperTimeout/],
    [{ helperTimeout: '5' }, /options\.helperTimeout/],
    ['x', /options: an object/],
  ]) {
    await refused(() => dockerCredentials(options), { code: 'INVALID_ARGUMENT', message });
  }
  for (const registry of ['', 'http://', undefined, 7])
    await refused(() => ask(registry), 'INVALID_ARGUMENT', registry);
});
