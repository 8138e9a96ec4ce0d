// A large pull's memory, in a process that does nothing else. Node with --expose-gc.
import { readAll } from './pull.mjs';
import { expect } from './time.mjs';

const MIB = 1024 * 1024;
const INTERVAL = 5;

/** Memory of every WebAssembly instance made from here on. */
function watchModules() {
  const memories = [];
  const { Instance } = WebAssembly;
  // biome-ignore lint/complexity/useArrowFunction: it is called with `new`
  WebAssembly.Instance = function (...args) {
    const instance = new Instance(...args);
    memories.push(...Object.values(instance.exports).filter((one) => one instanceof WebAssembly.Memory));
    return instance;
  };
  return () => memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

/** Peaks above what the idle process has: of all its memory, of its buffers outside the heap, and of wasm memory in all. */
export async function peaks(wasm, action) {
  globalThis.gc();
  await new Promise((resolve) => setTimeout(resolve, 200));
  globalThis.gc();
  const idle = process.memoryUsage();
  const peak = { rss: 0, arrayBuffers: 0, heapUsed: 0, wasm: 0 };
  const sample = () => {
    const now = process.memoryUsage();
    for (const part of ['rss', 'arrayBuffers', 'heapUsed']) peak[part] = Math.max(peak[part], now[part] - idle[part]);
    peak.wasm = Math.max(peak.wasm, wasm());
  };
  const timer = setInterval(sample, INTERVAL);
  await action();
  clearInterval(timer);
  sample();
  return Object.fromEntries(Object.entries(peak).map(([part, bytes]) => [part, bytes / MIB]));
}

export async function stream({ package: url, registry, repository, digest, size }) {
  const wasm = watchModules();
  const { DockerRegistryClient } = await import(url);
  const from = new DockerRegistryClient(registry).repository(repository);
  // A small answer first: the host's own machinery for requests belongs to the idle process.
  await from.manifest('latest');
  expect(wasm() > 0, 'the module is not seen');
  return peaks(wasm, async () => readAll(await from.blob(digest), size));
}

/** The image with the large layer, once something small was read of it. */
async function largeImage({ package: url, registry, large }) {
  const wasm = watchModules();
  const { DockerRegistryClient } = await import(url);
  return { wasm, image: await new DockerRegistryClient(registry).repository(large.repository).image('latest') };
}

export async function layerFiles(parameters) {
  const { wasm, image } = await largeImage(parameters);
  return peaks(wasm, async () => {
    const paths = [];
    for await (const { path } of image.layerFiles(0)) paths.push(path);
    expect(paths.join() === '/large,/last', paths.join());
  });
}

export async function fileStream(parameters) {
  const { wasm, image } = await largeImage(parameters);
  return peaks(wasm, async () => readAll(await image.fileStream('large'), parameters.large.fileSize));
}

/** The last file: the layer is indexed, whatever comes before it. */
export async function readFile(parameters) {
  const { wasm, image } = await largeImage(parameters);
  return peaks(wasm, async () => {
    const text = new TextDecoder().decode(await image.readFile('last'));
    expect(text === 'the last', text);
  });
}

export async function exportTar(parameters) {
  const { wasm, image } = await largeImage(parameters);
  // Two headers, a block of the second file, and the end.
  const more = 5 * 512;
  return peaks(wasm, async () => readAll(await image.exportTar(), parameters.large.fileSize + more));
}

export async function fetchHash({ registry, repository, digest, size }) {
  const { createHash } = await import('node:crypto');
  await (await fetch(`${registry}/v2/${repository}/manifests/latest`)).arrayBuffer();
  const hash = createHash('sha256');
  return peaks(
    () => 0,
    async () =>
      readAll((await fetch(`${registry}/v2/${repository}/blobs/${digest}`)).body, size, (chunk) => hash.update(chunk)),
  );
}
