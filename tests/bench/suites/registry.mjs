// The same image by the same registry: Debian's docker-registry, filled by plain fetch.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { find as findServer } from '../../../www/registry/programs.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { largeBlob } from '../content.mjs';
import { fill } from '../fill.mjs';
import { inNode, lacking, program } from '../processes.mjs';
import { MIB, mebibytes } from '../units.mjs';

export const title = 'an image from a real registry';

const REPOSITORY = 'bench/image';

export async function groups({ server, packageUrl, quick, rounds = quick ? 3 : 5, atEnd }) {
  const { size } = server.blobs[0];
  const common = { title: `docker-registry's image with one layer of ${mebibytes(size)}`, unit: 'MiB/s', rounds };
  if (!findServer('docker-registry')) {
    return [{ ...common, variants: [{ name: 'all', notRun: 'docker-registry not on this machine' }] }];
  }
  const registry = await startDistribution();
  atEnd(() => registry.stop());
  const folder = await mkdtemp(join(tmpdir(), 'bench-'));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const blob = largeBlob(size);
  await fill(registry.url, REPOSITORY, blob);

  const rate = (seconds) => size / MIB / seconds;
  const parameters = {
    registry: registry.url,
    repository: REPOSITORY,
    digest: blob.digest,
    size,
    package: packageUrl,
    file: join(folder, 'layer'),
  };
  const node = (name, run) => ({
    name,
    measure: async () => {
      const { time, cpu, process } = await inNode('pull', run, parameters);
      await rm(parameters.file, { force: true });
      return { value: rate(time / 1000), details: { cpu: rate(cpu / 1000), 'whole process': rate(process) } };
    },
  });
  const target = join(folder, 'image');
  const source = `docker://${registry.url.replace('http://', '')}/${REPOSITORY}:latest`;
  const skopeo = {
    name: 'skopeo copy to dir:',
    notRun: lacking('skopeo'),
    measure: async () => {
      const { seconds } = await program('skopeo', [
        'copy',
        '--quiet',
        '--insecure-policy',
        '--src-tls-verify=false',
        source,
        `dir:${target}`,
      ]);
      await rm(target, { recursive: true });
      return { value: rate(seconds), details: { 'whole process': rate(seconds) } };
    },
  };
  const wholeProcess = { by: 'whole process' };
  return [
    {
      ...common,
      variants: [
        node('layerStream()', 'layer'),
        node('layerStream() to a file', 'layerToFile'),
        node('fetch + node:crypto', 'fetchHash'),
        skopeo,
      ],
      compare: [
        { of: 'layerStream()', to: 'fetch + node:crypto', atLeast: 0.95 },
        { of: 'layerStream()', to: skopeo.name, ...wholeProcess, atLeast: 1 },
        { of: 'layerStream() to a file', to: skopeo.name, ...wholeProcess, atLeast: 1 },
      ],
    },
  ];
}
