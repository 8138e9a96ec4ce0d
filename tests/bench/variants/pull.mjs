// One large blob. What a page can do runs in pages too. `time` is milliseconds, from the call to the last byte.
import { expect, once } from './time.mjs';
import { fetchOf } from './transport.mjs';

export async function repositoryOf({ package: url, registry, repository, transport }) {
  const { DockerRegistryClient } = await import(url);
  const fetch = await fetchOf(transport, url);
  return new DockerRegistryClient(registry, { fetch }).repository(repository);
}

export const blobUrl = ({ registry, repository, digest }) => `${registry}/v2/${repository}/blobs/${digest}`;

/** Reads a stream to its end; `use` gets each chunk. */
export async function readAll(stream, size, use) {
  const reader = stream.getReader();
  let length = 0;
  for (let read; !(read = await reader.read()).done; ) {
    length += read.value.length;
    use?.(read.value);
  }
  expect(length === size, `${length} of ${size} bytes`);
}

const sha256 = async () => (await import('node:crypto')).createHash('sha256');
const verify = (hash, digest) => expect(`sha256:${hash.digest('hex')}` === digest, 'another digest');

export async function stream(parameters) {
  const repository = await repositoryOf(parameters);
  return once(async () => readAll(await repository.blob(parameters.digest), parameters.size));
}

export async function fetchLoop(parameters) {
  return once(async () => readAll((await fetch(blobUrl(parameters))).body, parameters.size));
}

export async function fetchHash(parameters) {
  const hash = await sha256();
  return once(async () => {
    await readAll((await fetch(blobUrl(parameters))).body, parameters.size, (chunk) => hash.update(chunk));
    verify(hash, parameters.digest);
  });
}

/** The same as a stream, the least that whoever hands verified bytes on has to do. */
export async function fetchHashStream(parameters) {
  const hash = await sha256();
  const open = async () => {
    const reader = (await fetch(blobUrl(parameters))).body.getReader();
    const pull = async (controller) => {
      const { done, value } = await reader.read();
      if (!done) {
        hash.update(value);
        return controller.enqueue(value);
      }
      verify(hash, parameters.digest);
      return controller.close();
    };
    return new ReadableStream({ pull }, { highWaterMark: 0 });
  };
  return once(async () => readAll(await open(), parameters.size));
}

// The whole blob in one piece.

export async function getLayer(parameters) {
  const repository = await repositoryOf(parameters);
  return once(async () => {
    const image = await repository.image('latest');
    expect((await image.getLayer()).length === parameters.size, 'another size');
  });
}

export async function fetchPiece(parameters) {
  const hash = await sha256();
  return once(async () => {
    const response = await fetch(blobUrl(parameters));
    const bytes = new Uint8Array(Number(response.headers.get('content-length')));
    let length = 0;
    await readAll(response.body, parameters.size, (chunk) => {
      hash.update(chunk);
      bytes.set(chunk, length);
      length += chunk.length;
    });
    verify(hash, parameters.digest);
  });
}

export async function fetchArrayBuffer(parameters) {
  const hash = await sha256();
  return once(async () => {
    verify(hash.update(new Uint8Array(await (await fetch(blobUrl(parameters))).arrayBuffer())), parameters.digest);
  });
}

/** A page's own means: the host hashes whole buffers only. */
export async function fetchWebCrypto(parameters) {
  return once(async () => {
    const bytes = await (await fetch(blobUrl(parameters))).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
    const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
    expect(`sha256:${hex}` === parameters.digest, 'another digest');
  });
}

// From a registry's image, as a tool does it: manifest, then the layer.

async function layerOf(parameters) {
  const repository = await repositoryOf(parameters);
  const image = await repository.image('latest');
  return image.layerStream();
}

export async function layer(parameters) {
  return once(async () => readAll(await layerOf(parameters), parameters.size));
}

export async function layerToFile(parameters) {
  const { open } = await import('node:fs/promises');
  return once(async () => {
    const file = await open(parameters.file, 'w');
    let length = 0;
    for await (const chunk of await layerOf(parameters)) {
      length += (await file.write(chunk)).bytesWritten;
    }
    await file.close();
    expect(length === parameters.size, `${length} of ${parameters.size} bytes`);
  });
}
