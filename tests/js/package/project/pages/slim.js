import init, {
  DockerRegistryClient,
  RegistryError,
  Repository,
  isRegistryError,
} from 'docker-registry-client-wasm/slim';
import { report } from './report.js';
import { smoke } from './smoke.js';

report(async (registry) => {
  await Promise.all([init(), init()]);
  return smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, registry);
});
