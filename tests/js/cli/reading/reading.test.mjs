// `docker-registry-client-wasm`: what reads, against the real registries.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { image, layer } from '../../../../www/registry/content.mjs';
import { pusher } from '../../../../www/registry/push.mjs';
import { samples } from '../../../../www/registry/sample-images.mjs';
import { content, json, send, startScripted } from '../../../registries/scripted.mjs';
import { cells, cli, done, objects, onTerminal } from '../cli.mjs';
import { SOON, forEachRegistry, imagesIn, realRegistries, sizeOf } from '../../support/support.mjs';

const web = samples['team/web'];
const set = { 'team/web': web, 'charts/web': samples['charts/web'], hello: samples.hello };
const short = ({ digest }) => digest.slice(7, 19);

/** Tags of one image are equally new: of those any order will do. */
const inOrder = (tags) => {
  assert.deepEqual([...tags].sort(), Object.keys(web).sort());
  const images = tags.map((tag) => web[tag].digest).filter((digest, at, all) => digest !== all[at - 1]);
  assert.deepEqual(
    images,
    ['edge', '2.0.0', '1.1.0', '1.0.0', 'sbom'].map((tag) => web[tag].digest),
  );
};

forEachRegistry(set, async (t, registry) => {
  const { host } = new URL(registry.url);

  await t.test('repos', SOON, async () => {
    assert.deepEqual((await done(`repos ${host}`)).trim().split('\n').sort(), Object.keys(set).sort());
    assert.deepEqual(
      objects(await done(`repos ${host} --json`))
        .map(({ name }) => name)
        .sort(),
      Object.keys(set).sort(),
    );
    assert.equal(await done(`repos ${registry.url} --namespace team`), 'team/web\n');
    assert.deepEqual(objects(await done(`repos ${host} --json --namespace library`)), [{ name: 'hello' }]);
    assert.equal(await done(`repos ${host} --namespace nobody`), '');
  });

  await t.test('tags, newest first', SOON, async () => {
    const [head, ...rows] = cells(await done(`tags ${host}/team/web`));
    assert.deepEqual(head, ['TAG', 'DIGEST', 'CREATED', 'SIZE', 'PLATFORMS']);
    inOrder(rows.map(([tag]) => tag));
    assert.deepEqual(
      rows.find(([tag]) => tag === '2.0.0'),
      ['2.0.0', short(web['2.0.0']), '2026-03-14 09:26', '3.2 MB', 'linux/amd64, linux/arm64/v8, linux/arm/v7'],
    );
    assert.deepEqual(rows.at(-2).slice(1), [short(web['1.0.0']), '2026-01-15 12:30', '3.2 MB', 'linux/amd64']);
    assert.deepEqual(rows.at(-1), ['sbom', short(web.sbom), `${sizeOf(web.sbom)} B`, 'application/spdx+json']);
  });

  await t.test('tags in other orders, in full, some of them', SOON, async () => {
    const [head, ...rows] = cells(
      await done(['tags', `${host}/team/web`, '--long', '--order', 'version', '--filter', '?.*']),
    );
    assert.deepEqual(head, ['TAG', 'DIGEST', 'CREATED', 'BYTES', 'TYPE', 'PLATFORMS']);
    assert.deepEqual(
      rows.map(([tag]) => tag),
      ['2.0.0', '1.1.0', '1.1', '1.0.0'],
    );
    const { digest, mediaType } = web['1.0.0'];
    assert.deepEqual(rows[3], [
      '1.0.0',
      digest,
      '2026-01-15T12:30:00.000Z',
      String(sizeOf(web['1.0.0'])),
      mediaType,
      'linux/amd64',
    ]);
    const byName = cells(await done(`tags ${host}/team/web --order name`)).slice(1);
    assert.deepEqual(
      byName.map(([tag]) => tag),
      Object.keys(web).sort(),
    );
  });

  await t.test('tags as JSON, and their names alone', SOON, async () => {
    const entries = objects(await done(`tags ${host}/team/web --json`));
    inOrder(entries.map(({ tag }) => tag));
    for (const { tag, digest, platforms } of entries) {
      assert.equal(digest, web[tag].digest);
      assert.equal(platforms.length, imagesIn(web[tag]).length);
    }
    assert.deepEqual((await done(`tags ${host}/team/web --names`)).trim().split('\n').sort(), Object.keys(web).sort());
    assert.deepEqual(objects(await done(`tags ${host}/team/web --names --json --filter l*`)), [{ tag: 'latest' }]);
  });

  await t.test('tags by pattern, by place, and at most so many', SOON, async () => {
    const names = async (more) =>
      (await done(`tags ${host}/team/web ${more} --format {{.tag}}`)).split('\n').slice(0, -1);
    const sorted = Object.keys(web).sort();
    assert.deepEqual(await names('--order name --filter 1.* --filter e*'), ['1.0.0', '1.1', '1.1.0', 'edge']);
    assert.deepEqual(await names('--order name --exclude 1.* --exclude sbom'), ['2.0.0', 'edge', 'latest']);
    assert.deepEqual(await names('--order name --last 1.1 --limit 2'), ['1.1.0', '2.0.0']);
    assert.deepEqual(await names('--order version --limit 1'), ['2.0.0']);
    assert.deepEqual(await names('--limit 1'), ['edge']);
    assert.deepEqual(await names('--order name --limit 99'), sorted);
    assert.deepEqual(await names('--filter none*'), []);
    const same = await done(`tags ${host}/team/web --names --last 1.1`);
    assert.deepEqual(same.split('\n').filter(Boolean).sort(), sorted.slice(sorted.indexOf('1.1') + 1));
    assert.equal(await done(`ls ${host}/team/web --order name`), await done(`tags ${host}/team/web --order name`));
    assert.equal(await done(`catalog ${host}`), await done(`repos ${host}`));
  });

  await t.test('tags of signatures are shown on demand', SOON, async () => {
    const push = (tag) => pusher(registry.url).push('team/signed', web['1.0.0'], tag);
    const [signature, referrers] = [`sha256-${'a'.repeat(64)}.sig`, `sha256-${'b'.repeat(64)}`];
    for (const tag of ['1', 'sha256-x', signature, referrers]) await push(tag);
    const names = async (more = '') => {
      const { out, err, code } = await cli(`tags ${host}/team/signed ${more}`);
      assert.deepEqual([code, err], [0, ''], 'says nothing without a terminal');
      return cells(out)
        .map(([tag]) => tag)
        .filter((tag) => tag !== 'TAG')
        .sort();
    };
    assert.deepEqual(await names(), ['1', 'sha256-x']);
    assert.deepEqual(await names('--names'), ['1', 'sha256-x']);
    assert.deepEqual(await names('--all'), ['1', signature, referrers, 'sha256-x']);
    assert.deepEqual(await names('--names --filter sha256-*'), [signature, referrers, 'sha256-x']);
  });

  await t.test('on a terminal, their number is told', SOON, async () => {
    const { out } = await onTerminal(`tags ${host}/team/signed --names`);
    assert.match(out, /2 tags of signatures and other referrers not shown: --all/);
  });

  await t.test('inspect an image', SOON, async () => {
    const { digest, document, config } = web['1.0.0'];
    const out = await done(`inspect ${host}/team/web:1.0.0`);
    const facts = new Map(
      out
        .split('\n')
        .filter((line) => /^\w+: /.test(line))
        .map((line) => line.split(/: +/)),
    );
    assert.equal(facts.get('Digest'), digest);
    assert.equal(facts.get('Image'), document.config.digest);
    assert.equal(facts.get('Platform'), 'linux/amd64');
    assert.equal(facts.get('Entrypoint'), '/usr/bin/node');
    assert.equal(facts.get('Size'), `3.2 MB (${sizeOf(web['1.0.0'])} bytes)`);
    const [head, ...layers] = cells(out.slice(out.indexOf('LAYER')));
    assert.deepEqual(head, ['LAYER', 'DIGEST', 'SIZE', 'TYPE']);
    assert.deepEqual(
      layers.map((row) => row[2]),
      document.layers.map((layer) => layer.digest),
    );

    const parsed = JSON.parse(await done(`inspect ${host}/team/web@${digest} --json`));
    assert.deepEqual([parsed.digest, parsed.tag, parsed.platform.os], [digest, undefined, 'linux']);
    assert.deepEqual(
      parsed.layers.map((layer) => layer.size),
      document.layers.map(({ size }) => size),
    );
    assert.deepEqual(parsed.config.Env, config.config.Env);
    assert.deepEqual(JSON.parse(await done(`inspect ${host}/team/web:1.0.0 --config`)), config);
  });

  await t.test('inspect an index, and one of its images', SOON, async () => {
    const index = web['2.0.0'];
    const out = await done(`inspect ${host}/team/web`);
    assert.match(out, /^Tag: +latest$/m);
    const rows = cells(out.slice(out.indexOf('PLATFORM'))).slice(1);
    assert.deepEqual(
      rows.map((row) => row[1]),
      index.document.manifests.map(({ digest }) => digest),
    );
    assert.deepEqual(rows.map((row) => row[0]).slice(0, 4), [
      'linux/amd64',
      'linux/arm64/v8',
      'linux/arm/v7',
      `attestation of ${short(index.children[0])}`,
    ]);
    const arm = index.children[1];
    const image = JSON.parse(await done(`inspect ${host}/team/web --platform linux/arm64 --json`));
    assert.deepEqual([image.digest, image.tag], [arm.digest, 'latest']);
    const { bytes } = await cli(`inspect ${host}/team/web --platform linux/arm64 --raw`);
    assert.deepEqual(bytes, Buffer.from(arm.bytes));
    const whole = await cli(`inspect ${host}/team/web --raw`);
    assert.deepEqual(whole.bytes, Buffer.from(index.bytes));
    assert.equal(
      JSON.parse(await done(`inspect ${host}/team/web --config --platform linux/arm64`)).architecture,
      'arm64',
    );
  });

  await t.test('inspect an artifact', SOON, async () => {
    const sbom = JSON.parse(await done(`inspect ${host}/team/web:sbom --json`));
    assert.equal(sbom.artifactType, 'application/spdx+json');
    assert.equal(sbom.subject.digest, web['2.0.0'].children[0].digest);
    assert.match(
      await done(`inspect ${host}/charts/web:1.0.0`),
      /^Annotation: +org.opencontainers.image.version=1.0.0$/m,
    );
  });

  await t.test('diagnose', SOON, async () => {
    assert.match(await done(`diagnose ${host}`), /^reachable: yes$/m);
    const { registry: url, tags, repository } = JSON.parse(await done(`diagnose ${host} --json --repository team/web`));
    assert.deepEqual([url, tags.status, repository], [registry.url, 'yes', 'team/web']);
  });

  await t.test('what is not there', SOON, async () => {
    const missing = await cli(`inspect ${host}/team/web:nope`);
    assert.deepEqual([missing.code, missing.out], [4, '']);
    assert.match(missing.err, /^error: MANIFEST_UNKNOWN: .*\n$/);
    const asJson = await cli(`inspect ${host}/team/web:nope --json`);
    const { error } = JSON.parse(asJson.out);
    assert.deepEqual([asJson.code, error.code, error.status], [4, 'MANIFEST_UNKNOWN', 404]);
    const platform = await cli(`inspect ${host}/team/web --platform linux/s390x`);
    assert.equal(platform.code, 4);
    assert.match(platform.err, /^error: NO_MATCHING_PLATFORM: .*\ninspect without --platform shows/);
  });
});

test('a broken tag keeps its row and breaks no other', SOON, async () => {
  const registry = await realRegistries['distribution 2.8']();
  try {
    await pusher(registry.url).push('team/web', web['1.0.0'], '1.0.0');
    const host = new URL(registry.url).host;
    // A foreign answer between: the tag is listed, its manifest is gone.
    const gone = await startScripted(async (request, response) => {
      if (request.url.startsWith('/v2/team/web/tags/list')) return json({ tags: ['1.0.0', 'gone'] })(request, response);
      const from = await fetch(`http://${host}${request.url}`, {
        method: request.method,
        headers: { accept: request.headers.accept ?? '' },
      });
      const body = Buffer.from(await from.arrayBuffer());
      return send(body, { status: from.status, 'content-type': from.headers.get('content-type') })(request, response);
    });
    try {
      const { code, out, err } = await cli(`tags ${new URL(gone.url).host}/team/web`);
      assert.equal(code, 0);
      assert.deepEqual(
        cells(out)
          .slice(1)
          .map(([tag]) => tag),
        ['1.0.0', 'gone'],
      );
      assert.match(err, /^warning: gone: MANIFEST_UNKNOWN: /);
    } finally {
      await gone.stop();
    }
  } finally {
    await registry.stop();
  }
});

test('a tag that breaks the grammar hides no other', SOON, async () => {
  const good = image([{ run: 'COPY one /', layer: layer([{ path: 'one', content: '1' }]) }]);
  const names = ['1.1.0+build.5', 'b', '', 'a', '../x', 'te\u0301', '-x'];
  const invalid = names.filter((name) => name !== 'a' && name !== 'b');
  const registry = await startScripted((request, response) => {
    if (request.url.startsWith('/v2/a/b/tags/list')) return json({ tags: names })(request, response);
    if (request.url.includes('/manifests/')) return content(good)(request, response);
    if (request.url.includes('/blobs/')) return content(good.blobs[0])(request, response);
    return json({})(request, response);
  });
  try {
    for (const order of ['newest', 'version', 'name']) {
      const { code, out, err } = await cli(`tags ${registry.url}/a/b --order ${order} --json`);
      assert.equal(code, 0, err);
      const entries = objects(out);
      assert.deepEqual(entries.map(({ tag }) => tag).sort(), [...names].sort());
      const failed = entries.filter(({ error }) => error);
      assert.deepEqual(failed.map(({ tag }) => tag).sort(), [...invalid].sort());
      for (const { error } of failed) assert.equal(error.code, 'INVALID_REFERENCE');
    }
    const { code, out, err } = await cli(`tags ${registry.url}/a/b --order name`);
    assert.equal(code, 0);
    assert.match(out, /^a .*\nb .*\n/m);
    assert.match(err, /^warning: 1\.1\.0\+build\.5: INVALID_REFERENCE: /m);
    assert.deepEqual((await cli(`tags ${registry.url}/a/b --names`)).out.split('\n').length, names.length + 1);
    assert.ok(
      registry.requests.every(({ url }) => !url.includes('build')),
      'none of them is asked for',
    );
  } finally {
    await registry.stop();
  }
});

/** Nothing but line ends: no other control character, nothing that is invisible or changes the order of the text. */
// eslint-disable-next-line no-control-regex
const HARMLESS = /^[^\u0000-\u0009\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]*$/;
const EVIL = '\u001b[2J\u009b1m\u0007\u007f\u202ea\u2066b\u200bc\u200f\u061c\u2060\ufeff\u2028\r\nerror: FAKE\u0000';

test('nothing from a registry reaches the terminal as it is', SOON, async () => {
  const evil = image([{ run: EVIL, layer: layer([{ path: 'one', content: '1' }]) }], {
    config: { User: EVIL, Env: [EVIL], Labels: { [EVIL]: EVIL }, Cmd: [EVIL] },
    annotations: { [EVIL]: EVIL },
  });
  const warning = { warning: `299 - "${EVIL.replace(/[^\x20-\x7e\x80-\xff]/g, '')}"` };
  const registry = await startScripted((request, response) => {
    const path = request.url.split('?')[0];
    if (path === '/v2/_catalog') return json({ repositories: [EVIL, 'a/b'] }, warning)(request, response);
    if (path === '/v2/a/b/tags/list') return json({ tags: ['latest', EVIL] }, warning)(request, response);
    if (path.includes('/manifests/')) return content(evil, warning)(request, response);
    if (path.includes('/blobs/')) return content(evil.blobs[0], warning)(request, response);
    if (path.includes('/c/'))
      return json({ errors: [{ code: 'DENIED', message: EVIL, detail: { [EVIL]: EVIL } }] }, { status: 403 })(
        request,
        response,
      );
    if (path.includes('/d/')) return send(EVIL, { status: 500, server: 'x\u009b1m' })(request, response);
    return json({}, { server: 'x\u009b1m' })(request, response);
  });
  try {
    const commands = [
      'repos HOST',
      'tags HOST/a/b',
      'tags HOST/a/b --long',
      'tags HOST/a/b --names',
      'inspect HOST/a/b',
      'inspect HOST/a/b --config',
      'tags HOST/a/c',
      'tags HOST/a/d',
      'cleanup HOST/a/b --keep-newest 1',
      'diagnose HOST',
    ];
    for (const command of commands) {
      for (const json of ['', ' --json']) {
        const typed = command.replace('HOST', registry.url) + json;
        const { out, err } = await cli(typed, { env: { DEBUG: '1' } });
        assert.match(out, HARMLESS, typed);
        assert.match(err, HARMLESS, typed);
        assert.doesNotMatch(out + err, /^error: FAKE/m, typed);
        if (json) assert.doesNotThrow(() => (/^(repos|tags)/.test(typed) ? objects(out) : JSON.parse(out)), typed);
      }
    }
  } finally {
    await registry.stop();
  }
});

test('what a registry says moves no cursor', SOON, async () => {
  const evil = '\u001b[2J\u009b1mred\u202etxt\n';
  const registry = await startScripted({
    '/v2/_catalog': (request, response) =>
      send(JSON.stringify({ errors: [{ code: 'DENIED', message: evil }] }), {
        status: 403,
        'content-type': 'application/json',
      })(request, response),
  });
  try {
    for (const json of ['', ' --json']) {
      const { code, out, err } = await cli(`repos ${registry.url}${json}`);
      assert.equal(code, 1);
      // eslint-disable-next-line no-control-regex
      assert.doesNotMatch(out + err, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
      assert.match(err, /^error: UNSUPPORTED: [^\n]*DENIED[^\n]*\n/);
    }
  } finally {
    await registry.stop();
  }
});
