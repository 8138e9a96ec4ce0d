import { DockerRegistryClient, RegistryError, Repository, isRegistryError } from 'docker-registry-client-wasm';
import { report } from './report.js';
import { smoke } from './smoke.js';

report((registry) => smoke({ DockerRegistryClient, RegistryError, Repository, isRegistryError }, registry));
