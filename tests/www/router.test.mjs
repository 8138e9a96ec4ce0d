// The page's addresses: what is written is what is read.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  digestHref,
  namespaceHref,
  pageHref,
  parseRoute,
  repositoryHref,
  tagHref,
  withQuery,
} from '../../www/router.js';

for (const hash of [
  '',
  '#',
  '#/',
  '#/elsewhere',
  '#/repo',
  '#/repo/',
  '#/namespace/',
  '#/repo/tag/x',
  '#/repo/%',
  '#/repo/a/tag/%E0%A4%A',
]) {
  test(`${hash || 'no hash'} is the home view`, () => assert.deepEqual(parseRoute(hash), { view: 'home' }));
}

for (const name of [
  'hello',
  'team/web',
  'a/b/c/d/nested-name',
  'tag',
  'tag/tag',
  'digest',
  'a/digest/b',
  'a/tag/b',
  'with.dots/and__under-scores',
  'Ünusual/näme',
  'a?b/c#d',
  '100%',
]) {
  test(`the repository ${name}`, () => {
    assert.deepEqual(parseRoute(repositoryHref(name)), { view: 'tags', name });
    assert.deepEqual(parseRoute(tagHref(name, 'v1.0_x-y')), {
      view: 'tag',
      name,
      tag: 'v1.0_x-y',
      section: 'overview',
      platform: undefined,
      query: {},
    });
    assert.deepEqual(parseRoute(digestHref(name, `sha256:${'a'.repeat(64)}`, { section: 'raw' })), {
      view: 'tag',
      name,
      digest: `sha256:${'a'.repeat(64)}`,
      section: 'raw',
      platform: undefined,
      query: {},
    });
    assert.deepEqual(parseRoute(namespaceHref(name)), { view: 'home', namespace: name });
  });
}

test('a section and a platform of a tag', () => {
  const href = tagHref('team/web', 'latest', { section: 'layers', platform: 'windows/amd64:10.0.20348.2227' });
  assert.equal(href, '#/repo/team/web/tag/latest/layers?platform=windows/amd64:10.0.20348.2227');
  assert.deepEqual(parseRoute(href), {
    view: 'tag',
    name: 'team/web',
    tag: 'latest',
    section: 'layers',
    platform: 'windows/amd64:10.0.20348.2227',
    query: {},
  });
});

test('a tag named as a section is, and an unknown section', () => {
  assert.equal(parseRoute('#/repo/a/tag/layers').tag, 'layers');
  assert.equal(parseRoute('#/repo/a/tag/tag').tag, 'tag');
  assert.equal(parseRoute('#/repo/a/tag/x/nonsense').section, 'overview');
});

test('the address of a tag is as one would type it', () =>
  assert.equal(tagHref('team/web', '2.0.0'), '#/repo/team/web/tag/2.0.0'));

test('a filter and an order of a list', () => {
  const filtered = withQuery(repositoryHref('team/web'), 'filter', '*-al&pine?');
  assert.deepEqual(parseRoute(filtered), { view: 'tags', name: 'team/web', filter: '*-al&pine?' });
  const both = withQuery(filtered, 'order', 'name');
  assert.deepEqual(parseRoute(both), { view: 'tags', name: 'team/web', filter: '*-al&pine?', order: 'name' });
  assert.equal(withQuery(withQuery(both, 'order', ''), 'filter', ''), '#/repo/team/web');
  assert.deepEqual(parseRoute(withQuery('', 'filter', 'x')), { view: 'home', filter: 'x' });
  assert.deepEqual(parseRoute('#/namespace/a?filter=b'), { view: 'home', namespace: 'a', filter: 'b' });
});

test('a page beside the repositories keeps its repository and query', () => {
  for (const name of ['hello', 'tag/digest', 'a?b/c#d'])
    assert.deepEqual(parseRoute(pageHref('cleanup', name, { keep: 'v*', none: '' })), {
      view: 'cleanup',
      name,
      query: { keep: 'v*' },
    });
  const [a, b] = ['team/web:1.0', 'team/web@sha256:00'];
  assert.deepEqual(parseRoute(pageHref('compare', undefined, { a, b })), { view: 'compare', query: { a, b } });
});
