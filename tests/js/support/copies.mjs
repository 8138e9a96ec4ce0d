// Copies of the installed package: fresh instances of it, to do things to.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

import { packedFolder } from './packed.mjs';

const name = 'docker-registry-client-wasm';

/** @param {import('node:test').TestContext} t removes the copy at its end */
export async function copyOfPackage(t) {
  const folder = await mkdtemp(join(tmpdir(), 'lazy-'));
  t.after(() => rm(folder, { recursive: true }));
  await cp(join(packedFolder, 'node_modules', name), folder, { recursive: true, dereference: true });
  const file = (path) => join(folder, path);
  return { file, load: (path) => import(pathToFileURL(file(path)).href) };
}
