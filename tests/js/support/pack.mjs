// What ships is what gets tested: pkg/ packed by npm and installed in a folder of its own.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { root } from '../../../xtask/ensure.mjs';

const QUIET = ['--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];

/** A fresh project that has the packed tarball installed, and nothing else. */
export function packPackage() {
  const finished = join(root, 'pkg');
  if (!existsSync(finished)) throw new Error('pkg/ is not there yet: npm run build');
  const folder = mkdtempSync(join(tmpdir(), 'packed-'));
  const npm = (args, cwd) => execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const [{ filename }] = JSON.parse(npm(['pack', '--json', '--pack-destination', folder, ...QUIET], finished));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  npm(['install', '--no-save', `./${filename}`, ...QUIET], folder);
  // Imported from here the package is found by its name, as its users find it.
  writeFileSync(join(folder, 'by-name.mjs'), "export * from 'docker-registry-client-wasm';\n");
  writeFileSync(join(folder, 'node-by-name.mjs'), "export * from 'docker-registry-client-wasm/node';\n");
  // What the package has joined, for tests of single functions.
  for (const part of ['cli', 'node']) {
    cpSync(join(root, 'pkg-template', part), join(folder, 'sources', part), { recursive: true });
  }
  writeFileSync(join(folder, 'sources', 'classes.js'), "export * from 'docker-registry-client-wasm';\n");
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
