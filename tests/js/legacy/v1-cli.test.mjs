// `docker-registry-client-wasm` on the command line, against docker-registry 0.9.1.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { fillV1, v1Samples } from '../../registries/v1-images.mjs';
import { startV1 } from '../../registries/v1-server.mjs';
import { cells, cli, done, objects } from '../cli/cli.mjs';
import { SOON } from '../support/support.mjs';

const tiny = v1Samples['acme/tiny'].latest;
const arm = v1Samples['acme/tiny']['on-arm'];
const idOf = (images) => images.at(-1).id;
const bytesOf = (images) => images.reduce((sum, { layer }) => sum + layer.length, 0);

let server;
let host;
before(async () => {
  server = await startV1();
  host = new URL(server.url).host;
  await fillV1(server);
}, SOON);
after(() => server.stop());

test('repos', SOON, async () => {
  assert.deepEqual((await done(`repos ${host}`)).trim().split('\n').sort(), Object.keys(v1Samples).sort());
  assert.equal(await done(`repos ${host} --namespace library`), 'library/busybox\n');
});

test('tags', SOON, async () => {
  const [head, ...rows] = cells(await done(`tags ${host}/acme/tiny`));
  assert.deepEqual(head, ['TAG', 'IMAGE', 'CREATED', 'SIZE', 'PLATFORMS']);
  const row = ['latest', idOf(tiny).slice(0, 12), '2015-04-03 10:20', `${bytesOf(tiny)} B`, 'linux/amd64'];
  assert.deepEqual(
    rows.find(([tag]) => tag === 'latest'),
    row,
  );
  assert.equal(rows.at(-1)[0], 'on-arm');
  const long = cells(await done(`tags ${host}/acme/tiny --long --filter 1.*`));
  assert.deepEqual(long[1], [
    '1.0',
    idOf(tiny),
    '2015-04-03T10:20:30.123Z',
    String(bytesOf(tiny)),
    'application/json',
    'linux/amd64',
  ]);
  assert.deepEqual((await done(`tags ${host}/busybox --names`)).trim(), 'latest');
  const json = objects(await done(`tags ${host}/acme/tiny --json`));
  assert.deepEqual(
    json.map(({ verified }) => verified),
    [false, false, false],
  );
});

test('inspect', SOON, async () => {
  const text = await done(`inspect ${host}/acme/tiny`);
  assert.ok(text.includes(idOf(tiny)) && text.includes('linux/amd64') && text.includes('cat /one'), text);
  assert.ok(!text.includes('Digest') && !text.includes('undefined'), text);
  const layers = cells(text.slice(text.indexOf('LAYER')));
  assert.deepEqual(layers[0], ['LAYER', 'IMAGE', 'SIZE', 'TYPE']);
  assert.deepEqual(
    layers.slice(1).map((row) => row.at(-3)),
    tiny.map(({ id }) => id),
  );
  const facts = JSON.parse(await done(`inspect ${host}/acme/tiny:on-arm --json`));
  assert.deepEqual([facts.id, facts.verified, facts.tag, facts.size], [idOf(arm), false, 'on-arm', bytesOf(arm)]);
  const config = JSON.parse(await done(`inspect ${host}/acme/tiny --config`));
  assert.equal(config.id, idOf(tiny));
  assert.deepEqual(JSON.parse(await done(`config ${host}/acme/tiny`)), config);
  const raw = await cli(`inspect ${host}/acme/tiny --raw`);
  assert.equal(raw.code, 1);
  assert.match(raw.err, /UNSUPPORTED.*manifests: .*V1 protocol/);
});

test('tag and untag', SOON, async () => {
  await done(`tag ${host}/acme/tiny:latest again other`);
  await done(`tag ${host}/acme/tiny:${idOf(arm)} again --if-match ${idOf(tiny)}`);
  const tags = await (await fetch(`${server.url}/v1/repositories/acme/tiny/tags`)).json();
  assert.deepEqual([tags.again, tags.other], [idOf(arm), idOf(tiny)]);
  await done(`untag ${host}/acme/tiny:again ${host}/acme/tiny:other`);
  const left = await (await fetch(`${server.url}/v1/repositories/acme/tiny/tags`)).json();
  assert.deepEqual(Object.keys(left).sort(), ['1.0', 'latest', 'on-arm']);
});

test('what V1 does not have says what V1 is', SOON, async () => {
  const digest = `sha256:${'0'.repeat(64)}`;
  const refused = async (args) => {
    const { code, err } = await cli(args);
    assert.equal(code, 1, `${args}: ${err}`);
    assert.match(err, /UNSUPPORTED.*V1 protocol/);
  };
  await Promise.all(
    [
      `copy ${host}/acme/tiny:latest ${host}/acme/copy:1`,
      `cleanup ${host}/acme/tiny --keep-newest 1`,
      ...['digest', 'manifest get', 'referrers', 'validate', 'ratelimit', 'artifact pull'].map(
        (name) => `${name} ${host}/acme/tiny:latest`,
      ),
      `mutate ${host}/acme/tiny:latest --tag new --user 0`,
      `index create ${host}/acme/tiny:new latest`,
      ...['blob get', 'blob head', 'blob delete --yes', 'manifest delete --yes'].map(
        (name) => `${name} ${host}/acme/tiny@${digest}`,
      ),
    ].map(refused),
  );
  assert.match((await cli(`diagnose ${host}`)).out, /speaks only the V1 protocol/);
});
