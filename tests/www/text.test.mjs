// Text of a registry as the page shows it, and the filters and orders of names.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { clean } from '../../pkg-template/cli/output/output.js';
import { matcher, ordered } from '../../www/text/names.js';
import { printable } from '../../www/text/printable.js';
import { pullCommand } from '../../www/views/image/pull.js';
import { commandLine } from '../../www/text/shell.js';
import { imagesText, NAME, parseImages, shortDigest, TAG } from '../../www/text/references.js';

test('characters that reorder or hide text are shown as escapes, the same in the page, on the command line and in messages', () => {
  const path = new URL('../vectors/invisible.json', import.meta.url);
  const { codePoints, texts } = JSON.parse(readFileSync(path, 'utf8'));
  for (const [text, shown] of [...texts, ['a\rb\r\nc', 'a\\u000db\r\nc'], ['two\n\tlines', 'two\n\tlines']]) {
    assert.equal(printable(text), shown);
    assert.equal(printable(shown), shown, 'and once is enough');
  }
  for (const [text, shown] of texts) assert.equal(clean(text), shown);
  const ranges = codePoints.split(' ').map((range) => range.split('-').map((code) => Number.parseInt(code, 16)));
  for (let code = 0; code <= 0x10ffff; code += 1) {
    const character = String.fromCodePoint(code);
    const isEscaped = ranges.some(([first, last = first]) => first <= code && code <= last);
    if (isEscaped !== (clean(character) !== character)) assert.fail(`the command line: ${code.toString(16)}`);
    if (isEscaped !== (printable(character) !== character)) assert.ok('\t\n'.includes(character), code.toString(16));
  }
});

test('a filter is a part of the name, or a glob for the whole', () => {
  const names = ['1.0', '1.0-alpine', '2.0-Alpine', 'alpine', 'v1.x'];
  for (const [wanted, expected] of [
    ['ALPINE', ['1.0-alpine', '2.0-Alpine', 'alpine']],
    ['*-alpine', ['1.0-alpine', '2.0-Alpine']],
    ['?.0', ['1.0']],
    ['1*', ['1.0', '1.0-alpine']],
    ['*.?*', ['1.0', '1.0-alpine', '2.0-Alpine', 'v1.x']],
    ['1.x', ['v1.x']],
    ['[', []],
    ['*', names],
  ])
    assert.deepEqual(names.filter(matcher(wanted)), expected, wanted);
  const start = performance.now();
  assert.equal(matcher(`${'*a'.repeat(40)}*b`)('a'.repeat(2000)), false);
  assert.ok(performance.now() - start < 2000, 'in time that does not double with each star');
});

test('tags by version, the highest first, and what is no version last', () => {
  const expected = [
    '2.0',
    '2.0-rc1',
    '1.10',
    '1.9.1',
    '1.9',
    '1.9-alpine',
    '1.9-rc1',
    'v1.2.0',
    '1a2b3c',
    'latest',
    'latest-slim',
    'nightly',
  ];
  assert.deepEqual(ordered([...expected].sort(), 'version'), expected);
});

test('tags by name, in the order of their numbers, and as the registry lists them', () => {
  assert.deepEqual(ordered(['v10', 'v2', 'a', 'v1'], 'name'), ['a', 'v1', 'v2', 'v10']);
  const listed = ['v10', 'v2'];
  for (const order of ['listed', undefined, '__proto__']) assert.deepEqual(ordered(listed, order), listed);
});

test('20,000 tags are in order at once', () => {
  const names = Array.from({ length: 20_000 }, (_, number) => `v${(number * 7919) % 20_000}.${number % 10}`);
  const start = performance.now();
  ordered(names, 'version');
  assert.ok(performance.now() - start < 1000);
});

test('images of a repository, as an address of the page has them', () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const [text, images] of [
    ['team/web:1.0', { name: 'team/web', tags: ['1.0'] }],
    ['team/web:1.0,latest', { name: 'team/web', tags: ['1.0', 'latest'] }],
    [`team/web@${digest}`, { name: 'team/web', digest }],
  ]) {
    assert.deepEqual(parseImages(text), images);
    assert.equal(imagesText(images), text);
  }
  assert.deepEqual(parseImages('team/web'), { name: 'team/web', tags: ['latest'] });
  assert.deepEqual(parseImages('host:5000/web'), { name: 'host:5000/web', tags: ['latest'] });
  assert.equal(shortDigest(digest), 'sha256:000000000000');
  assert.equal(shortDigest('a'.repeat(64)), 'a'.repeat(12), 'an id of V1');
  assert.equal(shortDigest('odd'), 'odd');
});

test('names and tags are what registries take, by the rules of a field in a form', () => {
  const rule = (pattern) => new RegExp(`^(?:${pattern})$`, 'v');
  for (const name of ['hello', 'team/web', 'a/b/c-d__e.f', 'a--b']) assert.match(name, rule(NAME));
  for (const name of ['', 'Team/web', 'a//b', '/a', 'a/', 'a..b', 'a___b', '-a', '<b>'])
    assert.doesNotMatch(name, rule(NAME));
  for (const tag of ['latest', '1.0', '_x', 'A-b_c.d', 'x'.repeat(128)]) assert.match(tag, rule(TAG));
  for (const tag of ['', '.a', '-a', 'a b', 'a/b', 'a:b', 'x'.repeat(129)]) assert.doesNotMatch(tag, rule(TAG));
});

test('a command to paste takes names as they are', () => {
  assert.equal(commandLine('docker', 'pull', 'localhost:5000/a/b:1'), 'docker pull localhost:5000/a/b:1');
  assert.equal(commandLine('x', "a'; id #", ''), "x 'a'\\''; id #' ''");
  const evil = 'evil.example/$(id)&id;id/team/web';
  for (const tool of ['docker', 'podman', 'crane', 'skopeo', 'oras']) {
    const command = pullCommand(tool, evil, { tag: '1.0' }, {});
    assert.match(command, /'[^']*evil\.example\/\$\(id\)&id;id\/team\/web:1\.0'/);
    assert.doesNotMatch(command.replaceAll(/'[^']*'/g, ''), /[$();&]/);
  }
});
