import { DockerRegistryClient, RegistryError, Repository, isRegistryError } from 'docker-registry-client-wasm';
import { smoke } from './smoke.js';

export default {
  async fetch(request) {
    const registry = new URL(request.url).searchParams.get('registry');
    return Response.json(await smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, registry));
  },
};
