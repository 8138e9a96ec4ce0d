// The same for hosts without a page.

import process from 'node:process';
import { DockerRegistryClient, RegistryError, Repository, isRegistryError } from 'docker-registry-client-wasm';
import { smoke } from './smoke.js';

console.log(
  JSON.stringify(await smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, process.argv[2])),
);
