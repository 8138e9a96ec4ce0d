import process from 'node:process';
import { DockerRegistryClient } from 'docker-registry-client-wasm';
import { push } from './push.js';

console.log(JSON.stringify(await push({ DockerRegistryClient }, process.argv[2], Number(process.argv[3]))));
