// `digest`, `config`, `manifest`, `blob`, `referrers`, `validate` and `ratelimit`.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

import { artifact, blob, digestOf, image, layer, types } from '../../../../www/registry/content.mjs';
import { fill } from '../../../../www/registry/fill.mjs';
import { find } from '../../../../www/registry/programs.mjs';
import { pusher } from '../../../../www/registry/push.mjs';
import { noise, samples } from '../../../../www/registry/sample-images.mjs';
import { buildCaches } from '../../../registries/unusual-images.mjs';
import { content, error, startScripted } from '../../../registries/scripted.mjs';
import { cli, onTerminal } from '../cli.mjs';
import { SOON, forEachRegistry, realRegistries } from '../../support/support.mjs';

const web = samples['team/web'];
const current = web['2.0.0'];
const arm = current.children[1];
const NONE = `sha256:${'0'.repeat(64)}`;

const folder = mkdtempSync(join(tmpdir(), 'cli-content-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const skopeo = async (...args) =>
  (await promisify(execFile)(find('skopeo'), ['inspect', '--tls-verify=false', ...args], { encoding: 'buffer' }))
    .stdout;

const images = { 'team/web': web, 'charts/web': samples['charts/web'], 'team/api': samples['team/api'] };
forEachRegistry(images, async (t, registry, name) => {
  const { host } = new URL(registry.url);
  const inside = mkdtempSync(join(folder, 'with-'));
  const written = (name, bytes) => {
    writeFileSync(join(inside, name), bytes);
    return join(inside, name);
  };
  const hasApi = name.startsWith('ferro');
  const response = (repository, path, init) => fetch(`${registry.url}/v2/${repository}/${path}`, init);
  const exists = async (repository, path) => {
    const headers = { accept: Object.values(types).join(', ') };
    return (await response(repository, path, { method: 'HEAD', headers })).ok;
  };

  await t.test('digest', SOON, async () => {
    const { code, out, err } = await cli(`digest ${host}/team/web`);
    assert.deepEqual([code, out, err], [0, `${current.digest}\n`, '']);
    assert.equal((await cli(`digest ${host}/team/web:2.0.0 --platform linux/arm64`)).out, `${arm.digest}\n`);
    assert.deepEqual(JSON.parse((await cli(`digest ${host}/team/web:1.0.0 --json`)).out), {
      mediaType: web['1.0.0'].mediaType,
      digest: web['1.0.0'].digest,
      size: web['1.0.0'].size,
    });
    const theirs = await skopeo('--format', '{{.Digest}}', `docker://${host}/team/web:1.0.0`);
    assert.equal((await cli(`digest ${host}/team/web:1.0.0`)).out, theirs.toString());
    const missing = await cli(`digest ${host}/team/web:none`);
    assert.equal(missing.code, 4);
    assert.match(missing.err, /^error: MANIFEST_UNKNOWN: /);
    assert.match((await cli(`digest ${host}/team/web --platform linux/s390x`)).err, /^error: NO_MATCHING_PLATFORM: /);
  });

  await t.test('config, as skopeo has it', SOON, async () => {
    const { code, bytes } = await cli(`config ${host}/team/web:1.0.0`);
    assert.equal(code, 0);
    assert.equal(digestOf(bytes), web['1.0.0'].id);
    assert.deepEqual(bytes, await skopeo('--config', '--raw', `docker://${host}/team/web:1.0.0`));
    const other = await cli(`config ${host}/team/web --platform linux/arm64 --json`);
    assert.deepEqual(JSON.parse(other.out), arm.config);
    const chart = await cli(`config ${host}/charts/web:1.0.0`);
    assert.equal(JSON.parse(chart.out).version, '1.0.0');
    const picture = artifact({ artifactType: 'a/b', config: blob('text/plain', 'no JSON') });
    await fill(registry, { 'team/text': { latest: picture } });
    assert.equal((await cli(`config ${host}/team/text`)).out, 'no JSON');
    const noJson = await cli(`config ${host}/team/text --json`);
    assert.match(noJson.err, /^error: UNSUPPORTED: the config is no JSON/);
  });

  await t.test('manifest get, as skopeo has it', SOON, async () => {
    const { code, bytes } = await cli(`manifest get ${host}/team/web --output -`);
    assert.equal(code, 0);
    assert.deepEqual(bytes, current.bytes);
    assert.deepEqual(bytes, await skopeo('--raw', `docker://${host}/team/web`));
    const indented = await cli(`manifest get ${host}/team/web --platform linux/arm64 --json`);
    assert.deepEqual(JSON.parse(indented.out), arm.document);
    const file = join(inside, 'manifest.json');
    assert.deepEqual((await cli(`manifest get ${host}/team/web -o ${file}`)).out, '');
    assert.deepEqual(readFileSync(file), current.bytes);
    const again = await cli(`manifest get ${host}/team/web:1.0.0 -o ${file}`);
    assert.equal(again.code, 2);
    assert.match(again.err, /^error: USAGE: .*manifest\.json: the file exists; --overwrite replaces it\n/);
    assert.deepEqual(readFileSync(file), current.bytes);
    assert.equal((await cli(`manifest get ${host}/team/web:1.0.0 -o ${file} --overwrite`)).code, 0);
    assert.deepEqual(readFileSync(file), web['1.0.0'].bytes);
  });

  await t.test('manifest put', SOON, async () => {
    const file = written('put.json', arm.bytes);
    const { code, out, err } = await cli(`manifest put ${host}/team/web:arm ${file}`);
    assert.deepEqual([code, out, err], [0, `${host}/team/web@${arm.digest}\n`, '']);
    assert.equal((await cli(`digest ${host}/team/web:arm`)).out, `${arm.digest}\n`);
    const piped = await cli(`manifest put ${host}/team/web:piped --json`, { input: arm.bytes });
    assert.equal(JSON.parse(piped.out).digest, arm.digest);
    for (const [args, input, exit, message] of [
      [`${host}/team/web:x ${join(folder, 'none')}`, '', 2, /^error: USAGE: \S+none: the file cannot be read: ENOENT/],
      [`${host}/team/web:x ${folder}`, '', 2, /^error: USAGE: \S+: it is a folder/],
      [`${host}/team/web:x -`, 'no JSON', 2, /^error: INVALID_ARGUMENT: /],
      [`${host}/team/web:x`, '', 2, /^error: INVALID_ARGUMENT: /],
      [
        `${host}/team/web:x`,
        Buffer.alloc(5_000_000, ' '),
        2,
        /^error: USAGE: standard input: it has more than 4194304/,
      ],
      [`${host}/team/web:x --media-type text/plain ${file}`, '', 2, /^error: INVALID_ARGUMENT: /],
      [`${host}/team/web@${NONE} ${file}`, '', 1, /^error: DIGEST_MISMATCH: /],
      [`${host}/team/web:x@${arm.digest} ${file}`, '', 2, /^error: USAGE: HOST.*, not both/],
      // ferro does not look.
      ...(hasApi ? [] : [[`${host}/team/elsewhere:x ${file}`, '', 1, /^error: MANIFEST_BLOB_UNKNOWN: /]]),
    ]) {
      const refused = await cli(`manifest put ${args}`, { input });
      assert.equal(refused.code, exit, `${args}: ${refused.err}`);
      assert.match(refused.err, message);
      assert.equal(await exists('team/web', 'manifests/x'), false);
    }
    const stdin = await cli(`manifest put ${host}/team/web:x --username a --password-stdin`, { input: 'p' });
    assert.match(stdin.err, /^error: USAGE: -: standard input is read for the login already/);
  });

  await t.test('manifest delete', SOON, async () => {
    const here = `${host}/delete/web`;
    await fill(registry, { 'delete/web': { one: web['1.0.0'], index: current, sbom: web.sbom } });
    const refused = async (args, message, exit) => {
      const { code, out, err } = await cli(`manifest delete ${args}`);
      assert.match(err, message);
      assert.deepEqual([code, out], [exit, '']);
    };
    await refused(`${here}:one --yes`, /^error: USAGE: HOST\/REPOSITORY@DIGEST is needed/, 2);
    await refused(`${here}:one@${web['1.0.0'].digest} --yes`, /^error: USAGE: HOST\/REPOSITORY@DIGEST is needed/, 2);
    await refused(`${here}@${web['1.0.0'].digest}`, /^error: USAGE: --yes is needed/, 2);
    const child = current.children[0].digest;
    await refused(`${here}@${child} --yes`, /^error: IN_USE: /, 6);
    assert.equal(await exists('delete/web', `manifests/${child}`), true);
    const dry = await cli(`manifest delete ${here}@${child} --dry-run`);
    assert.equal(dry.code, 0, dry.err);
    assert.ok(dry.out.includes(`In index:   ${current.digest}`), dry.out);
    // Without the API, only what was pushed by a client that knows the referrers tag is found.
    const line = `Referrer:   ${web.sbom.digest} application/spdx+json`;
    assert.equal(dry.out.includes(line), hasApi, dry.out);
    const asJson = JSON.parse((await cli(`manifest delete ${here}@${web['1.0.0'].digest} --dry-run --json`)).out);
    assert.deepEqual([asJson.tags, asJson.parents], [['one'], []]);
    assert.equal(await exists('delete/web', 'manifests/one'), true);

    const { digest } = web['1.0.0'];
    await refused(
      `${here}@${digest} --yes`,
      /^error: IN_USE: .* in use by tags one; use --force to delete it anyway\n/,
      6,
    );
    const done = await cli(`manifest delete ${here}@${digest} --force --yes`);
    assert.deepEqual([done.code, done.out, done.err], [0, `${here}@${web['1.0.0'].digest}\n`, '']);
    assert.equal(await exists('delete/web', 'manifests/one'), false);
    await refused(`${here}@${web['1.0.0'].digest} --yes`, /^error: MANIFEST_UNKNOWN: /, 4);
    assert.equal((await cli(`manifest delete ${here}@${child} --force --yes`)).code, 0);
    assert.equal(await exists('delete/web', `manifests/${child}`), false);
  });

  await t.test('blob put, get and delete', SOON, async () => {
    const bytes = noise(300_000, 77);
    const digest = digestOf(bytes);
    const file = written('blob', bytes);
    const { code, out, err } = await cli(`blob put ${host}/blobs/x ${file}`);
    assert.deepEqual([code, out, err], [0, `${digest}\n`, '']);
    const piped = await cli(`blob put ${host}/blobs/piped - --digest ${digest} --json`, { input: bytes });
    assert.deepEqual(JSON.parse(piped.out), { mediaType: 'application/octet-stream', digest, size: bytes.length });
    for (const repository of ['blobs/x', 'blobs/piped']) {
      const there = Buffer.from(await (await response(repository, `blobs/${digest}`)).arrayBuffer());
      assert.ok(there.equals(bytes), repository);
    }
    const wrong = await cli(`blob put ${host}/blobs/x ${file} --digest ${NONE}`);
    assert.match(wrong.err, /^error: DIGEST_MISMATCH: /);
    assert.equal(wrong.code, 1);

    assert.equal((await cli(`blob head ${host}/blobs/x@${digest}`)).out, '300000\n');
    const unknown = await cli(`blob head ${host}/blobs/x@${NONE}`);
    assert.deepEqual([unknown.code, unknown.err], [4, `error: BLOB_UNKNOWN: blobs/x has no blob ${NONE}\n`]);
    const read = await cli(`blob get ${host}/blobs/x@${digest} -o -`);
    assert.ok(read.bytes.equals(bytes));
    const target = join(inside, 'read');
    const toFile = await cli(`blob get ${host}/blobs/x@${digest} --output ${target} --format {{.digest}}`);
    assert.deepEqual([toFile.code, toFile.out, toFile.err], [0, `${digest}\n`, '']);
    const asJson = await cli(`blob get ${host}/blobs/x@${digest} --json`);
    assert.deepEqual([asJson.code, JSON.parse(asJson.out).error.code], [2, 'USAGE']);
    assert.ok(readFileSync(target).equals(bytes));
    const missing = await cli(`blob get ${host}/blobs/x@${NONE} --output ${join(inside, 'missing')}`);
    assert.match(missing.err, /^error: (BLOB_UNKNOWN|NOT_FOUND): /);
    assert.deepEqual([missing.code, existsSync(join(inside, 'missing'))], [4, false]);

    const asked = await cli(`blob delete ${host}/blobs/x@${digest}`);
    assert.deepEqual([asked.code, asked.out], [2, '']);
    assert.match(asked.err, /^error: USAGE: --yes is needed where there is no terminal/);
    assert.equal(await exists('blobs/x', `blobs/${digest}`), true);
    const deleted = await cli(`blob delete ${host}/blobs/x@${digest} --yes --json`);
    assert.deepEqual([deleted.code, JSON.parse(deleted.out)], [0, { done: [`${host}/blobs/x@${digest}`] }]);
    assert.equal(await exists('blobs/x', `blobs/${digest}`), false);
    assert.equal((await cli(`blob delete ${host}/blobs/x@${digest} --yes`)).code, 4);
  });

  await t.test('referrers: a tree', SOON, async () => {
    const subject = web['2.0.0'].children[0];
    const sbom = web.sbom;
    const type = 'application/vnd.example.signature';
    const signature = artifact({ artifactType: type, subject: sbom.descriptor });
    const other = artifact({ artifactType: type, subject: subject.descriptor });
    const bytes = written('signature.json', signature.bytes);
    for (const [made, file] of [
      [sbom, written('sbom.json', sbom.bytes)],
      [signature, bytes],
      [other, written('other.json', other.bytes)],
    ]) {
      for (const one of made.blobs) await cli(`blob put ${host}/team/web`, { input: one.bytes });
      const put = await cli(`manifest put ${host}/team/web@${made.digest} ${file}`);
      assert.equal(put.code, 0, put.err);
    }
    const { code, out, err } = await cli(`referrers ${host}/team/web:2.0.0 --platform linux/amd64`);
    assert.deepEqual([code, err], [0, '']);
    const lines = out.trimEnd().split('\n');
    assert.equal(lines[0], `${host}/team/web@${subject.digest}`);
    const line = (one) => lines.findIndex((text) => text.includes(one.digest));
    assert.match(lines[line(sbom)], /^[├└]── application\/spdx\+json {2}sha256:\w+ {2}[\d.]+ k?B$/);
    assert.match(lines[line(sbom) + 1], new RegExp(`^[│ ] {3}└── ${type} {2}${signature.digest} `));
    assert.match(lines[line(other)], new RegExp(`^[├└]── ${type} `));
    assert.equal(lines.length, 4);
    const asJson = JSON.parse((await cli(`referrers ${host}/team/web@${subject.digest} --json`)).out);
    const found = asJson.referrers.find(({ digest }) => digest === sbom.digest);
    assert.deepEqual([asJson.digest, found.referrers[0].digest], [subject.digest, signature.digest]);
    const filtered = await cli(`referrers ${host}/team/web@${subject.digest} --artifact-type ${type} --json`);
    assert.deepEqual(
      JSON.parse(filtered.out).referrers.map(({ digest }) => digest),
      [other.digest],
    );
    const none = await cli(`referrers ${host}/team/web:1.0.0`);
    assert.deepEqual([none.code, none.err], [0, 'Nothing refers to it.\n']);
  });

  await t.test('validate', SOON, async () => {
    for (const [reference, summary] of [
      ['team/web:2.0.0', /^valid: 5 manifests and 8 blobs \([\d.]+ MB\) checked\n$/],
      ['team/web:1.0.0', /^valid: 1 manifest and 5 blobs \([\d.]+ MB\) checked\n$/],
      ['charts/web:1.0.0', /^valid: 1 manifest and 2 blobs /],
      ['team/api:4.2', /^valid: 3 manifests /],
    ]) {
      for (const more of ['', ' --deep']) {
        const { code, out, err } = await cli(`validate ${host}/${reference}${more}`);
        assert.deepEqual([code, err], [0, ''], out);
        assert.match(out, summary, reference + more);
      }
    }
    const one = await cli(`validate ${host}/team/web --platform linux/arm64 --json`);
    const { digest, manifests, problems } = JSON.parse(one.out);
    assert.deepEqual([digest, manifests, problems], [arm.digest, 1, []]);
    const missing = await cli(`validate ${host}/team/web:none`);
    assert.match(missing.err, /^error: MANIFEST_UNKNOWN: /);
  });

  await t.test('validate: what is wrong', SOON, async () => {
    await fill(registry, { 'broken/web': { index: current, one: web['1.0.0'] } });
    const [lost] = web['1.0.0'].layers.slice(-1);
    await response('broken/web', `blobs/${lost.descriptor.digest}`, { method: 'DELETE' });
    const { code, out } = await cli(`validate ${host}/broken/web:one`);
    assert.equal(code, 1);
    assert.ok(out.startsWith(`layer of ${web['1.0.0'].digest}: ${lost.descriptor.digest}: BLOB_UNKNOWN: `), out);
    assert.match(out, /\n1 problem: 1 manifest and 5 blobs .* checked\n$/);

    await response('broken/web', `manifests/${arm.digest}`, { method: 'DELETE' });
    const index = await cli(`validate ${host}/broken/web:index --json`);
    const { problems } = JSON.parse(index.out);
    assert.equal(index.code, 1);
    assert.deepEqual(
      problems.find(({ digest }) => digest === arm.digest),
      { ...problems[0], what: `manifest ${arm.digest}`, digest: arm.digest, code: 'MANIFEST_UNKNOWN' },
    );

    // Registries compare no diff IDs.
    const made = layer([{ path: 'a', content: 'a' }]);
    const lying = image([{ run: 'COPY', layer: { ...made, diffId: NONE } }]);
    await fill(registry, { 'broken/lying': { latest: lying } });
    assert.equal((await cli(`validate ${host}/broken/lying`)).code, 0);
    const deep = await cli(`validate ${host}/broken/lying --deep`);
    assert.equal(deep.code, 1);
    assert.ok(deep.out.includes(`DIGEST_MISMATCH: its content is ${made.diffId}, but the config's diff ID is ${NONE}`));
  });

  await t.test('ratelimit of a registry that has none', SOON, async () => {
    const { code, out } = await cli(`ratelimit ${host}/team/web:1.0.0`);
    assert.deepEqual([code, out], [0, `${registry.url}/ reports no rate limit.\n`.replace('/ ', ' ')]);
    const asJson = await cli(`ratelimit ${host}/team/web:1.0.0 --json`);
    assert.equal(JSON.parse(asJson.out).rateLimit, null);
  });
});

test('validate a cache of BuildKit', SOON, async () => {
  const registry = await realRegistries['ferro (OCI 1.1)']();
  try {
    const { index, image: asImage } = buildCaches();
    await fill(registry, { cache: { index, image: asImage } });
    for (const tag of ['index', 'image']) {
      const { code, out, err } = await cli(`validate ${new URL(registry.url).host}/cache:${tag} --deep`);
      assert.deepEqual([code, err], [0, ''], out);
      assert.match(out, /^valid: 1 manifest and 3 blobs /);
    }
  } finally {
    await registry.stop();
  }
});

test('ratelimit', SOON, async () => {
  const one = web['1.0.0'];
  const limits = {
    'ratelimit-limit': '100;w=21600',
    'ratelimit-remaining': '76;w=21600',
    'docker-ratelimit-source': '192.0.2.7',
  };
  const registry = await startScripted({
    '/v2/a/b/manifests/latest': content(one, { 'docker-content-digest': one.digest, ...limits }),
    '/v2/a/c/manifests/latest': error(429, 'TOOMANYREQUESTS', 'too many', { ...limits, 'retry-after': '3600' }),
  });
  try {
    const host = new URL(registry.url).host;
    const { code, out, err } = await cli(`ratelimit ${host}/a/b`);
    assert.deepEqual([code, err], [0, '']);
    assert.deepEqual(out, 'Limit:       100 per 6h\nRemaining:   76\nCounted for: 192.0.2.7\n');
    assert.deepEqual(
      registry.requests.map(({ method }) => method).filter((method) => method !== 'HEAD'),
      ['GET'].slice(registry.requests.some(({ url }) => url === '/v2/') ? 0 : 1),
    );
    const asJson = JSON.parse((await cli(`ratelimit ${host}/a/b --json`)).out);
    assert.deepEqual(asJson.rateLimit, { limit: 100, remaining: 76, window: 21_600_000, source: '192.0.2.7' });
    const used = await cli(`ratelimit ${host}/a/c`);
    assert.deepEqual([used.code, used.out], [0, out]);
  } finally {
    await registry.stop();
  }
});

test('typed confirmation', SOON, async () => {
  const bytes = Buffer.from('to be deleted');
  const digest = digestOf(bytes);
  const registry = await realRegistries['distribution 2.8']();
  try {
    const host = new URL(registry.url).host;
    await pusher(registry.url).blob('a/b', blob('text/plain', bytes));
    const question = `Type ${digest.slice(0, 14)} to confirm: `;
    const typed = (text) => onTerminal(`blob delete ${host}/a/b@${digest}`, [[question, text]]);
    const isThere = async () => (await fetch(`${registry.url}/v2/a/b/blobs/${digest}`, { method: 'HEAD' })).ok;
    const refused = await typed('yes\n');
    assert.equal(refused.code, 1, refused.out);
    assert.match(refused.out, /Nothing was changed\./);
    const stopped = await typed('\u0003');
    assert.equal(stopped.code, 130, stopped.out);
    assert.equal(await isThere(), true);
    const { code, out } = await typed(`${digest.slice(0, 14)}\n`);
    assert.equal(code, 0, out);
    assert.equal(await isThere(), false);
  } finally {
    await registry.stop();
  }
});
