// Basic credentials and ready-made tokens, and where they must never go.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { image, layer } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { asking, json, send, startScripted } from '../../registries/scripted.mjs';
import { credentials, startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, bytesOf, refused } from '../support/support.mjs';

const secret = image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: '1' }]) }]);
const basic = `Basic ${btoa(`${credentials.username}:${credentials.password}`)}`;

describe('distribution with basic authentication', () => {
  let server;
  before(async () => {
    server = await startDistribution({ auth: 'basic' });
    await fill(server, { 'private/one': { latest: secret } }, { authorization: basic });
  }, SOON);
  after(() => server.stop());

  test('with credentials everything can be read', SOON, async () => {
    const events = [];
    const client = new DockerRegistryClient(server.url, { ...credentials, onRequest: (event) => events.push(event) });
    await client.checkStatus();
    assert.deepEqual([...(await client.repositories()).keys()], ['private/one']);
    const opened = await client.repository('private/one').image('latest');
    assert.equal(opened.digest, secret.digest);
    assert.ok(secret.layers[0].bytes.equals(await opened.getLayer()));
    // The registry asks once; from then on it is told unasked.
    assert.equal(events.filter(({ status }) => status === 401).length, 1);
  });

  test('401 without credentials', SOON, async () => {
    const client = new DockerRegistryClient(server.url);
    assert.equal(await client.apiVersion(), 2);
    const expected = { code: 'UNAUTHORIZED', status: 401, message: /basic/i };
    await refused(() => client.checkStatus(), expected);
    await refused(() => client.repositories(), expected);
    await refused(() => client.repository('private/one').image('latest'), expected);
  });

  test('wrong credentials', SOON, async () => {
    const client = new DockerRegistryClient(server.url, { ...credentials, password: 'wrong-Password' });
    const { message } = await refused(() => client.checkStatus(), { code: 'UNAUTHORIZED', status: 401 });
    assert.doesNotMatch(message, /wrong-Password/);
    await refused(() => new DockerRegistryClient(server.url, { token: 'x' }).checkStatus(), { status: 401 });
  });

  test('many calls at once', SOON, async () => {
    const client = new DockerRegistryClient(server.url, credentials);
    const all = await Promise.all(Array.from({ length: 20 }, () => client.repository('private/one').tags()));
    assert.ok(all.every(([tag]) => tag === 'latest'));
  });
});

describe('scripted', () => {
  let server;
  let elsewhere;
  before(async () => {
    server = await startScripted();
    elsewhere = await startScripted();
  });
  after(() => Promise.all([server.stop(), elsewhere.stop()]));
  const sent = (one = server) => one.requests.map(({ headers }) => headers.authorization);

  test('a token is sent as it is, from the first request', SOON, async () => {
    Object.assign(server, { script: { '/v2/_catalog': json({ repositories: [] }) }, requests: [] });
    await new DockerRegistryClient(server.url, { token: 'ToKeN' }).repositories();
    assert.deepEqual(sent(), ['Bearer ToKeN']);
  });

  test('a password goes only to who asks for Basic', SOON, async () => {
    Object.assign(server, { script: { '/v2/': json({}) }, requests: [] });
    const client = new DockerRegistryClient(server.url, credentials);
    await client.checkStatus();
    assert.deepEqual(sent().filter(Boolean), []);
    server.script = { '/v2/': asking('Negotiate', json({})) };
    await refused(() => client.checkStatus(), { status: 401 });
    assert.deepEqual(sent().filter(Boolean), []);
    server.script = { '/v2/': asking('Negotiate, BASIC realm="a, b"', json({})) };
    await client.checkStatus();
    assert.deepEqual(sent().filter(Boolean), [basic]);
  });

  test('a name and password beyond ASCII', SOON, async () => {
    Object.assign(server, { script: { '/v2/': asking('Basic realm="x", charset="UTF-8"', json({})) }, requests: [] });
    await new DockerRegistryClient(server.url, { username: 'jürgen', password: 'pä:ß✓' }).checkStatus();
    assert.equal(Buffer.from(sent().at(-1).slice('Basic '.length), 'base64').toString(), 'jürgen:pä:ß✓');
  });

  test('neither leaves for another host by a redirect', SOON, async () => {
    const [{ bytes, descriptor }] = secret.layers;
    elsewhere.script = { '/storage': send(bytes) };
    for (const options of [{ token: 'ToKeN' }, credentials]) {
      elsewhere.requests = [];
      server.script = {
        '/v2/': asking('Basic realm="x"', json({})),
        [`/v2/a/b/blobs/${descriptor.digest}`]: asking(
          'Basic realm="x"',
          send('', { status: 307, location: `${elsewhere.url}/storage?signature=SiGnAtUrE` }),
        ),
      };
      const blob = await bytesOf(
        await new DockerRegistryClient(server.url, options).repository('a/b').blob(descriptor.digest),
      );
      assert.ok(bytes.equals(blob));
      assert.deepEqual(sent(elsewhere), [undefined]);
    }
  });

  test('nor by a Link', SOON, async () => {
    elsewhere.requests = [];
    server.script = {
      '/v2/a/b/tags/list': json({ tags: ['x'] }, { link: `<${elsewhere.url}/v2/a/b/tags/list>; rel="next"` }),
    };
    await refused(
      () => new DockerRegistryClient(server.url, { token: 'ToKeN' }).repository('a/b').tags(),
      'PAGING_LOOP',
    );
    assert.deepEqual(elsewhere.requests, []);
  });

  test('a redirect without an end', SOON, async () => {
    server.script = {
      '/v2/a/b/tags/list': (request, response) =>
        send('', { status: 307, location: '/v2/a/b/tags/list' })(request, response),
    };
    await refused(() => new DockerRegistryClient(server.url).repository('a/b').tags(), {});
  });
});
