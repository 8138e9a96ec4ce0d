// Import maps do not count in workers.
import { DockerRegistryClient } from './node_modules/docker-registry-client-wasm/index.js';
import { contents } from './contents.js';

globalThis.onmessage = async ({ data: registry }) => {
  globalThis.postMessage(await contents({ DockerRegistryClient }, registry).catch((error) => String(error)));
};
