// A large blob on its way to a registry. Node with --expose-gc: `rss` is what it takes above the idle process.
import { peaks } from './memory.mjs';
import { expect, once } from './time.mjs';
import { fetchOf } from './transport.mjs';

const PIECE = 128 * 1024;

/** New bytes each time: of what is there nothing would be sent. */
function source(size) {
  const start = Date.now() + process.pid;
  let at = 0;
  const pull = (controller) => {
    if (at >= size) return controller.close();
    const piece = new Uint8Array(Math.min(PIECE, size - at)).fill(at / PIECE);
    new DataView(piece.buffer).setFloat64(0, start + at);
    at += piece.length;
    controller.enqueue(piece);
  };
  return new ReadableStream({ pull }, { highWaterMark: 0 });
}

async function measured(action) {
  let time;
  const { rss } = await peaks(
    () => 0,
    async () => (time = await once(action)),
  );
  return { ...time, rss };
}

export async function push({ package: url, registry, size, chunkSize, transport }) {
  const { DockerRegistryClient } = await import(url);
  const fetch = await fetchOf(transport, url);
  const repository = new DockerRegistryClient(registry, { fetch }).repository('bench/pushed');
  await repository.pushBlob(new Uint8Array(10));
  return measured(async () =>
    expect((await repository.pushBlob(source(size), { chunkSize })).size === size, 'another size'),
  );
}

/** What a program does that has nothing but fetch. */
export async function fetchPush({ registry, size }) {
  const { createHash } = await import('node:crypto');
  const uploads = `${registry}/v2/bench/pushed/blobs/uploads/`;
  const next = async (url, status, init) => {
    // Without these undici keeps a second copy of the body.
    const response = await fetch(url, { duplex: 'half', window: null, redirect: 'error', ...init });
    expect(response.status === status, `${init.method}: ${response.status}`);
    return new URL(response.headers.get('location'), url);
  };
  await next(uploads, 202, { method: 'POST' });
  const hash = createHash('sha256');
  const transform = (chunk, controller) => {
    hash.update(chunk);
    controller.enqueue(chunk);
  };
  return measured(async () => {
    const location = await next(uploads, 202, { method: 'POST' });
    const end = await next(location, 202, {
      method: 'PATCH',
      body: source(size).pipeThrough(new TransformStream({ transform })),
    });
    end.searchParams.set('digest', `sha256:${hash.digest('hex')}`);
    await next(end, 201, { method: 'PUT' });
  });
}

export async function copy({ package: url, registry, repository, to }) {
  const { DockerRegistryClient } = await import(url);
  const from = { repository: new DockerRegistryClient(registry).repository(repository), reference: 'latest' };
  const client = new DockerRegistryClient(to);
  await client.checkStatus();
  return measured(() => client.copy(from, `bench/copy-${process.pid}:latest`));
}
