// The programs behind a local registry: found on this machine, or installed by cargo.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { root, run } from '../../xtask/ensure.mjs';

/** Where cargo installs programs. */
export const tools = join(root, 'target', 'tools');

/** Path of a program, in PATH or where cargo installs them here; undefined if it is not there. */
export function find(program) {
  // Debian keeps servers where an ordinary user's PATH does not lead.
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', join(tools, 'bin')];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, program))
    .find(executable);
}

function executable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Path of the OCI 1.1 registry server; built by cargo on first use. */
export const ensureFerro = () => ensureCrate('ferro-oci-server', '1.0.0');

/** Optimizing a program of the tests takes longer than running it. */
const QUICKLY = {
  CARGO_PROFILE_RELEASE_OPT_LEVEL: '1',
  CARGO_PROFILE_RELEASE_LTO: 'off',
  CARGO_PROFILE_RELEASE_CODEGEN_UNITS: '16',
};

/** Path of a crate's program; built by cargo on first use. */
export async function ensureCrate(name, version, flags = []) {
  const present = find(name);
  if (present) return present;
  console.log(`Installing ${name} ${version} into target/tools (one or two minutes, once) …`);
  const env = { ...process.env, ...QUICKLY };
  await run('cargo', ['install', name, '--version', version, '--locked', ...flags, '--root', tools], { env });
  return find(name);
}
