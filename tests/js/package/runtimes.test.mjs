import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'node:test';
import { root } from '../../../xtask/ensure.mjs';
import { createAuthority } from '../../registries/certificates.mjs';
import { digestOf } from '../../../www/registry/content.mjs';
import { startForwardProxy } from '../../registries/forward-proxy.mjs';
import { send, startScripted } from '../../registries/scripted.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { proxyTo } from '../../../www/server/proxy.mjs';
import { BEARER, EXPECTED } from './support/expected.mjs';
import { checkContents } from './support/images.mjs';
import { createProject, output } from './support/project.mjs';
import { DIGEST, serveBearer, serveRegistry } from './support/servers.mjs';
import { startWorker } from './support/workerd.mjs';

test('Deno, allowed nothing but to reach the registry', async (t) => {
  const { folder } = await createProject(t);
  const registry = await serveRegistry(t);
  const { stdout, stderr } = await deno(folder, [`--allow-net=${new URL(registry).host}`, 'main.js', registry]);
  assert.deepEqual(JSON.parse(stdout), EXPECTED);
  assert.equal(stderr, '');
  await checkBearer(t, async (one) => {
    const hosts = [one.registry, one.storage].map((url) => new URL(url).host);
    const said = await deno(folder, [`--allow-net=${hosts}`, 'main-bearer.js', one.registry, DIGEST]);
    return JSON.parse(said.stdout);
  });
  await checkPush(t, async (url, pieces) => {
    const said = await deno(folder, [`--allow-net=${new URL(url).host}`, 'main-push.js', url, pieces]);
    return JSON.parse(said.stdout);
  });
  await checkContents(t, async (url) => {
    const said = await deno(folder, [`--allow-net=${new URL(url).host}`, 'main-contents.js', url]);
    return JSON.parse(said.stdout);
  });
});

/** Uploads are streamed in one request, and refused they go on in chunks, which all that is outside of pages can do. */
async function checkPush(t, run) {
  const registry = await startDistribution();
  t.after(() => registry.stop());
  const pieces = Array.from({ length: 12 }, (_, piece) => Buffer.alloc(1 << 20, piece + 1));
  const digest = digestOf(Buffer.concat(pieces));
  const pass = proxyTo(new URL(registry.url), '');
  const isStream = ({ method, headers }) => method === 'PATCH' && headers['content-length'] === undefined;
  for (const refuses of [false, true]) {
    const front = await startScripted((request, response) => {
      const refused = refuses && isStream(request);
      return refused ? send('', { status: 411, connection: 'close' })(request, response) : pass(request, response);
    });
    t.after(() => front.stop());
    assert.deepEqual(await run(front.url, pieces.length), { digest, size: pieces.length << 20 });
    const patches = front.requests.filter(({ method }) => method === 'PATCH');
    assert.deepEqual(patches.map(isStream), refuses ? [true, false, false, false] : [true]);
    assert.equal((await fetch(`${registry.url}/v2/a/b/blobs/${digest}`, { method: 'DELETE' })).status, 202);
  }
}

/** A token, a moment's 503, and storage at another origin, which must not learn who asks. */
async function checkBearer(t, run) {
  const server = await serveBearer(t);
  assert.deepEqual(await run(server), BEARER);
  assert.equal(server.seen.length, 1);
  for (const name of ['authorization', 'cookie', 'x-team']) assert.equal(server.seen[0][name], undefined);
}

test('Deno with the entry for Node', async (t) => {
  const { folder } = await createProject(t);
  const registry = await serveRegistry(t);
  const allowed = [`--allow-net=${new URL(registry).host}`, '--allow-read=docker-config.json'];
  const { stdout, stderr } = await deno(folder, [...allowed, 'main-node.js', registry]);
  assert.deepEqual(JSON.parse(stdout), EXPECTED);
  assert.equal(stderr, '');
  await checkSecure(t, (...args) => deno(folder, ['--allow-all', ...args]));
});

function deno(folder, args) {
  const flags = ['--no-prompt', '--no-remote', '--node-modules-dir=manual'];
  const env = { ...process.env, DENO_DIR: path.join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  const program = path.join(root, 'node_modules/deno/bin.cjs');
  return output(process.execPath, [program, 'run', ...flags, ...args], { cwd: folder, env });
}

/** Certificates and proxies have to be heeded, not only taken. */
async function checkSecure(t, run) {
  const authority = await createAuthority();
  const registry = await startDistribution({ tls: { ...authority.server, clientCa: authority.ca } });
  t.after(() => registry.stop());
  const proxy = await startForwardProxy();
  t.after(() => proxy.stop());
  const options = { ca: authority.ca, ...authority.client, proxy: proxy.url };
  const { stdout } = await run('main-secure.js', registry.url, JSON.stringify(options));
  assert.equal(stdout, '2\n');
  assert.deepEqual(proxy.passed, [`CONNECT ${new URL(registry.url).host}`]);
  const { ca, ...withoutCa } = options;
  await assert.rejects(
    run('main-secure.js', registry.url, JSON.stringify(withoutCa)),
    /UNABLE_TO_VERIFY_LEAF_SIGNATURE/,
  );
}

test('Bun', async (t) => {
  const { folder } = await createProject(t);
  const registry = await serveRegistry(t);
  const bun = await findBun();
  for (const program of ['main.js', 'main.cjs', 'main-node.js']) {
    const { stdout, stderr } = await output(bun, [program, registry], { cwd: folder });
    assert.deepEqual(JSON.parse(stdout), EXPECTED);
    assert.equal(stderr, '');
  }
  await checkSecure(t, (...args) => output(bun, args, { cwd: folder }));
  await checkBearer(t, async (one) => {
    const said = await output(bun, ['main-bearer.js', one.registry, DIGEST], { cwd: folder });
    return JSON.parse(said.stdout);
  });
  await checkPush(t, async (url, pieces) =>
    JSON.parse((await output(bun, ['main-push.js', url, pieces], { cwd: folder })).stdout),
  );
  await checkContents(t, async (url) =>
    JSON.parse((await output(bun, ['main-contents.js', url], { cwd: folder })).stdout),
  );
});

/** The npm package `bun` wants its install script; the binary stands in the package of the platform. */
async function findBun() {
  const folder = path.join(root, 'node_modules/@oven');
  const failures = [];
  for (const name of await readdir(folder)) {
    const binary = path.join(folder, name, 'bin', process.platform === 'win32' ? 'bun.exe' : 'bun');
    try {
      await output(binary, ['--version']);
      return binary;
    } catch (error) {
      failures.push(error.message);
    }
  }
  throw new Error(`no bun runs here: ${failures.join('\n')}`);
}

test('workerd', async (t) => {
  const { folder } = await createProject(t);
  const registry = await serveRegistry(t);
  const worker = await startWorker(t, folder, 'worker.js');
  const response = await fetch(`${worker}/?registry=${registry}`);
  assert.deepEqual(await response.json(), EXPECTED);
  await checkBearer(t, async (one) => {
    const answer = await fetch(`${worker}/?registry=${one.registry}&digest=${DIGEST}`);
    return answer.json();
  });
  await checkPush(t, async (url, pieces) => {
    const answer = await fetch(`${worker}/?registry=${url}&pieces=${pieces}`);
    return answer.json();
  });
  await checkContents(t, async (url) => (await fetch(`${worker}/?registry=${url}&contents`)).json());
});
