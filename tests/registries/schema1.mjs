// Images of schema 1 as docker's tools of old made them, signed with node:crypto and so independently of the package under
// test.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { blob, digestOf } from '../../www/registry/content.mjs';
import { tar } from '../../www/registry/tar.mjs';

const SIGNED = 'application/vnd.docker.distribution.manifest.v1+prettyjws';
const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
const id = (text) => createHash('sha256').update(text).digest('hex');

const ALGORITHMS = {
  ES256: ['ec', { namedCurve: 'P-256' }],
  ES384: ['ec', { namedCurve: 'P-384' }],
  ES512: ['ec', { namedCurve: 'P-521' }],
  RS256: ['rsa', { modulusLength: 2048 }],
};

/** A fresh key for an algorithm, with its fingerprint. */
export function keyFor(algorithm) {
  const [type, options] = ALGORITHMS[algorithm];
  const { publicKey, privateKey } = generateKeyPairSync(type, options);
  const hash = createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 30);
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...hash].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const text = bits
    .match(/.{5}/g)
    .map((five) => digits[Number.parseInt(five, 2)])
    .join('');
  return { algorithm, publicKey, privateKey, id: text.match(/.{4}/g).join(':') };
}

/** A document signed by some keys; `change` may spoil each signature's parts. */
export function signed(payload, keys, change = (parts) => parts) {
  const length = payload.lastIndexOf('\n}');
  const start = Buffer.from(payload.slice(0, length));
  const header = {
    formatLength: start.length,
    formatTail: base64url(payload.slice(length)),
    time: '2015-10-01T00:00:00Z',
  };
  const signatures = keys.map(({ algorithm, publicKey, privateKey, id: kid }) => {
    const protectedHeader = base64url(JSON.stringify(header));
    const input = `${protectedHeader}.${base64url(payload)}`;
    const signature = sign(`sha${algorithm.slice(2)}`, Buffer.from(input), {
      key: privateKey,
      dsaEncoding: 'ieee-p1363',
    });
    const jwk = { ...publicKey.export({ format: 'jwk' }), kid };
    return change({ header: { jwk, alg: algorithm }, signature: base64url(signature), protected: protectedHeader });
  });
  const indented = JSON.stringify(signatures, null, 3).replaceAll('\n', '\n   ');
  return Buffer.concat([start, Buffer.from(`,\n   "signatures": ${indented}\n}`)]);
}

/**
 * An image.
 * @param {string} repository and tag, which stand in the document
 * @param {object[]} steps base first: `{ run, files?, config? }`, without `files` one that made no layer
 */
export function schema1Image(repository, tag, steps) {
  const empty = blob('', gzipSync(Buffer.alloc(1024)));
  const history = [];
  const layers = [];
  for (const { run, files, config, created = '2015-10-01T01:02:03.123456789Z' } of steps) {
    const archive = files && tar(Object.entries(files).map(([path, content]) => ({ path, content })));
    layers.unshift(files ? { ...blob('', gzipSync(archive)), diffId: digestOf(archive) } : empty);
    const parent = history[0]?.id;
    history.unshift({
      id: id(`${parent} ${run}`),
      ...(parent && { parent }),
      created,
      container_config: { Cmd: ['/bin/sh', '-c', run] },
      ...(config && { config, architecture: 'amd64', os: 'linux', docker_version: '1.10.3' }),
      ...(!files && { throwaway: true }),
    });
  }
  const document = {
    schemaVersion: 1,
    name: repository,
    tag,
    architecture: 'amd64',
    fsLayers: layers.map(({ descriptor: { digest } }) => ({ blobSum: digest })),
    history: history.map((v1) => ({ v1Compatibility: JSON.stringify(v1) })),
  };
  const payload = JSON.stringify(document, null, 3);
  const blobs = layers.filter(
    (one, at) => layers.findIndex((other) => other.descriptor.digest === one.descriptor.digest) === at,
  );
  return {
    document,
    payload,
    digest: digestOf(payload),
    mediaType: SIGNED,
    ids: history.map((v1) => v1.id),
    layers,
    blobs,
  };
}

/** What a registry takes: the image signed by a fresh key, with all that belongs to it. */
export function signedContent(image, keys = [keyFor('ES256')]) {
  return {
    bytes: signed(image.payload, keys),
    mediaType: image.mediaType,
    digest: image.digest,
    blobs: image.blobs,
    children: [],
  };
}
