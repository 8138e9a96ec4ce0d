// The code for old registries, which is loaded when one turns out to be old: each way into it, on a fresh instance of the package
// where the first attempt to load it fails.
import assert from 'node:assert/strict';
import { buffer } from 'node:stream/consumers';
import { describe, test } from 'node:test';

import { digestOf } from '../../../www/registry/content.mjs';
import { schema1Image, signedContent } from '../../registries/schema1.mjs';
import { content, error, json, send } from '../../registries/scripted.mjs';
import { v1Image } from '../../registries/v1-images.mjs';
import { again, clientWithout } from '../support/lazy.mjs';
import { SOON, listOf } from '../support/support.mjs';

const [image] = v1Image('old/web', [{ run: 'base', files: [{ path: 'a', content: 'a' }] }]);
const found = { name: 'old/web', description: '' };

/** A V1 registry that takes every write. */
function v1Script() {
  const tags = { latest: image.id };
  const byPath = {
    '/v2/': error(404, 'NOT_FOUND'),
    '/v1/_ping': json(true),
    '/v1/search': json({ results: [found], num_results: 1 }),
    '/v1/repositories/old/web/tags': (request, response) => json(tags)(request, response),
    [`/v1/images/${image.id}/ancestry`]: json([image.id]),
    [`/v1/images/${image.id}/layer`]: send(image.layer),
    [`/v1/images/${image.id}/json`]: send(image.json, {
      'content-type': 'application/json',
      'x-docker-size': `${image.layer.length}`,
    }),
  };
  return (request, response) => {
    const [path] = request.url.split('?', 1);
    const tag = path.match(/^\/v1\/repositories\/old\/web\/tags\/([^/]+)$/)?.[1];
    request.resume();
    if (request.method === 'PUT' || request.method === 'DELETE') {
      if (tag && request.method === 'PUT') tags[tag] = image.id;
      if (tag && request.method === 'DELETE') delete tags[tag];
      return json(true)(request, response);
    }
    if (tag && tags[tag]) return json(tags[tag])(request, response);
    return (byPath[path] ?? error(404, 'NOT_FOUND'))(request, response);
  };
}

const v1Calls = {
  'tags()': [({ repository }) => repository.tags(), ['latest']],
  'eachTag()': [({ repository }) => listOf(repository.eachTag()), ['latest']],
  'catalog()': [({ client }) => listOf(client.catalog()), ['old/web']],
  'namespaces()': [({ client }) => client.namespaces(), ['old']],
  'repositories()': [async ({ client }) => [...(await client.repositories()).keys()], ['old/web']],
  'search()': [async ({ client }) => (await client.search('web')).map(({ name }) => name), ['old/web']],
  'data()': [async ({ repository }) => (await repository.data('latest')).id, image.id],
  'describeTags()': [
    async ({ repository }) => {
      const [described] = await listOf(repository.describeTags({ tags: ['latest'] }));
      if (described.error) throw described.error;
      return described.id;
    },
    image.id,
  ],
  'image()': [async ({ repository }) => (await repository.image('latest')).id, image.id],
  'tag()': [({ repository }) => repository.tag('new', 'latest'), undefined],
  'untag()': [({ repository }) => repository.untag('latest'), undefined],
  'pushImage()': [({ repository }) => repository.pushImage(image.document, image.layer), image.id],
  'deleteRepository()': [({ repository }) => repository.deleteRepository(), undefined],
};

describe('a V1 registry, met by a fresh instance', () => {
  for (const [name, [call, expected]] of Object.entries(v1Calls)) {
    test(name, SOON, async (t) => {
      const state = await clientWithout(t, 'legacy', v1Script());
      assert.deepEqual(await again(state, () => call(state)), expected);
    });
  }

  test('its version and status take no code of their own', SOON, async (t) => {
    const state = await clientWithout(t, 'legacy', v1Script());
    assert.equal(await state.client.apiVersion(), 1);
    await state.client.checkStatus();
    assert.equal(state.asked, 0);
  });

  test('a layer of an image found before', SOON, async (t) => {
    const state = await clientWithout(t, 'legacy', v1Script());
    await state.repository.image('latest').catch(() => {});
    const layer = await (await state.repository.image('latest')).getLayer();
    assert.ok(Buffer.from(layer).equals(image.layer));
  });
});

const old = schema1Image('old/web', 'v1', [{ run: 'make', files: { top: 'top' }, config: { Labels: {} } }]);
const { bytes } = signedContent(old);

/** A V2 registry with a schema1 manifest, which takes every write. */
function schema1Script() {
  const manifests = '/v2/old/web/manifests/';
  const kept = new Map(['v1', old.digest].map((name) => [name, { bytes, mediaType: old.mediaType }]));
  const tags = () => [...kept.keys()].filter((name) => !name.includes(':'));
  const byPath = {
    '/v2/': json({}),
    '/v2/old/web/tags/list': (request, response) => json({ name: 'old/web', tags: tags() })(request, response),
    ...Object.fromEntries(old.blobs.map((blob) => [`/v2/old/web/blobs/${blob.descriptor.digest}`, content(blob)])),
  };
  const put = async (name, request, response) => {
    const manifest = { bytes: await buffer(request), mediaType: request.headers['content-type'] };
    kept.set(name, manifest);
    kept.set(digestOf(manifest.bytes), manifest);
    send('', { status: 201 })(request, response);
  };
  const remove = (name) => {
    const manifest = kept.get(name);
    for (const [other, { bytes }] of kept)
      if (name === other || (name.includes(':') && bytes === manifest?.bytes)) kept.delete(other);
    return manifest ? send('', { status: 202 }) : error(404, 'MANIFEST_UNKNOWN');
  };
  return (request, response) => {
    const path = decodeURIComponent(request.url.split('?', 1)[0]);
    const name = path.startsWith(manifests) ? path.slice(manifests.length) : undefined;
    if (name && request.method === 'PUT') return put(name, request, response);
    request.resume();
    if (request.method === 'POST') return send('', { status: 202, location: `${path}1` })(request, response);
    if (request.method === 'PUT') return send('', { status: 201 })(request, response);
    if (request.method === 'DELETE') return remove(name)(request, response);
    if (kept.has(name)) return content(kept.get(name))(request, response);
    return (byPath[path] ?? error(404, 'MANIFEST_UNKNOWN'))(request, response);
  };
}

const schema1Calls = {
  'manifest()': [async ({ repository }) => (await repository.manifest('v1')).digest, old.digest],
  'headManifest()': [async ({ repository }) => (await repository.headManifest('v1')).digest, old.digest],
  'image()': [async ({ repository }) => (await repository.image('v1')).id, old.ids[0]],
  'data()': [async ({ repository }) => (await repository.data('v1')).digest, old.digest],
  'describeTags()': [
    async ({ repository }) => {
      const [described] = await listOf(repository.describeTags({ tags: ['v1'] }));
      if (described.error) throw described.error;
      return described.digest;
    },
    old.digest,
  ],
  'pushManifest()': [async ({ repository }) => (await repository.pushManifest('new', bytes)).digest, old.digest],
  'tag()': [({ repository }) => repository.tag('new', 'v1'), undefined],
  'untag()': [({ repository }) => repository.untag('v1'), undefined],
  'copy()': [async ({ client }) => (await client.copy('old/web:v1', 'old/web:new')).digest, old.digest],
  'planDelete()': [async ({ repository }) => (await repository.planDelete(old.digest)).tags, ['v1']],
  'deleteManifest()': [({ repository }) => repository.deleteManifest(old.digest, { force: true }), undefined],
  'planCleanup()': [
    async ({ repository }) => {
      const { tags } = await repository.planCleanup({ keep: { newest: 1 }, remove: { tags: ['*'] } });
      return tags.map(({ tag, action, digest }) => [tag, action, digest]);
    },
    [['v1', 'keep', old.digest]],
  ],
};

describe('a schema1 manifest, met by a fresh instance', () => {
  for (const [name, [call, expected]] of Object.entries(schema1Calls)) {
    test(name, SOON, async (t) => {
      const state = await clientWithout(t, 'legacy', schema1Script());
      assert.deepEqual(await again(state, () => call(state)), expected);
    });
  }

  test('a registry of today takes no code for old ones', SOON, async (t) => {
    const state = await clientWithout(t, 'legacy', {
      '/v2/old/web/tags/list': json({ name: 'old/web', tags: ['one'] }),
    });
    assert.deepEqual(await state.repository.tags(), ['one']);
    await state.repository.manifest('one').catch(() => {});
    assert.equal(state.asked, 0);
  });
});
