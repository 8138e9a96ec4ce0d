import { chromium, inPage } from '../chromium.mjs';
import { MIB, mebibytes } from '../units.mjs';

export const title = 'a page in Chromium';

export async function groups({ server, quick, rounds = quick ? 3 : 5 }) {
  const { executable, notRun } = await chromium();
  const common = { registry: server.url, package: '/pkg/index.js' };
  const page = (file, parameters, result) => (name, run, more) => ({
    name,
    notRun,
    measure: async () => result(await inPage(executable, server.url, file, run, { ...common, ...parameters, ...more })),
  });
  const time = ({ time: milliseconds }) => ({ value: milliseconds });
  const blob = server.blobs.at(-1);
  const rate = ({ time: milliseconds }) => ({ value: (blob.size / MIB / milliseconds) * 1000 });
  const pull = page('pull', blob, rate);
  const list = page('listing', { listing: 'tags', count: server.tags, calls: quick ? 8 : 20 }, time);
  const start = page('start', {}, time);
  return [
    {
      title: `stream of a blob of ${mebibytes(blob.size)}`,
      unit: 'MiB/s',
      rounds,
      variants: [
        pull('blob()', 'stream'),
        pull('fetch, not verified', 'fetchLoop'),
        pull('fetch + arrayBuffer() + WebCrypto', 'fetchWebCrypto'),
      ],
      // What a loop with a wasm hasher in the page reached when the target was set.
      compare: [
        { of: 'blob()', to: 'fetch, not verified', atLeast: 0.36 },
        { of: 'blob()', to: 'fetch + arrayBuffer() + WebCrypto' },
      ],
    },
    {
      title: `${server.tags} tags`,
      unit: 'ms',
      rounds,
      variants: [
        list('tags()', 'tags'),
        list('fetch + response.json()', 'responseJson'),
        list('fetch + TextDecoder + JSON.parse', 'decodeAndParse'),
      ],
      compare: [
        { of: 'tags()', to: 'fetch + response.json()', atMost: 1 },
        { of: 'tags()', to: 'fetch + TextDecoder + JSON.parse' },
      ],
    },
    {
      title: 'import and instantiate, fresh browsers',
      unit: 'ms',
      rounds,
      variants: [
        start('import', 'load', { module: '/pkg/index.js' }),
        start('import of an empty module', 'load', { module: '/variants/empty.mjs' }),
      ],
      compare: [{ of: 'import', above: 'import of an empty module' }],
    },
  ].map((group) => ({ ...group, title: `Chromium: ${group.title}` }));
}
