// What is loaded with the first call that needs it: when it cannot be, nothing else suffers, and the call can be made again.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, test } from 'node:test';

import { copyOfPackage } from './support/copies.mjs';
import { json, startScripted } from '../registries/scripted.mjs';
import { SOON } from './support/support.mjs';

async function registry(t) {
  const server = await startScripted({ '/v2/a/b/tags/list': json({ name: 'a/b', tags: ['one'] }) });
  t.after(() => server.stop());
  return server.url;
}

describe('the parts that are loaded lazily', () => {
  test('cannot be loaded: reading goes on, a call that needs it says so', SOON, async (t) => {
    const copy = await copyOfPackage(t);
    await writeFile(
      copy.file('wasm/write.inline.js'),
      "export default { alphabet: ' !#', frequent: '1', length: 1, text: ' ' };\n",
    );
    const { DockerRegistryClient, RegistryError } = await copy.load('index.js');
    const repository = new DockerRegistryClient(await registry(t)).repository('a/b');
    for (const call of [() => repository.untag('one'), () => repository.planCleanup({ keep: { newest: 1 } })]) {
      const error = await call().then(assert.fail, (reason) => reason);
      assert.ok(error instanceof RegistryError, error);
      assert.equal(error.code, 'MODULE_NOT_LOADED');
      assert.match(error.message, /could not be loaded: .*WebAssembly/);
      assert.ok(error.cause instanceof WebAssembly.CompileError);
    }
    assert.deepEqual(await repository.tags(), ['one']);
  });

  test('is loaded once, and again where that failed', SOON, async (t) => {
    const copy = await copyOfPackage(t);
    const { default: init, DockerRegistryClient } = await copy.load('slim.js');
    const answers = [
      () => Promise.reject(new Error('offline')),
      () => new Response('gone', { status: 404 }),
      () => readFile(copy.file('wasm/write.wasm')),
    ];
    let asked = 0;
    await init(undefined, { write: () => answers[asked++]() });
    const repository = new DockerRegistryClient(await registry(t)).repository('a/b');
    // It refuses before any request, as soon as it is there.
    const codeOf = () => repository.tag('not a tag', 'one').then(assert.fail, ({ code }) => code);
    assert.equal(asked, 0);
    assert.deepEqual(await Promise.all([codeOf(), codeOf()]), ['MODULE_NOT_LOADED', 'MODULE_NOT_LOADED']);
    assert.equal(await codeOf(), 'MODULE_NOT_LOADED');
    assert.deepEqual(await Promise.all([codeOf(), codeOf()]), ['INVALID_REFERENCE', 'INVALID_REFERENCE']);
    assert.equal(await codeOf(), 'INVALID_REFERENCE');
    assert.equal(asked, 3);
  });

  test('loads what it needs once, whoever asks', SOON, async (t) => {
    const copy = await copyOfPackage(t);
    const { default: init, DockerRegistryClient } = await copy.load('slim.js');
    const asked = [];
    const part = (name) => () => {
      asked.push(name);
      return readFile(copy.file(`wasm/${name}.wasm`));
    };
    await init(undefined, { read: part('read'), write: part('write'), legacy: part('legacy') });
    const client = new DockerRegistryClient(await registry(t));
    const codeOf = (promise) => promise.then(assert.fail, ({ code }) => code);
    const codes = await Promise.all([
      codeOf(client.search('')),
      codeOf(client.repository('a/b').untag('not a tag')),
      codeOf(client.repository('a/b').manifest('not a tag')),
    ]);
    assert.deepEqual(codes, ['UNSUPPORTED', 'INVALID_REFERENCE', 'INVALID_REFERENCE']);
    assert.deepEqual(asked.sort(), ['legacy', 'read', 'write']);
  });

  test('a part that another one needs cannot be loaded: both can be loaded later', SOON, async (t) => {
    const copy = await copyOfPackage(t);
    const { default: init, DockerRegistryClient } = await copy.load('slim.js');
    let isOffline = true;
    const read = async () => {
      if (isOffline) throw new Error('offline');
      return readFile(copy.file('wasm/read.wasm'));
    };
    await init(undefined, { read });
    const repository = new DockerRegistryClient(await registry(t)).repository('a/b');
    const error = await repository.untag('not a tag').then(assert.fail, (reason) => reason);
    assert.equal(error.code, 'MODULE_NOT_LOADED');
    assert.match(error.message, /"read".*offline/);
    isOffline = false;
    const codeOf = (promise) => promise.then(assert.fail, ({ code }) => code);
    assert.equal(await codeOf(repository.untag('not a tag')), 'INVALID_REFERENCE');
    assert.equal(await codeOf(repository.image('not a tag')), 'INVALID_REFERENCE');
  });

  test('describeTags() checks its options at once, and loads with the first item', SOON, async (t) => {
    const copy = await copyOfPackage(t);
    const { default: init, DockerRegistryClient } = await copy.load('slim.js');
    let asked = 0;
    await init(undefined, {
      read: () => {
        asked += 1;
        return readFile(copy.file('wasm/read.wasm'));
      },
    });
    const repository = new DockerRegistryClient(await registry(t)).repository('a/b');
    assert.throws(() => repository.describeTags({ order: 'size' }), { code: 'INVALID_ARGUMENT' });
    const descriptions = repository.describeTags();
    assert.equal(asked, 0);
    const { value } = await descriptions.next();
    assert.equal(value.tag, 'one');
    assert.equal(asked, 1);
    assert.equal((await descriptions.return()).done, true);
    // Without a page, nothing is loaded.
    assert.equal((await repository.describeTags().return()).done, true);
  });

  test(
    './slim starts from a file, bytes or a module without the classes of fetch, which take Node longer than the start',
    SOON,
    async (t) => {
      const copy = await copyOfPackage(t);
      const program = `
      const no = { get() { throw new Error('fetch was loaded'); }, configurable: true };
      Object.defineProperties(globalThis, { Request: no, Response: no, fetch: { value: async () => {} } });
      const { readFileSync } = await import('node:fs');
      const { default: init, DockerRegistryClient } = await import('./slim.js');
      const bytes = readFileSync('wasm/core.wasm');
      const sources = { file: undefined, bytes, promise: Promise.resolve(bytes), module: new WebAssembly.Module(bytes) };
      await Promise.all([init(sources[process.argv[1]]), init()]);
      console.log(new DockerRegistryClient('localhost:1').host);
    `;
      for (const source of ['file', 'bytes', 'promise', 'module']) {
        const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program, source], {
          cwd: dirname(copy.file('slim.js')),
          encoding: 'utf8',
        });
        assert.deepEqual([status, stdout], [0, 'http://localhost:1\n'], `${source}: ${stderr}`);
      }
    },
  );

  test('parts that do not exist are refused', SOON, async (t) => {
    const { default: init } = await (await copyOfPackage(t)).load('slim.js');
    for (const parts of [{ lazy: 'x' }, 'lazy.wasm', null, () => {}, new URL('file:///lazy.wasm'), []]) {
      const error = await init(undefined, parts).then(assert.fail, (reason) => reason);
      assert.equal(error.code, 'INVALID_ARGUMENT');
      assert.match(
        error.message,
        /^parts: .*read, write, cleanup, diagnose, unpack, layer, archive, legacy, auth, zstd/,
      );
    }
  });

  test('its calls have their names, and are not listed', SOON, async (t) => {
    const { Repository } = await (await copyOfPackage(t)).load('index.js');
    assert.equal(Repository.prototype.untag.name, 'untag');
    assert.equal(Repository.prototype.tag.length, 3);
    assert.deepEqual(Object.keys(Repository.prototype), []);
  });
});
