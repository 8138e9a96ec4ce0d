import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { chromium, inPage } from '../chromium.mjs';
import { makeLayers } from '../inside/layers.mjs';
import { tarPeers } from '../inside/peers.mjs';
import { scripts, secondsOf } from '../inside/scripts.mjs';
import { inNode, lacking, program, startServer } from '../processes.mjs';
import { MIB } from '../units.mjs';

export const title = 'a look into a layer';
export const ownRegistries = true;

/** Rates in MiB/s of the archive, of whole processes: Node's start is included. */
export async function groups({ packageUrl, folders, quick, rounds = quick ? 3 : 5, atEnd }) {
  const missing = lacking('bash', 'tar', 'gzip', 'zstd', 'sha256sum', 'curl');
  if (missing) return [{ title, unit: 'MiB/s', rounds, variants: [{ name: 'all', notRun: missing }] }];
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const made = makeLayers(folder, (quick ? 90 : 270) * MIB);
  const server = await startServer({ files: [made.gzip, made.zstd], folders });
  atEnd(server.stop);
  const peers = await tarPeers();
  const browser = await chromium();
  const [gzip, zstd] = server.layers;
  const size = `${Math.round(made.size / MIB)} MiB`;
  const rate = (seconds) => made.size / MIB / seconds;
  const parametersOf = (layer) => ({ registry: server.url, package: packageUrl, entries: made.entries, ...layer });

  const node = (layer, name, run, more = {}) => ({
    name,
    notRun: more.notRun,
    measure: async () => {
      const parameters = { ...parametersOf(layer), peers: peers.folder, ...more };
      const { time, process, processCpu } = await inNode('inside', run, parameters);
      return { value: rate(process), details: { cpu: rate(processCpu / 1000), 'call alone': rate(time / 1000) } };
    },
  });
  const shell = (layer, name, script, ...needs) => ({
    name,
    notRun: lacking(...needs),
    measure: async () => {
      const place = join(folder, 'place');
      await mkdir(place);
      const url = `${server.url}/v2/${layer.repository}/blobs/${layer.digest}`;
      const image = `${url.slice('http://'.length).split('/')[0]}/${layer.repository}:latest`;
      const { file } = layer === gzip ? made.gzip : made.zstd;
      const line = `set -e -o pipefail; ${scripts[script]}\ntimes`;
      const { output, seconds } = await program('bash', ['-c', line, 'bash', url, image, place, file]);
      await rm(place, { recursive: true });
      // Where the script verifies and lists, it says so.
      const [hex, count] = output.split('\n');
      const isListed = `sha256:${hex}` === layer.digest && Number(count) === made.entries;
      if (script.toLowerCase().endsWith('tar') && !isListed) throw new Error(`an unexpected answer: ${output}`);
      return { value: rate(seconds), details: { cpu: rate(secondsOf(output)) } };
    },
  });
  const page = (name, run) => ({
    name,
    notRun: browser.notRun,
    measure: async () => {
      const parameters = { ...parametersOf(gzip), package: '/pkg/index.js' };
      const { time } = await inPage(browser.executable, server.url, 'inside', run, parameters);
      return { value: rate(time / 1000) };
    },
  });
  const part = (name, run) => ({
    name,
    measure: async () => {
      const { bytes } = await inNode('inside', run, { ...parametersOf(gzip), files: made.files });
      return { value: (bytes / gzip.size) * 100, details: { KiB: bytes / 1024 } };
    },
  });
  const ours = 'layerFiles()';
  const hashed = 'fetch, gunzip, node:crypto of both sides: no list';
  const umoci = process.getuid?.() === 0 ? 'umoci' : 'umociRootless';
  const oneThread =
    'the call hashes both sides on one thread; what fetches, decompresses and hashes both without reading tar is no faster';
  const checked = 'the call also fetches and hashes both sides, which takes longer than zstd -d';
  const inPages = 'the module hashes both sides, in WebAssembly';
  return [
    {
      title: `a gzip layer of ${size} and ${made.entries} entries, fetched, verified and listed`,
      unit: 'MiB/s',
      rounds,
      variants: [
        node(gzip, ours, 'layerFiles'),
        node(gzip, 'layerFiles(), transport of ./node', 'layerFiles', { transport: 'node' }),
        node(gzip, 'layerIndex()', 'layerIndex'),
        node(gzip, hashed, 'bothSides'),
        node(gzip, 'fetch, node:crypto, gunzip, tar-stream', 'tarStream', { notRun: peers.notRun }),
        node(gzip, 'fetch, node:crypto, node-tar', 'nodeTar', { notRun: peers.notRun }),
        shell(gzip, 'curl | tee >(sha256sum) | tar tz', 'tar', 'bash'),
        shell(gzip, 'skopeo copy, tar tz', 'skopeoTar', 'skopeo'),
        shell(gzip, 'skopeo copy, umoci raw unpack', umoci, 'skopeo', 'umoci'),
      ],
      compare: [
        { of: ours, to: 'curl | tee >(sha256sum) | tar tz', atLeast: 2.5, behind: oneThread },
        { of: ours, to: hashed },
        { of: ours, to: 'fetch, node:crypto, gunzip, tar-stream', atLeast: 2, behind: oneThread },
        { of: ours, to: 'fetch, node:crypto, node-tar', atLeast: 1.3, behind: oneThread },
        { of: ours, to: 'skopeo copy, tar tz', atLeast: 1 },
        { of: ours, to: 'skopeo copy, umoci raw unpack', atLeast: 1 },
        { of: 'layerFiles(), transport of ./node', to: ours, atLeast: 1 },
        { of: 'layerIndex()', to: ours },
      ],
    },
    {
      title: `the same layer by zstd`,
      unit: 'MiB/s',
      rounds,
      variants: [
        node(zstd, ours, 'layerFiles'),
        shell(zstd, 'zstd -d of a file', 'zstd', 'zstd'),
        shell(zstd, 'curl | tee >(sha256sum) | zstd -d | sha256sum', 'zstdSums', 'zstd'),
        shell(zstd, 'curl | tee >(sha256sum) | zstd -d | tar t', 'zstdTar', 'zstd'),
      ],
      compare: [
        { of: ours, to: 'zstd -d of a file', atLeast: 0.7, behind: checked },
        { of: ours, to: 'curl | tee >(sha256sum) | zstd -d | sha256sum' },
        { of: ours, to: 'curl | tee >(sha256sum) | zstd -d | tar t' },
      ],
    },
    {
      title: 'Chromium: the gzip layer',
      unit: 'MiB/s',
      rounds,
      variants: [
        page(ours, 'layerFiles'),
        page('fetch, DecompressionStream, not verified', 'decompress'),
        page('the same, and WebCrypto of both sides', 'decompressVerified'),
      ],
      compare: [
        { of: ours, to: 'fetch, DecompressionStream, not verified', atLeast: 1.5, behind: inPages },
        { of: ours, to: 'the same, and WebCrypto of both sides' },
      ],
    },
    {
      title: 'bytes for another file of the gzip layer',
      unit: '% of the image',
      rounds: 1,
      variants: [part('the second readFile()', 'secondFile'), part('readFile() with a stored index', 'indexedFile')],
      compare: [
        { of: 'the second readFile()', below: 1 },
        { of: 'readFile() with a stored index', below: 1 },
      ],
    },
  ];
}
