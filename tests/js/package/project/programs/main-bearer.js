import process from 'node:process';
import { DockerRegistryClient } from 'docker-registry-client-wasm';
import { bearer } from './bearer.js';

console.log(JSON.stringify(await bearer({ DockerRegistryClient }, process.argv[2], process.argv[3])));
