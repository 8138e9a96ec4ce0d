import { inNode } from '../processes.mjs';

export const title = 'small requests';

export function groups({ server, packageUrl, quick, rounds = quick ? 3 : 5 }) {
  return [1, 8, 32].flatMap((concurrency) => {
    const variant = (name, run) => ({
      name,
      measure: async () => {
        const parameters = { registry: server.url, package: packageUrl, digests: server.digests, concurrency };
        const { time, cpu } = await inNode('requests', run, parameters);
        return { value: time * 1000, details: { cpu: cpu * 1000 } };
      },
    });
    const target = concurrency >= 8 ? { atMost: 1.1 } : {};
    const common = { unit: 'µs a request', rounds };
    return [
      {
        ...common,
        title: `manifests by digest, ${concurrency} at a time`,
        variants: [
          variant('manifest()', 'manifests'),
          variant('fetch', 'fetchManifests'),
          variant('fetch + hash + JSON.parse', 'fetchVerifiedManifests'),
        ],
        compare: [
          { of: 'manifest()', to: 'fetch', ...target },
          { of: 'manifest()', to: 'fetch + hash + JSON.parse' },
        ],
      },
      {
        ...common,
        title: `tags of a small repository, ${concurrency} at a time`,
        variants: [variant('tags()', 'tags'), variant('fetch', 'fetchTags')],
        compare: [{ of: 'tags()', to: 'fetch', ...target }],
      },
    ];
  });
}
