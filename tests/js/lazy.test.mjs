// What is loaded with the first call that needs it: when it cannot be, nothing else suffers, and the call can be made again.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { packedFolder } from './packed.mjs';
import { json, startScripted } from '../registries/scripted.mjs';
import { SOON } from './support.mjs';

const name = 'docker-registry-client-wasm';

/** A copy of the installed package to do things to. */
async function copyOfPackage(t) {
  const folder = await mkdtemp(join(tmpdir(), 'lazy-'));
  t.after(() => rm(folder, { recursive: true }));
  await cp(join(packedFolder, 'node_modules', name), folder, { recursive: true, dereference: true });
  const file = (path) => join(folder, path);
  return { file, load: (path) => import(pathToFileURL(file(path)).href) };
}

async function registry(t) {
  const server = await startScripted({ '/v2/a/b/tags/list': json({ name: 'a/b', tags: ['one'] }) });
  t.after(() => server.stop());
  return server.url;
}

describe('the module that is loaded lazily', () => {
  test('cannot be loaded: reading goes on, a call that needs it says so', SOON, async (t) => {
    const copy = await copyOfPackage(t);
    await writeFile(
      copy.file('wasm/lazy.inline.js'),
      "export default { alphabet: ' !#', order: [0], length: 1, text: ' ' };\n",
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
      () => readFile(copy.file('wasm/lazy.wasm')),
    ];
    let asked = 0;
    await init(undefined, () => answers[asked++]());
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

  test('its calls have their names, and are not listed', SOON, async (t) => {
    const { Repository } = await (await copyOfPackage(t)).load('index.js');
    assert.equal(Repository.prototype.untag.name, 'untag');
    assert.equal(Repository.prototype.tag.length, 3);
    assert.deepEqual(Object.keys(Repository.prototype), []);
  });
});
