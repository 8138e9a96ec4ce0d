// A fresh project in a temporary folder that has the package as a user gets it: packed, then installed.

import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { root } from '../../../../xtask/ensure.mjs';

const execute = promisify(execFile);
const template = fileURLToPath(new URL('../project', import.meta.url));

/** Runs a program to its end; rejects with what it printed where it fails. */
export async function output(command, args, options = {}) {
  const { stdout, stderr } = await execute(command, args, { timeout: 120_000, maxBuffer: 1 << 24, ...options }).catch(
    (error) => {
      throw new Error(`${error.message}\n${error.stdout}`, { cause: error });
    },
  );
  return { stdout, stderr };
}

/** Packs pkg/, installs the tarball and returns where; `test` removes it at its end. */
export async function createProject(test) {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'packed-'));
  test.after(() => rm(folder, { recursive: true, force: true }));
  // Flat: the files import each other as in a user's project.
  await cp(path.join(template, 'package.json'), path.join(folder, 'package.json'));
  for (const kind of ['pages', 'programs', 'shared', 'types'])
    await cp(path.join(template, kind), folder, { recursive: true });
  const packed = await output('npm', ['pack', '--json', '--pack-destination', folder], { cwd: path.join(root, 'pkg') });
  const [{ filename, files }] = JSON.parse(packed.stdout);
  const tarball = path.join(folder, filename);
  await output('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], { cwd: folder });
  return { folder, tarball, files: files.map((file) => file.path).sort() };
}
