import { DockerRegistryClient } from 'docker-registry-client-wasm';
import { contents } from './contents.js';
import { report } from './report.js';

const isInWorker = new URLSearchParams(location.search).has('worker');
report((registry) => (isInWorker ? inWorker(registry) : contents({ DockerRegistryClient }, registry)));

function inWorker(registry) {
  const worker = new Worker('./contents-worker.js', { type: 'module' });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage(registry);
  });
}
