import { DockerRegistryClient, RegistryError, Repository, isRegistryError } from 'docker-registry-client-wasm';
import { bearer } from './bearer.js';
import { smoke } from './smoke.js';

export default {
  async fetch(request) {
    const query = new URL(request.url).searchParams;
    const [registry, digest] = [query.get('registry'), query.get('digest')];
    if (digest) return Response.json(await bearer({ DockerRegistryClient }, registry, digest));
    return Response.json(await smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, registry));
  },
};
