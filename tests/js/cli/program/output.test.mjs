// `docker-registry-client-wasm`: exit codes, --format, progress, and the words of its messages; without a process where it is a rule of one function.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { json, startScripted } from '../../../registries/scripted.mjs';
import { sources } from '../../support/packed.mjs';
import { SOON } from '../../support/support.mjs';
import { cli } from '../cli.mjs';

const load = (file) => import(pathToFileURL(join(sources, 'cli', file)).href);
const { exitFor } = await load('exit.js');
const { template } = await load('output/template.js');
const { inOurWords } = await load('output/words.js');
const { startProgress } = await load('output/progress.js');
const { GLOBAL } = await load('input/global.js');
const { copy } = await load('commands/copy.js');
const { commands, namesOf } = await load('commands.js');

test('exit codes, by the code or else by the status', () => {
  for (const [code, status, expected] of [
    ['INVALID_REFERENCE', undefined, 2],
    ['MANIFEST_UNKNOWN', 404, 4],
    ['NAME_UNKNOWN', undefined, 4],
    ['NO_MATCHING_PLATFORM', undefined, 4],
    ['PROJECT_NOT_THERE', 404, 4],
    ['UNAUTHORIZED', 401, 5],
    ['AUTH_REQUIRED', undefined, 5],
    ['FORBIDDEN', 403, 5],
    ['CONFLICT', undefined, 6],
    ['TAG_IMMUTABLE', 412, 6],
    ['NETWORK', undefined, 7],
    ['TIMEOUT', undefined, 7],
    ['TOOMANYREQUESTS', 429, 7],
    ['HTTP_ERROR', 503, 7],
    ['HTTP_ERROR', 418, 1],
    ['DIGEST_MISMATCH', 200, 1],
    ['INVALID_RESPONSE', 404, 1],
    ['UNSUPPORTED', 405, 1],
    ['toString', undefined, 1],
  ])
    assert.equal(exitFor({ code, status }), expected, `${code} ${status}`);
});

test('names of commands are unique, and no option has two meanings in one command', () => {
  const names = commands.flatMap(namesOf);
  assert.deepEqual(
    names.filter((name, at) => names.indexOf(name) !== at),
    [],
  );
  for (const { name, options = {} } of commands) {
    for (const option of Object.keys(options)) assert.ok(!Object.hasOwn(GLOBAL, option), `${name} --${option}`);
    const shorts = Object.values({ ...options, ...GLOBAL }).flatMap(({ short }) => short ?? []);
    assert.equal(new Set(shorts).size, shorts.length, name);
  }
});

test("the client's options in the words of the command line", () => {
  const options = { ...copy.options, ...GLOBAL };
  for (const [message, expected] of [
    ['options.ca: it holds no certificate', '--ca: it holds no certificate'],
    ['options.cert and options.key: one needs the other', '--cert and --key: one needs the other'],
    ['upload in smaller chunks (chunkSize)', 'upload in smaller chunks (--chunk-size)'],
    ['unknownKinds: "manifest-only" copies', '--unknown-kinds "manifest-only" copies'],
    ['add its host to trustedRealms', 'add its host to --trusted-realm'],
    ['set authServiceUrl', 'set --auth-service-url'],
    ['; use referrers: true to copy it', '; use --referrers to copy it'],
    ['the platform of the key', 'the platform of the key'],
  ])
    assert.equal(inOurWords(message, options), expected);
});

test('templates', () => {
  const refuse = (rule) => new Error(rule);
  const fill = (text, value) => template(text, refuse)(value);
  const value = { tag: '1', size: 0, none: undefined, platform: { os: 'linux' }, list: [{ n: 1 }], at: new Date(0) };
  for (const [text, expected] of [
    ['{{.tag}}', '1'],
    ['{{ .tag }}:{{.size}}', '1:0'],
    ['{{.none}}|{{.platform.os}}|{{.list.0.n}}', '|linux|1'],
    ['{{.platform}}', '{"os":"linux"}'],
    ['{{json .tag}}\\t{{.at}}\\n', '"1"\t1970-01-01T00:00:00.000Z\n'],
    ['{{json .}}', JSON.stringify({ ...value, none: null })],
    ['{tag}', '{tag}'],
  ])
    assert.equal(fill(text, value), expected, text);
  for (const [text, message] of [
    ['{{.digets}}', '--format: there is no field .digets; there are tag, size, none, platform, list, at'],
    ['{{.tags}}', '--format: there is no field .tags; did you mean "tag"?'],
    ['{{.platform.so}}', '--format: there is no field .platform.so; there are os'],
    ['{{.tag.x}}', '--format: there is no field .tag.x'],
    ['{{.toString}}', /^--format: there is no field \.toString; /],
    ['{{tag}}', 'only fields such as {{.digest}} and {{json .platforms}} are supported'],
    ['{{range .list}}', /^only fields/],
    ['{{.tag', '{{ without }}, or the other way round'],
    ['.tag}}', '{{ without }}, or the other way round'],
  ])
    assert.throws(() => fill(text, value), { message });
  assert.equal(fill('{{.digest}}', { tag: 'x', error: { code: 'X' } }), '', 'an entry that could not be read');
});

test('progress: how fast it is, and how long it takes', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const texts = [];
  const stream = { columns: 100, write: (text) => texts.push(text.replace(/^[^%]*% |\r|\x1b\[K$/g, '')) };
  for (const [show, done, total] of [
    [undefined, 30, 90],
    [(amount) => `${amount} B`, 3000, 999_000],
    [undefined, 1, 3],
    [undefined, 0, 3],
    [undefined, 30, undefined],
  ]) {
    now = 0;
    const progress = startProgress('copying', { isLive: true, stream }, show);
    now = 3000;
    progress.update(done, total);
  }
  assert.deepEqual(texts, [
    '30 of 90, 10/s, 6 s left',
    '3000 B of 999000 B, 1000 B/s, 17 min left',
    '1 of 3, 20/min, 6 s left',
    '0 of 3',
    'copying 30, 10/s',
  ]);
});

test('progress: bars that leave nothing behind', async () => {
  const texts = [];
  const stream = { columns: 60, write: (text) => texts.push(text) };
  const live = startProgress('copying', { isLive: true, stream });
  live.update(1, 4);
  live.update(2, 4);
  live.end();
  assert.deepEqual(texts, [`\rcopying ${'█'.repeat(6)}${'░'.repeat(18)}  25 % 1 of 4\x1b[K`, '\r\x1b[K']);
  const silent = startProgress('copying', { isLive: false, stream });
  silent.update(1, 4);
  silent.end();
  assert.equal(texts.length, 2);
});

test('--format on the command line', SOON, async () => {
  const registry = await startScripted({ '/v2/_catalog': json({ repositories: ['a/b', 'c\u001b'] }) });
  try {
    const { code, out, err } = await cli(['repos', registry.url, '--format', '{{.name}}\\tx']);
    assert.deepEqual([code, out, err], [0, 'a/b\tx\nc\\u001b\tx\n', '']);
    for (const [template, message] of [
      ['{{.nam}}', 'there is no field .nam; did you mean "name"?'],
      ['{{name}}', 'only fields such as {{.digest}} and {{json .platforms}} are supported'],
    ]) {
      const { code, out, err } = await cli(['repos', registry.url, '--format', template]);
      assert.deepEqual([code, out], [2, '']);
      assert.ok(err.startsWith(`error: USAGE: --format: ${message}\nSee `), err);
    }
    const both = await cli(['repos', registry.url, '--json', '--format', '{{.name}}']);
    assert.equal(both.code, 2);
    assert.match(both.err, /^error: USAGE: only one of --json and --format can be given\n/m);
  } finally {
    await registry.stop();
  }
});
