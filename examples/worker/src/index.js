// GET /team/web answers with the five newest tags of the repository, as JSON.
import { DockerRegistryClient, isRegistryError } from 'docker-registry-client-wasm';

export default {
  async fetch(request, env) {
    const name = new URL(request.url).pathname.slice(1);
    // The Worker serves only repositories with this prefix, even if its login may read more.
    if (!name.startsWith(env.REPOSITORIES)) return Response.json({ error: 'NAME_UNKNOWN' }, { status: 404 });

    // A client of its own for each request: workerd does not share I/O between requests.
    const client = new DockerRegistryClient(env.REGISTRY, {
      ...(env.REGISTRY_USER && { username: env.REGISTRY_USER, password: env.REGISTRY_PASSWORD }),
      signal: request.signal,
    });
    try {
      const newest = [];
      for await (const { tag, digest, created, error } of client.repository(name).describeTags({ order: 'newest' })) {
        if (error) continue;
        newest.push({ tag, digest, created });
        if (newest.length === 5) break;
      }
      return Response.json(newest, { headers: { 'cache-control': 'max-age=60' } });
    } catch (error) {
      if (!isRegistryError(error)) throw error;
      console.error(error.code, error.message);
      return Response.json({ error: error.code }, { status: error.status === 404 ? 404 : 502 });
    }
  },
};
