// The examples of docs/, against the sample images.
import assert from 'node:assert/strict';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import puppeteer from 'puppeteer-core';
import { parse } from 'yaml';

import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { createAuthority } from '../../registries/certificates.mjs';
import { schema1Image, signedContent } from '../../registries/schema1.mjs';
import { startDistribution, startTokenRegistry } from '../../registries/servers.mjs';
import { fillV1, v1Samples } from '../../registries/v1-images.mjs';
import { startV1 } from '../../registries/v1-server.mjs';
import { packedFolder } from '../support/packed.mjs';
import { Document, changing, digestOf, includesAll, runCommand } from './document.mjs';
import { tagsOf } from '../support/tags.mjs';

const CHROMIUM = ['--no-sandbox', '--headless=new', '--disable-dev-shm-usage', '--disable-background-networking'];
const reading = new Document('docs/reading.md');
const writing = new Document('docs/writing.md');
const connecting = new Document('docs/connecting.md');
const browsers = new Document('docs/browsers.md');
const oldProtocols = new Document('docs/old-protocols.md');
const registries = new Document('docs/registries.md');
const commandLine = new Document('docs/command-line.md');
const errors = new Document('docs/errors.md');

let registry;
let secure;
let locked;
let readOnly;
before(async () => {
  registry = await startDistribution();
  await fill(registry, { 'team/web': samples['team/web'], hello: samples.hello });
  const authority = await createAuthority();
  secure = await startDistribution({ data: registry.data, tls: authority.server });
  const settings = { storage: { delete: { enabled: false } } };
  readOnly = await startDistribution({ data: registry.data, settings });
  writeFileSync(join(packedFolder, 'company-ca.pem'), authority.ca);
  locked = await startTokenRegistry({ data: registry.data });
});
after(() => Promise.all([registry, secure, readOnly, locked].map((server) => server.stop())));

test('opening, in Node', async () => {
  const output = await reading.run('Open an image', registry);
  includesAll(output, ["'1.0.0'", 'sha256:', '2401107 RUN /bin/sh -c apk add', 'ExposedPorts']);
});

test('a verified layer, in Node', async () => {
  const output = await reading.run('Pull a layer, verified', registry);
  const { size } = samples['team/web']['1.0.0'].document.layers[0];
  assert.ok(output.includes(`${size} of ${size} bytes`), output);
  assert.equal(statSync(join(packedFolder, 'layer.tar.gz')).size, size);
});

test('listing, in Node', async () => {
  const output = await reading.run('List repositories and tags', registry);
  assert.match(output, /^\[ 'library', 'team' \]$/m);
  assert.match(output, /^edge sha256:\S+ 2026-04-01T23:59:59\.000Z \d+ 3$/m);
  assert.ok(output.indexOf('2.0.0 sha256:') < output.indexOf('1.0.0 sha256:'), output);
});

test('an inventory, in Node', async () => {
  const output = await reading.run('See how much repositories hold', registry);
  assert.match(output, /^team\/web \d+ tags, \S+ \d+ bytes$/m);
  assert.match(output, /^in all \{ repositories: 1, failed: 0, tags: \d+, size: \d+ \}$/m);
});

const web = { 'team/web': samples['team/web'] };

test('tagging and deleting, in Node', async () => {
  await changing(web, async (server) => {
    const output = await writing.run('Tag, untag, delete', server);
    assert.match(output, /^still in use by \[ '2\.0\.0' \] \[\]$/m);
    const tags = await tagsOf(server.url, 'team/web');
    assert.ok(!tags.includes('edge') && tags.includes('stable') && tags.includes('2.0.0'), tags.join());
    assert.equal(await digestOf(server, 'team/web', 'latest'), await digestOf(server, 'team/web', '1.1.0'));
  });
});

test('cleaning up, in Node', async () => {
  await changing(web, async (server) => {
    const output = await writing.run('Clean up a repository', server);
    assert.match(output, /^keep latest /m);
    assert.match(output, /^remove 1\.0\.0 /m);
    assert.match(output, / removed 0 failed 0 remaining/);
    const tags = await tagsOf(server.url, 'team/web');
    assert.ok(!tags.includes('1.0.0') && tags.includes('latest'), tags.join());
  });
});

test('copying, in Node', async () => {
  await changing(web, async (server, target) => {
    const output = await writing.run('Copy', server, { target });
    assert.match(output, /^copied sha256:/m);
    assert.match(output, /^sha256:[0-9a-f]{64} [1-9]\d+$/m);
    assert.deepEqual(await tagsOf(server.url, 'released/web'), ['1.0.0']);
    assert.ok((await tagsOf(target.url, 'mirror/web')).includes('1.1.0'));
  });
});

test('pushing, in Node', async () => {
  await changing({}, async (server) => {
    const output = await writing.run('Push', server);
    assert.match(output, /^16 of 16 bytes$/m);
    assert.match(output, /^application\/spdx\+json \d+$/m);
    const tags = await tagsOf(server.url, 'team/files');
    assert.ok(tags.includes('arm64') && tags.includes('latest'), tags.join());
  });
});

test('schema 1, in Node', async () => {
  const old = schema1Image('old/web', 'v1', [
    { run: 'ADD base /', files: { base: '1' } },
    { run: 'CMD sh', config: {} },
  ]);
  const own = await startDistribution();
  try {
    await fill(own, { 'old/web': { v1: signedContent(old) } });
    const output = await oldProtocols.run('Read schema1 manifests', own);
    includesAll(output, [
      `${old.digest} ES256 `,
      ' true\n',
      `${old.ids[0]} [`,
      'application/vnd.oci.image.manifest.v1+json sha256:',
    ]);
  } finally {
    await own.stop();
  }
});

test('V1, in Node', async () => {
  const v1 = await startV1();
  try {
    await fillV1(v1);
    const output = await oldProtocols.run('Use a registry that speaks only V1', v1);
    const images = v1Samples['acme/tiny'].latest;
    const [top] = images.toReversed();
    includesAll(output, [
      "1 [ { description: '', name: 'acme/tiny' } ]",
      `${top.id} undefined false`,
      '/bin/sh -c echo one > /one',
      "'mine'",
    ]);
    const layer = await fetch(`${v1.url}/v1/images/${'c0ffee'.padEnd(64, '0')}/layer`);
    assert.ok(Buffer.from(await layer.arrayBuffer()).equals(images[0].layer));
    const tags = await (await fetch(`${v1.url}/v1/repositories/acme/tiny/tags`)).json();
    assert.equal(tags.stable, top.id);
  } finally {
    await v1.stop();
  }
});

test('credentials when they are asked for, in Node', async () => {
  const output = await connecting.run('Log in', locked);
  assert.match(output, /asks for bearer \[ 'repository:team\/web:pull' \]/);
  assert.match(output, /'1\.0\.0'/);
});

const LOGINS = "Use docker's logins, private CAs and proxies (Node, Deno, Bun)";

test("docker's logins, in Node", async () => {
  assert.match(await connecting.run(LOGINS, registry), /'1\.0\.0'/);
});

test('a private CA, in Node', async () => {
  assert.match(await connecting.run(LOGINS, secure, { number: 1 }), /'1\.0\.0'/);
});

test('a fetch that counts, in Node', async () => {
  assert.match(await connecting.run(LOGINS, registry, { number: 2 }), /Map\(\d+\) {[^]*} 1$/m);
});

test('a fake registry, in Node', async () => {
  const output = await connecting.run('Test your code without a registry', registry);
  assert.equal(output, "[ '1.0.0', 'latest' ]\nNAME_UNKNOWN\n");
});

test('a diagnosis, in Node', async () => {
  const output = await connecting.run('Find out what does not work', readOnly);
  includesAll(output, [
    'reachable: yes',
    'none no',
    'warning DELETE_UNSUPPORTED storage:\n  delete:\n    enabled: true',
  ]);
});

const PROMOTION = 'Promote a release';

test('on the command line', async () => {
  const commands = commandLine.examples
    .filter(({ language, heading }) => language === 'sh' && heading !== PROMOTION)
    .flatMap(({ code }) => code.match(/^npx .+$/gm) ?? []);
  assert.equal(commands.length, 13);
  writeFileSync(join(packedFolder, 'password.txt'), 'secret\n');
  const server = await startDistribution();
  try {
    await fill(server, web);
    const outputs = [];
    for (const command of commands) outputs.push(await runCommand(command, server));
    assert.deepEqual(outputs[0], 'team/web\n');
    for (const [at, expected] of [
      [1, /^1\.1\.0 .*linux\/arm64\/v8/m],
      [2, /^Platform: +linux\/arm64\/v8$/m],
      [3, new RegExp(`^${samples['team/web']['1.1.0'].digest}\n$`)],
      [4, /\/team\/web@sha256:/],
      [5, /^valid: 5 manifests and 8 blobs /],
      [6, /\/team\/web:stable\n$/],
      [7, /\/team\/web:edge\n$/],
      [8, /\/mirror\/web:2\.0\.0@sha256:/],
      [9, /^remove +1\.0\.0 /m],
      [10, /^reachable: yes$/m],
      [11, /^Logged in to .* as alice$/m],
      [12, /^Logged out of /],
    ]) {
      assert.match(outputs[at], expected);
    }
    const before = Object.keys(samples['team/web']).filter((tag) => tag !== 'edge');
    assert.deepEqual((await tagsOf(server.url, 'team/web')).sort(), [...before, 'stable'].sort());
  } finally {
    await server.stop();
  }
});

test('a promotion in the shell', async () => {
  const [{ code }] = commandLine.examples.filter(({ heading }) => heading === PROMOTION);
  await changing(web, async (server) => {
    const wanted = await digestOf(server, 'team/web', '1.1.0');
    assert.match(await runCommand(code, server), /\/team\/web:stable\n$/);
    assert.equal(await digestOf(server, 'team/web', 'stable'), wanted);
    await runCommand('npx drc tag localhost:5000/team/web:2.0.0 stable', server);
    await runCommand(code, server);
    assert.equal(await digestOf(server, 'team/web', 'stable'), wanted);
  });
});

test('the configuration of distribution', async () => {
  const [diagnose] = registries.codes('sh');
  assert.match(await runCommand(diagnose.trim(), registry), /^reachable: yes$/m);
  const [yaml] = registries.codes('yaml');
  const server = await startDistribution({ data: registry.data, settings: parse(yaml) });
  try {
    const { headers } = await fetch(`${server.url}/v2/`);
    assert.equal(headers.get('access-control-allow-origin'), 'https://dashboard.example.com');
    assert.match(headers.get('access-control-expose-headers'), /Docker-Content-Digest/);
    const absent = `${server.url}/v2/team/web/manifests/sha256:${'0'.repeat(64)}`;
    assert.equal((await fetch(absent, { method: 'DELETE' })).status, 404); // 405 where deletion is disabled
  } finally {
    await server.stop();
  }
});

test('a page', async () => {
  const [page, ...others] = browsers.codes('html');
  assert.equal(others.length, 0);
  const server = createServer((asked, answer) => {
    if (asked.url.startsWith('/registry/')) {
      const { hostname, port } = new URL(registry.url);
      request({ hostname, port, path: asked.url.slice('/registry'.length) }, (from) => {
        answer.writeHead(from.statusCode, from.headers);
        from.pipe(answer);
      }).end();
      return;
    }
    const module = asked.url.startsWith('/node_modules/');
    answer.setHeader('content-type', module ? 'text/javascript' : 'text/html');
    answer.end(module ? readFileSync(join(packedFolder, asked.url)) : page);
  });
  await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
  const browser = await puppeteer.launch({ executablePath: '/usr/bin/chromium', args: CHROMIUM });
  try {
    const tab = await browser.newPage();
    await tab.goto(`http://127.0.0.1:${server.address().port}/`);
    const count = Object.keys(samples['team/web']).length;
    await tab.waitForFunction(
      (count) => document.querySelectorAll('#tags li').length === count,
      { timeout: 20_000 },
      count,
    );
  } finally {
    await browser.close();
    server.close();
  }
});

test('an error for another thread, in Node', async () => {
  assert.match(await errors.run('Log an error, or send it to another thread', registry), /^MANIFEST_UNKNOWN$/m);
});

test("an error in words of one's own, in Node", async () => {
  assert.match(
    await errors.run('Show an error in your own words', registry),
    /^Kein Image für linux\/s390x, nur für linux\//m,
  );
});

test('every example was run', () => {
  for (const { left } of [reading, writing, connecting, oldProtocols, commandLine, errors]) assert.deepEqual(left, []);
});
