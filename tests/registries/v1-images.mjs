// Images of the V1 protocol, made in memory, and how docker's clients of that time pushed them: JSON, layer, checksum, and a
// tag at the end.
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

import { tar } from '../../www/registry/tar.mjs';

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

/**
 * An image: a chain of layers, each with its JSON.
 * @param {{ run: string, files: import('../../www/registry/tar.mjs').Entry[] }[]} steps base first
 * @returns {{ id: string, document: object, json: Buffer, layer: Buffer, checksum: string }[]} base first
 */
export function v1Image(name, steps, { platform = ['linux', 'amd64'], config = {} } = {}) {
  const images = [];
  for (const [at, { run, files }] of steps.entries()) {
    const id = sha256(name, String(at), run);
    const [os, architecture] = platform;
    const document = {
      id,
      ...(at > 0 && { parent: images[at - 1].id }),
      created: `2015-04-0${at + 1}T10:20:30.123456789Z`,
      container: sha256('container', id),
      container_config: { Hostname: 'builder', Cmd: ['/bin/sh', '-c', run] },
      docker_version: '1.5.0',
      ...(at === steps.length - 1 && { config, author: 'somebody' }),
      architecture,
      os,
    };
    const json = Buffer.from(JSON.stringify(document));
    const layer = gzipSync(tar(files));
    images.push({ id, document, json, layer, checksum: `sha256:${sha256(json, '\n', layer)}` });
  }
  return images;
}

const noise = Buffer.concat(
  Array.from({ length: 60_000 }, (_, at) => createHash('sha256').update(`v1 ${at}`).digest()),
);

/** Repository → tag → image. */
export const v1Samples = {
  'library/busybox': {
    latest: v1Image('busybox', [
      {
        run: '#(nop) ADD file:busybox.tar in /',
        files: [
          { path: 'bin', type: 'folder' },
          { path: 'bin/sh', content: 'sh' },
        ],
      },
    ]),
  },
  'acme/tiny': {
    latest: v1Image(
      'tiny',
      [
        { run: '#(nop) ADD file:base.tar in /', files: [{ path: 'etc/os-release', content: 'ID=tiny\n' }] },
        { run: 'echo one > /one', files: [{ path: 'one', content: 'one\n' }] },
        { run: '#(nop) CMD ["cat" "/one"]', files: [] },
      ],
      { config: { Env: ['PATH=/bin'], Cmd: ['cat', '/one'], Labels: { ['__proto__']: 'x' } } },
    ),
    'on-arm': v1Image('arm', [{ run: '#(nop) ADD file:arm.tar in /', files: [{ path: 'arm', content: 'arm' }] }], {
      platform: ['linux', 'arm'],
    }),
  },
  'acme/large': {
    latest: v1Image('large', [{ run: '#(nop) ADD file:noise in /', files: [{ path: 'noise', content: noise }] }]),
  },
};
// More tags of what is there already.
v1Samples['acme/tiny']['1.0'] = v1Samples['acme/tiny'].latest;

/** What V1 is asked for, without the package under test. `authorization`: for the index of a registry that has one. */
export function v1Pusher(url, { authorization } = {}) {
  let token;
  const put = async (path, body, headers = {}) => {
    const toIndex = 'x-docker-token' in headers;
    const response = await fetch(`${url}/v1/${path}`, {
      method: 'PUT',
      body,
      headers: {
        ...headers,
        ...(toIndex ? authorization && { authorization } : token && { authorization: `Token ${token}` }),
      },
    });
    const text = await response.text();
    // An image that is there already never changes.
    if (!response.ok && response.status !== 409) throw new Error(`PUT ${path}: ${response.status} ${text}`);
    if (authorization) token = response.headers.get('x-docker-token') ?? token;
    return response.ok;
  };
  return {
    async push(repository, tag, images) {
      const json = { 'content-type': 'application/json' };
      const index = { ...json, 'x-docker-token': 'true' };
      await put(`repositories/${repository}/`, JSON.stringify(images.map(({ id }) => ({ id }))), index);
      for (const { id, json: document, layer, checksum } of images) {
        if (!(await put(`images/${id}/json`, document, json))) continue;
        await put(`images/${id}/layer`, layer, { 'content-type': 'application/octet-stream' });
        await put(`images/${id}/checksum`, '', { 'x-docker-checksum-payload': checksum });
      }
      await put(`repositories/${repository}/tags/${tag}`, JSON.stringify(images.at(-1).id), json);
      await put(
        `repositories/${repository}/images`,
        JSON.stringify(images.map(({ id, checksum }) => ({ id, checksum }))),
        index,
      );
    },
  };
}

/** Pushes a set. */
export async function fillV1({ url }, set = v1Samples, options) {
  const { push } = v1Pusher(url, options);
  for (const [repository, tags] of Object.entries(set)) {
    for (const [tag, images] of Object.entries(tags)) await push(repository, tag, images);
  }
}
