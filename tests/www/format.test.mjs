// Numbers, times and names as the page writes them.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  ago,
  bytes,
  fileName,
  instant,
  namespaceOf,
  naturalOrder,
  platformName,
  plural,
} from '../../www/text/format.js';

test('sizes', () => {
  const expected = [
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.00 kB'],
    [9_999, '10.0 kB'],
    [99_999, '100 kB'],
    [999_400, '999 kB'],
    [999_999, '1.00 MB'],
    [34_659_112, '34.7 MB'],
    [10 ** 12, '1.00 TB'],
    [Number.MAX_SAFE_INTEGER, '9.01 PB'],
    [-1, '–'],
    [NaN, '–'],
    [undefined, '–'],
  ];
  for (const [size, text] of expected) assert.equal(bytes(size), text, `${size}`);
});

test('counts', () => {
  assert.equal(plural(1, 'tag'), '1 tag');
  assert.equal(plural(0, 'tag'), '0 tags');
  assert.equal(plural(23_007, 'repository', 'repositories'), '23,007 repositories');
});

test('times', () => {
  const now = Date.UTC(2026, 6, 1);
  assert.equal(ago(new Date(now - 30_000), now), '30 seconds ago');
  assert.equal(ago(new Date(now - 26 * 3_600_000), now), 'yesterday');
  assert.equal(ago(new Date(Date.UTC(2024, 5, 1)), now), '2 years ago');
  assert.equal(ago(new Date(0), now), '', 'reproducible builds say 1970');
  assert.equal(ago(undefined, now), '');
  assert.equal(ago(new Date(NaN), now), '');
  assert.equal(instant(new Date(Date.UTC(2026, 2, 14, 9, 26, 53))), '2026-03-14 09:26:53 UTC');
  assert.equal(instant(new Date(NaN)), '–');
});

test('platforms', () => {
  assert.equal(platformName({ os: 'linux', architecture: 'arm64', variant: 'v8' }), 'linux/arm64/v8');
  assert.equal(
    platformName({ os: 'windows', architecture: 'amd64', osVersion: '10.0.20348.2227' }),
    'windows/amd64:10.0.20348.2227',
  );
  assert.equal(platformName(undefined), '');
});

test('namespaces, as the package has them', () => {
  assert.equal(namespaceOf('hello'), 'library');
  assert.equal(namespaceOf('library/alpine'), 'library');
  assert.equal(namespaceOf('team/windows/service'), 'team');
});

test("a download's name", () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  assert.equal(fileName(digest, 'application/vnd.oci.image.layer.v1.tar+gzip'), '0123456789ab.tar.gz');
  assert.equal(fileName(digest, 'application/vnd.docker.image.rootfs.diff.tar.gzip'), '0123456789ab.tar.gz');
  assert.equal(fileName(digest, 'application/vnd.oci.image.layer.v1.tar+zstd'), '0123456789ab.tar.zst');
  assert.equal(fileName(digest, 'application/spdx+json'), '0123456789ab.json');
  assert.equal(fileName(digest), '0123456789ab.bin');
});

test("a download's name is the title that its author gave it, if a file can have it", () => {
  const digest = `sha256:${'0123456789abcdef'.repeat(4)}`;
  for (const [title, name] of [
    ['hello.txt', 'hello.txt'],
    ['docs/read me.md', 'read me.md'],
    ['../../etc/passwd', 'passwd'],
    ['..\\x.exe', 'x.exe'],
    ['日本.txt', '日本.txt'],
  ])
    assert.equal(fileName(digest, 'text/plain', title), name);
  for (const title of [
    '',
    '.bashrc',
    '..',
    'a/',
    'txt.\u202egpj',
    'a\nb',
    'con:',
    'x. ',
    'x'.repeat(201),
    undefined,
    'a.png   .exe',
    'a\u3164.exe',
  ])
    assert.equal(fileName(digest, 'text/plain', title), '0123456789ab.bin', `${title}`);
});

test('ports in the order of their numbers', () =>
  assert.deepEqual(['8080/tcp', '443/tcp'].sort(naturalOrder), ['443/tcp', '8080/tcp']));
