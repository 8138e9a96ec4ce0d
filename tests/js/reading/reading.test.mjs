// Every reading method, on every piece of content, on every real registry: each value is compared with what was pushed.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { digestOf as sha256 } from '../../../www/registry/content.mjs';
import { fill, takenBy } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { unusual } from '../../registries/unusual-images.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import {
  SOON,
  bytesOf,
  descriptorOf,
  imagesIn,
  listOf,
  plain,
  platformOf,
  realRegistries,
  sizeOf,
} from '../support/support.mjs';

const all = { ...samples, ...unusual };
const flat = (set) =>
  Object.entries(set).flatMap(([name, tags]) => Object.entries(tags).map(([tag, content]) => ({ name, tag, content })));
const namespaceOf = (name) => (name.includes('/') ? name.slice(0, name.indexOf('/')) : undefined);

for (const [registryName, start] of Object.entries(realRegistries)) {
  describe(registryName, () => {
    let server;
    let client;
    let names;
    let everything;
    before(async () => {
      server = await start();
      const set = takenBy(server, all);
      names = Object.keys(set).sort();
      everything = flat(set);
      await fill(server, set);
      client = new DockerRegistryClient(server.url);
    }, SOON);
    after(() => server.stop());

    test('the registry itself', SOON, async () => {
      assert.equal(client.host.replace(/\/$/, ''), server.url);
      assert.equal(await client.apiVersion(), 2);
      assert.equal(await client.checkStatus(), undefined);
      assert.equal(new DockerRegistryClient(new URL(server.url)).host, client.host);
      assert.equal(await new DockerRegistryClient(new URL(server.url).host).apiVersion(), 2);
    });

    test('repositories, catalog, namespaces', SOON, async () => {
      assert.deepEqual((await listOf(client.catalog())).sort(), names);
      const repositories = await client.repositories();
      assert.ok(repositories instanceof Map);
      assert.deepEqual([...repositories.keys()].sort(), names);
      for (const [name, repository] of repositories) assert.equal(repository.name, name);
      const namespaces = await client.namespaces();
      assert.deepEqual(
        [...namespaces].sort(),
        [...new Set(names.map((name) => namespaceOf(name) ?? 'library'))].sort(),
      );
      assert.deepEqual(
        [...(await client.repositories('team')).keys()].sort(),
        names.filter((name) => name.startsWith('team/')),
      );
      const library = names.filter((name) => (namespaceOf(name) ?? 'library') === 'library');
      assert.deepEqual([...(await client.repositories('library')).keys()].sort(), library);
      assert.equal((await client.repositories('no-such-namespace')).size, 0);
    });

    test('names', SOON, () => {
      const parts = (repository) => [repository.name, repository.namespace, repository.repository];
      assert.deepEqual(parts(client.repository('hello')), ['hello', undefined, 'hello']);
      assert.deepEqual(parts(client.repository('team/web')), ['team/web', 'team', 'web']);
      assert.deepEqual(parts(client.repository('web', 'team')), ['team/web', 'team', 'web']);
      assert.deepEqual(parts(client.repository('a/b/c/d/nested-name')), [
        'a/b/c/d/nested-name',
        'a',
        'b/c/d/nested-name',
      ]);
    });

    test('tags', SOON, async () => {
      for (const name of names) {
        const expected = Object.keys(all[name]).filter((tag) =>
          everything.some((one) => one.name === name && one.tag === tag),
        );
        const repository = client.repository(name);
        assert.deepEqual((await repository.tags()).sort(), expected.sort(), name);
        assert.deepEqual((await listOf(repository.eachTag())).sort(), expected);
      }
      const web = client.repository('team/web');
      assert.deepEqual((await web.tags({ filter: '1.*' })).sort(), ['1.0.0', '1.1', '1.1.0']);
      assert.deepEqual(await web.tags({ filter: '?.?' }), ['1.1']);
      assert.deepEqual((await web.tags({ filter: /^\d\.\d\.0$/ })).sort(), ['1.0.0', '1.1.0', '2.0.0']);
      // A regular expression that remembers where it was must not change what is found.
      assert.deepEqual((await web.tags({ filter: /[0-9]/g })).sort(), ['1.0.0', '1.1', '1.1.0', '2.0.0']);
      assert.deepEqual(await web.tags({ filter: 'none' }), []);
    });

    test('manifest, by tag and by digest', SOON, async () => {
      for (const { name, tag, content } of everything) {
        const repository = client.repository(name);
        for (const reference of [tag, content.digest]) {
          const manifest = await repository.manifest(reference);
          const { mediaType, document } = content;
          const expected = { mediaType, digest: content.digest, size: content.size };
          for (const [key, value] of Object.entries(expected))
            assert.equal(manifest[key], value, `${name}:${reference} ${key}`);
          assert.ok(manifest.bytes instanceof Uint8Array);
          assert.ok(content.bytes.equals(manifest.bytes));
          assert.deepEqual(plain(manifest.json), plain(document));
          assert.deepEqual(
            manifest.config && descriptorOf(manifest.config),
            document.config && descriptorOf(document.config),
          );
          assert.deepEqual(manifest.layers?.map(plain), document.layers?.map(descriptorOf));
          assert.deepEqual(manifest.manifests?.map(plain), document.manifests?.map(descriptorOf));
          assert.deepEqual(
            manifest.subject && plain(manifest.subject),
            document.subject && descriptorOf(document.subject),
          );
          assert.deepEqual(
            manifest.annotations && plain(manifest.annotations),
            document.annotations && plain(document.annotations),
          );
          assert.equal(manifest.artifactType, document.artifactType);
        }
      }
    });

    test('manifest, for the types that are asked for', SOON, async () => {
      const { '1.0.0': docker, '1.1.0': index } = samples['team/web'];
      const web = client.repository('team/web');
      assert.equal((await web.manifest('1.1.0', { accept: [index.mediaType] })).digest, index.digest);
      assert.equal((await web.manifest('1.0.0', { accept: [docker.mediaType] })).digest, docker.digest);
    });

    test('headManifest', SOON, async () => {
      for (const { name, tag, content } of everything) {
        const { mediaType, digest, size } = content;
        for (const reference of [tag, digest]) {
          assert.deepEqual(plain(await client.repository(name).headManifest(reference)), { mediaType, digest, size });
        }
      }
      assert.equal(await client.repository('team/web').headManifest('no-such-tag'), undefined);
      assert.equal(await client.repository('no-such/repository').headManifest('latest'), undefined);
    });

    test('data', SOON, async () => {
      for (const { name, tag, content } of everything) {
        const data = await client.repository(name).data(tag);
        const images = imagesIn(content);
        const shown =
          images.find(({ config }) => config.os === 'linux' && config.architecture === 'amd64') ?? images[0];
        const { mediaType, digest, document } = content;
        assert.deepEqual(
          { tag: data.tag, digest: data.digest, mediaType: data.mediaType },
          { tag, digest, mediaType },
          `${name}:${tag}`,
        );
        assert.equal(
          data.size,
          shown ? sizeOf(shown) : (document.layers ?? []).reduce((sum, { size }) => sum + size, 0),
        );
        assert.deepEqual(data.created, shown && new Date(shown.config.created));
        // Where an index does not say what its entries are for, their configs do.
        assert.deepEqual(
          plain(data.platforms),
          images.map(({ config }) => platformOf(config)),
          `${name}:${tag}`,
        );
        assert.equal(data.artifactType, document.artifactType);
        assert.deepEqual(
          data.annotations && plain(data.annotations),
          document.annotations && plain(document.annotations),
        );
      }
    });

    test('image: facts, config, history, ancestry, layers', SOON, async () => {
      for (const { name, tag, content } of everything) {
        for (const { config, digest, mediaType, document, id, layers } of imagesIn(content)) {
          // A platform a client did not ask for is found by digest; the tag is tried in manifests.test.mjs.
          const image = await client.repository(name).image(digest);
          assert.deepEqual([image.id, image.digest, image.mediaType], [id, digest, mediaType], `${name}:${tag}`);
          assert.deepEqual(plain(image.platform), platformOf(config));
          assert.equal(image.size, sizeOf({ document }));
          assert.deepEqual(image.created, new Date(config.created));
          assert.deepEqual(image.layers.map(plain), document.layers.map(descriptorOf));
          assert.deepEqual(plain(await image.getJson()), plain(config));
          assert.deepEqual(plain(await image.getData('rootfs')), plain(config.rootfs));
          assert.equal(await image.getData('architecture'), config.architecture);
          assert.equal(await image.getData('no-such-field'), undefined);
          assert.deepEqual(await image.ancestry(), chainIds(config.rootfs.diff_ids));
          assert.deepEqual(plain(await image.history()), historyOf(config.history, document.layers));
          for (const [position, layer] of layers.entries()) {
            if (layer.descriptor.urls) continue;
            assert.ok(layer.bytes.equals(await image.getLayer(position)));
            assert.ok(layer.bytes.equals(await bytesOf(await image.layerStream(layer.descriptor.digest))));
          }
          const top = layers.at(-1);
          if (top) assert.ok(top.bytes.equals(await image.getLayer()));
        }
      }
    });

    test('blob and headBlob', SOON, async () => {
      const { layers } = samples.hello.latest;
      const { bytes, descriptor } = layers[0];
      const hello = client.repository('hello');
      assert.ok(bytes.equals(await bytesOf(await hello.blob(descriptor.digest))));
      const { digest, size } = plain(await hello.headBlob(descriptor.digest));
      assert.deepEqual({ digest, size }, { digest: descriptor.digest, size: descriptor.size });
      assert.equal(await hello.headBlob(`sha256:${'0'.repeat(64)}`), undefined);
    });
  });
}

/** image-spec, config.md, "Layer ChainID", top first; computed here with node:crypto alone. */
function chainIds(diffIds) {
  const chain = [];
  for (const id of diffIds) chain.push(chain.length === 0 ? id : sha256(`${chain.at(-1)} ${id}`));
  return chain.reverse();
}

function historyOf(history, layers) {
  const left = [...layers];
  return history.map(({ created, created_by: createdBy, author, comment, empty_layer: emptyLayer = false }) => {
    const layer = emptyLayer ? undefined : descriptorOf(left.shift());
    return plain({ created: new Date(created), createdBy, author, comment, emptyLayer, layer });
  });
}
