// Manifests of schema 1 at distribution 2.8, which checks and makes signatures with Docker's own library, and beside skopeo.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { webcrypto } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { digestOf, image as newer, layer } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { keyFor, schema1Image, signed, signedContent } from '../../registries/schema1.mjs';
import { startScripted } from '../../registries/scripted.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, listOf, refused } from '../support/support.mjs';

const old = schema1Image('old/web', 'v1', [
  { run: '#(nop) ADD file:1 in /', files: { base: 'base <&>' } },
  { run: '#(nop) ENV A="<b>&c"' },
  { run: 'make é\u2028', files: { top: 'top' } },
  { run: '#(nop) CMD ["sh"]', config: { Env: ['A=<b>&c'], Cmd: ['sh'], Labels: {} } },
]);
const layers = old.layers.filter(({ diffId }) => diffId).reverse();

let server;
before(async () => {
  server = await startDistribution();
  await fill(server, { 'old/web': { v1: signedContent(old) } });
}, SOON);
after(() => server.stop());

const client = (options) => new DockerRegistryClient(server.url, options);
const repository = (options) => client(options).repository('old/web');

async function skopeo(...args) {
  const { stdout } = await promisify(execFile)('skopeo', ['--insecure-policy', ...args], { encoding: 'buffer' });
  return stdout;
}
const at = (name) => `docker://${new URL(server.url).host}/${name}`;
const inspect = async (name, ...args) => JSON.parse(await skopeo('inspect', '--tls-verify=false', ...args, at(name)));

describe('reading', () => {
  test('the manifest: digest of the payload, the registry’s own signature', SOON, async () => {
    for (const reference of ['v1', old.digest]) {
      const manifest = await repository().manifest(reference);
      assert.equal(manifest.digest, old.digest);
      assert.equal(manifest.mediaType, old.mediaType);
      assert.equal(manifest.size, manifest.bytes.length);
      assert.deepEqual(manifest.json, old.document);
      const [signature, ...more] = manifest.signatures;
      assert.deepEqual([signature.algorithm, signature.verified, more], ['ES256', true, []]);
      assert.match(signature.keyId, /^([A-Z2-7]{4}:){11}[A-Z2-7]{4}$/);
    }
    const head = await repository().headManifest('v1');
    assert.deepEqual([head.digest, head.mediaType], [old.digest, old.mediaType]);
    assert.equal((await inspect('old/web:v1')).Digest, old.digest);
  });

  test('the image', SOON, async () => {
    const image = await repository().image('v1');
    assert.deepEqual([image.id, image.digest, image.verified], [old.ids[0], old.digest, true]);
    assert.deepEqual(await image.ancestry(), old.ids);
    assert.deepEqual(
      image.layers.map(({ digest, size }) => [digest, size]),
      layers.map(({ descriptor: { digest, size } }) => [digest, size]),
    );
    assert.equal(
      image.size,
      layers.reduce((sum, { bytes }) => sum + bytes.length, 0),
    );
    assert.deepEqual({ ...image.platform }, { os: 'linux', architecture: 'amd64' });
    const history = await image.history();
    assert.deepEqual(
      history.map(({ emptyLayer, layer: made }) => [emptyLayer, made?.digest]),
      [
        [false, layers[0].descriptor.digest],
        [true, undefined],
        [false, layers[1].descriptor.digest],
        [true, undefined],
      ],
    );
    assert.ok((await image.getLayer()).length === layers[1].bytes.length);
    assert.deepEqual(await image.getData('config'), { Env: ['A=<b>&c'], Cmd: ['sh'], Labels: {} });
    assert.equal(await image.getData('rootfs'), undefined);
    assert.match(await image.dockerfile(), /^ENV A="<b>&c"$/m);
    const { Created, Env, Architecture } = await inspect('old/web:v1');
    assert.deepEqual(image.created, new Date(Created));
    assert.deepEqual([Env, Architecture], [['A=<b>&c'], 'amd64']);
  });

  test('data() and describeTags()', SOON, async () => {
    const data = await repository().data('v1');
    assert.deepEqual([data.digest, data.platforms.length, data.created.getUTCFullYear()], [old.digest, 1, 2015]);
    assert.deepEqual(
      (await listOf(repository().describeTags())).map(({ digest }) => digest),
      [old.digest],
    );
  });

  test('newer images are not turned into schema 1', SOON, async () => {
    const image = newer([{ run: 'COPY x /', layer: layer([{ path: 'x', content: 'x' }]) }], { docker: true });
    await fill(server, { 'old/newer': { latest: image } });
    const manifest = await client().repository('old/newer').manifest('latest');
    assert.deepEqual([manifest.digest, manifest.signatures], [image.digest, undefined]);
  });
});

describe('signatures', () => {
  const keys = ['ES256', 'ES384', 'ES512', 'RS256'].map(keyFor);
  const servers = [];
  after(() => Promise.all(servers.map((server) => server.stop())));
  const serve = async (bytes, type = old.mediaType) => {
    const scripted = await startScripted((_, response) => response.writeHead(200, { 'content-type': type }).end(bytes));
    servers.push(scripted);
    return { open: (options) => new DockerRegistryClient(scripted.url, options).repository('a').manifest('v1') };
  };

  test('every algorithm, and all of them together', SOON, async () => {
    for (const some of [...keys.map((key) => [key]), keys]) {
      const { open } = await serve(signed(old.payload, some));
      const { digest, signatures } = await open();
      assert.equal(digest, old.digest);
      assert.deepEqual(
        signatures,
        some.map(({ algorithm, id }) => ({ keyId: id, algorithm, verified: true })),
      );
    }
  });

  /** Another signature: its halves have changed places. */
  const turned = (signature) => signature.slice(signature.length / 2) + signature.slice(0, signature.length / 2);

  test('unsigned, tampered with, by somebody else: an error, or a warning', SOON, async () => {
    const tampered = Buffer.from(signed(old.payload, keys).toString().replace('"tag": "v1"', '"tag": "v2"'));
    const [mine, other] = [keyFor('ES256'), keyFor('ES256')];
    const others = signed(old.payload, [mine], (parts) => ({
      ...parts,
      header: { ...parts.header, jwk: { ...other.publicKey.export({ format: 'jwk' }) } },
    }));
    const oneWrong = signed(old.payload, keys, (parts) =>
      parts.header.alg === 'ES512' ? { ...parts, signature: turned(parts.signature) } : parts,
    );
    for (const [bytes, type, verified] of [
      [Buffer.from(old.payload), 'application/json', []],
      [tampered, 'text/plain', [false, false, false, false]],
      [others, old.mediaType, [false]],
      [oneWrong, old.mediaType, [true, true, false, true]],
    ]) {
      const { open } = await serve(bytes, type);
      await refused(open, { code: 'SIGNATURE_INVALID', message: /unverifiedSchema1/ });
      await refused(() => open({ unverifiedSchema1: 'error' }), 'SIGNATURE_INVALID');
      const warnings = [];
      const taken = await open({ unverifiedSchema1: 'warn', onWarning: (text) => warnings.push(text) });
      assert.deepEqual(
        taken.signatures.map((signature) => signature.verified),
        verified,
      );
      assert.equal(warnings.length, 1);
      assert.ok(warnings[0].includes(taken.digest), warnings[0]);
    }
    await refused(() => client({ unverifiedSchema1: true }), {
      code: 'INVALID_ARGUMENT',
      message: /unverifiedSchema1/,
    });
  });
});

describe('pushing', () => {
  test('an object is signed by a fresh key, and readable by skopeo', SOON, async () => {
    const pushed = await repository().pushManifest('pushed', { ...old.document, tag: 'pushed' });
    const payload = JSON.stringify({ ...old.document, tag: 'pushed' }, null, 3);
    assert.deepEqual([pushed.digest, pushed.mediaType], [digestOf(payload), old.mediaType]);
    assert.equal((await inspect('old/web:pushed')).Digest, pushed.digest);
    assert.deepEqual((await inspect('old/web:pushed', '--config')).config.Cmd, ['sh']);
  });

  test('a given key signs, and what is signed goes up as it is', SOON, async () => {
    const sent = [];
    const fetch = (url, init) => {
      if (init.method === 'PUT') sent.push(Buffer.from(init.body).toString());
      return globalThis.fetch(url, init);
    };
    for (const namedCurve of ['P-256', 'P-384', 'P-521']) {
      const pair = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve }, true, ['sign', 'verify']);
      const jwk = await webcrypto.subtle.exportKey('jwk', pair.privateKey);
      for (const signingKey of [pair, jwk]) {
        await repository({ fetch }).pushManifest('keyed', Buffer.from(old.payload), { signingKey });
        const { header } = JSON.parse(sent.at(-1)).signatures[0];
        assert.deepEqual([header.jwk.crv, header.jwk.x, header.jwk.d], [namedCurve, jwk.x, undefined]);
        assert.ok(sent.at(-1).startsWith(old.payload.slice(0, -2)));
      }
    }
    const bytes = signed(old.payload, [keyFor('RS256')]);
    const { digest } = await repository({ fetch }).pushManifest(old.digest, bytes);
    assert.deepEqual([digest, sent.at(-1)], [old.digest, bytes.toString()]);
  });

  test('bad keys and documents: refused before any request, no secret shown', SOON, async () => {
    const lines = [];
    const quiet = repository({ onRequest: ({ url }) => lines.push(url) });
    const d = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I';
    const jwk = await webcrypto.subtle.exportKey(
      'jwk',
      (await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign'])).privateKey,
    );
    const rsa = await webcrypto.subtle.generateKey(
      { name: 'RSA-PSS', hash: 'SHA-256', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]) },
      true,
      ['sign', 'verify'],
    );
    for (const signingKey of [
      'x',
      7,
      null,
      {},
      { kty: 'oct', k: d },
      { ...jwk, d: undefined },
      { ...jwk, crv: 'P-384' },
      { ...jwk, d, x: 'AA' },
      { privateKey: {}, publicKey: {} },
      rsa,
    ]) {
      const { message } = await refused(() => quiet.pushManifest('x', old.document, { signingKey }), {
        code: 'INVALID_ARGUMENT',
        message: /signingKey/,
      });
      assert.ok(!message.includes(d));
    }
    await refused(() => quiet.pushManifest('x', signed(old.payload, [keyFor('ES256')]), { signingKey: jwk }), {
      code: 'INVALID_ARGUMENT',
      message: /signingKey/,
    });
    await refused(() => quiet.pushManifest('x', { ...old.document, fsLayers: [] }), {
      code: 'INVALID_ARGUMENT',
      message: /fsLayers 0/,
    });
    const tampered = Buffer.from(
      signed(old.payload, [keyFor('ES256')])
        .toString()
        .replace('"v1"', '"v2"'),
    );
    await refused(() => quiet.pushManifest('x', tampered), 'SIGNATURE_INVALID');
    assert.deepEqual(lines, []);
  });
});

describe('changing', () => {
  test('tag() and untag()', SOON, async () => {
    await repository().tag('same', 'v1');
    assert.equal((await repository().manifest('same')).digest, old.digest);
    await repository().untag('same');
    assert.equal(await repository().headManifest('same'), undefined);
    assert.equal((await repository().manifest('v1')).digest, old.digest);
  });

  test('copy(): as it is, within the registry and to another', SOON, async () => {
    const other = await startDistribution();
    try {
      for (const target of [client(), new DockerRegistryClient(other.url)]) {
        const { digest } = await target.copy({ repository: repository(), reference: 'v1' }, 'old/copied:v1');
        assert.equal(digest, old.digest);
        const image = await target.repository('old/copied').image('v1');
        assert.deepEqual([image.id, await image.ancestry()], [old.ids[0], old.ids]);
      }
    } finally {
      await other.stop();
    }
  });

  test('copy(): converted as skopeo does, to the same config', SOON, async () => {
    const { digest } = await client().copy('old/web:v1', 'new/web:docker', { schema1: 'docker' });
    const image = await client().repository('new/web').image('docker');
    assert.equal(image.digest, digest);
    await skopeo(
      'copy',
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      '--format=v2s2',
      at('old/web:v1'),
      at('new/web:skopeo'),
    );
    const theirs = await client().repository('new/web').image('skopeo');
    assert.deepEqual([image.id, image.layers], [theirs.id, theirs.layers]);
    const { rootfs } = await image.getJson();
    assert.deepEqual(
      rootfs.diff_ids,
      layers.map(({ diffId }) => diffId),
    );
    const { Digest, Layers } = await inspect('new/web:docker');
    assert.deepEqual([Digest, Layers], [digest, layers.map(({ descriptor }) => descriptor.digest)]);

    await client().copy('old/web:v1', 'new/web:oci', { schema1: 'oci' });
    const oci = await client().repository('new/web').manifest('oci');
    assert.deepEqual([oci.mediaType, oci.config.digest], ['application/vnd.oci.image.manifest.v1+json', image.id]);
    assert.deepEqual((await inspect('new/web:oci')).Env, ['A=<b>&c']);
    // What is newer stays as it is.
    const again = await client().copy('new/web:docker', 'new/again:docker', { schema1: 'oci' });
    assert.equal(again.digest, digest);
    await refused(() => client().copy('old/web:v1', 'new/web:x', { schema1: 'convert' }), {
      code: 'INVALID_ARGUMENT',
      message: /options\.schema1/,
    });
  });

  test('planCleanup(): its blobs count, and go with it', SOON, async () => {
    const one = (text) => schema1Image('old/clean', text, [{ run: text, files: { [text]: text }, config: {} }]);
    const [first, second] = [one('1'), one('2')];
    await fill(server, { 'old/clean': { 1: signedContent(first), 2: signedContent(second) } });
    const clean = client().repository('old/clean');
    const plan = await clean.planCleanup({ keep: { tags: ['2'] }, remove: { tags: ['*'] } });
    const manifest = await clean.manifest('1');
    assert.equal(plan.freed, manifest.size + first.blobs[0].bytes.length);
    const { removed } = await plan.apply();
    assert.ok(removed.includes('1') && removed.includes(first.digest));
    assert.deepEqual(await clean.tags(), ['2']);
  });

  test('a blob that is gone', SOON, async () => {
    const image = schema1Image('old/gone', 'x', [{ run: 'x', files: { gone: 'gone' }, config: {} }]);
    const push = pusher(server.url);
    await push.push('old/gone', signedContent(image), 'x');
    const gone = client().repository('old/gone');
    await gone.deleteBlob(image.blobs[0].descriptor.digest);
    await refused(() => gone.image('x'), { code: 'NOT_FOUND', message: new RegExp(image.blobs[0].descriptor.digest) });
    assert.equal((await gone.manifest('x')).digest, image.digest);
  });
});
