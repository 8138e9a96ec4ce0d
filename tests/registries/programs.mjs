// What the test bed needs from the machine, and how it gets there.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

import { root, run } from '../../xtask/ensure.mjs';

const tools = join(root, 'target', 'tools');

/** Path of a program, in PATH or where this test bed installs its own; undefined if it is not there. */
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

/** Debian's packages, by the program that each is needed for. */
const packages = {
  'docker-registry': 'docker-registry',
  chromium: 'chromium',
  chromedriver: 'chromium-driver',
  'firefox-esr': 'firefox-esr',
  skopeo: 'skopeo',
  openssl: 'openssl',
  nginx: 'nginx',
  // libFuzzer is C++.
  'c++': 'g++',
};

/** Finds the programs; installs what is missing where that is possible (root, apt-get), else says how to. */
export async function ensureSystemPrograms(programs = Object.keys(packages)) {
  const missing = programs.filter((program) => !find(program));
  if (missing.length === 0) return;
  const names = missing.map((program) => packages[program]).join(' ');
  const install = `apt-get install -y --no-install-recommends ${names}`;
  if (process.getuid?.() !== 0 || !find('apt-get')) {
    throw new Error(`missing on this machine: ${missing.join(', ')}. On Debian or Ubuntu:\n  sudo ${install}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  await run('apt-get', ['update', '-q'], { env });
  await run('apt-get', install.split(' ').slice(1), { env });
}

/** Path of the OCI 1.1 registry server; built by cargo on first use. */
export const ensureFerro = () => ensureCrate('ferro-oci-server', '1.0.0');

/** Path of cargo's subcommand for libFuzzer; built by cargo on first use. */
export const ensureCargoFuzz = () => ensureCrate('cargo-fuzz', '0.13.2');

async function ensureCrate(name, version) {
  const present = find(name);
  if (present) return present;
  console.log(`Installing ${name} ${version} into target/tools (one or two minutes, once) …`);
  await run('cargo', ['install', name, '--version', version, '--locked', '--root', tools]);
  return find(name);
}
