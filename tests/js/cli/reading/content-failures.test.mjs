// `digest`, `config`, `manifest`, `blob`, `referrers`, `validate` and `ratelimit`: what fails.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { digestOf } from '../../../../www/registry/content.mjs';
import { freePort } from '../../../../www/registry/process.mjs';
import { noise, samples } from '../../../../www/registry/sample-images.mjs';
import { content, error, send, startScripted } from '../../../registries/scripted.mjs';
import { cli, ended, start } from '../cli.mjs';
import { SOON } from '../../support/support.mjs';

const web = samples['team/web'];
const NONE = `sha256:${'0'.repeat(64)}`;

const folder = mkdtempSync(join(tmpdir(), 'cli-content-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('blob get: of what fails or is wrong, no file remains', SOON, async () => {
  const bytes = noise(2_000_000, 5);
  const digest = digestOf(bytes);
  const path = `/v2/a/b/blobs/${digest}`;
  const wrong = Buffer.from(bytes);
  wrong[1_999_999] ^= 1;
  const registry = await startScripted({ [path]: send(wrong) });
  const host = new URL(registry.url).host;
  const inside = mkdtempSync(join(folder, 'get-'));
  const target = join(inside, 'blob');
  try {
    const { code, out, err } = await cli(`blob get ${host}/a/b@${digest} -o ${target}`);
    assert.deepEqual([code, out], [1, '']);
    assert.match(err, /^error: DIGEST_MISMATCH: /);
    assert.deepEqual(readdirSync(inside), []);
    const printed = await cli(`blob get ${host}/a/b@${digest}`);
    assert.equal(printed.code, 1);

    // What stood there stays.
    writeFileSync(target, 'old');
    assert.equal((await cli(`blob get ${host}/a/b@${digest} -o ${target} --overwrite`)).code, 1);
    assert.equal(readFileSync(target, 'utf8'), 'old');
    registry.script[path] = send(bytes);
    assert.equal((await cli(`blob get ${host}/a/b@${digest} -o ${target} --overwrite`)).code, 0);
    assert.ok(readFileSync(target).equals(bytes));
    symlinkSync(target, join(inside, 'link'));
    for (const [to, message] of [
      [inside, 'it exists and is no regular file'],
      [join(inside, 'link'), 'it exists and is no regular file'],
      [join(target, 'x'), 'the file cannot be written: ENOTDIR'],
      [join(inside, 'none', 'x'), 'the file cannot be written: ENOENT'],
    ]) {
      const refused = await cli(`blob get ${host}/a/b@${digest} -o ${to} --overwrite`);
      assert.notEqual(refused.code, 0, to);
      assert.ok(refused.err.includes(`${to}: ${message}`), refused.err);
    }
    assert.ok(readFileSync(target).equals(bytes));
    const longest = join(inside, 'x'.repeat(255));
    assert.equal((await cli(`blob get ${host}/a/b@${digest} -o ${longest}`)).code, 0);
    rmSync(longest);
    assert.deepEqual(readdirSync(inside), ['blob', 'link']);

    // Ctrl-C in the middle.
    registry.script[path] = (_, response) => {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 1_000_000));
    };
    const child = start(['blob', 'get', `${host}/a/b@${digest}`, '-o', join(inside, 'half')]);
    const end = ended(child);
    const isThere = () => readdirSync(inside).some((name) => name.endsWith('.partial'));
    while (!isThere()) await new Promise((soon) => setTimeout(soon, 20));
    child.kill('SIGINT');
    const stopped = await end;
    assert.deepEqual([stopped.code, stopped.err], [130, 'error: INTERRUPTED: interrupted\n']);
    assert.deepEqual(readdirSync(inside), ['blob', 'link']);

    // The reader reads nothing.
    registry.script[path] = send(bytes);
    const stalled = start(['blob', 'get', `${host}/a/b@${digest}`]);
    await once(stalled.stdout, 'readable');
    stalled.kill('SIGTERM');
    assert.deepEqual(await once(stalled, 'exit'), [143, null]);

    // The reader goes away.
    const piped = start(['blob', 'get', `${host}/a/b@${digest}`]);
    const closed = ended(piped);
    piped.stdout.once('data', () => piped.stdout.destroy());
    assert.deepEqual(await closed.then(({ code, err }) => [code, err]), [141, '']);
  } finally {
    await registry.stop();
  }
});

test('Ctrl-C while standard input is read', SOON, async () => {
  const registry = await startScripted();
  try {
    for (const args of [
      ['manifest', 'put', `${new URL(registry.url).host}/a/b:c`],
      ['blob', 'put', `${new URL(registry.url).host}/a/b`],
      ['login', new URL(registry.url).host, '--username', 'a', '--password-stdin'],
      ['tags', `${new URL(registry.url).host}/a/b`, '--token-stdin'],
    ]) {
      const child = start(args, { keepOpen: true });
      const end = ended(child);
      // More than a pipe holds: the command reads when all is written.
      await new Promise((written) => child.stdin.write('{'.repeat(1_000_000), written));
      child.kill('SIGINT');
      const { code, out, err } = await end;
      assert.deepEqual([code, out, err], [130, '', 'error: INTERRUPTED: interrupted\n'], args.join(' '));
    }
  } finally {
    await registry.stop();
  }
});

test('validate: a failure that says nothing about the content', SOON, async () => {
  const one = web['1.0.0'];
  const registry = await startScripted({
    '/v2/a/b/manifests/1': content(one),
    [`/v2/a/b/blobs/${one.id}`]: error(403, 'DENIED'),
  });
  try {
    const { code, out, err } = await cli(`validate ${new URL(registry.url).host}/a/b:1`);
    assert.deepEqual([code, out], [5, '']);
    assert.match(err, /^error: DENIED: /);
  } finally {
    await registry.stop();
  }
});

test('no registry, no network, a wrong reference', SOON, async () => {
  const port = await freePort();
  const digest = `a/b@${NONE}`;
  const commands = [
    ['digest', 'a/b:1'],
    ['config', 'a/b:1'],
    ['manifest get', 'a/b:1'],
    ['manifest delete --yes', digest],
    ['blob get', digest],
    ['blob delete --yes', digest],
    ['referrers', 'a/b:1'],
    ['validate', 'a/b:1'],
    ['ratelimit', 'a/b:1'],
  ];
  const refused = async ([args, reference]) => {
    const nobody = await cli(`${args} localhost:${port}/${reference}`);
    assert.match(nobody.err, /^error: NETWORK: /, args);
    assert.equal(nobody.code, 7);
    const { code, out, err } = await cli(`${args} localhost:1/A:1`);
    assert.deepEqual([code, out], [2, ''], args);
    assert.match(err, /^error: INVALID_REFERENCE: /);
  };
  await Promise.all(commands.map(refused));
});
