// skopeo, on the same registry: two programs that know nothing of each other must see the same.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';

import { fill } from '../../../www/registry/fill.mjs';
import { samples } from '../../../www/registry/sample-images.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';
import { SOON, plain } from '../support/support.mjs';

let server;
let client;
before(async () => {
  server = await startDistribution();
  await fill(server, samples);
  client = new DockerRegistryClient(server.url);
}, SOON);
after(() => server.stop());

const options = { encoding: 'buffer', maxBuffer: 1 << 24 };
async function skopeo(command, name, args = [], globalArgs = []) {
  const reference = `docker://${new URL(server.url).host}/${name}`;
  const { stdout } = await promisify(execFile)(
    'skopeo',
    [...globalArgs, command, ...args, '--tls-verify=false', reference],
    options,
  );
  return stdout;
}

const images = Object.entries(samples).filter(([name]) => !name.startsWith('charts/') && !name.includes('windows'));

test('list-tags', SOON, async () => {
  for (const name of Object.keys(samples)) {
    const { Tags } = JSON.parse(await skopeo('list-tags', name));
    assert.deepEqual((await client.repository(name).tags()).sort(), Tags.sort());
  }
});

test('inspect --raw: the manifest’s bytes', SOON, async () => {
  for (const [name, tags] of Object.entries(samples)) {
    for (const tag of Object.keys(tags)) {
      assert.ok(
        (await skopeo('inspect', `${name}:${tag}`, ['--raw'])).equals(
          (await client.repository(name).manifest(tag)).bytes,
        ),
        `${name}:${tag}`,
      );
    }
  }
});

test('inspect: digest, platform, layers, environment', SOON, async () => {
  for (const [name, tags] of images) {
    for (const tag of Object.keys(tags).filter((one) => one !== 'sbom')) {
      const theirs = JSON.parse(await skopeo('inspect', `${name}:${tag}`));
      const repository = client.repository(name);
      const image = await repository.image(tag);
      const config = await image.getData('config');
      assert.equal((await repository.data(tag)).digest, theirs.Digest);
      assert.deepEqual([image.platform.os, image.platform.architecture], [theirs.Os, theirs.Architecture]);
      assert.deepEqual(
        image.layers.map(({ digest }) => digest),
        theirs.Layers,
      );
      assert.deepEqual(image.created, new Date(theirs.Created));
      assert.deepEqual(config.Env ?? null, theirs.Env ?? null);
      assert.deepEqual(plain(config.Labels ?? null), theirs.Labels);
    }
  }
});

test('inspect --config, for each platform', SOON, async () => {
  for (const [platform, ...override] of [
    ['linux/amd64', '--override-arch=amd64'],
    ['linux/arm64', '--override-arch=arm64'],
    ['linux/arm/v7', '--override-arch=arm', '--override-variant=v7'],
  ]) {
    const theirs = JSON.parse(await skopeo('inspect', 'team/web:latest', ['--config'], override));
    const image = await client.repository('team/web').image('latest', { platform });
    const ours = plain(await image.getJson());
    for (const field of ['architecture', 'os', 'rootfs', 'created']) assert.deepEqual(ours[field], theirs[field]);
    assert.equal(ours.history.length, theirs.history.length);
  }
});
