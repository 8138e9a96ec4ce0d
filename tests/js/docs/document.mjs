// The examples of README.md and docs/, as they stand there, run as a user would: in a project that has the package installed.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

import { root } from '../../../xtask/ensure.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { packedFolder } from '../support/packed.mjs';

const HEADING_OR_EXAMPLE = /^#+ (.+)$|^```(\w+)\n([^]*?)^```/gm;
const hostOf = ({ url }) => new URL(url).host;
let runs = 0;

export class Document {
  #left;

  constructor(file) {
    this.file = file;
    let heading;
    /** Every example: the heading it stands under, its language, its code. */
    this.examples = [];
    for (const [, text, language, code] of readFileSync(join(root, file), 'utf8').matchAll(HEADING_OR_EXAMPLE)) {
      if (text) heading = text;
      else this.examples.push({ heading, language, code });
    }
    this.#left = new Set(this.examples.filter(({ language }) => language === 'js'));
  }

  codes(language) {
    return this.examples.filter((example) => example.language === language).map(({ code }) => code);
  }

  /** Runs a JavaScript example in Node and returns what it prints. `localhost:5000` is `server`, `localhost:5001` is `target`. */
  async run(heading, server, { number = 0, target, args = [] } = {}) {
    const example = this.examples.filter((one) => one.heading === heading && one.language === 'js')[number];
    assert.ok(example, `${this.file}: ${heading}`);
    this.#left.delete(example);
    return runCode(example.code, server, { target, args });
  }

  /** The JavaScript examples that no test has run. */
  get left() {
    return [...this.#left].map(({ heading, code }) => `${this.file}: ${heading}: ${code}`);
  }
}

function withHosts(code, server, target) {
  assert.ok(code.includes('localhost:5000'), code);
  const here = code.replaceAll('localhost:5000', hostOf(server));
  return target ? here.replaceAll('localhost:5001', hostOf(target)) : here;
}

const env = { ...process.env, HOME: packedFolder, NO_PROXY: '127.0.0.1', npm_config_offline: 'true' };

async function runCode(code, server, { target, args }) {
  const file = join(packedFolder, `example-${process.pid}-${(runs += 1)}.mjs`);
  writeFileSync(file, withHosts(code, server, target));
  const options = { cwd: packedFolder, env: { ...env, REGISTRY_PASSWORD: 'secret' }, timeout: 30_000 };
  return (await promisify(execFile)(process.execPath, [file, ...args], options)).stdout;
}

/** Runs a command of the package. npx takes two seconds: `npx` tells whether it looks for the program. */
export async function runCommand(command, server, { target, npx = false } = {}) {
  const here = withHosts(command, server, target);
  const line = npx ? here : here.replaceAll('npx ', 'node_modules/.bin/');
  return (await promisify(execFile)('sh', ['-c', line], { cwd: packedFolder, env, timeout: 30_000 })).stdout;
}

export async function digestOf({ url }, repository, tag) {
  const accept = ['index', 'manifest'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join();
  const response = await fetch(`${url}/v2/${repository}/manifests/${tag}`, { method: 'HEAD', headers: { accept } });
  assert.equal(response.status, 200);
  return response.headers.get('docker-content-digest');
}

/** Registries of its own for an example that changes one: the first has `images`, the second nothing. */
export async function changing(images, use) {
  const servers = await Promise.all([startDistribution(), startDistribution()]);
  try {
    await fill(servers[0], images);
    await use(...servers);
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

export function includesAll(output, expected) {
  for (const one of expected) assert.ok(output.includes(one), `${one} in:\n${output}`);
}
