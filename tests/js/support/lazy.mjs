// Fresh instances of the package that cannot load a part of it at the first attempt.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';

import { startScripted } from '../../registries/scripted.mjs';
import { copyOfPackage } from './copies.mjs';

/** A client of a fresh instance, whose first attempt to load a part fails; and how often it tried. */
export async function clientWithout(t, part, script, options) {
  const server = await startScripted(script);
  t.after(() => server.stop());
  const copy = await copyOfPackage(t);
  const { default: init, DockerRegistryClient } = await copy.load('slim.js');
  const state = { part, asked: 0 };
  const load = () => {
    state.asked += 1;
    if (state.asked === 1) throw new Error('offline');
    return readFile(copy.file(`wasm/${part}.wasm`));
  };
  await init(undefined, { [part]: load });
  const client = new DockerRegistryClient(server.url, { retry: false, ...options });
  return Object.assign(state, { server, client, repository: client.repository('old/web') });
}

/** Makes the same call again after the load failed. */
export async function again(state, call) {
  const error = await call().then(assert.fail, (reason) => reason);
  assert.equal(error.code, 'MODULE_NOT_LOADED', error);
  assert.equal(error.name, 'RegistryError');
  assert.match(error.message, new RegExp(`"${state.part}".*could not be loaded: offline`));
  assert.equal(error.cause.message, 'offline');
  assert.equal(state.asked, 1);
  const result = await call();
  assert.equal(state.asked, 2);
  await call().catch(() => {});
  assert.equal(state.asked, 2, 'it is loaded once');
  return result;
}
