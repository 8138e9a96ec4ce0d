import process from 'node:process';
import { DockerRegistryClient } from 'docker-registry-client-wasm';
import { contents } from './contents.js';

console.log(JSON.stringify(await contents({ DockerRegistryClient }, process.argv[2])));
