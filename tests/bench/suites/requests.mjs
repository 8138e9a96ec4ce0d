import { inNode } from '../processes.mjs';

export const title = 'small requests';

export function groups({ server, packageUrl, quick, rounds = quick ? 3 : 5 }) {
  return [1, 8, 32].flatMap((concurrency) => {
    const variant = (name, run, transport) => ({
      name,
      measure: async () => {
        const { digests, url: registry } = server;
        const parameters = { registry, package: packageUrl, digests, concurrency, transport };
        const { time, cpu } = await inNode('requests', run, parameters);
        return { value: time * 1000, details: { cpu: cpu * 1000 } };
      },
    });
    const common = { unit: 'µs a request', rounds };
    return [
      {
        ...common,
        title: `manifests by digest, ${concurrency} at a time`,
        variants: [
          variant('manifest()', 'manifests'),
          variant('manifest(), transport of ./node', 'manifests', 'node'),
          variant('fetch', 'fetchManifests'),
          variant('fetch + hash + JSON.parse', 'fetchVerifiedManifests'),
        ],
        compare: [
          { of: 'manifest()', to: 'fetch', atMost: 1.2 },
          { of: 'manifest()', to: 'fetch + hash + JSON.parse' },
          { of: 'manifest(), transport of ./node', to: 'fetch', atMost: 0.6 },
        ],
      },
      {
        ...common,
        title: `tags of a small repository, ${concurrency} at a time`,
        variants: [
          variant('tags()', 'tags'),
          variant('tags(), transport of ./node', 'tags', 'node'),
          variant('fetch', 'fetchTags'),
        ],
        compare: [
          { of: 'tags()', to: 'fetch', atMost: 1.2 },
          { of: 'tags(), transport of ./node', to: 'fetch', atMost: 0.6 },
        ],
      },
    ];
  });
}
