import { DockerRegistryClient, RegistryError, Repository, isRegistryError } from 'docker-registry-client-wasm';
import { bearer } from './bearer.js';
import { contents } from './contents.js';
import { push } from './push.js';
import { smoke } from './smoke.js';

export default {
  async fetch(request) {
    const query = new URL(request.url).searchParams;
    const [registry, digest] = [query.get('registry'), query.get('digest')];
    const pieces = query.get('pieces');
    if (query.has('contents')) return Response.json(await contents({ DockerRegistryClient }, registry));
    if (pieces) return Response.json(await push({ DockerRegistryClient }, registry, Number(pieces)));
    if (digest) return Response.json(await bearer({ DockerRegistryClient }, registry, digest));
    return Response.json(await smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, registry));
  },
};
