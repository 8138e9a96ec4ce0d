// Only compiled, never run: what a user of the types writes, in each of TypeScript's ways to find a package.

import {
  DockerRegistryClient,
  Image,
  RegistryError,
  Repository,
  isRegistryError,
  type CleanupPlan,
  type CleanupPolicy,
  type CleanupReport,
  type PushArtifactOptions,
  type ClientOptions,
  type Dependents,
  type Descriptor,
  type Diagnosis,
  type Manifest,
  type Platform,
  type Progress,
  type RequestEvent,
  type SearchResult,
  type TagData,
} from 'docker-registry-client-wasm';

export async function use(signal: AbortSignal): Promise<void> {
  const options: ClientOptions = {
    username: 'alice',
    password: 'secret',
    concurrency: 4,
    fetch: (input, init) => globalThis.fetch(input, init),
    onRequest: ({ method, url, status }: RequestEvent) => log(method, url, status ?? 0),
    signal,
  };
  const client: DockerRegistryClient = new DockerRegistryClient(new URL('http://localhost:5000'), options);
  const version: 1 | 2 = await client.apiVersion({ signal, timeout: 10 });
  const names: string[] = await client.namespaces();
  const diagnosis: Diagnosis = await client.diagnose({ repository: 'library/debian', signal });
  const settings: string | undefined = diagnosis.findings[0]?.fix?.distribution;
  log(diagnosis.cors?.preflight.authorization, diagnosis.tags.paging === 'link', settings);
  for await (const name of client.catalog({ pageSize: 100 })) names.push(name);
  const repositories: Map<string, Repository> = await client.repositories('library', { signal });

  const repository = client.repository('debian', 'library');
  const tags: string[] = await repository.tags({ filter: /^1/ });
  const data: TagData = await repository.data('12');
  const manifest: Manifest = await repository.manifest('12', { accept: ['application/json'] });
  const head: Descriptor | undefined = await repository.headManifest('12');
  const blob: ReadableStream<Uint8Array> = await repository.blob(manifest.digest, { range: [0, 9], onProgress });

  for await (const entry of repository.describeTags({ order: 'version', tags: ['12'] })) {
    if (entry.error) log(entry.tag, entry.error.code);
    else log(entry.digest, entry.created?.getTime(), entry.platforms.length);
  }
  const policy: CleanupPolicy = {
    keep: { newest: 3, newerThan: '30d', tags: ['latest', /^v/], semver: { highest: 2, per: 'minor' } },
    remove: { tags: ['*'], olderThan: new Date(0) },
  };
  const planned: CleanupPlan = await repository.planCleanup(policy, { signal });
  const cleanup: CleanupPlan = await repository.loadCleanupPlan(JSON.stringify(planned));
  const report: CleanupReport = await cleanup.apply({ onProgress: ({ done, total, outcome }) => log(done / total, outcome) });
  log(cleanup.tags[0]?.reasons, cleanup.digests[0]?.neededBy, cleanup.freed, report.failed[0]?.error.code, report.remaining);

  const image: Image = await repository.image('12', { platform: 'linux/arm64/v8' });
  const platform: Platform | undefined = image.platform;
  const layer: Uint8Array = await image.getLayer(0);
  const unpacked = (await image.layerStream(0)).pipeThrough(new DecompressionStream('gzip'));
  log(unpacked, new Blob([await image.getLayer(0), manifest.bytes]), new Response(await image.readFile('/etc/os-release')));
  const layerNames: string[] = image.layers.map((layer) => (layer.digest === undefined ? layer.id : layer.digest));
  log(version, repositories.size, tags, data.created?.getTime(), head?.size, blob, platform?.os, layer.byteLength, layerNames);

  await repository.tag('stable', image, { ifMatch: null });
  await repository.tag({ from: image, to: 'stable', noClobber: true, signal });
  await repository.untag('old', { signal });
  const pushed: Descriptor = await repository.pushManifest('copy', manifest);
  const plan: Dependents = await repository.planDelete(pushed.digest);
  if (plan.tags.length === 0) await repository.deleteManifest(plan.digest, { force: true });
  const made: Descriptor = await repository.createIndex('all', ['12', image], { base: 'all', remove: ['linux/s390x'] });
  const sboms: Descriptor[] = await repository.referrers(made.digest, { artifactType: 'application/sbom' });
  const artifact: PushArtifactOptions = { artifactType: 'a/b', files: [{ title: 'x', data: layer }], subject: image };
  log(sboms, (await repository.pushArtifact(artifact)).size);

  const results: SearchResult[] = await client.search('web');
  const id: string = await repository.pushImage({ id: 'a'.repeat(64) }, layer, { signal });
  await repository.tag('latest', id);
  await repository.deleteRepository({ signal });
  const verified: boolean = image.verified && data.verified;
  log(results[0]?.name, verified, data.tagJson?.['last_update']);

  // @ts-expect-error A time is a number.
  await client.apiVersion({ timeout: '10' });
  // @ts-expect-error There is no version 3.
  new DockerRegistryClient('localhost', { apiVersion: 3 });
  // @ts-expect-error Only a client makes repositories.
  new Repository();
  // @ts-expect-error An image's size cannot be set.
  image.size = 0;
}

export function explain(error: unknown): string {
  if (isRegistryError(error)) return `${error.code} ${error.status} ${error.errors.length}`;
  if (error instanceof RegistryError) return error.url ?? '';
  return String(error);
}

function onProgress({ loaded, total }: Progress): void {
  log(loaded, total ?? loaded);
}

function log(...values: unknown[]): void {
  console.log(...values);
}
