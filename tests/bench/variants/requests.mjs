// Many small requests, `concurrency` at a time. `time` is milliseconds per request.
import { expect, once } from './time.mjs';
import { fetchOf } from './transport.mjs';

/** The first requests open connections and let the host compile. */
const WARM_UP = 300;

async function perRequest({ digests, concurrency }, request) {
  const all = async (items) => {
    const rest = items.values();
    const worker = async () => {
      for (const item of rest) await request(item);
    };
    await Promise.all(Array.from({ length: concurrency }, worker));
  };
  await all(digests.slice(0, WARM_UP));
  const measured = digests.slice(WARM_UP);
  const { time, cpu } = await once(() => all(measured));
  return { time: time / measured.length, cpu: cpu / measured.length };
}

async function repository({ package: url, registry, concurrency, transport }) {
  const { DockerRegistryClient } = await import(url);
  const options = { concurrency, cacheBytes: 0, fetch: await fetchOf(transport, url) };
  return new DockerRegistryClient(registry, options).repository('bench/small');
}

const manifestUrl = ({ registry }, digest) => `${registry}/v2/bench/small/manifests/${digest}`;

export async function manifests(parameters) {
  const small = await repository(parameters);
  return perRequest(parameters, async (digest) => expect((await small.manifest(digest)).digest === digest, digest));
}

export async function fetchManifests(parameters) {
  return perRequest(parameters, async (digest) => {
    const response = await fetch(manifestUrl(parameters, digest));
    expect((await response.arrayBuffer()).byteLength > 0, digest);
  });
}

/** What a careful program without a library does. */
export async function fetchVerifiedManifests(parameters) {
  const { createHash } = await import('node:crypto');
  return perRequest(parameters, async (digest) => {
    const response = await fetch(manifestUrl(parameters, digest), { signal: AbortSignal.timeout(30_000) });
    const bytes = new Uint8Array(await response.arrayBuffer());
    expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}` === digest, digest);
    expect(JSON.parse(new TextDecoder().decode(bytes)).layers.length > 0, digest);
  });
}

export async function tags(parameters) {
  const small = await repository(parameters);
  return perRequest(parameters, async () => expect((await small.tags()).includes('latest'), 'a tag'));
}

export async function fetchTags(parameters) {
  const url = `${parameters.registry}/v2/bench/small/tags/list?n=1000`;
  return perRequest(parameters, async () => expect((await (await fetch(url)).arrayBuffer()).byteLength > 0, 'a tag'));
}
