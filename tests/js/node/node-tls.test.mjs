// Registries with a certificate of a private CA, and registries that want one of the client.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import tls from 'node:tls';
import { promisify } from 'node:util';

import { createAuthority } from '../../registries/certificates.mjs';
import { send, startScripted } from '../../registries/scripted.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient, createFetch, packedFolder } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const NOBODY = { username: 'nobody', password: 'nothing' };

let authority;
let stranger;
let server;
let strict;
before(async () => {
  [authority, stranger] = await Promise.all([createAuthority(), createAuthority()]);
  [server, strict] = await Promise.all([
    startDistribution({ tls: authority.server }),
    startDistribution({ tls: { ...authority.server, clientCa: authority.ca } }),
  ]);
}, SOON);
after(() => Promise.all([server.stop(), strict.stop()]));

/** A whole call through a client with these options. */
async function listing({ url }, options) {
  const fetch = createFetch(options);
  try {
    return await new DockerRegistryClient(url, { fetch }).repositories();
  } finally {
    await fetch.close();
  }
}

test('without the CA it fails and says what to do', SOON, async () => {
  const expected = {
    code: 'NETWORK',
    message: /UNABLE_TO_VERIFY_LEAF_SIGNATURE.*NODE_EXTRA_CA_CERTS/,
    details: { systemCode: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' },
  };
  await refused(() => new DockerRegistryClient(server.url).checkStatus(), expected);
  await refused(() => listing(server, {}), expected);
  await refused(() => listing(server, { ca: stranger.ca }), expected);
  await refused(() => listing(server, { rejectUnauthorized: true }), expected);
});

for (const [name, options] of [
  ['ca', () => ({ ca: authority.ca })],
  ['ca as bytes', () => ({ ca: Buffer.from(authority.ca) })],
  ['several of them', () => ({ ca: [stranger.ca, new TextEncoder().encode(authority.ca)] })],
  ['two in one text', () => ({ ca: `${stranger.ca}${authority.ca}` })],
  ['rejectUnauthorized: false', () => ({ rejectUnauthorized: false })],
  ['verifySsl: false', () => ({ verifySsl: false })],
]) {
  test(`works with ${name}`, SOON, async () => {
    assert.deepEqual(await listing(server, options()), new Map());
  });
}

test('ca adds to those that are trusted anyway', SOON, async (t) => {
  // Without them a redirect to a public storage service would fail, which no test can reach.
  const { mock } = t.mock.method(tls, 'createSecureContext');
  await listing(server, { ca: authority.ca });
  const given = mock.calls.map(({ arguments: [{ ca }] }) => ca).find(Boolean);
  assert.ok(given.includes(authority.ca));
  assert.ok(tls.rootCertificates.every((root) => given.includes(root)));
});

test('a certificate of the client', SOON, async () => {
  const { ca } = authority;
  await refused(() => listing(strict, { ca }), { code: 'NETWORK' });
  await refused(() => listing(strict, { ca, ...stranger.client }), { code: 'NETWORK' });
  assert.deepEqual(await listing(strict, { ca, ...authority.client }), new Map());
});

test('a plain registry is reached as well', SOON, async () => {
  const plain = await startScripted({ '/v2/_catalog': send('{"repositories":["a"]}') });
  try {
    assert.deepEqual([...(await listing(plain, { ca: authority.ca })).keys()], ['a']);
  } finally {
    await plain.stop();
  }
});

test('a registry without TLS is told as such, at once', SOON, async () => {
  const plain = await startScripted();
  try {
    const https = { url: plain.url.replace('http:', 'https:') };
    await refused(() => listing(https, {}), { code: 'NETWORK', message: /ERR_SSL_WRONG_VERSION_NUMBER .*try http:/ });
  } finally {
    await plain.stop();
  }
});

test('what cannot be used is refused at once, without telling the key', async () => {
  const { cert, key } = authority.client;
  const argument = 'INVALID_ARGUMENT';
  for (const [options, message] of [
    [{ ca: '/etc/ssl/company.pem' }, /options\.ca: .*PEM.*not its path/],
    [{ ca: [authority.ca, 7] }, /options\.ca/],
    [{ ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }, /options\.ca: it holds no certificate/],
    [{ cert }, /options\.cert and options\.key/],
    [{ key }, /options\.cert and options\.key/],
    [{ cert, key: stranger.client.key }, /cannot be used together: \w+/],
    [{ cert, key: key.replace(/\n[A-Za-z0-9+/]{8}/, '\nAAAAAAAA') }, /cannot be used together: \w+/],
    [{ rejectUnauthorized: 'false' }, /options\.rejectUnauthorized: a boolean/],
    [{ rejectUnauthorized: true, verifySsl: false }, /options\.verifySsl/],
    [{ passphrase: 7 }, /options\.passphrase: a string/],
    [{ verifySSL: false }, /options\.verifySSL: there is no such option; did you mean "verifySsl"\?/],
    [{ rejectUnauthorised: false }, /did you mean "rejectUnauthorized"\?/],
    [{ certificates: [] }, /there is no such option; there are ca, cert, key/],
    ['ca', /options: an object/],
    [null, /options: an object/],
  ]) {
    const error = await refused(() => createFetch(options), { code: argument, message }, JSON.stringify(options));
    for (const line of key.split('\n').slice(1, -2)) assert.ok(!error.stack.includes(line));
  }
});

test('a program of which nothing is left to do ends, with its connections open', SOON, async () => {
  const file = join(packedFolder, 'ends.mjs');
  writeFileSync(
    file,
    `import { connect } from 'docker-registry-client-wasm/node';
    const [url, ca] = process.argv.slice(2);
    const client = connect(url, { ca, ...${JSON.stringify(NOBODY)} });
    console.log((await client.namespaces()).length);`,
  );
  const start = performance.now();
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [file, server.url, authority.ca]);
  assert.deepEqual([stdout, stderr], ['0\n', '']);
  assert.ok(performance.now() - start < 4_000, 'connections are kept for longer than that');
});

test('after close() it can be used again', SOON, async () => {
  const fetch = createFetch({ ca: authority.ca });
  await fetch.close();
  for (let round = 0; round < 2; round += 1) {
    assert.equal((await fetch(`${server.url}/v2/`)).status, 200);
    await fetch.close();
  }
});

/** Runs this in a process whose Node is another one, and returns what it says. */
async function inOtherNode(name, change, code) {
  const file = join(packedFolder, `${name}.mjs`);
  writeFileSync(
    file,
    `${change}
    const { connect } = await import('docker-registry-client-wasm/node');
    const [url, ca] = process.argv.slice(2);
    ${code}`,
  );
  const { stdout } = await promisify(execFile)(process.execPath, [file, server.url, authority.ca]);
  return stdout;
}

test('without getBuiltinModule(), as in Node before 20.16; many first requests at once', SOON, async () => {
  const said = await inOtherNode(
    'old-node',
    'process.getBuiltinModule = undefined;',
    `const client = connect(url, { ca });
    const all = await Promise.all(Array.from({ length: 20 }, () => client.repositories()));
    console.log(all.length);`,
  );
  assert.equal(said, '20\n');
});

test('in a Node without OpenSSL https fails, and http does not', SOON, async () => {
  const plain = await startScripted({ '/v2/_catalog': send('{"repositories":["a"]}') });
  try {
    const said = await inOtherNode(
      'without-openssl',
      `const { getBuiltinModule } = process;
      process.getBuiltinModule = (name) => {
        if (!/^node:(crypto|https|tls)$/.test(name)) return getBuiltinModule(name);
        throw Object.assign(new Error('no crypto'), { code: 'ERR_NO_CRYPTO' });
      };`,
      `try {
        connect(url, { ca });
      } catch ({ name, code, message }) {
        console.log(name, code, message);
      }
      const { createFetch } = await import('docker-registry-client-wasm/node');
      await createFetch()(url).catch(({ name, code, message }) => console.log(name, code, message));
      await connect(url).checkStatus().catch(({ name, code, message }) => console.log(name, code, message));
      console.log([...(await connect('${plain.url}').repositories())].length);`,
    );
    assert.match(
      said,
      /^RegistryError INVALID_ARGUMENT .*ERR_NO_CRYPTO\nRegistryError UNSUPPORTED .*ERR_NO_CRYPTO.*\nRegistryError NETWORK .*ERR_NO_CRYPTO.*\n1\n$/,
    );
  } finally {
    await plain.stop();
  }
});
