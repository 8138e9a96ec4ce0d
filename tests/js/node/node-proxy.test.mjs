// Through a forward proxy, as it stands between a company and the internet.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { createAuthority } from '../../registries/certificates.mjs';
import { startForwardProxy } from '../../registries/forward-proxy.mjs';
import { freePort } from '../../../www/registry/process.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient, createFetch, sources } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const login = { username: 'proxy user', password: 'pR0xy:Secret/1' };
const VARIABLES = ['http_proxy', 'https_proxy', 'no_proxy'].flatMap((name) => [name, name.toUpperCase()]);
VARIABLES.push('NODE_USE_ENV_PROXY');

let authority;
let plain;
let secure;
let proxy;
let guarded;
const environment = {};
before(async () => {
  for (const name of VARIABLES) environment[name] = process.env[name];
  authority = await createAuthority();
  [plain, secure, proxy, guarded] = await Promise.all([
    startDistribution(),
    startDistribution({ tls: authority.server }),
    startForwardProxy(),
    startForwardProxy({ credentials: login }),
  ]);
}, SOON);
beforeEach(() => {
  for (const one of [proxy, guarded]) Object.assign(one, { passed: [], refused: 0 });
  setEnvironment({});
});
after(() => {
  setEnvironment(environment);
  return Promise.all([plain, secure, proxy, guarded].map((one) => one.stop()));
});

function setEnvironment(values) {
  for (const name of VARIABLES) {
    if (values[name] === undefined) delete process.env[name];
    else process.env[name] = values[name];
  }
}

async function status({ url }, options) {
  const fetch = createFetch({ ca: authority.ca, ...options });
  try {
    await new DockerRegistryClient(url, { fetch, retry: false }).apiVersion();
  } finally {
    await fetch.close();
  }
}

/** What passes the proxy for one look at a registry. */
const passedFor = ({ url }) => (url.startsWith('https:') ? [`CONNECT ${new URL(url).host}`] : [`GET ${url}/v2/`]);
const withLogin = ({ url }, { username, password } = login) =>
  Object.assign(new URL(url), { username: encodeURIComponent(username), password: encodeURIComponent(password) });

for (const [kind, registry] of [
  ['http', () => plain],
  ['https', () => secure],
]) {
  test(`a registry that speaks ${kind}`, SOON, async () => {
    for (const given of [proxy.url, new URL(proxy.url), new URL(proxy.url).host]) {
      proxy.passed = [];
      await status(registry(), { proxy: given });
      assert.deepEqual(proxy.passed, passedFor(registry()));
    }
  });

  test(`a proxy with a login, ${kind}`, SOON, async () => {
    await status(registry(), { proxy: withLogin(guarded) });
    assert.deepEqual([guarded.passed, guarded.refused], [passedFor(registry()), 0]);
  });

  test(`a proxy that refuses the login, ${kind}`, SOON, async () => {
    for (const given of [guarded.url, withLogin(guarded, { ...login, password: 'wr0ng:Secret' })]) {
      await refusedInSilence(() => status(registry(), { proxy: given }));
      await assert.rejects(createFetch({ ca: authority.ca, proxy: given })(`${registry().url}/v2/`), {
        code: 'NETWORK',
        message: 'the proxy asks for other credentials, in its URL as http://user:password@host (407)',
      });
    }
    assert.deepEqual(guarded.passed, []);
    assert.equal(guarded.refused, 4);
  });

  test(`a proxy that is not there, ${kind}`, SOON, async () => {
    const nowhere = `127.0.0.1:${await freePort()}`;
    const given = withLogin({ url: `http://${nowhere}` });
    await refusedInSilence(() => status(registry(), { proxy: given }));
    await assert.rejects(createFetch({ ca: authority.ca, proxy: given })(`${registry().url}/v2/`), {
      code: 'NETWORK',
      message: `the proxy ${nowhere} cannot be reached: ECONNREFUSED`,
    });
  });

  test(`by the environment, ${kind}`, SOON, async () => {
    const { host, hostname } = new URL(registry().url);
    const [used, unused] = [passedFor(registry()), []];
    const other = kind === 'http' ? 'https' : 'http';
    for (const [variables, expected] of [
      [{}, unused],
      [{ [`${kind}_proxy`]: proxy.url }, used],
      [{ [`${kind}_PROXY`.toUpperCase()]: proxy.url }, used],
      [{ [`${kind}_proxy`]: '', [`${kind}_PROXY`.toUpperCase()]: proxy.url }, unused],
      [{ HTTP_PROXY: new URL(proxy.url).host }, used],
      [{ [`${kind}_proxy`]: proxy.url, [`${other}_proxy`]: 'http://127.0.0.1:1' }, used],
      [{ HTTP_PROXY: proxy.url, NO_PROXY: host }, unused],
      [{ HTTP_PROXY: proxy.url, no_proxy: `example.com, ${hostname}` }, unused],
      [{ HTTP_PROXY: proxy.url, NO_PROXY: '*' }, unused],
      [{ HTTP_PROXY: proxy.url, NO_PROXY: 'example.com,127.0.0.1:1' }, used],
      [{ HTTP_PROXY: proxy.url, NO_PROXY: '10.0.0.0/8 127.0.0.0/8' }, unused],
      [{ HTTP_PROXY: proxy.url, NO_PROXY: '10.0.0.0/8 7.0.0.1 ::1 0.0.1' }, used],
    ]) {
      for (const given of ['env', true]) {
        proxy.passed = [];
        setEnvironment(variables);
        await status(registry(), { proxy: given });
        assert.deepEqual(proxy.passed, expected, JSON.stringify(variables));
      }
    }
  });
}

test('the environment, as NODE_USE_ENV_PROXY tells Node itself', SOON, async () => {
  for (const [value, given, expected] of [
    ['1', undefined, passedFor(secure)],
    ['1', false, []],
    ['0', undefined, []],
  ]) {
    proxy.passed = [];
    setEnvironment({ HTTPS_PROXY: proxy.url, NODE_USE_ENV_PROXY: value });
    await status(secure, { proxy: given });
    assert.deepEqual(proxy.passed, expected);
  }
});

test('names in NO_PROXY', SOON, async () => {
  const { bypasses } = await import(pathToFileURL(join(sources, 'node', 'no-proxy.js')).href);
  for (const [list, host, expected] of [
    ['example.com', 'example.com', true],
    ['example.com', 'r.example.com', true],
    ['EXAMPLE.com', 'R.example.COM', true],
    ['example.com', 'badexample.com', false],
    ['.example.com', 'example.com', false],
    ['.example.com', 'r.example.com', true],
    ['*.example.com', 'r.example.com', true],
    ['example.com:443', 'example.com', true],
    ['example.com:80', 'example.com', false],
    ['a, b\tc', 'c', true],
    ['', 'c', false],
    ['*', 'c', true],
    ['10.0.0.0/8', '10.1.2.3', true],
    ['10.0.0.0/8', '11.1.2.3', false],
    ['10.0.0.0/99', '10.1.2.3', false],
    ['10.0.0.0/8', '10.example.com', false],
    ['0.0.1', '10.0.0.1', false],
    ['fd00::/8', 'fd12::1', true],
    ['fd12::1', 'fd12::1', true],
    ['[fd12::1]:443', 'fd12::1', true],
    ['[fd12::1]:80', 'fd12::1', false],
    ['fd12:0::1', 'fd12::1', true],
    ['[FD12:0:0::1]:80', 'fd12::1', false],
    ['(, [', 'c', false],
  ]) {
    assert.equal(bypasses(list, host, 443), expected, `${list}: ${host}`);
  }
});

test('a proxy that speaks https itself', SOON, async () => {
  const hidden = await startForwardProxy({ credentials: login, tls: authority.server });
  try {
    for (const registry of [plain, secure]) {
      hidden.passed = [];
      await status(registry, { ...authority.client, proxy: withLogin(hidden) });
      assert.deepEqual(hidden.passed, passedFor(registry));
    }
    for (const { url } of [plain, secure]) {
      const fetch = createFetch({ proxy: withLogin(hidden) });
      await assert.rejects(fetch(`${url}/v2/`), {
        code: 'NETWORK',
        message: `the proxy ${new URL(hidden.url).host} cannot be reached: UNABLE_TO_VERIFY_LEAF_SIGNATURE`,
      });
    }
  } finally {
    await hidden.stop();
  }
});

test('a tunnel that is no longer wanted', SOON, async () => {
  const sockets = [];
  const silent = createServer((socket) => sockets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const fetch = createFetch({ proxy: `http://127.0.0.1:${silent.address().port}` });
  const abort = new AbortController();
  const called = new DockerRegistryClient(secure.url, { fetch }).checkStatus({ signal: abort.signal });
  const [socket] = await once(silent, 'connection');
  await once(socket, 'data');
  const closed = once(socket, 'close');
  abort.abort();
  await assert.rejects(called, { name: 'AbortError' });
  await closed;
  await fetch.close();
  silent.close();
});

test('the environment is of no matter unless it is asked for', SOON, async () => {
  setEnvironment({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url });
  for (const given of [undefined, false]) await status(secure, { proxy: given });
  assert.deepEqual(proxy.passed, []);
});

test('a proxy that may not connect there', SOON, async () => {
  const narrow = await startForwardProxy({ allows: (host) => host.endsWith(':443') });
  try {
    const fetch = createFetch({ ca: authority.ca, proxy: narrow.url });
    await assert.rejects(fetch(`${secure.url}/v2/`), {
      code: 'NETWORK',
      message: 'the proxy refuses to connect (403)',
    });
    assert.equal((await fetch(`${plain.url}/v2/`)).status, 403);
    await fetch.close();
  } finally {
    await narrow.stop();
  }
});

test('behind a proxy certificates are checked too', SOON, async () => {
  const fetch = createFetch({ proxy: proxy.url });
  await refused(() => new DockerRegistryClient(secure.url, { fetch }).checkStatus(), {
    code: 'NETWORK',
    message: /UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
  });
  await status(secure, { ca: undefined, proxy: proxy.url, rejectUnauthorized: false });
});

test('what is no proxy is refused without being shown', async () => {
  const secret = login.password;
  for (const proxy of [
    `http://user:${secret}@:x`,
    `socks5://u:Secret@host`,
    'ftp://u:Secret@host',
    'http://u:Secret%ZZ@host',
    7.5,
    '',
  ]) {
    const error = await refused(() => createFetch({ proxy }), {
      code: 'INVALID_ARGUMENT',
      message: /^options\.proxy: /,
    });
    assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /Secret/);
  }
  setEnvironment({ HTTPS_PROXY: `http://u:Secret@:x` });
  const error = await refused(() => createFetch({ proxy: 'env' }), {
    code: 'INVALID_ARGUMENT',
    message: /HTTPS_PROXY/,
  });
  assert.doesNotMatch(error.stack, /Secret/);
});

async function refusedInSilence(action) {
  const error = await refused(action, { code: 'NETWORK' });
  assert.doesNotMatch(`${error.stack} ${JSON.stringify(error)}`, /[sS]ecret/);
}
