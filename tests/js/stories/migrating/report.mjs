// The report as it is now.
import { DockerRegistryClient } from 'docker-registry-client-wasm';

const client = new DockerRegistryClient(process.argv[2]);
const report = {};
for (const [name, repository] of await client.repositories()) report[name] = (await repository.tags()).sort();
const { json, digest } = await client.repository('old/web').manifest('v1');
console.log(JSON.stringify({ architecture: json.architecture, digest, report }));
