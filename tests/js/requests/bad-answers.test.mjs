// Answers that no client should get: each a typed error, none read further than it must be, and the same instance goes on
// working.
import assert from 'node:assert/strict';
import { after, afterEach, before, test } from 'node:test';

import { digestOf, image, layer, types } from '../../../www/registry/content.mjs';
import {
  breaksOff,
  content,
  endless,
  error,
  hangs,
  hangsInBody,
  json,
  send,
  startScripted,
  truncated,
} from '../../registries/scripted.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, bytesOf, refused } from '../support/support.mjs';

const good = image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: '1' }]) }]);

let server;
let client;
let repository;
before(async () => {
  server = await startScripted();
  // Each test has its own manifest under the same digest: nothing may come from the cache. What is tried again, and how
  // often, is the matter of retries.test.mjs.
  client = new DockerRegistryClient(server.url, { timeout: 500, idleTimeout: 500, cacheBytes: 0, retry: false });
  repository = client.repository('a/b');
});
afterEach(async () => {
  server.script = { '/v2/a/b/tags/list': json({ tags: ['x'] }), '/v2/a/b/manifests/good': content(good) };
  assert.deepEqual(await repository.tags(), ['x'], 'the instance goes on working');
  assert.equal((await repository.manifest('good')).digest, good.digest);
});
after(() => server.stop());

const manifestIs = (handler) =>
  (server.script = { '/v2/a/b/manifests/x': handler, [`/v2/a/b/manifests/${good.digest}`]: handler });
const manifestOf = (document) =>
  manifestIs(
    send(typeof document === 'string' ? document : JSON.stringify(document), { 'content-type': types.ociManifest }),
  );
const config = { mediaType: types.ociConfig, digest: digestOf('{}'), size: 2 };
const withLayer = (fields) => ({
  schemaVersion: 2,
  mediaType: types.ociManifest,
  config,
  layers: [{ mediaType: types.ociLayer, digest: digestOf('x'), size: 1, ...fields }],
});

/** A broken document can be had, with what is wrong with it and no field that it does not state; read as an image it is refused. */
async function broken(problem, code = 'INVALID_RESPONSE') {
  const manifest = await repository.manifest('x');
  assert.match(manifest.problem, problem);
  assert.deepEqual([manifest.digest, manifest.size], [digestOf(manifest.bytes), manifest.bytes.length]);
  for (const field of ['config', 'layers', 'manifests', 'subject']) {
    if (manifest[field] !== undefined) assert.deepEqual(manifest[field], manifest.json[field], field);
  }
  await refused(() => repository.image('x'), { code, message: problem });
  return manifest;
}

test('truncated body', SOON, async () => {
  manifestIs(truncated(good.bytes, { 'content-type': good.mediaType }));
  await refused(() => repository.manifest('x'), 'TRUNCATED');
  server.script = { '/v2/a/b/tags/list': truncated(Buffer.from('{"tags":["a","b","c","d","e"]}')) };
  await refused(() => repository.tags(), 'TRUNCATED');
  manifestOf(good.bytes.toString().slice(0, -20));
  await refused(() => repository.manifest('x'), 'INVALID_RESPONSE');
});

test('wrong digest', SOON, async () => {
  const other = image([{ run: 'x', layer: layer([{ path: 'two', content: '2' }]) }]);
  manifestIs(content(other));
  await refused(() => repository.manifest(good.digest), { code: 'DIGEST_MISMATCH', message: new RegExp(other.digest) });
  await refused(() => repository.image(good.digest), 'DIGEST_MISMATCH');
  manifestIs(content(good, { 'docker-content-digest': other.digest }));
  await refused(() => repository.manifest('x'), 'DIGEST_MISMATCH');
  manifestIs(content(good, { 'docker-content-digest': 'nonsense' }));
  assert.equal((await repository.manifest('x')).digest, good.digest);
  manifestIs(content(good));
  assert.equal((await repository.manifest('x')).digest, good.digest);
});

test('a config that is not the one the manifest names', SOON, async () => {
  server.script = {
    '/v2/a/b/manifests/x': content(good),
    [`/v2/a/b/blobs/${good.id}`]: send(Buffer.alloc(good.blobs[0].bytes.length, '{')),
  };
  await refused(() => repository.image('x'), 'DIGEST_MISMATCH');
  await refused(() => repository.data('x'), 'DIGEST_MISMATCH');
});

test('giant manifest', SOON, async () => {
  const stream = endless({ 'content-type': types.ociManifest });
  manifestIs(stream);
  await refused(() => repository.manifest('x'), 'TOO_LARGE');
  assert.ok(stream.sent() < 30_000_000, `${stream.sent()} bytes were sent`);
  manifestIs((_, response) =>
    response.writeHead(200, { 'content-length': 5_000_000_000, 'content-type': types.ociManifest }).write('{'),
  );
  await refused(() => repository.manifest('x'), 'TOO_LARGE');
});

test('a manifest of just under 4 MiB is read', SOON, async () => {
  const large = image([{ run: 'x', layer: layer([{ path: 'x', content: 'x' }]) }], {
    annotations: { filler: 'x'.repeat(4_190_000) },
  });
  manifestIs(content(large));
  assert.equal((await repository.manifest('x')).size, large.size);
});

test('invalid UTF-8', SOON, async () => {
  manifestIs(
    send(Buffer.from([...Buffer.from('{"schemaVersion":2,"a":"'), 0xff, 0xfe, 0x22, 0x7d]), {
      'content-type': types.ociManifest,
    }),
  );
  await refused(() => repository.manifest('x'), 'INVALID_RESPONSE');
  server.script = {
    '/v2/a/b/tags/list': send(Buffer.from([...Buffer.from('{"tags":["'), 0xc3, 0x28, ...Buffer.from('"]}')])),
  };
  await refused(() => repository.tags(), 'INVALID_RESPONSE');
  server.script = { '/v2/_catalog': send(Buffer.from([0xef, 0xbb, 0xbf, 0xff])) };
  await refused(() => client.repositories(), 'INVALID_RESPONSE');
});

test('JSON of depth 100,000', SOON, async () => {
  const deep = (open, close) => open.repeat(100_000) + close.repeat(100_000);
  for (const text of [
    deep('[', ']'),
    deep('{"a":', '}').replace('}', '1}'),
    `{"schemaVersion":2,"layers":${deep('[', ']')}}`,
  ]) {
    manifestOf(text);
    await refused(() => repository.manifest('x'), 'INVALID_RESPONSE');
  }
  server.script = {
    '/v2/a/b/tags/list': send(`{"tags":${deep('[', ']')}}`),
    '/v2/_catalog': send(`{"repositories":["a"],"x":${deep('[', ']')}}`),
  };
  await refused(() => repository.tags(), 'INVALID_RESPONSE');
  await refused(() => client.repositories(), 'INVALID_RESPONSE');
  server.script = { '/v2/a/b/manifests/x': error(500, 'X'), '/v2/': send('') };
  server.script['/v2/a/b/manifests/x'] = send(`{"errors":${deep('[', ']')}}`, { status: 500 });
  await refused(() => repository.manifest('x'), { status: 500, code: 'HTTP_ERROR' });
});

for (const size of ['-1', '1.5', '18446744073709551616', '9007199254740992', '1e3', '"123"', 'null', 'true', '[]']) {
  test(`size ${size}`, SOON, async () => {
    manifestOf(JSON.stringify(withLayer({ size: 424_242 })).replace('424242', size));
    const manifest = await broken(/layers\[0\].*size/);
    assert.deepEqual([manifest.config, manifest.layers], [config, undefined]);
  });
}
test('size absent', SOON, async () => {
  manifestOf(withLayer({ size: undefined }));
  await broken(/layers\[0\]\.size: it is missing/);
});

for (const [title, document] of [
  ['empty', ''],
  ['null', 'null'],
  ['a list', '[]'],
  ['a text', '"x"'],
  ['a number', '1'],
]) {
  test(`a manifest that is ${title}`, SOON, async () => {
    manifestOf(document);
    await refused(() => repository.manifest('x'), 'INVALID_RESPONSE');
  });
}

for (const [title, document, code = 'INVALID_RESPONSE'] of [
  ['layers that are no list', { ...withLayer(), layers: {} }],
  ['a config that is a list', { ...withLayer(), config: [] }],
  ['manifests that are no list', { schemaVersion: 2, mediaType: types.ociIndex, manifests: {} }],
  ['a digest that is none', withLayer({ digest: 'sha256:../../x' })],
  ['a digest in upper case', withLayer({ digest: `sha256:${'A'.repeat(64)}` })],
  ['annotations that are no text', { ...withLayer(), annotations: { a: 1 } }],
  ['two kinds at once', { ...withLayer(), manifests: [] }, 'AMBIGUOUS_MANIFEST'],
  ['layers twice', '{"schemaVersion":2,"layers":[],"layers":[],"config":{}}'],
]) {
  test(`a manifest that is ${title}`, SOON, async () => {
    manifestOf(document);
    await broken(/^manifest: /, code);
  });
}

test('a mediaType that contradicts the Content-Type', SOON, async () => {
  manifestIs(send(good.bytes, { 'content-type': types.ociIndex }));
  await broken(/they must be the same/);
  manifestIs(send(good.bytes, { 'content-type': `${types.ociManifest}; charset=utf-8` }));
  assert.equal((await repository.manifest('x')).mediaType, types.ociManifest);
});

test('an index that claims to be its own child, at depth', SOON, async () => {
  let depth = 0;
  const indexOf = (child) => JSON.stringify({ schemaVersion: 2, mediaType: types.ociIndex, manifests: [child] });
  const script = { '/v2/a/b/manifests/x': undefined };
  let text = indexOf({
    mediaType: types.ociManifest,
    digest: good.digest,
    size: good.size,
    platform: { os: 'linux', architecture: 'amd64' },
  });
  for (; depth < 200; depth += 1) {
    script[`/v2/a/b/manifests/${digestOf(text)}`] = send(text, { 'content-type': types.ociIndex });
    text = indexOf({ mediaType: types.ociIndex, digest: digestOf(text), size: text.length });
  }
  script['/v2/a/b/manifests/x'] = send(text, { 'content-type': types.ociIndex });
  server.script = script;
  server.requests.length = 0;
  await refused(() => repository.image('x'), 'INDEX_LIMIT');
  assert.ok(server.requests.length < 50, `${server.requests.length} requests`);
});

test('an index of indexes, too many of them', SOON, async () => {
  const indexOf = (manifests, annotations) =>
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: types.ociIndex, manifests, annotations }));
  const inner = Array.from({ length: 300 }, (_, number) => indexOf([], { number: `${number}` }));
  const describe = (bytes) => ({ mediaType: types.ociIndex, digest: digestOf(bytes), size: bytes.length });
  const serve = (bytes) => content({ bytes, mediaType: types.ociIndex });
  server.script = Object.fromEntries(inner.map((bytes) => [`/v2/a/b/manifests/${digestOf(bytes)}`, serve(bytes)]));
  server.script['/v2/a/b/manifests/x'] = serve(indexOf(inner.map(describe)));
  server.requests.length = 0;
  await refused(() => repository.image('x'), 'INDEX_LIMIT');
  assert.ok(server.requests.length < 150, `${server.requests.length} requests`);
});

test('a child that is not as the index says', SOON, async () => {
  const entry = {
    mediaType: good.mediaType,
    digest: good.digest,
    size: good.size + 1,
    platform: { os: 'linux', architecture: 'amd64' },
  };
  const index = (one) =>
    json({ schemaVersion: 2, mediaType: types.ociIndex, manifests: [one] }, { 'content-type': types.ociIndex });
  const script = (one) =>
    (server.script = {
      '/v2/a/b/manifests/x': index(one),
      [`/v2/a/b/manifests/${good.digest}`]: content(good),
      [`/v2/a/b/blobs/${good.id}`]: content(good.blobs[0]),
    });
  script(entry);
  await refused(() => repository.image('x'), 'SIZE_MISMATCH');
  script({ ...entry, size: good.size, mediaType: types.dockerManifest });
  await refused(() => repository.image('x'), 'INVALID_RESPONSE');
});

test('errors: the registry’s own, and other bodies', SOON, async () => {
  const failing = (status, body, fields) => {
    manifestIs(send(typeof body === 'string' ? body : JSON.stringify(body), { status, ...fields }));
    return repository.manifest('x');
  };
  const denied = await refused(
    () =>
      failing(403, {
        errors: [
          { code: 'DENIED', message: 'no', detail: { who: 'you' } },
          { code: 'OTHER', message: '' },
        ],
      }),
    { code: 'DENIED', status: 403, method: 'GET' },
  );
  assert.deepEqual(JSON.parse(JSON.stringify(denied.errors)), [
    { code: 'DENIED', message: 'no', detail: { who: 'you' } },
    { code: 'OTHER', message: '' },
  ]);
  for (const [status, code] of [
    [401, 'AUTH_REQUIRED'],
    [403, 'DENIED'],
    [404, 'NOT_FOUND'],
    [429, 'RATE_LIMITED'],
    [500, 'HTTP_ERROR'],
    [418, 'HTTP_ERROR'],
  ]) {
    for (const body of ['', '<html>', '{"errors":{}}', '{"errors":null}', '{"errors":[null]}', '[]', '\xff\xfe'])
      await refused(() => failing(status, body), { code, status });
  }
  await refused(() => failing(429, '', { 'retry-after': '7' }), { code: 'RATE_LIMITED', retryAfter: 7000 });
  await refused(() => failing(429, ''), { code: 'RATE_LIMITED', retryAfter: undefined });
  const { message } = await refused(() => failing(500, `<p>${'x'.repeat(10_000)}`), 'HTTP_ERROR');
  assert.ok(message.length < 1000);
});

test('an error without an end is cut off', SOON, async () => {
  const stream = endless();
  manifestIs((request, response) => {
    response.statusCode = 500;
    const { writeHead } = response;
    response.writeHead = (_, headers) => writeHead.call(response, 500, headers);
    stream(request, response);
  });
  await refused(() => repository.manifest('x'), { status: 500 });
  assert.ok(stream.sent() < 20_000_000, `${stream.sent()} bytes were sent`);
});

test('no answer, and half an answer: time-outs', SOON, async () => {
  manifestIs(hangs);
  await refused(() => repository.manifest('x'), { code: 'TIMEOUT', status: undefined });
  await refused(() => repository.manifest('x', { timeout: 50 }), 'TIMEOUT');
  manifestIs(hangsInBody(good.bytes, { 'content-type': good.mediaType }));
  await refused(() => repository.manifest('x'), 'TIMEOUT');
  const blob = digestOf('hangs');
  server.script = { [`/v2/a/b/blobs/${blob}`]: hangsInBody(Buffer.alloc(100_000)) };
  await refused(async () => bytesOf(await repository.blob(blob)), 'TIMEOUT');
});

test('answers that come byte by byte: a document has to arrive', SOON, async () => {
  const trickle = (status, headers) => (_, response) => {
    response.writeHead(status, headers);
    const timer = setInterval(() => response.write(' '), 100);
    response.on('close', () => clearInterval(timer));
  };
  const slow = new DockerRegistryClient(server.url, { timeout: 400, idleTimeout: 5_000, retry: false });
  const bearer = { 'www-authenticate': `Bearer realm="${server.url}/token"` };
  const everything = (status, headers) => (request, response) =>
    (request.url === '/v2/' ? json({}) : trickle(status, headers))(request, response);
  server.script = everything(200);
  await refused(() => slow.repository('a/b').manifest('x'), 'TIMEOUT');
  await refused(() => slow.repository('a/b').tags(), 'TIMEOUT');
  await refused(() => slow.repositories(), 'TIMEOUT');
  server.script = everything(500);
  await refused(() => slow.repository('a/b').tags(), { status: 500 });
  server.script = (request, response) =>
    (request.url.startsWith('/token') ? trickle(200) : error(401, 'X', 'y', bearer))(request, response);
  await refused(() => slow.repository('a/b').tags(), 'TIMEOUT');
  for (const status of [200, 401, 404]) {
    server.script = trickle(status, bearer);
    assert.equal(typeof (await slow.diagnose({ repository: 'a/b' })).text, 'string');
  }
});

test('a connection that breaks off', SOON, async () => {
  manifestIs(breaksOff);
  await refused(() => repository.manifest('x'), 'NETWORK');
});

test('nothing secret in an error', SOON, async () => {
  const secrets = new DockerRegistryClient(server.url, {
    username: 'alice',
    password: 'PaSsWoRd',
    headers: { 'x-api-key': 'ApIkEy' },
  });
  manifestIs(error(500, 'X'));
  const failure = await refused(() => secrets.repository('a/b').manifest('x'), { status: 500 });
  const seen = [
    failure.message,
    failure.stack,
    failure.url,
    JSON.stringify(failure),
    JSON.stringify(secrets),
    String(failure.cause),
  ].join('\n');
  assert.doesNotMatch(seen, /PaSsWoRd|ApIkEy/);
});

test('a fetch that misbehaves', SOON, async () => {
  const broken = [
    () => {
      throw new Error('thrown');
    },
    () => Promise.reject('a text'),
    () => Promise.reject(undefined),
    () => undefined,
    () => Promise.resolve(null),
    () => Promise.resolve({}),
    () => Promise.resolve({ status: 200, headers: { get: () => '\n' } }),
  ];
  for (const fetch of broken) await refused(() => new DockerRegistryClient(server.url, { fetch }).checkStatus(), {});
});
