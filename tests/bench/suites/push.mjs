// To a real registry, and between two of them: Debian's docker-registry.
import { find as findServer } from '../../../www/registry/programs.mjs';
import { startDistribution } from '../../registries/servers.mjs';
import { largeBlob } from '../content.mjs';
import { fill } from '../fill.mjs';
import { inNode, lacking, program } from '../processes.mjs';
import { MIB, mebibytes } from '../units.mjs';

export const title = 'pushing and copying';

const REPOSITORY = 'bench/image';

export async function groups({ packageUrl, quick, rounds = quick ? 3 : 5, atEnd }) {
  const common = { unit: 'MiB/s', rounds };
  if (!findServer('docker-registry')) {
    return [{ ...common, title, variants: [{ name: 'all', notRun: 'docker-registry not on this machine' }] }];
  }
  const [from, to] = [await startDistribution(), await startDistribution()];
  atEnd(() => Promise.all([from.stop(), to.stop()]));
  const [pushed, copied] = [(quick ? 256 : 1024) * MIB, 256 * MIB];
  await fill(from.url, REPOSITORY, largeBlob(copied));

  const node = (size) => (name, run, parameters) => ({
    name,
    measure: async () => {
      const given = { registry: from.url, package: packageUrl, size, ...parameters };
      const { time, cpu, rss, process } = await inNode('push', run, given, { flags: ['--expose-gc'] });
      const rate = (milliseconds) => (size / MIB / milliseconds) * 1000;
      return {
        value: rate(time),
        details: { cpu: rate(cpu), 'whole process': rate(process * 1000), 'MiB above idle': rss },
      };
    },
  });
  const [ofPush, ofCopy] = [node(pushed), node(copied)];
  const place = ({ url }, name) => `docker://${new URL(url).host}/${name}:latest`;
  let copies = 0;
  const skopeo = {
    name: 'skopeo copy',
    notRun: lacking('skopeo'),
    measure: async () => {
      // Another blob each time: what it has copied before, it knows where to have mounted from.
      const name = `bench/skopeo-${(copies += 1)}`;
      await fill(from.url, name, largeBlob(copied + copies));
      const args = ['copy', '--quiet', '--insecure-policy', '--src-tls-verify=false', '--dest-tls-verify=false'];
      const { seconds } = await program('skopeo', [...args, place(from, name), place(to, name)]);
      return { value: copied / MIB / seconds, details: { 'whole process': copied / MIB / seconds } };
    },
  };
  return [
    {
      ...common,
      title: `stream of ${mebibytes(pushed)} to a registry`,
      variants: [
        ofPush('pushBlob()', 'push'),
        ofPush('pushBlob(), transport of ./node', 'push', { transport: 'node' }),
        ofPush('pushBlob() in chunks', 'push', { chunkSize: 4 * MIB }),
        ofPush('fetch + node:crypto', 'fetchPush'),
      ],
      compare: [
        { of: 'pushBlob()', to: 'fetch + node:crypto', atLeast: 0.9 },
        { of: 'pushBlob(), transport of ./node', to: 'pushBlob()', atLeast: 1 },
        { of: 'pushBlob()', to: 'pushBlob() in chunks' },
      ],
    },
    {
      ...common,
      title: `image with one layer of ${mebibytes(copied)} from registry to registry`,
      variants: [ofCopy('copy()', 'copy', { repository: REPOSITORY, to: to.url }), skopeo],
      compare: [{ of: 'copy()', to: skopeo.name, by: 'whole process', atLeast: 1 }],
    },
  ];
}
