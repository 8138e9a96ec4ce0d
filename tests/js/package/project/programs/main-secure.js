// A registry with a private CA that wants a client certificate, behind a proxy.

import process from 'node:process';
import { DockerRegistryClient, createFetch } from 'docker-registry-client-wasm/node';

const [url, options] = process.argv.slice(2);
const fetch = createFetch(JSON.parse(options));
console.log(await new DockerRegistryClient(url, { fetch }).apiVersion());
await fetch.close();
