// Other clients over the slow link: which of the operations each has, and how it is run.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { inNode, lacking, program } from '../processes.mjs';
import { installPeers } from './install.mjs';
import { largeImage } from './operations.mjs';

const ORAS = fileURLToPath(new URL('with_oras.py', import.meta.url));

/**
 * @typedef {{ from: string, to: string, control: string, prepared: any }} Place the registries behind the link, the relay's log,
 *   and what the operation was prepared with
 * @typedef {{ name: string, notRun?: string, isBound?: boolean, runs: Record<string, (place: Place) => Promise<unknown>> }} Peer
 *   `isBound`: no client, but a lower bound of one
 */

/**
 * @param {(task: () => unknown) => void} atEnd
 * @returns {Promise<Peer[]>}
 */
export async function peers(atEnd) {
  const folder = await mkdtemp(join(tmpdir(), 'bench-wan-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const installed = await installPeers();
  const inFolder = (task) => async (place) => {
    const own = await mkdtemp(join(folder, 'run-'));
    try {
      return await task(place, own);
    } finally {
      await rm(own, { recursive: true });
    }
  };
  const ofNode = (variant, name) => (place) => inNode('wan', variant, { ...place, name, folder: installed.node });
  return [
    skopeo(inFolder),
    crane(inFolder),
    { name: 'oras-py', notRun: installed.lacking.python, runs: oras(inFolder, installed.python) },
    {
      name: '@snyk/docker-registry-v2-client',
      notRun: installed.lacking.node,
      runs: Object.fromEntries(['describeTags', 'inventory', 'pull'].map((name) => [name, ofNode('snyk', name)])),
    },
    // Its uploads take no absolute Location, which distribution sends.
    { name: '@azure/container-registry', notRun: installed.lacking.node, runs: { pull: ofNode('azure', 'pull') } },
    // A lower bound: the same requests without a client.
    { name: 'bare node:http, 64 at a time', isBound: true, runs: { describeTags: ofNode('bare', 'describeTags') } },
  ];
}

const hostOf = (url) => new URL(url).host;

/** Writes an image as an OCI image layout. */
async function asLayout(folder, content) {
  const blobs = join(folder, 'blobs', 'sha256');
  await mkdir(blobs, { recursive: true });
  const put = (digest, bytes) => writeFile(join(blobs, digest.slice('sha256:'.length)), bytes);
  for (const { bytes, descriptor } of content.blobs) await put(descriptor.digest, bytes);
  await put(content.digest, content.bytes);
  await writeFile(join(folder, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const { platform: _, ...descriptor } = content.descriptor;
  await writeFile(join(folder, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [descriptor] }));
}

// Between an OCI layout and a registry it has six transfers at a time; with `dir:` only one.
function skopeo(inFolder) {
  const copy = (source, target) =>
    program('skopeo', [
      'copy',
      '--quiet',
      '--insecure-policy',
      '--src-tls-verify=false',
      '--dest-tls-verify=false',
      source,
      target,
    ]);
  const image = (url, repository) => `docker://${hostOf(url)}/${repository}:latest`;
  return {
    name: 'skopeo',
    notRun: lacking('skopeo'),
    runs: {
      copyBetween: ({ from, to, prepared }) => copy(image(from, prepared.repository), image(to, prepared.target)),
      copyWithin: ({ from, prepared }) => copy(image(from, prepared.repository), image(from, prepared.target)),
      pull: inFolder(({ from, prepared }, folder) => copy(image(from, prepared.repository), `oci:${folder}:latest`)),
      push: inFolder(async ({ from, prepared }, folder) => {
        await asLayout(folder, largeImage(prepared.n));
        return copy(`oci:${folder}`, image(from, prepared.repository));
      }),
    },
  };
}

function crane(inFolder) {
  const run = (...args) => program('crane', args);
  const image = (url, repository) => `${hostOf(url)}/${repository}:latest`;
  return {
    name: 'crane',
    notRun: lacking('crane'),
    runs: {
      copyBetween: ({ from, to, prepared }) =>
        run('copy', image(from, prepared.repository), image(to, prepared.target)),
      copyWithin: ({ from, prepared }) => run('copy', image(from, prepared.repository), image(from, prepared.target)),
      pull: inFolder(({ from, prepared }, folder) =>
        run('pull', image(from, prepared.repository), join(folder, 'image.tar')),
      ),
      push: inFolder(async ({ from, prepared }, folder) => {
        await asLayout(folder, largeImage(prepared.n));
        return run('push', folder, image(from, prepared.repository));
      }),
      tag: ({ from, prepared }) => run('tag', image(from, prepared.repository), 'stable'),
      tags: ({ from, prepared }) => run('ls', `${hostOf(from)}/${prepared.repository}`),
      digest: ({ from, prepared }) => run('digest', image(from, prepared.repository)),
      manifest: ({ from, prepared }) => run('manifest', image(from, prepared.repository)),
      config: ({ from, prepared }) => run('config', image(from, prepared.repository)),
      catalog: ({ from }) => run('catalog', hostOf(from)),
    },
  };
}

function oras(inFolder, python) {
  const run = (operation, { from, prepared }, folder) =>
    program(python, [ORAS, operation, hostOf(from), prepared.repository, folder]);
  return {
    pull: inFolder((place, folder) => run('pull', place, folder)),
    push: inFolder(async (place, folder) => {
      for (const [at, { bytes }] of largeImage(place.prepared.n).layers.entries())
        await writeFile(join(folder, `layer-${at}`), bytes);
      return run('push', place, folder);
    }),
  };
}
