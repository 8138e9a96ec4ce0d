// parseReference(): the parts of a reference, and what it refuses. The grammar's own table is in
// src/protocol/oci/reference/full.rs.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DockerRegistryClient, RegistryError, parseReference } from '../support/packed.mjs';

const digest = `sha256:${'a'.repeat(64)}`;

test('the parts of a reference', () => {
  const alpine = { registry: 'docker.io', name: 'alpine', repository: 'alpine' };
  const web = { registry: 'localhost:5000', name: 'team/web', namespace: 'team', repository: 'web' };
  const secure = { ...web, registry: 'https://localhost:5000' };
  for (const [reference, parts] of [
    ['alpine', alpine],
    [`alpine@${digest}`, { ...alpine, digest }],
    ['localhost:5000/team/web:1.0', { ...web, tag: '1.0' }],
    [`localhost:5000/team/web:1.0@${digest}`, { ...web, tag: '1.0', digest }],
    ['docker://localhost:5000/team/web', web],
    ['https://localhost:5000/team/web', secure],
    ['localhost:5000/a/b//team/web', { ...web, registry: 'localhost:5000/a/b' }],
  ]) {
    assert.deepEqual(parseReference(reference), parts, reference);
  }
});

test('a client takes what it gives', () => {
  const { registry, name } = parseReference('http://localhost:5000/some/path//team/web:1');
  const client = new DockerRegistryClient(registry);
  assert.equal(client.host, 'http://localhost:5000/some/path');
  assert.equal(client.repository(name).name, 'team/web');
});

test('what is no reference', () => {
  for (const [reference, code, message] of [
    ['localhost:5000', 'INVALID_REFERENCE', /the repository is missing/],
    ['team/Web', 'INVALID_REFERENCE', /repository name "team\/Web"/],
    ['alpine:.x', 'INVALID_REFERENCE', /tag "\.x"/],
    ['alpine@sha256:12', 'INVALID_REFERENCE', /digest "sha256:12"/],
    ['A..example/web', 'INVALID_ARGUMENT', /registry/],
    [undefined, 'INVALID_ARGUMENT', /^reference: a string is needed, not undefined$/],
    [{}, 'INVALID_ARGUMENT', /^reference: a string is needed, not an object$/],
  ]) {
    const isRefused = (error) => error instanceof RegistryError && error.code === code && message.test(error.message);
    assert.throws(() => parseReference(reference), isRefused, String(reference));
  }
});
