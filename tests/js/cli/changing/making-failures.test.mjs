// `artifact push|attach|pull`, `index create|edit` and `mutate`: what is refused, and what is left when they stop halfway.
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';

import { artifact, blob } from '../../../../www/registry/content.mjs';
import { fill } from '../../../../www/registry/fill.mjs';
import { samples } from '../../../../www/registry/sample-images.mjs';
import { tar } from '../../../../www/registry/tar.mjs';
import { content, error, hangs, json, send, startScripted } from '../../../registries/scripted.mjs';
import { allRefused, cli, ended, refused, start } from '../cli.mjs';
import { SOON, realRegistries } from '../../support/support.mjs';

const web = samples['team/web'];
const one = web['1.0.0'];
const index = web['2.0.0'];
const NONE = `sha256:${'0'.repeat(64)}`;
const TITLE = 'org.opencontainers.image.title';

const folder = mkdtempSync(join(tmpdir(), 'cli-making-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const newFolder = () => mkdtempSync(join(folder, 'in-'));

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
