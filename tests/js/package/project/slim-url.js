// Vite's way of asking for a file's address.
import module from 'docker-registry-client-wasm/core.wasm?url';
import lazy from 'docker-registry-client-wasm/lazy.wasm?url';
import init, {
  DockerRegistryClient,
  RegistryError,
  Repository,
  isRegistryError,
} from 'docker-registry-client-wasm/slim';
import { report } from './report.js';
import { smoke } from './smoke.js';

report(async (registry) => {
  await init(module, lazy);
  return smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, registry);
});
