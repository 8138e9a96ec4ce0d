// Copying: within a registry, between real registries of different kinds, whole indexes and parts of them.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';

import { digestOf, image, index, layer } from '../../../www/registry/content.mjs';
import { fill } from '../../../www/registry/fill.mjs';
import { pusher } from '../../../www/registry/push.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { error, startScripted } from '../../registries/scripted.mjs';
import { credentials, startDistribution, startFerro, startTokenRegistry } from '../../registries/servers.mjs';
import { DockerRegistryClient, packedFolder } from '../support/packed.mjs';
import { SOON, refused } from '../support/support.mjs';

const web = samples['team/web'].latest;
const [tiny, other] = ['1', '2'].map((content) =>
  image([{ run: 'COPY one /', layer: layer([{ path: 'one', content }]) }]),
);

let source;
let ferro;
let locked;
before(async () => {
  source = await startDistribution();
  await fill(source, { 'team/web': samples['team/web'], 'charts/web': samples['charts/web'] });
  ferro = await startFerro();
  locked = await startTokenRegistry();
}, SOON);
after(() => Promise.all([source.stop(), ferro.stop(), locked.stop()]));

const from = () => new DockerRegistryClient(source.url);
const place = (repository, reference, client = from()) => ({ repository: client.repository(repository), reference });

const small = (name, options) =>
  image([{ run: `COPY ${name} /`, layer: layer([{ path: name, content: name }]) }], options);

/** A client that counts its requests: "HEAD manifests". */
function counting(url, options = {}) {
  const lines = [];
  const onRequest = ({ method, url: asked }) =>
    lines.push(`${method} ${/(manifests|blobs\/uploads|blobs|v2\/$)/.exec(asked)?.[1] ?? 'token'}`);
  return [new DockerRegistryClient(url, { ...options, onRequest }), lines];
}

/** Every manifest and blob of an index or image, read by plain fetch. */
async function assertWhole(url, repository, content, headers = {}) {
  const read = async (path, type) => {
    const response = await fetch(`${url}/v2/${repository}/${path}`, {
      headers: { ...headers, ...(type && { accept: type }) },
    });
    assert.equal(response.status, 200, path);
    return Buffer.from(await response.arrayBuffer());
  };
  const manifest = async ({ digest, mediaType, children, blobs, bytes }) => {
    assert.ok(bytes.equals(await read(`manifests/${digest}`, mediaType)), digest);
    for (const { descriptor } of blobs)
      assert.equal(digestOf(await read(`blobs/${descriptor.digest}`)), descriptor.digest);
    for (const child of children) await manifest(child);
  };
  await manifest(content);
}

describe('strings with a host', () => {
  test("the client's own", SOON, async () => {
    const client = from();
    const { host } = new URL(source.url);
    const { digest } = web;
    for (const [at, before] of [host, `docker://${host}`, `oci://${host}`, `http://${host}`].entries()) {
      const target = `own/web${at}`;
      const result = await client.copy(`${before}/team/web:latest`, `${before}/${target}:1`);
      assert.equal(result.digest, digest);
      assert.deepEqual(await client.repository(`docker://${host}/${target}`).tags(), ['1']);
    }
    await client.copy(`team/web@${digest}`, `${host}/com.example/web`);
    assert.deepEqual(await client.repository('com.example/web').tags(), ['latest']);
  });

  test("another registry's", SOON, async () => {
    const client = from();
    const other = { code: 'INVALID_REFERENCE', message: /it names the registry ".*make a client for that registry/ };
    for (const text of [
      'ghcr.io/team/web:1',
      'localhost:1/team/web',
      'docker://ghcr.io/team/web',
      'https://ghcr.io/a',
    ]) {
      await refused(() => client.copy(text, 'a/b'), other, text);
      await refused(() => client.copy('team/web:latest', text), other, text);
    }
    await refused(() => client.repository('docker://ghcr.io/team/web'), other);
    const secret = await refused(() => client.copy('https://me:hush@ghcr.io/a', 'a/b'), 'INVALID_REFERENCE');
    assert.doesNotMatch(secret.message, /hush/);
  });
});

describe('between registries', () => {
  test('an index with all it has, byte for byte', SOON, async () => {
    const steps = [];
    const [client, lines] = counting(ferro.url);
    const result = await client.copy(place('team/web', 'latest'), 'mirror/web:2.0.0', {
      onProgress: (step) => steps.push(step),
    });
    assert.equal(result.digest, web.digest);
    // Attestations that say the same are the same.
    assert.equal(result.manifests, 1 + new Set(web.children.map((child) => child.digest)).size);
    assert.equal((await client.repository('mirror/web').manifest('2.0.0')).digest, web.digest);
    await assertWhole(ferro.url, 'mirror/web', web);
    assert.equal(
      result.bytes,
      steps
        .filter(({ stage, digest }) => stage === 'copied' && !isManifest(digest))
        .reduce((sum, { total }) => sum + total, 0),
    );
    assert.ok(steps.every(({ loaded, total }) => loaded >= 0 && loaded <= total));
    // What is there is passed over.
    lines.length = 0;
    const again = await client.copy(place('team/web', 'latest'), 'mirror/web:2.0.0');
    assert.deepEqual([again.manifests, again.blobs, again.bytes], [0, 0, 0]);
    assert.ok(
      lines.every((line) => /^HEAD|^GET manifests/.test(line)),
      lines.join(),
    );
  });
  const isManifest = (digest) => [web, ...web.children].some((manifest) => manifest.digest === digest);

  test('into a registry that wants tokens, read back by skopeo', SOON, async () => {
    const client = new DockerRegistryClient(locked.url, credentials);
    await client.copy(place('team/web', 'latest'), 'private/web');
    const { stdout } = await promisify(execFile)('skopeo', [
      'inspect',
      '--raw',
      '--tls-verify=false',
      '--creds',
      'alice:secret',
      `docker://${new URL(locked.url).host}/private/web:latest`,
    ]);
    assert.equal(digestOf(Buffer.from(stdout)), web.digest);
    const other = new DockerRegistryClient(locked.url, { username: 'bob', password: 'hunter2' });
    await refused(() => other.copy(place('team/web', 'latest'), 'private/none'), { status: 401 });
  });

  test('an Image of another client, and an artifact', SOON, async () => {
    const opened = await from().repository('team/web').image('latest', { platform: 'linux/arm64' });
    const client = new DockerRegistryClient(ferro.url);
    const { digest } = await client.copy(opened, 'mirror/one:arm');
    assert.equal(digest, opened.digest);
    await client.copy(place('charts/web', '1.0.0'), 'mirror/chart:1.0.0');
    await assertWhole(ferro.url, 'mirror/chart', samples['charts/web']['1.0.0']);
  });

  test('some platforms of an index', SOON, async () => {
    const client = new DockerRegistryClient(ferro.url);
    const arm = web.children[1];
    const one = await client.copy(place('team/web', 'latest'), 'mirror/part:one', { platforms: ['linux/arm64'] });
    assert.equal(one.digest, arm.digest);
    await client.copy(place('team/web', 'latest'), 'mirror/part:two', { platforms: ['linux/arm64', 'linux/amd64'] });
    const { json } = await client.repository('mirror/part').manifest('two');
    const platforms = json.manifests.map(({ platform }) => `${platform.os}/${platform.architecture}`);
    assert.deepEqual(
      platforms.filter((platform) => platform !== 'unknown/unknown'),
      ['linux/amd64', 'linux/arm64'],
    );
    await refused(
      () => client.copy(place('team/web', 'latest'), 'mirror/part:none', { platforms: ['linux/s390x', 'linux/amd64'] }),
      'NO_MATCHING_PLATFORM',
    );
    assert.deepEqual((await client.repository('mirror/part').tags()).sort(), ['one', 'two']);
  });
});

describe('what refers to it', () => {
  for (const kind of ['distribution', 'ferro'])
    test(`comes along on request, to ${kind}`, SOON, async () => {
      const client =
        kind === 'ferro' ? new DockerRegistryClient(ferro.url) : new DockerRegistryClient(locked.url, credentials);
      const sbom = samples['team/web'].sbom;
      const { digest: subject } = sbom.document.subject;
      const repository = client.repository(`signed/${kind}`);
      // On distribution, which has no referrers API, the sample refers by itself alone: its list has to be made.
      const own = from().repository('team/web');
      await own.pushManifest('sbom', sbom.bytes, { mediaType: sbom.mediaType });
      assert.deepEqual(
        (await own.referrers(subject)).map(({ digest }) => digest),
        [sbom.digest],
      );

      await client.copy(place('team/web', 'latest'), `signed/${kind}:without`);
      assert.deepEqual(await repository.referrers(subject), []);
      await client.copy(place('team/web', 'latest'), `signed/${kind}:with`, { referrers: true });
      const [told, ...others] = await repository.referrers(subject);
      assert.deepEqual([told.digest, told.artifactType, others], [sbom.digest, sbom.document.artifactType, []]);
      const { manifests } = await client.copy(place('team/web', 'latest'), `signed/${kind}:with`, { referrers: true });
      assert.equal(manifests, 0);
    });
});

describe('within a registry', () => {
  test('blobs are mounted, the tag comes last', SOON, async () => {
    const [client, lines] = counting(source.url);
    const { digest, mounted, blobs, bytes } = await client.copy('team/web:1.0.0', 'released/web:1.0.0');
    assert.equal(digest, samples['team/web']['1.0.0'].digest);
    assert.deepEqual([blobs, bytes], [0, 0]);
    assert.ok(mounted > 0);
    assert.equal(lines.at(-1), 'PUT manifests');
    await assertWhole(source.url, 'released/web', samples['team/web']['1.0.0']);
  });

  test('a tag moves only when all is there', SOON, async () => {
    const client = from();
    await client.copy('team/web:1.0.0', 'released/moving:now');
    await client.copy(`team/web@${samples['team/web']['1.1.0'].digest}`, 'released/moving:now');
    assert.equal(
      (await client.repository('released/moving').manifest('now')).digest,
      samples['team/web']['1.1.0'].digest,
    );
  });
});

describe('what goes wrong', () => {
  test('bad input sends nothing', SOON, async () => {
    const [client, lines] = counting(source.url);
    for (const [from, to] of [
      ['', 'a:b'],
      ['Team/web', 'a:b'],
      ['a:b', 'a:b:c'],
      ['a@sha256:x', 'a'],
      ['host:5000/a:b', 'a'],
      ['a:b', ''],
    ])
      await refused(() => client.copy(from, to), 'INVALID_REFERENCE');
    for (const wrong of [
      undefined,
      null,
      7,
      {},
      { repository: 'a' },
      { repository: client.repository('a') },
      { repository: {}, reference: 'x' },
      client,
    ])
      await refused(() => client.copy(wrong, 'a:b'), 'INVALID_ARGUMENT');
    await refused(() => client.copy('a:b', 'a:c', { platform: 'x' }), {
      code: 'INVALID_ARGUMENT',
      message: /platforms/,
    });
    await refused(() => client.copy('a:b', 'a:c', { platforms: ['a/b/c/d'] }), {
      code: 'INVALID_ARGUMENT',
      message: /platforms/,
    });
    assert.deepEqual(lines, []);
    await refused(() => client.copy('team/none:x', 'a:b'), { status: 404 });
    await refused(() => client.copy('team/web:latest', `a@${tiny.digest}`), 'INVALID_ARGUMENT');
  });

  test('a layer that is not what its digest says is not pushed, the tag stays', SOON, async () => {
    const bad = await startScripted({
      '/v2/a/b/manifests/x': (_, response) =>
        response.writeHead(200, { 'content-type': tiny.mediaType }).end(tiny.bytes),
      ...Object.fromEntries(
        tiny.blobs.map(({ bytes, descriptor }) => [
          `/v2/a/b/blobs/${descriptor.digest}`,
          (_, response) => response.writeHead(200).end(Buffer.alloc(bytes.length, 'x')),
        ]),
      ),
    });
    const client = new DockerRegistryClient(ferro.url);
    await client.copy(place('team/web', '1.0.0'), 'mirror/kept:now');
    const broken = place('a/b', 'x', new DockerRegistryClient(bad.url));
    await refused(() => client.copy(broken, 'mirror/kept:now'), 'DIGEST_MISMATCH');
    assert.equal((await client.repository('mirror/kept').manifest('now')).digest, samples['team/web']['1.0.0'].digest);
    for (const { descriptor } of tiny.blobs)
      assert.equal(await client.repository('mirror/kept').headBlob(descriptor.digest), undefined);
    await bad.stop();
  });

  test('a target that refuses at the last manifest', SOON, async () => {
    const target = await startScripted((request, response) => {
      if (request.method === 'HEAD')
        return response.writeHead(request.url.includes('/blobs/') ? 200 : 404, { 'content-length': 0 }).end();
      if (request.method === 'GET') return response.writeHead(200).end('{}');
      return error(400, 'MANIFEST_BLOB_UNKNOWN', 'blob unknown')(request, response);
    });
    const client = new DockerRegistryClient(target.url, { retry: false });
    await refused(() => client.copy(place('team/web', '1.0.0'), 'a/b:c'), { status: 400 });
    assert.ok(
      target.requests.every(({ method, url }) => method !== 'PUT' || !url.endsWith('/manifests/c')),
      'the tag is not touched',
    );
    await target.stop();
  });

  test('an abort stops it; made again it goes on', SOON, async () => {
    const both = index([tiny, other]);
    await fill(source, { 'team/both': { latest: both } });
    for (let step = 1; step < 12; step += 1) {
      const controller = new AbortController();
      let seen = 0;
      const client = new DockerRegistryClient(ferro.url, {
        onRequest: () => {
          seen += 1;
          if (seen === step) controller.abort('enough');
        },
      });
      const target = `mirror/aborted-${step}:now`;
      const ended = await client.copy(place('team/both', 'latest'), target, { signal: controller.signal }).then(
        () => 'done',
        (reason) => reason,
      );
      assert.ok(['done', 'enough'].includes(ended), String(ended));
      // No tag before all is there.
      const tagged = await client.repository(`mirror/aborted-${step}`).headManifest('now');
      if (tagged) await assertWhole(ferro.url, `mirror/aborted-${step}`, both);
      else assert.equal(ended, 'enough');
      await new DockerRegistryClient(ferro.url).copy(place('team/both', 'latest'), target);
      await assertWhole(ferro.url, `mirror/aborted-${step}`, both);
    }
  });

  test('a process killed in the middle of it leaves no tag; made again it is whole', SOON, async () => {
    const program = `
      import { DockerRegistryClient } from ${JSON.stringify(join(packedFolder, 'by-name.mjs'))};
      const source = { repository: new DockerRegistryClient(process.argv[1]).repository('team/web'), reference: 'latest' };
      process.stdout.write('.');
      await new DockerRegistryClient(process.argv[2]).copy(source, process.argv[3], { onProgress: () => process.stdout.write('.') });
      process.stdout.write('done');`;
    const killed = [];
    for (const steps of [1, 4, 9, 16]) {
      const target = `mirror/killed-${steps}:now`;
      const child = spawn(process.execPath, ['--input-type=module', '-e', program, source.url, ferro.url, target]);
      let told = '';
      child.stdout.on('data', (text) => {
        told += text;
        if (told.length >= steps) child.kill('SIGKILL');
      });
      await once(child, 'close');
      const client = new DockerRegistryClient(ferro.url);
      if (!told.endsWith('done')) {
        killed.push(steps);
        assert.equal(await client.repository(`mirror/killed-${steps}`).headManifest('now'), undefined);
      }
      await client.copy(place('team/web', 'latest'), target);
      await assertWhole(ferro.url, `mirror/killed-${steps}`, web);
    }
    assert.ok(killed.length > 0, 'it was too fast to be killed');
  });
});

for (const [registryName, url] of [
  ['distribution 2.8', () => source.url],
  ['ferro (OCI 1.1)', () => ferro.url],
])
  describe(registryName, () => {
    let client;
    before(() => {
      client = new DockerRegistryClient(url());
    });

    test("what stands under cosign's tags comes along", SOON, async () => {
      const { push } = pusher(url());
      const children = [small('amd'), small('arm', { platform: 'linux/arm64' })];
      const root = index(children);
      await push('signed/one', root, 'it');
      const tagOf = ({ digest }, ending) => `${digest.replace(':', '-')}${ending}`;
      const tags = { [tagOf(root, '.sig')]: small('sig'), [tagOf(children[1], '.att')]: small('att') };
      for (const [tag, content] of Object.entries(tags)) await push('signed/one', content, tag);
      await client.copy({ repository: client.repository('signed/one'), reference: 'it' }, 'signed/two:it', {
        referrers: true,
      });
      const listed = await (await fetch(`${url()}/v2/signed/two/tags/list`)).json();
      assert.deepEqual(listed.tags.sort(), ['it', ...Object.keys(tags)].sort());
      for (const [tag, { digest }] of Object.entries(tags)) {
        assert.equal((await client.repository('signed/two').manifest(tag)).digest, digest);
      }
    });
  });
