// The registry that the clients are measured with: a process of its own, which sends buffers it has ready. It also serves the
// folders that a page of the same origin needs. Started by processes.mjs with what it shall hold; says when it listens.
import { createReadStream, readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

import { blobOf, digestOf, imageOf, largeBlob, largeLayer, manifests, repositoryNames, tagNames } from './content.mjs';

const JSON_TYPE = 'application/json';
const TYPES = { '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm' };

const given = JSON.parse(process.argv[2]);
const { tags = 0, repositories = 0, requests = 0, blobs: sizes = [], files = [], large, folders } = given;

/** Path → what is sent: `{ type, body }` or `{ type, blob }`. */
const answers = new Map();
const document = (path, value) => answers.set(path, { type: JSON_TYPE, body: Buffer.from(JSON.stringify(value)) });

document('/v2/', {});
document('/v2/_catalog', { repositories: repositoryNames(repositories) });
document('/v2/bench/tags/tags/list', { name: 'bench/tags', tags: tagNames(tags) });
document('/v2/bench/small/tags/list', { name: 'bench/small', tags: ['1', '1.2', '1.2.3', 'latest'] });
answers.set('/page', { type: 'text/html', body: Buffer.from('<!doctype html><title>benchmark</title>') });

const digests = manifests(requests).map((body) => {
  const digest = digestOf(body);
  answers.set(`/v2/bench/small/manifests/${digest}`, {
    type: 'application/vnd.oci.image.manifest.v1+json',
    digest,
    body,
  });
  return digest;
});

/** Serves an image of one layer. */
function serveImage(repository, blob) {
  const { config, configDigest, manifest, digest, mediaType } = imageOf(blob);
  const type = 'application/octet-stream';
  answers.set(`/v2/${repository}/blobs/${blob.digest}`, { type, digest: blob.digest, blob });
  answers.set(`/v2/${repository}/blobs/${configDigest}`, { type, digest: configDigest, body: config });
  for (const reference of ['latest', digest]) {
    answers.set(`/v2/${repository}/manifests/${reference}`, { type: mediaType, digest, body: manifest });
  }
  return { repository, size: blob.size, digest: blob.digest };
}

const blobs = sizes.map((size) => serveImage(`bench/image-${size}`, largeBlob(size)));
const layers = files.map(({ repository, file, type, diffId }) =>
  serveImage(repository, { ...blobOf([readFileSync(file)]), type, diffId }),
);
const largeImage = large && { ...serveImage('bench/large', largeLayer(large)), fileSize: large };

async function send(request, response) {
  const [path] = request.url.split('?');
  const answer = answers.get(path);
  if (!answer) return sendFile(path, response);
  const { type, digest, body, blob } = answer;
  const range = blob && /^bytes=(\d+)-(\d+)$/.exec(request.headers.range);
  const [from, to] = range ? [Number(range[1]), Math.min(Number(range[2]) + 1, blob.size)] : [0, blob?.size];
  const headers = {
    'Content-Type': type,
    'Content-Length': blob ? to - from : body.length,
    'Cache-Control': 'no-store',
  };
  if (digest) headers['Docker-Content-Digest'] = digest;
  if (range) headers['Content-Range'] = `bytes ${from}-${to - 1}/${blob.size}`;
  response.writeHead(range ? 206 : 200, headers);
  if (request.method === 'HEAD') return response.end();
  if (body) return response.end(body);
  for (const piece of blob.pieces(from, to)) {
    if (!response.write(piece)) await drained(response);
    if (response.destroyed) return undefined;
  }
  return response.end();
}

const drained = (response) =>
  new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });

async function sendFile(path, response) {
  const [, name, ...rest] = path.split('/');
  const file = Object.hasOwn(folders, name) && join(folders[name], normalize(`/${rest.join('/')}`));
  const found = file && (await stat(file).catch(() => undefined))?.isFile();
  if (!found) return response.writeHead(404, { 'Content-Type': JSON_TYPE }).end('{"errors":[]}');
  response.writeHead(200, {
    'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    'Cache-Control': 'no-store',
  });
  return createReadStream(file).pipe(response);
}

const server = createServer(send);
server.listen(0, '127.0.0.1', () => {
  const bytes = (path) => answers.get(path).body.length;
  const bodies = { tags: bytes('/v2/bench/tags/tags/list'), catalog: bytes('/v2/_catalog') };
  const url = `http://127.0.0.1:${server.address().port}`;
  process.send({ url, tags, repositories, digests, blobs, layers, large: largeImage, bodies });
});
process.once('disconnect', () => process.exit());
