// Vite's way of asking for a file's address.
import module from 'docker-registry-client-wasm/core.wasm?url';
import later from 'docker-registry-client-wasm/later.wasm?url';
import init, {
  DockerRegistryClient,
  RegistryError,
  Repository,
  isRegistryError,
} from 'docker-registry-client-wasm/slim';
import { report } from './report.js';
import { smoke } from './smoke.js';

report(async (registry) => {
  await init(module, later);
  return smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, registry);
});
