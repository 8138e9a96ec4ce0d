import { inNode } from '../processes.mjs';

export const title = 'long listings, as one page';

export function groups({ server, packageUrl, quick, rounds = quick ? 3 : 7 }) {
  const calls = quick ? 8 : 20;
  const variant = (listing, count) => (name, run) => ({
    name,
    measure: async () => {
      const { time, cpu } = await inNode('listing', run, {
        registry: server.url,
        package: packageUrl,
        listing,
        count,
        calls,
      });
      return { value: time, details: { cpu } };
    },
  });
  const size = (bytes) => `${(bytes / 1e6).toFixed(2)} MB`;
  const peers = (make) => [
    make('fetch + response.json()', 'responseJson'),
    make('fetch + TextDecoder + JSON.parse', 'decodeAndParse'),
    make('TextDecoder + JSON.parse, no request', 'parseAlone'),
  ];
  const against = (of, target) => [
    { of, to: 'fetch + response.json()', ...target },
    { of, to: 'fetch + TextDecoder + JSON.parse' },
    { of, to: 'TextDecoder + JSON.parse, no request' },
  ];
  const tags = variant('tags', server.tags);
  const catalog = variant('catalog', server.repositories);
  return [
    {
      title: `${server.tags} tags (${size(server.bodies.tags)})`,
      unit: 'ms',
      rounds,
      variants: [tags('tags()', 'tags'), tags('eachTag()', 'eachTag'), ...peers(tags)],
      compare: [...against('tags()', { atMost: 1 }), { of: 'eachTag()', to: 'fetch + response.json()' }],
    },
    {
      title: `${server.repositories} repositories (${size(server.bodies.catalog)})`,
      unit: 'ms',
      rounds,
      variants: [catalog('repositories()', 'repositories'), catalog('catalog()', 'catalog'), ...peers(catalog)],
      compare: [...against('repositories()'), ...against('catalog()')],
    },
  ];
}
