// What people write who know the Python library: each of its names throws an error that says what to write here.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { after, before, describe, test } from 'node:test';

import { image, layer } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient, connect } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const NAMES = {
  client: {
    api_version: 'apiVersion',
    check_status: 'checkStatus',
    forget_credentials: 'forgetCredentials',
    rate_limit: 'rateLimit',
    refresh: 'not needed',
  },
  repository: {
    client: 'not needed',
    create_index: 'createIndex',
    delete_blob: 'deleteBlob',
    delete_manifest: 'deleteManifest',
    delete_repository: 'deleteRepository',
    describe_tags: 'describeTags',
    plan_cleanup: 'planCleanup',
    push_manifest: 'pushManifest',
    refresh: 'not needed',
  },
  image: {
    client: 'not needed',
    get_data: 'getData',
    get_json: 'getJson',
    get_layer: 'getLayer',
    image_id: 'id',
    media_type: 'mediaType',
    put_json: 'repository.pushImage(json, layer)',
    put_layer: 'repository.pushImage(json, layer)',
  },
};

describe('names of the Python library', () => {
  let server;
  let objects;
  before(async () => {
    server = await startDistribution();
    await fill(server, {
      'team/web': { latest: image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: '1' }]) }]) },
    });
    const client = new DockerRegistryClient(server.url);
    const repository = client.repository('team/web');
    objects = { client, repository, image: await repository.image('latest') };
  }, SOON);
  after(() => server.stop());

  for (const [kind, names] of Object.entries(NAMES)) {
    for (const [old, now] of Object.entries(names)) {
      test(`${kind}.${old}`, SOON, async () => {
        const message = `${old} is ${now} here`;
        await refused(() => objects[kind][old], { code: 'INVALID_ARGUMENT', message });
        await refused(() => objects[kind][old]('x'), { code: 'INVALID_ARGUMENT', message });
      });
    }
  }

  test('items of the tuple that manifest() returned', SOON, async () => {
    const manifest = await objects.repository.manifest('latest');
    for (const [index, now] of Object.entries(['json', 'digest'])) {
      const message = `manifest()[${index}] is manifest().${now} here`;
      await refused(() => manifest[index], { code: 'INVALID_ARGUMENT', message });
    }
    assert.deepEqual(Object.keys(manifest), Object.keys({ ...manifest }));
    assert.deepEqual(structuredClone(manifest), { ...manifest });
    assert.doesNotMatch(JSON.stringify(manifest) + inspect(manifest), /\[1\]|'1'/);
    const pushed = await objects.repository.pushManifest('again', manifest);
    assert.equal(pushed.digest, manifest.digest);
  });

  test("are in nobody's way", () => {
    for (const object of Object.values(objects)) {
      assert.doesNotMatch(JSON.stringify(object) + inspect(object, { depth: 5 }), /get_layer|refresh/);
      const seen = [];
      for (const name in object) seen.push(name);
      assert.ok(!seen.some((name) => name.includes('_') && !name.startsWith('__')), seen.join());
      assert.equal(object.no_such_name, undefined);
    }
  });
});

describe('options of the Python library', () => {
  const create = (...more) => new DockerRegistryClient('localhost:5000', ...more);
  for (const [option, message] of Object.entries({
    verify_ssl: /^options\.verify_ssl: the host's fetch verifies certificates; connect\(\) and createFetch\(\) of/,
    api_timeout: /^options\.api_timeout: it is timeout here, in milliseconds/,
    api_version: /did you mean "apiVersion"/,
    auth_service_url: /did you mean "authServiceUrl"/,
  })) {
    test(option, SOON, () => refused(() => create({ [option]: 1 }), { code: 'INVALID_ARGUMENT', message }));
  }

  for (const more of [
    [false],
    [null],
    ['alice', 'secret'],
    [false, 2, 'alice', 'secret'],
    [undefined, undefined, 'alice', 'secret'],
    [{ username: 'alice', password: 'secret' }, 30],
  ]) {
    test(`positional: ${JSON.stringify(more)}`, SOON, async () => {
      const message = /^options: one object is needed, such as \{ username, password/;
      const error = await refused(() => create(...more), { code: 'INVALID_ARGUMENT', message });
      assert.doesNotMatch(error.message, /alice|secret/);
    });
  }

  test('connect() too', SOON, async () => {
    const message = /verify_ssl.*rejectUnauthorized/;
    await refused(() => connect('localhost:5000', { verify_ssl: false }), { code: 'INVALID_ARGUMENT', message });
    await refused(() => connect('localhost:5000', { api_timeout: 3 }), {
      code: 'INVALID_ARGUMENT',
      message: /timeout/,
    });
  });
});

describe('tag() with arguments in the wrong place', () => {
  const repository = new DockerRegistryClient('localhost:1').repository('a/b');
  for (const [what, args, message] of [
    ['nothing', [], /^tag: a string is needed, not undefined/],
    ['no image', ['a'], /^image: a tag, a digest or an Image is needed, not undefined/],
    ['{} alone', [{}], /^options\.from: a tag, a digest or an Image is needed, not undefined/],
    ['{ from } alone', [{ from: 'a' }], /^options\.to: a string is needed, not undefined/],
    ['{ to } alone', [{ to: 'a' }], /^options\.from: /],
    ['{ from, to } and options', [{ from: 'a', to: 'b' }, undefined, { noClobber: true }], /give \{ from, to \} alone/],
    ['{ from, to } and an image', [{ from: 'a', to: 'b' }, 'c'], /give \{ from, to \} alone/],
    ['an array', [['a', 'b']], /^options: an object is needed, not an array/],
    ['a misspelt name', [{ from: 'a', to: 'b', noclobber: true }], /did you mean "noClobber"/],
    ['noClobber that is no boolean', [{ from: 'a', to: 'b', noClobber: 'yes' }], /^options\.noClobber: true or false/],
    ['noClobber with ifMatch', ['a', 'b', { noClobber: true, ifMatch: null }], /cannot be combined with ifMatch/],
  ]) {
    test(what, SOON, () => refused(() => repository.tag(...args), { code: 'INVALID_ARGUMENT', message }));
  }
});
