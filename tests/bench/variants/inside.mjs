// One layer that is listed, and files that are read of it. What a page can do runs in pages too.
import { blobUrl, repositoryOf } from './pull.mjs';
import { expect, once } from './time.mjs';

const imageOf = async (parameters) => (await repositoryOf(parameters)).image('latest');

export async function layerFiles(parameters) {
  const repository = await repositoryOf(parameters);
  return once(async () => {
    const image = await repository.image('latest');
    let count = 0;
    for await (const { path } of image.layerFiles(0)) if (path) count += 1;
    expect(count === parameters.entries, `${count} of ${parameters.entries} entries`);
  });
}

export async function layerIndex(parameters) {
  const repository = await repositoryOf(parameters);
  return once(async () => {
    const index = await (await repository.image('latest')).layerIndex(0);
    expect(index.length > parameters.entries, `${index.length} bytes`);
  });
}

/** A page's own means. */
export async function decompress(parameters) {
  return once(async () => {
    const { body } = await fetch(blobUrl(parameters));
    const reader = body.pipeThrough(new DecompressionStream('gzip')).getReader();
    let length = 0;
    for (let read; !(read = await reader.read()).done; ) length += read.value.length;
    expect(length > parameters.size, `${length} bytes`);
  });
}

/** A page hashes whole buffers only. */
export async function decompressVerified(parameters) {
  const digest = (bytes) => crypto.subtle.digest('SHA-256', bytes);
  return once(async () => {
    const stored = await (await fetch(blobUrl(parameters))).arrayBuffer();
    const sum = new Uint8Array(await digest(stored)).toHex?.() ?? '';
    expect(!sum || `sha256:${sum}` === parameters.digest, 'another digest');
    const content = new Response(new Blob([stored]).stream().pipeThrough(new DecompressionStream('gzip')));
    const bytes = await content.arrayBuffer();
    expect((await digest(bytes)).byteLength === 32 && bytes.byteLength > parameters.size, `${bytes.byteLength} bytes`);
  });
}

// The idioms of Node: fetch and hash the stored bytes, and give them to a library that reads tar.

/**
 * @param {(chunks: AsyncIterable<Uint8Array>, count: () => void) => Promise<void>} list
 * @param {number} [entries] how many `list` is to count
 */
async function listed(parameters, list, entries = parameters.entries) {
  const { createHash } = await import('node:crypto');
  const hash = createHash('sha256');
  let count = 0;
  return once(async () => {
    const { body } = await fetch(blobUrl(parameters));
    const chunks = async function* () {
      for await (const chunk of body) {
        hash.update(chunk);
        yield chunk;
      }
    };
    await list(chunks(), () => (count += 1));
    expect(`sha256:${hash.digest('hex')}` === parameters.digest, 'another digest');
    expect(count === entries, `${count} of ${entries} entries`);
  });
}

/** What a verified listing cannot do without: both sides are hashed, and nothing is read. */
export async function bothSides(parameters) {
  const { createHash } = await import('node:crypto');
  const { pipeline } = await import('node:stream/promises');
  const { createGunzip } = await import('node:zlib');
  return listed(parameters, (chunks) => pipeline(chunks, createGunzip(), createHash('sha256')), 0);
}

const peer = async ({ peers }, name) => (await import('node:module')).createRequire(peers)(name);

export async function tarStream(parameters) {
  const { extract } = await peer(parameters, 'tar-stream');
  const { pipeline } = await import('node:stream/promises');
  const { createGunzip } = await import('node:zlib');
  return listed(parameters, async (chunks, count) => {
    const reader = extract();
    reader.on('entry', (_, content, next) => {
      count();
      content.on('end', next).resume();
    });
    await pipeline(chunks, createGunzip(), reader);
  });
}

export async function nodeTar(parameters) {
  const { Parser } = await peer(parameters, 'tar');
  return listed(parameters, async (chunks, count) => {
    const reader = new Parser();
    reader.on('entry', (entry) => {
      count();
      entry.resume();
    });
    const ended = new Promise((resolve, reject) => reader.on('end', resolve).on('error', reject));
    for await (const chunk of chunks) {
      if (!reader.write(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length))) {
        await new Promise((resolve) => reader.once('drain', resolve));
      }
    }
    reader.end();
    await ended;
  });
}

// Bytes that are transferred.

async function counted(parameters) {
  let bytes = 0;
  const { DockerRegistryClient } = await import(parameters.package);
  const client = new DockerRegistryClient(parameters.registry, {
    fetch: async (...request) => {
      const response = await fetch(...request);
      bytes += Number(response.headers.get('content-length'));
      return response;
    },
  });
  const repository = client.repository(parameters.repository);
  const since = async (action) => {
    bytes = 0;
    await action();
    return { bytes };
  };
  return { repository, since };
}

export async function secondFile({ files: [one, other], ...parameters }) {
  const { repository, since } = await counted(parameters);
  const image = await repository.image('latest');
  await image.readFile(one);
  return since(async () => expect((await image.readFile(other)).length > 0, 'an empty file'));
}

/** Manifest and config count too. */
export async function indexedFile({ files: [file], ...parameters }) {
  const index = await (await imageOf(parameters)).layerIndex(0);
  const { repository, since } = await counted(parameters);
  return since(async () => {
    const image = await repository.image('latest');
    await image.useLayerIndex(0, index);
    expect((await image.readFile(file)).length > 0, 'an empty file');
  });
}
