// As main.js, with the entry for hosts that have node: modules.

import process from 'node:process';
import {
  RegistryError,
  Repository,
  connect,
  dockerCredentials,
  isRegistryError,
} from 'docker-registry-client-wasm/node';
import { smoke } from './smoke.js';

/** The client it makes, without the logins of whoever runs the test. */
class DockerRegistryClient {
  constructor(registry) {
    return connect(registry, { username: 'nobody', password: 'nothing' });
  }
}

const challenge = { registry: 'https://registry.example.com', scheme: 'basic', scopes: [] };
const found = await dockerCredentials({ configFile: 'docker-config.json' })(challenge);
if (found?.password !== 'secret') throw new Error('the login was not found');
console.log(
  JSON.stringify(await smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, process.argv[2])),
);
