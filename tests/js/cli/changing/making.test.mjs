// `artifact push|attach|pull`, `index create|edit` and `mutate`. Read back with plain fetch and with skopeo.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';

import { artifact, blob, digestOf, types } from '../../../../www/registry/content.mjs';
import { fill } from '../../../../www/registry/fill.mjs';
import { find } from '../../../../www/registry/programs.mjs';
import { samples } from '../../../../www/registry/sample-images.mjs';
import { tar } from '../../../../www/registry/tar.mjs';
import { content, error, hangs, json, send, startScripted } from '../../../registries/scripted.mjs';
import { cli, ended, start } from '../cli.mjs';
import { SOON, realRegistries } from '../../support/support.mjs';

const web = samples['team/web'];
const one = web['1.0.0'];
const index = web['2.0.0'];
const NONE = `sha256:${'0'.repeat(64)}`;
const TITLE = 'org.opencontainers.image.title';

const folder = mkdtempSync(join(tmpdir(), 'cli-making-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const newFolder = () => mkdtempSync(join(folder, 'in-'));
const sha256 = (bytes) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** What refused calls print; nothing else comes of them. */
const allRefused = (cases, options) =>
  Promise.all(cases.map(([args, exit, message]) => refused(args, exit, message, options)));

async function refused(args, exit, message, options) {
  const { code, out, err } = await cli(args, options);
  assert.deepEqual([code, out], [exit, ''], `${args}: ${err}`);
  assert.match(err, message);
}

for (const [name, launch] of Object.entries(realRegistries)) {
  test(name, async (t) => {
    let registry;
    let host;
    before(async () => {
      registry = await launch();
      host = new URL(registry.url).host;
      await fill(registry, { 'team/web': web });
    }, SOON);
    after(() => registry.stop());
    const headers = { accept: Object.values(types).join(', ') };
    const bytesAt = async (repository, path) => {
      const response = await fetch(`${registry.url}/v2/${repository}/${path}`, { headers });
      return response.ok ? Buffer.from(await response.arrayBuffer()) : undefined;
    };
    const documentAt = async (repository, path) => {
      const bytes = await bytesAt(repository, path);
      return bytes && JSON.parse(bytes);
    };

    await t.test('artifact push and pull', SOON, async () => {
      const cwd = newFolder();
      mkdirSync(join(cwd, 'sub'));
      writeFileSync(join(cwd, 'notes.md'), '# Notes\n');
      writeFileSync(join(cwd, 'sub', 'data'), Buffer.alloc(100_000, 7));
      writeFileSync(join(cwd, 'config.json'), '{"a":1}');
      const type = 'application/vnd.example.notes';
      const args = `artifact push ${host}/team/notes:1.0 notes.md:text/markdown ./sub/data --artifact-type ${type}`;
      const more = ' --annotation a=b=c --config config.json:application/vnd.example.config+json';
      const { code, out, err } = await cli(args + more, { cwd });
      assert.deepEqual([code, err], [0, '']);
      const bytes = await bytesAt('team/notes', 'manifests/1.0');
      assert.equal(out, `${host}/team/notes:1.0@${digestOf(bytes)}\n`);
      const document = JSON.parse(bytes);
      assert.deepEqual([document.artifactType, document.annotations.a], [type, 'b=c']);
      assert.equal(document.config.mediaType, 'application/vnd.example.config+json');
      assert.deepEqual(
        document.layers.map(({ mediaType, size, annotations }) => [mediaType, size, annotations[TITLE]]),
        [
          ['text/markdown', 8, 'notes.md'],
          ['application/octet-stream', 100_000, 'sub/data'],
        ],
      );
      const target = newFolder();
      const pulled = await cli(`artifact pull ${host}/team/notes:1.0 -o ${target}`);
      assert.deepEqual(
        [pulled.code, pulled.out, pulled.err],
        [0, `${join(target, 'notes.md')}\n${join(target, 'sub', 'data')}\n`, ''],
      );
      for (const file of ['notes.md', 'sub/data'])
        assert.ok(readFileSync(join(target, file)).equals(readFileSync(join(cwd, file))), file);
      writeFileSync(join(target, 'notes.md'), 'mine');
      await refused(`artifact pull ${host}/team/notes:1.0 -o ${target}`, 2, /notes\.md: the file exists; --overwrite/);
      assert.equal(readFileSync(join(target, 'notes.md'), 'utf8'), 'mine');
      const again = await cli(`artifact pull ${host}/team/notes:1.0 -o ${target} --overwrite --json`);
      assert.deepEqual(JSON.parse(again.out).done, [join(target, 'notes.md'), join(target, 'sub', 'data')]);
      assert.equal(readFileSync(join(target, 'notes.md'), 'utf8'), '# Notes\n');
      const untagged = await cli(`artifact push ${host}/team/notes notes.md --artifact-type ${type}`, { cwd });
      const [, digest] = /^\S+\/team\/notes@(sha256:\w{64})\n$/.exec(untagged.out);
      assert.equal((await documentAt('team/notes', `manifests/${digest}`)).artifactType, type);
    });

    await t.test('artifact attach', SOON, async () => {
      const cwd = newFolder();
      writeFileSync(join(cwd, 'sbom.json'), '{}');
      const attach = `artifact attach ${host}/team/web:1.0.0 sbom.json:application/spdx+json`;
      const { code, out, err } = await cli(`${attach} --artifact-type application/spdx+json --json`, { cwd });
      assert.equal(code, 0, err);
      const { digest } = JSON.parse(out);
      const { subject } = await documentAt('team/web', `manifests/${digest}`);
      assert.equal(subject.digest, one.digest);
      const tree = await cli(`referrers ${host}/team/web:1.0.0`);
      assert.ok(tree.out.includes(`└── application/spdx+json  ${digest}`), tree.out);
      const target = newFolder();
      assert.equal((await cli(`artifact pull ${host}/team/web@${digest} --output ${target}`)).code, 0);
      assert.deepEqual(readdirSync(target), ['sbom.json']);
      const type = '--artifact-type a/b';
      const missing = `artifact attach ${host}/team/web:none sbom.json ${type}`;
      await refused(missing, 4, /^error: (NOT_FOUND|MANIFEST_UNKNOWN): /, { cwd });
    });

    await t.test('index create and edit', SOON, async () => {
      const [amd, arm64, armv7] = index.children;
      const created = await cli(`index create ${host}/team/web:multi ${amd.digest} ${host}/team/web@${arm64.digest}`);
      assert.equal(created.code, 0, created.err);
      const platforms = async (tag) =>
        (await documentAt('team/web', `manifests/${tag}`)).manifests.map(({ digest, platform }) => [
          digest,
          platform.architecture,
        ]);
      assert.deepEqual(await platforms('multi'), [
        [amd.digest, 'amd64'],
        [arm64.digest, 'arm64'],
      ]);
      const raw = await bytesAt('team/web', 'manifests/multi');
      assert.equal(created.out, `${host}/team/web:multi@${digestOf(raw)}\n`);

      const edit = `index edit ${host}/team/web:multi --remove linux/arm64 --add ${armv7.digest} --annotation x=y`;
      assert.equal((await cli(`${edit} --tag edited`)).code, 0);
      assert.deepEqual(await platforms('edited'), [
        [amd.digest, 'amd64'],
        [armv7.digest, 'arm'],
      ]);
      assert.equal((await documentAt('team/web', 'manifests/edited')).annotations.x, 'y');
      assert.deepEqual(await bytesAt('team/web', 'manifests/multi'), raw);
      assert.equal((await cli(edit)).code, 0);
      assert.deepEqual(await platforms('multi'), await platforms('edited'));
    });

    await t.test('mutate: the config', SOON, async () => {
      const change = [
        '--tag',
        'changed',
        ...['--label', 'a=b', '--label', 'maintainer=me', '--env', 'APP_ENV=test', '--env', 'NEW=a=b'],
        ...['--entrypoint', '["/bin/sh", "-c"]', '--cmd', '', '--user', '0', '--workdir', '/tmp'],
        ...['--set-platform', 'linux/arm64/v8'],
      ];
      const { code, out, err } = await cli(['mutate', `${host}/team/web:1.0.0`, ...change], {
        env: { SOURCE_DATE_EPOCH: '1767323045' },
      });
      assert.equal(code, 0, err);
      const manifest = await documentAt('team/web', 'manifests/changed');
      assert.equal(out, `${host}/team/web:changed@${digestOf(await bytesAt('team/web', 'manifests/changed'))}\n`);
      assert.deepEqual([manifest.mediaType, manifest.layers], [one.mediaType, one.document.layers]);
      const config = await documentAt('team/web', `blobs/${manifest.config.digest}`);
      const created = '2026-01-02T03:04:05Z';
      assert.deepEqual(config, {
        ...one.config,
        created,
        architecture: 'arm64',
        variant: 'v8',
        config: {
          ...one.config.config,
          User: '0',
          WorkingDir: '/tmp',
          Entrypoint: ['/bin/sh', '-c'],
          Cmd: null,
          Env: ['PATH=/bin:/usr/bin', 'APP_ENV=test', 'NEW=a=b'],
          Labels: { ...one.config.config.Labels, a: 'b', maintainer: 'me' },
        },
        history: [
          ...one.config.history,
          {
            created,
            created_by:
              'docker-registry-client-wasm mutate --label --env --entrypoint --cmd --user --workdir --set-platform',
            empty_layer: true,
          },
        ],
      });
      assert.equal((await cli(`validate ${host}/team/web:changed --deep`)).code, 0);
      assert.deepEqual(await bytesAt('team/web', 'manifests/1.0.0'), one.bytes);
    });

    await t.test('mutate: a further layer', SOON, async () => {
      const archive = tar([{ path: 'added', content: Buffer.alloc(2_000_000, 'x') }]);
      const cwd = newFolder();
      writeFileSync(join(cwd, 'plain.tar'), archive);
      writeFileSync(join(cwd, 'packed.tar.gz'), gzipSync(archive));
      const args = `mutate ${host}/team/web:2.0.0 --platform linux/arm64 --tag more --annotation x=y --append`;
      const { code, err } = await cli(`${args} plain.tar --append packed.tar.gz`, { cwd });
      assert.equal(code, 0, err);
      const manifest = await documentAt('team/web', 'manifests/more');
      const base = index.children[1];
      assert.equal(manifest.annotations.x, 'y');
      assert.deepEqual(manifest.layers.slice(0, -2), base.document.layers);
      const [packed, given] = manifest.layers.slice(-2);
      assert.equal(given.digest, sha256(gzipSync(archive)));
      assert.deepEqual([packed.mediaType, given.mediaType], [types.ociLayer, types.ociLayer]);
      const stored = await bytesAt('team/web', `blobs/${packed.digest}`);
      assert.ok(gunzipSync(stored).equals(archive));
      const config = await documentAt('team/web', `blobs/${manifest.config.digest}`);
      assert.deepEqual(config.rootfs.diff_ids.slice(-2), [sha256(archive), sha256(archive)]);
      assert.deepEqual(
        config.history.slice(-2).map(({ created_by, empty_layer }) => [created_by, empty_layer]),
        ['plain.tar', 'packed.tar.gz'].map((file) => [
          `docker-registry-client-wasm mutate --append ${file}`,
          undefined,
        ]),
      );
      const checked = await cli(`validate ${host}/team/web:more --deep`);
      assert.equal(checked.code, 0, checked.out);
      // skopeo compares the diff IDs when it writes docker's archive.
      const target = join(newFolder(), 'image.tar');
      await promisify(execFile)(find('skopeo'), [
        ...['copy', '--quiet', '--insecure-policy', '--src-tls-verify=false', '--override-arch', 'arm64'],
        ...[`docker://${host}/team/web:more`, `docker-archive:${target}`],
      ]);
      // Docker's own format keeps its media types.
      assert.equal((await cli(`mutate ${host}/team/web:1.0.0 --tag docker --append plain.tar`, { cwd })).code, 0);
      const docker = await documentAt('team/web', 'manifests/docker');
      assert.equal(docker.layers.at(-1).mediaType, types.dockerLayer);
      const inPlace = await cli(`mutate ${host}/team/web:docker --tag docker --user 7`);
      assert.equal(inPlace.code, 0, inPlace.err);
    });
  });
}

test('index and mutate: what is refused', SOON, async () => {
  const registry = await realRegistries['distribution 2.8']();
  try {
    await fill(registry, { 'team/web': web });
    const host = new URL(registry.url).host;
    const [amd] = index.children;
    const wrong = [
      [`create ${host}/team/web ${amd.digest}`, 2, /^error: USAGE: HOST\/REPOSITORY:TAG is needed/],
      [`create ${host}/team/web:x`, 2, /^error: USAGE: .* an argument is missing/],
      [`create ${host}/team/web:x ${host}/team/api:4.3`, 2, /^error: USAGE: .* it is in another repository; copy it/],
      [`create ${host}/team/web:x none`, 4, /^error: MANIFEST_UNKNOWN/],
      [
        `create ${host}/team/web:x ${amd.digest} --annotation a`,
        2,
        /^error: USAGE: --annotation: NAME=VALUE is needed/,
      ],
      [`edit ${host}/team/web:2.0.0`, 2, /^error: USAGE: one of --add, --remove and --annotation is needed/],
      [`edit ${host}/team/web:2.0.0 --remove linux/s390x`, 2, /^error: INVALID_ARGUMENT/],
      [`edit ${host}/team/web:1.0.0 --add ${amd.digest}`, 2, /^error: INVALID_ARGUMENT/],
    ];
    await allRefused(wrong.map(([args, ...expected]) => [`index ${args}`, ...expected]));
    const cwd = newFolder();
    writeFileSync(join(cwd, 'text'), 'no tar');
    writeFileSync(join(cwd, 'zeros'), Buffer.alloc(100));
    writeFileSync(join(cwd, 'noise'), Buffer.alloc(1024, 'noise'));
    writeFileSync(join(cwd, 'cut.gz'), gzipSync(tar([{ path: 'a', content: 'a' }])).subarray(0, 60));
    const here = `mutate ${host}/team/web:1.0.0`;
    const more = [
      [here, 2, /^error: USAGE: --tag is missing/],
      [`${here} --tag x`, 2, /^error: USAGE: nothing to change: one of --label, /],
      [`${here} --tag x --label a`, 2, /^error: USAGE: --label: NAME=VALUE is needed/],
      [`${here} --tag x --env =a`, 2, /^error: USAGE: --env: NAME=VALUE is needed/],
      [`${here} --tag x --env a=1 --env a=2`, 2, /^error: USAGE: --env: "a" is given twice/],
      [`${here} --tag x --cmd [1]`, 2, /^error: USAGE: --cmd: a JSON array of strings is needed/],
      [`${here} --tag x --set-platform linux`, 2, /^error: USAGE: --set-platform: OS\/ARCHITECTURE/],
      [`${here} --tag x --annotation a=b`, 2, /^error: USAGE: --annotation: an image in Docker's format has no/],
      [`${here} --tag .x --user 0`, 2, /^error: INVALID_REFERENCE: tag "\.x"/],
      [`mutate ${host}/team/web --tag x --user 0`, 2, /^error: USAGE: it is an index: --platform selects/],
      [`mutate ${host}/team/web:sbom --tag x --user 0`, 1, /^error: UNSUPPORTED: /],
      [`mutate ${host}/team/web:none --tag x --user 0`, 4, /^error: MANIFEST_UNKNOWN: /],
      [`${here} --tag x --append none.tar`, 2, /^error: USAGE: none\.tar: the file cannot be read: ENOENT/],
      [`${here} --tag x --append .`, 2, /^error: USAGE: \.: it is a folder/],
      [`${here} --tag x --append text`, 1, /^error: FILE: text: it is no tar/],
      [`${here} --tag x --append zeros`, 1, /^error: FILE: zeros: it is no tar/],
      [`${here} --tag x --append noise`, 1, /^error: FILE: noise: it is no tar/],
      [`${here} --tag x --append cut.gz`, 1, /^error: FILE: cut\.gz: it cannot be read: unexpected end of file/],
    ];
    await allRefused(more, { cwd });
    await refused(`${here} --tag x --user 0`, 2, /^error: USAGE: SOURCE_DATE_EPOCH: /, {
      env: { SOURCE_DATE_EPOCH: 'now' },
    });
    const response = await fetch(`${registry.url}/v2/team/web/manifests/x`);
    assert.equal(response.status, 404);
  } finally {
    await registry.stop();
  }
});

test('artifact push: what is refused', SOON, async () => {
  const cwd = newFolder();
  writeFileSync(join(cwd, 'file'), 'x');
  const push = 'artifact push a.example/b:c';
  const cases = [
    [`${push} file`, /^error: USAGE: --artifact-type is missing/],
    [`${push} none --artifact-type a/b`, /^error: USAGE: none: the file cannot be read: ENOENT/],
    [`${push} . --artifact-type a/b`, /^error: USAGE: \.: /],
    [`${push} ${join(cwd, 'file')} --artifact-type a/b`, /^error: USAGE: .*: it is absolute; change into its folder/],
    [
      `${push} ../file --artifact-type a/b`,
      /^error: USAGE: \.\.\/file: .*: it leads elsewhere; change into its folder/,
    ],
    [`${push} file ./file --artifact-type a/b`, /^error: USAGE: file: the file is given twice/],
    [`${push} - --artifact-type a/b`, /^error: USAGE: -: a file of an artifact needs a name/],
    [`${push} file --artifact-type a/b --annotation x`, /^error: USAGE: --annotation: NAME=VALUE is needed/],
    [`${push}@${NONE} file --artifact-type a/b`, /^error: USAGE: HOST\/REPOSITORY\[:TAG\] is needed/],
    [
      'artifact attach a.example/b file --artifact-type a/b',
      /^error: USAGE: the tag or digest of the image is missing/,
    ],
    ['artifact', /^error: USAGE: artifact: one of push, attach, pull is needed/],
    ['artifact pul a.example/b', /^error: USAGE: unknown command "artifact pul"; did you mean "pull"\?/],
  ];
  await allRefused(
    cases.map(([args, message]) => [args, 2, message]),
    { cwd },
  );
});

test('artifact pull: no name leads out of the folder', SOON, async () => {
  const registry = await realRegistries['ferro (OCI 1.1)']();
  try {
    const host = new URL(registry.url).host;
    const file = (title, text = 'x') => ({
      ...blob('text/plain', text, title === undefined ? {} : { annotations: { [TITLE]: title } }),
    });
    const outside = newFolder();
    const cases = {
      parent: ['../x', /"\.\.\/x" cannot be used: it leads elsewhere/],
      middle: ['a/../../x', /it leads elsewhere/],
      absolute: [`${outside}/x`, /it is absolute/],
      windows: ['..\\x', /it has a backslash or a colon/],
      drive: ['C:x', /it has a backslash or a colon/],
      empty: ['', /it is empty/],
      folder: ['a/', /it leads elsewhere/],
      control: ['a\u001b[2J', /it has a character/],
      link: ['link/x', /link: it is no folder/],
    };
    const made = (...files) => artifact({ artifactType: 'a/b', layers: files });
    await fill(registry, {
      a: Object.fromEntries(Object.entries(cases).map(([tag, [title]]) => [tag, made(file(title))])),
      b: {
        twice: made(file('x', '1'), file('x', '2')),
        unnamed: made(file(undefined)),
        some: made(file(undefined, '1'), file('named', '2')),
        later: made(file('fine', '1'), file('../x', '2')),
        packed: made({
          ...blob('application/vnd.oci.image.layer.v1.tar+gzip', 'packed', {
            annotations: { [TITLE]: 'dir', 'io.deis.oras.content.unpack': 'true' },
          }),
        }),
        index: samples['team/web']['2.0.0'],
      },
    });
    const target = newFolder();
    symlinkSync(outside, join(target, 'link'));
    const pull = (reference, to = target) => `artifact pull ${host}/${reference} -o ${to}`;
    await allRefused([
      ...Object.entries(cases).map(([tag, [, message]]) => [pull(`a:${tag}`), 1, message]),
      [pull('b:twice'), 1, /two files have the name "x"/],
      [pull('b:later'), 1, /it leads elsewhere/],
      [pull('b:unnamed'), 1, /^error: UNSUPPORTED: no file has a name/],
      [pull('b:index'), 1, /^error: UNSUPPORTED: it is an index/],
      [pull('b:none'), 4, /^error: MANIFEST_UNKNOWN: /],
      [pull('b:some', '/dev/null/x'), 2, /^error: USAGE: --output: .* ENOTDIR/],
      [pull('b:none', join(target, 'none')), 4, /^error: MANIFEST_UNKNOWN: /],
    ]);
    assert.deepEqual([readdirSync(target), readdirSync(outside)], [['link'], []]);
    const some = await cli(pull('b:some'));
    assert.deepEqual([some.code, some.out], [0, `${join(target, 'named')}\n`]);
    assert.match(some.err, /^warning: 1 without a name/);
    assert.equal((await cli(pull('b:packed'))).out, `${join(target, 'dir.tar.gz')}\n`);
    assert.deepEqual(readdirSync(target), ['dir.tar.gz', 'link', 'named']);
    const fresh = join(target, 'made', 'for it');
    assert.equal((await cli(['artifact', 'pull', `${host}/b:some`, '-o', fresh])).code, 0);
    assert.deepEqual(readdirSync(fresh), ['named']);
  } finally {
    await registry.stop();
  }
});

test('artifact pull: what is there when it stops', SOON, async () => {
  const named = (title, text) => ({ ...blob('text/plain', text, { annotations: { [TITLE]: title } }) });
  const files = [named('one', '1'), named('two', '2'), named('three', '3')];
  const made = artifact({ artifactType: 'a/b', layers: files });
  const [first, second] = files;
  const path = ({ descriptor }) => `/v2/a/b/blobs/${descriptor.digest}`;
  const registry = await startScripted({
    '/v2/a/b/manifests/latest': content(made),
    [path(first)]: content(first),
    [path(second)]: content({ bytes: Buffer.from('!') }),
  });
  try {
    const target = newFolder();
    const args = `artifact pull ${new URL(registry.url).host}/a/b -o ${target}`;
    const { code, out, err } = await cli(args);
    assert.deepEqual([code, out], [3, `${join(target, 'one')}\n`]);
    assert.match(err, /^error: DIGEST_MISMATCH: .*\nDone: one\. Failed: two\. Not tried: three\.\n$/);
    assert.deepEqual(readdirSync(target), ['one']);
    registry.script[path(second)] = hangs;
    const child = start(`${args} --overwrite`.split(' '));
    const end = ended(child);
    while (registry.open === 0) await new Promise((soon) => setTimeout(soon, 20));
    await new Promise((soon) => setTimeout(soon, 300));
    child.kill('SIGINT');
    const stopped = await end;
    assert.equal(stopped.code, 130);
    assert.match(
      stopped.err,
      /^error: INTERRUPTED: interrupted\nDone: one\. Possibly done: two\. Not tried: three\.\n$/,
    );
    assert.deepEqual(readdirSync(target), ['one']);
  } finally {
    await registry.stop();
  }
});

test('mutate: an update of the same tag by another writer is not lost', SOON, async () => {
  let current = one;
  const registry = await startScripted((request, response) => {
    const { method, url } = request;
    if (method === 'GET' && url.includes('/manifests/'))
      return content(url.endsWith(one.digest) ? one : current)(request, response);
    const found = method === 'GET' && [...one.blobs].find(({ descriptor }) => url.endsWith(descriptor.digest));
    if (found) return content(found)(request, response);
    if (method === 'HEAD') return error(404, 'BLOB_UNKNOWN')(request, response);
    // The new config is written; meanwhile the tag is moved.
    current = web['1.1.0'];
    const [status, fields] = method === 'POST' ? [202, { location: '/v2/a/b/blobs/uploads/1' }] : [201, {}];
    return send('', { status, ...fields })(request, response);
  });
  try {
    const { code, out, err } = await cli(`mutate ${new URL(registry.url).host}/a/b:x --tag x --user 7`);
    assert.deepEqual([code, out], [6, ''], err);
    assert.match(err, /^error: CONFLICT: the tag x points to sha256:/);
    assert.ok(!registry.requests.some(({ method, url }) => method === 'PUT' && url.includes('/manifests/')));
  } finally {
    await registry.stop();
  }
});

test('Ctrl-C while a tag is written: what is unknown is said', SOON, async () => {
  const { document } = one;
  const registry = await startScripted((request, response) => {
    const path = request.url.split('?')[0];
    // Everything is there, but no manifest can be put in time.
    if (request.method === 'PUT') return hangs(request, response);
    if (path.endsWith('/manifests/new')) return error(404, 'MANIFEST_UNKNOWN')(request, response);
    if (path.includes('/manifests/')) return content(one, { 'docker-content-digest': one.digest })(request, response);
    const [found] = [...one.blobs].filter(({ descriptor }) => path.endsWith(descriptor.digest));
    if (found) return content(found)(request, response);
    if (path.includes('/blobs/')) return send('', { 'content-length': 2 })(request, response);
    return json({})(request, response);
  });
  try {
    const host = new URL(registry.url).host;
    const cwd = newFolder();
    writeFileSync(join(cwd, 'manifest.json'), JSON.stringify(document));
    for (const [args, unknown] of [
      [`manifest put ${host}/a/b:new manifest.json`, `${host}/a/b:new`],
      [`index create ${host}/a/b:new 1.0.0`, `${host}/a/b:new`],
      [`artifact push ${host}/a/b:new --artifact-type a/b`, `${host}/a/b:new`],
      [`copy ${host}/a/b:1.0.0 ${host}/a/c:new`, `${host}/a/c:new`],
    ]) {
      const seen = registry.requests.length;
      const child = start(args.split(' '), { cwd });
      const end = ended(child);
      const isWriting = () => registry.requests.slice(seen).some(({ method }) => method === 'PUT');
      while (!isWriting() && child.exitCode === null) await new Promise((soon) => setTimeout(soon, 20));
      child.kill('SIGINT');
      const { code, out, err } = await end;
      assert.deepEqual([code, out], [130, ''], `${args}: ${err}`);
      assert.equal(err, `error: INTERRUPTED: interrupted\nDone: none. Not done or unknown: ${unknown}.\n`);
    }
  } finally {
    await registry.stop();
  }
});
