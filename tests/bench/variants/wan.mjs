// One operation over the slow link, by this package or by another client for Node. The relay notes what it takes; nothing is timed here.
import http from 'node:http';
import { createRequire } from 'node:module';
import { json } from 'node:stream/consumers';

import { clearLog } from '../../registries/relay/process.mjs';
import { COUNTS, operations } from '../wan/operations.mjs';
import { expect } from './time.mjs';
import { fetchOf } from './transport.mjs';

export async function operation({ package: url, transport, name, from, to, control, prepared }) {
  const { DockerRegistryClient } = await import(url);
  const fetch = await fetchOf(transport, url);
  const connect = (registry = from) => new DockerRegistryClient(registry, { fetch });
  await operations[name].run({ connect, from, to, mark: () => clearLog(control) }, prepared);
  return {};
}

/** Loads a package of the folder that the peers are installed in. */
const required = (folder, name) => createRequire(`${folder}/`)(name);

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

/** @snyk/docker-registry-v2-client. As all of it are functions of one request, what can be parallel is made so. */
export async function snyk({ folder, name, from, prepared: { repository, namespace } }) {
  const client = required(folder, '@snyk/docker-registry-v2-client');
  const { host } = new URL(from);
  const options = { protocol: 'http:', acceptManifest: MANIFEST };
  const rest = [undefined, undefined, options];
  const manifest = (of, tag) => client.getManifest(host, of, tag, ...rest);
  const describe = async (of, tag) => {
    const { config } = await manifest(of, tag);
    await client.getImageConfig(host, of, config.digest, ...rest);
  };
  const eachTag = async (of, read) => {
    const tags = await client.getTags(host, of, undefined, undefined, 1000, undefined, options);
    await Promise.all(tags.map((tag) => read(of, tag)));
    return tags.length;
  };
  const runs = {
    async describeTags() {
      expect((await eachTag(repository, describe)) === COUNTS.tags, 'tags');
    },
    async inventory() {
      const all = await client.getRepos(host, undefined, undefined, 1000, undefined, options);
      const repositories = all.filter((one) => one.startsWith(`${namespace}/`));
      expect(repositories.length === COUNTS.repositories, 'repositories');
      // One tag in each: its manifest has the sizes, and no date is needed to tell which one is the newest.
      await Promise.all(repositories.map((of) => eachTag(of, manifest)));
    },
    async pull() {
      const { config, layers } = await client.getManifest(host, repository, 'latest', ...rest);
      expect(layers.length === COUNTS.layers, 'layers');
      await Promise.all([
        client.getImageConfig(host, repository, config.digest, ...rest),
        ...layers.map(({ digest }) => client.getLayer(host, repository, digest, ...rest)),
      ]);
    },
  };
  await runs[name]();
  return {};
}

/** @azure/container-registry, without its authentication, which insists on TLS. */
export async function azure({ folder, from, prepared: { repository } }) {
  const { ContainerRegistryContentClient } = required(folder, '@azure/container-registry');
  const options = { audience: 'none', allowInsecureConnection: true };
  const client = new ContainerRegistryContentClient(from, repository, { getToken: async () => null }, options);
  client.client.pipeline.removePolicy({ name: 'bearerTokenAuthenticationPolicy' });
  const { manifest } = await client.getManifest('latest');
  expect(manifest.layers.length === COUNTS.layers, 'layers');
  await Promise.all(
    [manifest.config, ...manifest.layers].map(async ({ digest }) => {
      const { content } = await client.downloadBlob(digest);
      await content.resume().toArray();
    }),
  );
  return {};
}

/** No client: the requests alone, with as many connections as this package has at most. */
export async function bare({ from, prepared: { repository } }) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
  const get = (path) =>
    new Promise((resolve, reject) => {
      const options = { agent, headers: { accept: MANIFEST } };
      http
        .get(new URL(`/v2/${repository}/${path}`, from), options, (response) => resolve(json(response)))
        .on('error', reject);
    });
  const { tags } = await get(`tags/list?n=${COUNTS.tags}`);
  const described = tags.map(async (tag) => {
    const { config } = await get(`manifests/${tag}`);
    return get(`blobs/${config.digest}`);
  });
  expect((await Promise.all(described)).length === COUNTS.tags, 'tags');
  agent.destroy();
  return {};
}
