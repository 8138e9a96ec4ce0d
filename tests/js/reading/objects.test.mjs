// What objects and errors show of themselves: printed, as JSON, as a clone, freed, without their object, and as a stack.
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import { after, before, test } from 'node:test';

import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { error, send, startScripted } from '../../registries/scripted.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient, RegistryError, Repository, connect, parseReference } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

let server;
let client;
let repository;
before(async () => {
  server = await startDistribution();
  await fill(server, { 'team/web': samples['team/web'], hello: samples.hello });
  client = new DockerRegistryClient(server.url, {
    username: 'alice',
    password: 'pw-secret',
    headers: { 'X-Key': 'key-secret' },
  });
  repository = client.repository('team/web');
}, SOON);
after(() => server.stop());

const WEB = { name: 'team/web', namespace: 'team', repository: 'web' };

test('a client shows its host and nothing secret', SOON, () => {
  const host = server.url;
  assert.deepEqual(JSON.parse(JSON.stringify(client)), { host });
  assert.deepEqual({ ...client }, { host, rateLimit: undefined });
  assert.deepEqual(structuredClone(client), { host, rateLimit: undefined });
  assert.equal(inspect(client), `DockerRegistryClient { host: '${host}', rateLimit: undefined }`);
  assert.equal(client.constructor.name, 'DockerRegistryClient');
  assert.doesNotMatch(inspect(client, { showHidden: true, depth: 9 }), /secret|__wbg_ptr/);
});

test('a repository shows its names', SOON, () => {
  assert.deepEqual(repository.toJSON(), WEB);
  assert.equal(JSON.stringify({ at: repository }), JSON.stringify({ at: WEB }));
  assert.deepEqual(structuredClone([repository]), [WEB]);
  assert.match(
    inspect(repository),
    /^Repository \{\s+name: 'team\/web',\s+namespace: 'team',\s+repository: 'web'\s+\}$/,
  );
  assert.equal(inspect({ a: { repository } }, { depth: 0 }), '{ a: [Object] }');
  assert.equal(inspect({ repository }, { depth: 0 }), '{ repository: [Repository] }');
  assert.deepEqual(Object.keys(client.repository('hello')), ['name', 'namespace', 'repository']);
});

test('an image shows what describes it', SOON, async () => {
  const image = await repository.image('latest');
  const facts = image.toJSON();
  assert.deepEqual(Object.keys(facts).sort(), [
    'created',
    'digest',
    'id',
    'layers',
    'mediaType',
    'platform',
    'size',
    'verified',
  ]);
  for (const [name, value] of Object.entries(facts)) assert.deepEqual(value, image[name], name);
  assert.deepEqual(structuredClone(image), facts);
  assert.equal(JSON.parse(JSON.stringify(image)).created, image.created.toISOString());
  assert.ok(inspect(image).startsWith('Image {') && inspect(image).includes(image.digest), inspect(image));
});

test('the repositories are a Map that JSON has as an object', SOON, async () => {
  const repositories = await client.repositories();
  assert.ok(repositories instanceof Map && repositories.get('team/web') instanceof Repository);
  const expected = { hello: { name: 'hello', repository: 'hello' }, 'team/web': WEB };
  assert.deepEqual(JSON.parse(JSON.stringify(repositories)), expected);
  assert.deepEqual(structuredClone(repositories).get('team/web'), WEB);
  assert.deepEqual(Object.keys(repositories), []);
});

test('a plan and its report are data', SOON, async () => {
  const plan = await repository.planCleanup({ remove: { tags: ['no-such-*'] } });
  const { apply, ...facts } = structuredClone(plan);
  assert.equal(apply, undefined);
  assert.equal(facts.repository, 'team/web');
  assert.deepEqual(JSON.parse(JSON.stringify(plan)), JSON.parse(JSON.stringify(facts)));
  const report = await plan.apply();
  assert.deepEqual(structuredClone(report), report);
});

test('a freed object says so, and can be freed again', SOON, async () => {
  const own = client.repository('team/web');
  const image = await own.image('latest');
  const reading = own.tags();
  own.free();
  own.free();
  assert.ok((await reading).length > 0);
  const freed = (name) => ({ code: 'INVALID_ARGUMENT', message: `${name}: it was freed` });
  await refused(() => own.tags(), freed('Repository'));
  assert.throws(() => own.eachTag(), freed('Repository'));
  assert.throws(() => own.name, freed('Repository'));
  assert.throws(() => JSON.stringify(own), freed('Repository'));
  assert.throws(() => structuredClone(own), freed('Repository'));
  assert.equal(inspect(own), 'Repository (freed)');
  image[Symbol.dispose]();
  await refused(() => image.getLayer(), freed('Image'));
  await refused(() => repository.tag('x', image), freed('Image'));
  await refused(() => repository.tag({ from: image, to: 'x' }), freed('Image'));
  await refused(() => repository.createIndex('x', ['latest', image]), freed('Image'));
  await refused(() => client.copy(image, 'team/copy:x'), freed('Image'));
  await refused(() => client.copy({ repository: own, reference: 'latest' }, 'team/copy:x'), freed('Repository'));
  assert.equal((await refused(() => image.getLayer(), freed('Image'))).details.argument, undefined);
  const other = new DockerRegistryClient(server.url);
  other.free();
  assert.throws(() => other.repository('team/web'), freed('DockerRegistryClient'));
  await refused(() => other.copy('a/b', 'c/d'), freed('DockerRegistryClient'));
});

test('a method without its object says so', SOON, async () => {
  const { tags, eachTag } = repository;
  const lost = { code: 'INVALID_ARGUMENT', message: 'Repository: a member was used without its object' };
  await refused(() => tags(), lost);
  await refused(() => tags.call({}), lost);
  assert.throws(() => eachTag(), lost);
  assert.throws(() => Repository.prototype.name, lost);
});

test('an error crosses to another thread as JSON', SOON, async () => {
  const thrown = await repository.image('no-such-tag').catch((error) => error);
  const again = RegistryError.from(structuredClone(thrown.toJSON()));
  assert.ok(again instanceof RegistryError);
  assert.deepEqual(again.toJSON(), thrown.toJSON());
  assert.equal(String(again), String(thrown));
  for (const wrong of [undefined, null, 'text', {}, { code: 1, message: 'x' }, { code: 'X' }]) {
    assert.throws(() => RegistryError.from(wrong), { code: 'INVALID_ARGUMENT' });
  }
});

const HERE = new RegExp(`^RegistryError: [^\\n]*\\n    at [^\\n]*${import.meta.url.replaceAll(/[.?]/g, '\\$&')}`);

test('the stack begins at the caller', SOON, async () => {
  const caught = async (call) => {
    try {
      await call();
    } catch (error) {
      return error;
    }
    return assert.fail('it did not fail');
  };
  const refusing = await startScripted((request, response) =>
    request.url.includes('/blobs/')
      ? send('abc', { headers: { 'content-length': '3' } })(request, response)
      : (request.url === '/v2/' ? send('{}') : error(400, 'NO'))(request, response),
  );
  const other = new DockerRegistryClient(refusing.url).repository('a/b');
  const digest = `sha256:${'0'.repeat(64)}`;
  for (const [what, call] of Object.entries({
    constructor: () => new DockerRegistryClient('localhost', { timeout: 'x' }),
    connect: () => connect('localhost', { timeout: 'x' }),
    'an option of connect': () => connect('localhost', { ca: 7 }),
    function: () => parseReference('!'),
    'at once': () => client.repository('Not A Name'),
    argument: () => repository.tags({ filter: 7 }),
    later: () => other.tags(),
    'of a lazy part': () => other.tag('a', 'b'),
    iterator: async () => {
      for await (const tag of other.eachTag()) assert.fail(tag);
    },
    stream: async () => {
      for await (const chunk of await other.blob(digest)) assert.ok(chunk);
    },
    freed: () => {
      const own = client.repository('a/b');
      own.free();
      return own.tags();
    },
  })) {
    const { stack } = await caught(call);
    assert.match(stack, HERE, what);
    assert.ok(!stack.includes('wasm'), `${what}: ${stack}`);
  }
  await refusing.stop();
});

test('the reason of an abort keeps its stack', SOON, async () => {
  const reason = new Error('enough');
  const { stack } = reason;
  await assert.rejects(repository.tags({ signal: AbortSignal.abort(reason) }), reason);
  assert.equal(reason.stack, stack);
});
