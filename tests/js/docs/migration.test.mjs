// docs/migration.md: both columns of its tables, against registries with the same content.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { root } from '../../../xtask/ensure.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { ensureV1Registry } from '../../registries/programs.mjs';
import { schema1Image, signedContent } from '../../registries/schema1.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { fillV1 } from '../../registries/v1-images.mjs';
import { startV1 } from '../../registries/v1-server.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { Document, changing } from './document.mjs';
import { tagsOf } from '../support/tags.mjs';

const LONG = { timeout: 120_000 };
const page = readFileSync(join(root, 'docs/migration.md'), 'utf8');
const AsyncFunction = (async () => {}).constructor;

/** The rows under a heading: [Python, JavaScript]. */
function rowsOf(heading) {
  const [, section] = page.split(`\n## ${heading}\n`);
  const rows = section.split('\n## ', 1)[0].matchAll(/^\| `([^`]+)` \| `([^`]+)` \|$/gm);
  return [...rows].map(([, python, javascript]) => [python, javascript]);
}

async function inPython(url, expressions) {
  const { bin } = await ensureV1Registry();
  const script = join(root, 'tests/registries/v1/evaluate.py');
  const env = { PATH: process.env.PATH, NO_PROXY: '127.0.0.1' };
  const args = [script, url, JSON.stringify(expressions)];
  return JSON.parse((await promisify(execFile)(join(bin, 'python'), args, { env })).stdout);
}

async function inJavaScript(url, expressions) {
  const client = new DockerRegistryClient(url);
  const values = [];
  for (const one of expressions) values.push({ value: await new AsyncFunction('client', `return ${one}`)(client) });
  return JSON.parse(JSON.stringify(values));
}

/** Neither says in which order a registry lists; a call that returns nothing returns True, {} or nothing in Python. */
const comparable = (expression, { value, error }) => {
  if (error) return { error };
  // The two registries were filled at different times.
  if (value?.last_update) return { ...value, last_update: typeof value.last_update };
  if (/\.(tag|untag|delete_manifest)\(/.test(expression)) return 'done';
  return Array.isArray(value) && value.every((one) => typeof one === 'string') && !expression.includes('ancestry')
    ? value.toSorted()
    : (value ?? null);
};

/** Each language has a registry of its own, because some rows change one. */
async function compare(headings, start, stateOf) {
  const servers = await Promise.all([start(), start()]);
  try {
    const rows = headings.flatMap(rowsOf);
    const python = rows.map(([one]) => one);
    const theirs = await inPython(servers[0].url, python);
    const ours = await inJavaScript(
      servers[1].url,
      rows.map(([, one]) => one),
    );
    const named = (values) => values.map((value, at) => [python[at], comparable(python[at], value)]);
    assert.deepEqual(named(ours), named(theirs));
    assert.deepEqual(await stateOf(servers[1]), await stateOf(servers[0]));
    return rows.length;
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}

test('V2', LONG, async () => {
  const old = schema1Image('old/web', 'v1', [{ run: 'ADD base /', files: { base: '1' } }]);
  const images = { 'team/web': samples['team/web'], hello: samples.hello, 'old/web': { v1: signedContent(old) } };
  const start = async () => {
    const server = await startDistribution();
    await fill(server, images);
    return server;
  };
  const left = async ({ url }) => {
    const { status } = await fetch(`${url}/v2/old/web/manifests/${old.digest}`);
    assert.equal(status, 404);
    return tagsOf(url, 'old/web');
  };
  assert.equal(await compare(['List, on V2', 'Manifests, on V2'], start, left), 12);
});

test('untagging by a glob', LONG, async () => {
  await changing({ 'team/web': samples['team/web'] }, async (server) => {
    await new Document('docs/migration.md').run('Images and tags', server);
    const left = Object.keys(samples['team/web']).filter((tag) => !tag.startsWith('1.'));
    assert.deepEqual((await tagsOf(server.url, 'team/web')).sort(), left.sort());
  });
});

test('V1', LONG, async () => {
  const start = async () => {
    const server = await startV1();
    await fillV1(server);
    return server;
  };
  const left = async ({ url }) => (await fetch(`${url}/v1/repositories/acme/tiny/tags`)).json();
  assert.equal(await compare(['Images and tags'], start, left), 11);
});
