// What the project says of itself: the changelog's versions, and the workflow, which has to run what everyone runs.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

import { root } from '../../../xtask/ensure.mjs';

const read = (...path) => readFileSync(join(root, ...path), 'utf8');

test("the changelog's sections are versions, newest first", () => {
  const titles = [...read('CHANGELOG.md').matchAll(/^## (.+)$/gm)].map(([, title]) => title);
  const versions = titles.filter((title) => title !== 'Unreleased');
  assert.ok(titles.indexOf('Unreleased') <= 0, titles.join());
  for (const one of versions) assert.match(one, /^\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)$/);
  const newestFirst = versions.toSorted((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  assert.deepEqual(versions, newestFirst);
  const [, current] = /^version = "(.+)"$/m.exec(read('Cargo.toml'));
  if (titles[0] !== 'Unreleased') assert.ok(versions[0].startsWith(`${current} `), `${current}: ${versions[0]}`);
});

test('the workflow runs .ci/run, with no right to write', () => {
  const { jobs, permissions } = parse(read('.github/workflows/test.yml'));
  assert.deepEqual(permissions, { contents: 'read' });
  assert.ok(Object.values(jobs).some(({ steps }) => steps.some(({ run }) => run === 'bash .ci/run')));
});

test("the issue forms have what GitHub's schema asks for", () => {
  const names = readdirSync(join(root, '.github/ISSUE_TEMPLATE')).filter((one) => one !== 'config.yml');
  assert.notDeepEqual(names, []);
  for (const name of names) {
    const { name: title, description, body } = parse(read('.github/ISSUE_TEMPLATE', name));
    assert.ok(title && description && body.length > 0, name);
    for (const { type, id, attributes } of body) assert.ok(type && id && attributes.label, `${name}: ${id}`);
  }
});
