// What the page knows without a document: config.json, suggestions of the palette, selections, namespaces, companions of tags.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkedConfig } from '../../www/model/config.js';
import { isIn, Namespaces, pathsTo } from '../../www/model/lists/namespaces.js';
import { suggestions } from '../../www/model/lists/palette.js';
import { Selection } from '../../www/model/lists/selection.js';
import { companionOf, TagFacts } from '../../www/model/lists/tag-facts.js';
import { namedBy } from '../../www/model/lists/untagged.js';
import { byNumber } from '../../www/text/names.js';

const BASE = 'https://page.example/browser/';
const HEX = 'ab'.repeat(32);

test('config.json: one registry, several, none', () => {
  const one = { registry: '/', name: 'registry.example.com' };
  const read = { registry: 'https://page.example/', name: 'registry.example.com' };
  assert.deepEqual(checkedConfig(one, BASE).registries, [read]);
  assert.deepEqual(checkedConfig({ registries: [one, { registry: 'http://other:5000' }] }, BASE), {
    registries: [read, { registry: 'http://other:5000/', name: 'other:5000' }],
    title: undefined,
    readOnly: false,
    logins: undefined,
  });
  assert.deepEqual(checkedConfig({}, BASE).registries, []);
  assert.equal(checkedConfig({ title: 'Ours', readOnly: true }, BASE).readOnly, true);
});

for (const [config, problem] of [
  [[], /config\.json: an object is needed/],
  [{ readonly: true }, /readonly: it is unknown; there are .*readOnly/],
  [{ readOnly: 'yes' }, /readOnly: true or false/],
  [{ title: '' }, /title: a text/],
  [{ name: 'x' }, /registry: it is missing/],
  [{ registry: 1 }, /registry: an address/],
  [{ registry: 'http://[' }, /registry: this is no address/],
  [{ registry: 'javascript:alert(1)' }, /registry: http or https/],
  [{ registry: 'https://alice:secret@host' }, /registry: no user name or password/],
  [{ registry: '/', registries: [] }, /registries: leave out/],
  [{ registries: {} }, /registries: a list/],
  [{ registries: [{ registry: '/', user: 'x' }] }, /registries\[0\]\.user: it is unknown/],
  [
    {
      registries: [
        { registry: '/a', name: 'x' },
        { registry: '/b', name: 'x' },
      ],
    },
    /registries\[1\]\.name: another/,
  ],
  [{ logins: 'all' }, /logins/],
]) {
  test(`config.json: ${JSON.stringify(config)} is refused`, () => {
    assert.throws(() => checkedConfig(config, BASE), problem);
    assert.throws(
      () => checkedConfig(config, BASE),
      (error) => !error.message.includes('secret'),
    );
  });
}

const titles = (typed, context = {}) => suggestions(typed, context).map(({ title }) => title);

test('the palette: known names come first, and any valid name opens', () => {
  const names = ['a/web', 'team/web', 'web', 'web/x'];
  assert.deepEqual(titles('web', { names }), ['web', 'web/x', 'a/web', 'team/web']);
  assert.deepEqual(titles('team/other', { names }), ['team/other']);
  assert.deepEqual(titles('No Name', { names }), []);
  assert.deepEqual(titles('registry:5000/team/other', { host: 'registry:5000' })[0], 'team/other');
  assert.deepEqual(titles('__proto__'), []);
});

test('the palette: tags and digests', () => {
  const digest = `sha256:${HEX}`;
  assert.deepEqual(titles('team/web:1.0'), ['team/web:1.0']);
  assert.deepEqual(titles(`team/web@${digest}`), [`team/web@${digest}`]);
  assert.deepEqual(titles(`team/web:1.0@${digest}`), [`team/web@${digest}`]);
  assert.deepEqual(titles(digest, { current: 'a/b' }), [`a/b@${digest}`]);
  assert.deepEqual(titles(digest), []);
  assert.deepEqual(titles(':1.0', { current: 'a/b' }), ['a/b:1.0']);
  assert.deepEqual(titles('1.', { current: 'a/b', tags: ['1.0', '1.1', '2.0'] }), ['a/b:1.0', 'a/b:1.1', 'a/b:1.']);
  for (const { href } of suggestions('<img onerror=1>:x', { current: 'a/b' })) assert.match(href, /^#\//);
});

test('the palette: commands by their words', () => {
  const commands = [{ title: 'Theme: Dark' }, { title: 'Refresh' }];
  assert.deepEqual(titles('', { commands }), ['Theme: Dark', 'Refresh']);
  assert.deepEqual(titles('dark theme', { commands }), ['Theme: Dark']);
});

test('a selection: one by one, a range either way, none again', () => {
  const list = ['a', 'b', 'c', 'd', 'e'];
  const selection = new Selection();
  selection.toggle('b');
  selection.extend(list, 'd');
  assert.deepEqual(selection.among(list), ['b', 'c', 'd']);
  selection.extend(list, 'a');
  assert.deepEqual(selection.among(list), ['a', 'b', 'c', 'd']);
  selection.toggle('c');
  selection.keep(['a', 'c', 'd']);
  assert.deepEqual(selection.among(list), ['a', 'd']);
  selection.toggle('a', 'd');
  assert.equal(selection.size, 0);
  selection.extend(list, 'c');
  assert.deepEqual(selection.among(list), ['a', 'b', 'c']);
  selection.clear();
  selection.add(list);
  assert.equal(selection.size, 5);
});

test('namespaces within namespaces, with their numbers', () => {
  const tree = new Namespaces();
  const names = ['a/b/c/one', 'a/two', 'three', 'library/four'];
  tree.update(names);
  assert.equal(tree.size, 2);
  assert.deepEqual(tree.visible(new Set()), ['a', 'library']);
  assert.deepEqual(tree.visible(new Set(['a', 'a/b'])), ['a', 'a/b', 'a/b/c', 'library']);
  assert.deepEqual(
    ['a', 'a/b', 'a/b/c', 'library'].map((path) => tree.get(path).count),
    [2, 1, 1, 2],
  );
  names.push('a/b/five', '__proto__/x');
  tree.update(names);
  assert.equal(tree.get('a').count, 3);
  assert.equal(tree.get('__proto__').count, 1);
  assert.deepEqual(pathsTo('a/b/c'), ['a', 'a/b', 'a/b/c']);
  assert.ok(isIn('a/b/x', 'a') && isIn('x', 'library') && !isIn('ab/x', 'a'));
});

test('signatures beside tags, and tags of one digest', () => {
  assert.deepEqual(companionOf(`sha256-${HEX}.sig`), { digest: `sha256:${HEX}`, kind: 'signature' });
  assert.deepEqual(companionOf(`sha256-${HEX}`), { digest: `sha256:${HEX}`, kind: 'referrers' });
  for (const tag of ['latest', `sha256-${HEX}.txt`, 'sha256-abc.sig']) assert.equal(companionOf(tag), undefined);
  const facts = new TagFacts();
  facts.update(['v1', `sha256-${HEX}.sig`, `sha256-${HEX}.sbom`]);
  assert.deepEqual(facts.companions(`sha256:${HEX}`), ['signature', 'SBOM']);
  assert.equal(facts.learn('v1', 'd1'), false);
  assert.equal(facts.learn('latest', 'd1'), true);
  assert.deepEqual(facts.some('d1', 3, 'v1'), { some: ['latest'], count: 1 });
  facts.learn('latest', 'd2');
  assert.deepEqual(facts.tagsOf('d1'), ['v1']);
});

test('manifests without a tag: what indexes and referrers name, further and further, each once', () => {
  const one = (digest, mediaType = 'application/vnd.oci.image.manifest.v1+json') => ({ digest, mediaType });
  const cache = one('cache', 'application/vnd.oci.image.layer.v1.tar+gzip');
  const named = {
    index: { entries: [one('amd64'), one('tagged'), cache], referrers: [one('signature')] },
    tagged: { referrers: [one('signature')] },
    signature: { referrers: [one('index'), one('timestamp')] },
  };
  const { untagged, reached } = namedBy(new Set(['index', 'tagged']), (digest) => named[digest]);
  assert.deepEqual([...untagged.keys()], ['amd64', 'signature', 'timestamp']);
  assert.deepEqual(untagged.get('signature').by, [
    { digest: 'index', isReferrer: true },
    { digest: 'tagged', isReferrer: true },
  ]);
  assert.deepEqual(untagged.get('amd64').by, [{ digest: 'index', isReferrer: false }]);
  assert.deepEqual([...reached], ['index', 'tagged', 'amd64', 'signature', 'timestamp']);
});

test('an order by numbers keeps what has none behind', () =>
  assert.deepEqual(
    byNumber(['a', 'b', 'c', 'd'], (name) => ({ b: 1, d: 2, c: Number.NaN })[name]),
    ['d', 'b', 'a', 'c'],
  ));
