// `artifact push|attach|pull`, `index create|edit` and `mutate`. Read back with plain fetch and with skopeo.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync, gzipSync } from 'node:zlib';

import { digestOf, types } from '../../../../www/registry/content.mjs';
import { find } from '../../../../www/registry/programs.mjs';
import { samples } from '../../../../www/registry/sample-images.mjs';
import { tar } from '../../../../www/registry/tar.mjs';
import { cli, refused } from '../cli.mjs';
import { SOON, forEachRegistry } from '../../support/support.mjs';

const web = samples['team/web'];
const one = web['1.0.0'];
const index = web['2.0.0'];
const TITLE = 'org.opencontainers.image.title';

const folder = mkdtempSync(join(tmpdir(), 'cli-making-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const newFolder = () => mkdtempSync(join(folder, 'in-'));

forEachRegistry({ 'team/web': web }, async (t, registry) => {
  const { host } = new URL(registry.url);
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
    assert.equal(given.digest, digestOf(gzipSync(archive)));
    assert.deepEqual([packed.mediaType, given.mediaType], [types.ociLayer, types.ociLayer]);
    const stored = await bytesAt('team/web', `blobs/${packed.digest}`);
    assert.ok(gunzipSync(stored).equals(archive));
    const config = await documentAt('team/web', `blobs/${manifest.config.digest}`);
    assert.deepEqual(config.rootfs.diff_ids.slice(-2), [digestOf(archive), digestOf(archive)]);
    assert.deepEqual(
      config.history.slice(-2).map(({ created_by, empty_layer }) => [created_by, empty_layer]),
      ['plain.tar', 'packed.tar.gz'].map((file) => [`docker-registry-client-wasm mutate --append ${file}`, undefined]),
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
