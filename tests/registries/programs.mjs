// What the test bed needs from the machine, and how it gets there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { ensureCrate, find, tools } from '../../www/registry/programs.mjs';
import { run } from '../../xtask/ensure.mjs';

/** Debian's packages, by the program that each is needed for. */
const packages = {
  'docker-registry': 'docker-registry',
  chromium: 'chromium',
  chromedriver: 'chromium-driver',
  'firefox-esr': 'firefox-esr',
  skopeo: 'skopeo',
  // Others that read layers.
  umoci: 'umoci',
  bsdtar: 'libarchive-tools',
  'dpkg-query': 'dpkg',
  openssl: 'openssl',
  nginx: 'nginx',
  // libFuzzer is C++.
  'c++': 'g++',
  // The shells and the terminal that the command line is tested in.
  fish: 'fish',
  zsh: 'zsh',
  script: 'bsdutils',
  // For the V1 registry: its environment for Python packages.
  python3: 'python3-venv',
};

const isThere = (program) => (program === 'python3' ? python() !== undefined : find(program) !== undefined);

/** Finds the programs; installs what is missing where that is possible (root, apt-get), else says how to. */
export async function ensureSystemPrograms(programs = Object.keys(packages)) {
  const missing = programs.filter((program) => !isThere(program));
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

/** Path of the smallest registry server; built by cargo on first use. */
export const ensureContainerRegistry = () => ensureCrate('container-registry', '0.3.1', ['--features', 'bin']);

/** Path of cargo's subcommand for libFuzzer; built by cargo on first use. */
export const ensureCargoFuzz = () => ensureCrate('cargo-fuzz', '0.13.2');

/** A Python that docker-registry 0.9.1 can be made to run on, and that can make environments. */
function python() {
  const test = 'import ensurepip, sys, venv; sys.exit(not (3, 8) <= sys.version_info[:2] <= (3, 11))';
  const candidates = ['python3', 'python3.11', 'python3.10', 'python3.9', 'python3.8'].map(find).filter(Boolean);
  return candidates.find((path) => spawnSync(path, ['-c', test], { stdio: 'ignore' }).status === 0);
}

/**
 * An environment of Python packages in target/tools, made on first use and where what it is made of has changed.
 * @param {string} what as a person knows it
 * @param {{ name: string, sources: (string | URL)[], fill: (pip: Function, bin: string) => Promise<void> }} options `sources`: the files
 *   that say what is in it
 * @returns {Promise<string>} its folder of programs
 */
export async function ensureEnvironment(what, { name, sources, fill }) {
  const folder = join(tools, name);
  const bin = join(folder, 'bin');
  const contents = await Promise.all(sources.map((path) => readFile(path)));
  const stamp = createHash('sha256').update(Buffer.concat(contents)).digest('hex');
  const stampFile = join(folder, 'made-of');
  if (existsSync(stampFile) && (await readFile(stampFile, 'utf8')) === stamp) return bin;
  const interpreter = python();
  if (!interpreter) {
    throw new Error(
      `missing on this machine: Python 3.8 to 3.11 with venv, for ${what}. On Debian or Ubuntu:\n` +
        '  sudo apt-get install -y --no-install-recommends python3-venv',
    );
  }
  console.log(`Installing ${what} into target/tools (half a minute, once) …`);
  await rm(folder, { recursive: true, force: true });
  await run(interpreter, ['-m', 'venv', folder]);
  const pip = (...args) => run(join(bin, 'pip'), ['install', '-q', '--disable-pip-version-check', ...args]);
  await fill(pip, bin);
  await writeFile(stampFile, stamp);
  return bin;
}

const beside = (path) => fileURLToPath(new URL(path, import.meta.url));

/** The environment of docker-registry 0.9.1 and the Python client of its time. */
export async function ensureV1Registry() {
  const folder = beside('v1');
  const names = (await readdir(folder)).filter((name) => /^(requirements|packages|patch)\./.test(name)).sort();
  const bin = await ensureEnvironment('docker-registry 0.9.1', {
    name: 'v1-registry',
    sources: names.map((name) => join(folder, name)),
    async fill(pip, programs) {
      await pip('-r', join(folder, 'requirements.txt'));
      await pip('--no-deps', '--no-build-isolation', '-r', join(folder, 'packages.txt'));
      await run(join(programs, 'python'), [join(folder, 'patch.py')]);
    },
  });
  return { bin, standIns: join(folder, 'stand-ins') };
}

/** The environment of django-oci and zuul-registry. */
export async function ensurePythonRegistries() {
  const requirements = beside('python/requirements.txt');
  const bin = await ensureEnvironment('django-oci and zuul-registry', {
    name: 'python-registries',
    sources: [requirements],
    fill: (pip) => pip('-r', requirements),
  });
  return { bin, sites: beside('python') };
}

/**
 * Folder of npm packages that no lock of ours should hold, in target/tools; installed on first use.
 * @param {string} name of the folder; each has its own packages, as npm removes what it is not asked for
 * @param {Record<string, string>} packages their versions
 */
export async function ensureNpmPackages(name, packages) {
  const prefix = join(tools, name);
  const versions = Object.entries(packages);
  const present = await Promise.all(
    versions.map(async ([one, version]) => {
      const text = await readFile(join(prefix, 'node_modules', one, 'package.json'), 'utf8').catch(() => '{}');
      return JSON.parse(text).version === version;
    }),
  );
  if (!present.every(Boolean)) {
    const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--no-package-lock', '--loglevel=error'];
    const wanted = versions.map(([one, version]) => `${one}@${version}`);
    await run('npm', ['install', '--prefix', prefix, ...flags, ...wanted], { quiet: true });
  }
  return prefix;
}

/** Folder of npm's docker-registry-client, which by now needs packages that no lock of ours should hold. */
export async function ensureNpmPeer() {
  const name = 'docker-registry-client';
  return join(await ensureNpmPackages('npm-peers', { [name]: '3.4.0' }), 'node_modules', name);
}
