// From docker's login to a registry's content: connect() and dockerCredentials with a registry that asks.
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { createAuthority } from '../../registries/certificates.mjs';
import { credentials, startDistribution } from '../../registries/servers.mjs';
import { auth, moveIn } from '../authentication/docker-logins.mjs';
import { DockerRegistryClient, RegistryError, connect, createFetch, dockerCredentials } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const { username, password } = credentials;

let authority;
let server;
let host;
const home = moveIn();
before(async () => {
  authority = await createAuthority();
  server = await startDistribution({ auth: 'basic', tls: authority.server });
  host = new URL(server.url).host;
}, SOON);
beforeEach(home.clear);
after(() => {
  home.leave();
  return server.stop();
});

const login = () => home.write('.docker/config.json', { auths: { [host]: { auth: auth(username, password) } } });

test('connect() uses the login', SOON, async () => {
  login();
  const client = connect(server.url, { ca: authority.ca });
  assert.ok(client instanceof DockerRegistryClient);
  assert.deepEqual(await client.namespaces(), []);
});

test('dockerCredentials by itself', SOON, async () => {
  login();
  const fetch = createFetch({ ca: authority.ca });
  await new DockerRegistryClient(server.url, { fetch, credentials: dockerCredentials() }).checkStatus();
  await fetch.close();
});

test("a helper's login", SOON, async () => {
  home.helper(
    'test',
    `console.log(JSON.stringify({ Username: ${JSON.stringify(username)}, Secret: ${JSON.stringify(password)} }));`,
  );
  home.write('.docker/config.json', { credHelpers: { [host]: 'test' } });
  await connect(server.url, { ca: authority.ca }).checkStatus();
});

test('without a login, and with one made meanwhile', SOON, async () => {
  const client = connect(server.url, { ca: authority.ca });
  await refused(() => client.checkStatus(), { status: 401 });
  login();
  await connect(server.url, { ca: authority.ca }).checkStatus();
});

test('credentials that are given count instead', SOON, async () => {
  home.write('.docker/config.json', '{ broken');
  await connect(server.url, { ca: authority.ca, username, password }).checkStatus();
  await connect(server.url, { ca: authority.ca, credentials: () => ({ username, password }) }).checkStatus();
  login();
  await refused(() => connect(server.url, { ca: authority.ca, username, password: 'wrong' }).checkStatus(), {
    status: 401,
  });
});

test('a broken helper is named', SOON, async () => {
  home.write('.docker/config.json', { credsStore: 'missing' });
  const client = connect(server.url, { ca: authority.ca });
  await assert.rejects(client.checkStatus(), /docker-credential-missing/);
});

test('options', SOON, async () => {
  const fetch = createFetch({ ca: authority.ca });
  const both = await refused(() => connect(server.url, { fetch, ca: authority.ca }), 'INVALID_ARGUMENT');
  assert.match(both.message, /options\.ca: .*the fetch that is given/);
  await connect(server.url, { fetch, username, password, ca: undefined }).checkStatus();
  await fetch.close();
  for (const options of [
    null,
    'x',
    [],
    { ca: 'x' },
    { rejectUnauthorized: 1 },
    { credentials: 'x' },
    { nonsense: 1 },
  ]) {
    await refused(() => connect(server.url, options), 'INVALID_ARGUMENT', JSON.stringify(options));
  }
  assert.throws(() => connect('not a host'), RegistryError);
});
