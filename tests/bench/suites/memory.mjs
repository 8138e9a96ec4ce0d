import { inNode } from '../processes.mjs';
import { mebibytes } from '../units.mjs';

export const title = 'peak memory of a pull, and of a look into a layer';

export function groups({ server, packageUrl, quick, rounds = quick ? 3 : 5 }) {
  const variant = (blob, name, run) => ({
    name,
    measure: async () => {
      const parameters = { registry: server.url, package: packageUrl, large: server.large, ...blob };
      const { rss, arrayBuffers, heapUsed, wasm } = await inNode('memory', run, parameters, { flags: ['--expose-gc'] });
      return {
        value: rss,
        details: { 'array buffers': arrayBuffers, 'JavaScript heap': heapUsed, 'wasm memory': wasm },
      };
    },
  });
  const [large, piece] = server.blobs;
  const layer = mebibytes(server.large.fileSize);
  const inside = ['layerFiles', 'fileStream', 'readFile', 'exportTar'].map((call) =>
    variant({}, `${call}() in a layer of ${layer}`, call),
  );
  const name = `blob() of ${mebibytes(large.size)}`;
  return [
    {
      title: 'peak above the idle process (resident set)',
      unit: 'MiB',
      rounds,
      variants: [
        variant(large, name, 'stream'),
        variant(piece, `blob() of ${mebibytes(piece.size)}`, 'stream'),
        variant(large, 'fetch + node:crypto', 'fetchHash'),
      ],
      compare: [
        { of: name, atMost: 64 },
        { of: name, above: 'fetch + node:crypto' },
      ],
    },
    {
      title: 'peak above the idle process (resident set)',
      unit: 'MiB',
      rounds: Math.min(rounds, 3),
      variants: inside,
      compare: inside.map(({ name: of }) => ({ of, atMost: 64 })),
    },
  ];
}
