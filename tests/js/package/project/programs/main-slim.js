import process from 'node:process';
import init, {
  DockerRegistryClient,
  RegistryError,
  Repository,
  isRegistryError,
} from 'docker-registry-client-wasm/slim';
import { smoke } from './smoke.js';

await Promise.all([init(), init()]);
console.log(
  JSON.stringify(await smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, process.argv[2])),
);
