// Random sequences of everything that changes a registry, beside a model of what must be there afterwards.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { digestOf, image, layer } from '../../../www/registry/content.mjs';
import { startDistribution, startFerro } from '../../registries/servers.mjs';
import { DockerRegistryClient } from '../support/packed.mjs';

const LONG = { timeout: 180_000 };
const STEPS = 40;
// Another seed is another sequence; a failure names its own.
const SEEDS = (process.env.SEED ?? '1,2,3').split(',').map(Number);

const images = Array.from({ length: 5 }, (_, number) =>
  image([
    { run: 'COPY shared /', layer: layer([{ path: 'shared', content: 'shared' }]) },
    { run: `COPY ${number} /`, layer: layer([{ path: 'n', content: `${number}` }]) },
  ]),
);
const TAGS = ['a', 'b', 'c', 'd'];
const REPOSITORIES = ['one', 'two'];

/** splitmix32 */
function random(seed) {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % below;
  };
}

/** What a registry must have: for each repository its tags, each with its digest, and the manifests that can be had. */
class Model {
  repositories = new Map(REPOSITORIES.map((name) => [name, { tags: new Map(), manifests: new Map() }]));

  at = (name) => this.repositories.get(name);
  tagsOf = (name) => [...this.at(name).tags].sort();

  remove(name, digest) {
    const { tags, manifests } = this.at(name);
    manifests.delete(digest);
    for (const [tag, at] of tags) if (at === digest) tags.delete(tag);
  }
}

async function step(pick, model, client, prefix) {
  const name = REPOSITORIES[pick(2)];
  const repository = client.repository(`${prefix}/${name}`);
  const { tags, manifests } = model.at(name);
  const tag = TAGS[pick(TAGS.length)];
  const known = [...manifests.keys()];
  const digest = known[pick(known.length || 1)];
  switch (pick(7)) {
    case 0: {
      const one = images[pick(images.length)];
      for (const { bytes, descriptor } of one.blobs)
        assert.equal((await repository.pushBlob(bytes)).digest, descriptor.digest);
      await repository.pushManifest(tag, one.bytes, { mediaType: one.mediaType });
      manifests.set(one.digest, one);
      tags.set(tag, one.digest);
      return `push ${name}:${tag}`;
    }
    case 1: {
      if (!digest) return 'nothing';
      await repository.tag(tag, digest);
      tags.set(tag, digest);
      return `tag ${name}:${tag} by digest`;
    }
    case 2: {
      const [from] = [...tags.keys()];
      if (!from) return 'nothing';
      await repository.tag(tag, from);
      tags.set(tag, tags.get(from));
      return `tag ${name}:${tag} as ${from}`;
    }
    case 3: {
      const there = tags.has(tag);
      const ended = await repository.untag(tag).then(
        () => 'done',
        (error) => error.status,
      );
      assert.equal(ended, there ? 'done' : 404);
      tags.delete(tag);
      return `untag ${name}:${tag}`;
    }
    case 4: {
      const other = REPOSITORIES[1 - REPOSITORIES.indexOf(name)];
      if (!tags.has(tag)) return 'nothing';
      const { digest: copied } = await client.copy(`${prefix}/${name}:${tag}`, `${prefix}/${other}:${tag}`);
      assert.equal(copied, tags.get(tag));
      model.at(other).tags.set(tag, copied);
      model.at(other).manifests.set(copied, manifests.get(copied));
      return `copy ${name}:${tag} to ${other}`;
    }
    case 5: {
      if (!digest) return 'nothing';
      const inUse = [...tags.values()].includes(digest);
      const ended = await repository.deleteManifest(digest).then(
        () => 'done',
        (error) => error.code,
      );
      assert.equal(ended, inUse ? 'IN_USE' : 'done');
      if (!inUse) model.remove(name, digest);
      return `delete ${name}@${digest.slice(7, 15)}`;
    }
    default: {
      if (!digest || pick(3) > 0) return 'nothing';
      await repository.deleteManifest(digest, { force: true });
      model.remove(name, digest);
      return `force ${name}@${digest.slice(7, 15)}`;
    }
  }
}

async function compare(model, client, url, prefix) {
  for (const name of REPOSITORIES) {
    const repository = client.repository(`${prefix}/${name}`);
    const listed = await repository.tags().catch((error) => (error.status === 404 ? [] : Promise.reject(error)));
    assert.deepEqual(
      listed.sort(),
      model.tagsOf(name).map(([tag]) => tag),
      name,
    );
    for (const [tag, digest] of model.tagsOf(name))
      assert.equal((await repository.headManifest(tag)).digest, digest, `${name}:${tag}`);
    for (const [digest, { bytes, mediaType, blobs }] of model.at(name).manifests) {
      const read = async (path, accept) => {
        const response = await fetch(`${url}/v2/${prefix}/${name}/${path}`, { headers: { accept } });
        assert.equal(response.status, 200, `${name} ${path}`);
        return Buffer.from(await response.arrayBuffer());
      };
      assert.ok(bytes.equals(await read(`manifests/${digest}`, mediaType)));
      for (const { descriptor } of blobs)
        assert.equal(digestOf(await read(`blobs/${descriptor.digest}`, '*/*')), descriptor.digest);
    }
  }
}

for (const [title, start] of [
  ['distribution 2.8', startDistribution],
  ['ferro', startFerro],
]) {
  describe(title, () => {
    let server;
    before(async () => {
      server = await start();
    }, LONG);
    after(() => server.stop());

    for (const seed of SEEDS) {
      test(`seed ${seed}`, LONG, async () => {
        const [pick, model, prefix] = [random(seed), new Model(), `seed-${seed}`];
        const client = new DockerRegistryClient(server.url, { cacheBytes: seed % 2 ? undefined : 0 });
        const done = [];
        try {
          for (let count = 0; count < STEPS; count += 1) {
            done.push(await step(pick, model, client, prefix));
            if (count % 5 === 4 || count === STEPS - 1) await compare(model, client, server.url, prefix);
          }
        } catch (error) {
          error.message = `SEED=${seed} after ${done.join(', ')}: ${error.message}`;
          throw error;
        }
      });
    }
  });
}
