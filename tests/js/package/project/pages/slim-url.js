// Vite's way of asking for a file's address.
import module from 'docker-registry-client-wasm/core.wasm?url';
import write from 'docker-registry-client-wasm/write.wasm?url';
import read from 'docker-registry-client-wasm/read.wasm?url';
import init, {
  DockerRegistryClient,
  RegistryError,
  Repository,
  isRegistryError,
} from 'docker-registry-client-wasm/slim';
import { report } from './report.js';
import { smoke } from './smoke.js';

report(async (registry) => {
  await init(module, { read, write });
  return smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, registry);
});
